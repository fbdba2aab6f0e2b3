/* One volume or snapshot: found, shown. */
#include <stdlib.h>
#include <string.h>

#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

static const struct {
	const char *one, *what;
	enum metadata_owner owner;
} kinds[] = {
	[VOLUME] = { "volume", "Volume", METADATA_OF_VOLUME },
	[SNAPSHOT] = { "snapshot", "Snapshot", METADATA_OF_SNAPSHOT },
};

/* ---- one ---- */

int
rest_volume_find(
    struct rest_call *call, enum volume_kind kind, const char *id, struct volume_record *ret)
{
	struct err err = ERR_INIT;
	int found = volumes_find(call->rest->desk, kind, id, ret, &err);

	if (found < 0)
		return rest_fail_err(call, &err);
	return found && rest_may_see(call, ret->project_id)
		   ? 0
		   : rest_fail_absent(call, kinds[kind].what, id);
}

int
rest_volume_find_owned(
    struct rest_call *call, enum volume_kind kind, const char *id, struct volume_record *ret)
{
	if (rest_volume_find(call, kind, id, ret) < 0)
		return -1;
	return ret->project_id[0] ? 0
				  : rest_fail(call, 400,
					"Invalid volume: It is nobody's, and has no name but its "
					"file's.");
}

/* ---- views ---- */

static const char *
or_null(const char *text)
{
	return text[0] ? text : NULL;
}

void
rest_volume_put_brief(
    const struct rest_call *call, struct json_writer *writer, const struct volume_record *volume)
{
	json_member_text(writer, "id", volume->id);
	json_member_text(writer, "name", or_null(volume->name));
	if (volume->kind == VOLUME)
		rest_put_links(call, writer, "volumes", volume->id);
}

static void
put_nulls(struct json_writer *writer, const char *const *keys)
{
	for (; *keys; keys++)
		json_member_text(writer, *keys, NULL);
}

static void
put_volume_later(const struct rest_call *call, struct json_writer *writer,
    const struct volume_record *volume, bool shown)
{
	static const char *const hidden[] = { "migration_status", "os-vol-mig-status-attr:migstat",
		"os-vol-mig-status-attr:name_id", NULL };

	if (call->minor >= 13)
		json_member_text(writer, "group_id", NULL);
	if (call->minor >= 48) {
		json_member_text(writer, "service_uuid", NULL);
		json_member_bool(writer, "shared_targets", true);
	}
	if (call->minor >= 63)
		json_member_text(writer, "volume_type_id", volume->type_id);
	if (call->minor >= 64 && volume->key_id[0])
		json_member_text(writer, "encryption_key_id", volume->key_id);
	if (call->minor >= 65)
		json_member_bool(writer, "consumes_quota", true);
	if (shown)
		json_member_text(writer, "os-vol-tenant-attr:tenant_id",
		    volume->project_id[0] ? volume->project_id : call->project_id);
	if (!call->admin)
		return;
	if (call->minor >= 21)
		json_member_text(writer, "provider_id", NULL);
	if (call->minor >= 61)
		json_member_text(writer, "cluster_name", NULL);
	if (!shown)
		return;
	json_member_text(writer, "os-vol-host-attr:host", desk_host(call->rest->desk));
	put_nulls(writer, hidden);
}

static void
put_volume(const struct rest_call *call, struct json_writer *writer,
    const struct volume_record *volume, bool shown)
{
	static const char *const nulls[] = { "replication_status", "consistencygroup_id", NULL };
	char type[COLUMN_TEXT_MAX];

	json_member_text(writer, "availability_zone", desk_zone(call->rest->desk));
	json_member_text(writer, "volume_type",
	    volumes_type(call->rest->desk, volume->type_id, NULL, type, NULL) ? type : NULL);
	json_member_text(writer, "snapshot_id", or_null(volume->snapshot_id));
	json_member_text(writer, "source_volid", or_null(volume->source_id));
	json_key(writer, "attachments");
	json_begin_array(writer);
	json_end_array(writer);
	json_member_text(writer, "user_id", volume->user_id[0] ? volume->user_id : call->user_id);
	json_member_text(writer, "bootable", "false");
	json_member_bool(writer, "encrypted", volume->key_id[0] != '\0');
	json_member_bool(writer, "multiattach", false);
	put_nulls(writer, nulls);
	put_volume_later(call, writer, volume, shown);
}

static void
put_snapshot(const struct rest_call *call, struct json_writer *writer,
    const struct volume_record *snapshot, bool shown)
{
	json_member_text(writer, "volume_id", snapshot->volume_id);
	if (call->minor >= 14)
		json_member_text(writer, "group_snapshot_id", NULL);
	if (call->minor >= 41)
		json_member_text(writer, "user_id", or_null(snapshot->user_id));
	if (call->minor >= 65)
		json_member_bool(writer, "consumes_quota", true);
	if (!shown)
		return;
	json_member_text(
	    writer, "os-extended-snapshot-attributes:project_id", or_null(snapshot->project_id));
	json_member_text(writer, "os-extended-snapshot-attributes:progress",
	    snapshot->status == VOLUME_CREATING ? "0%" : "100%");
}

void
rest_volume_put(const struct rest_call *call, struct json_writer *writer,
    const struct volume_record *volume, bool shown)
{
	rest_volume_put_brief(call, writer, volume);
	json_member_text(writer, "status", volume_status_name(volume->status));
	json_member_number(writer, "size", (int64_t)volume->size);
	json_member_text(writer, "description", or_null(volume->description));
	rest_put_time(writer, "created_at", volume->created_at, true);
	rest_put_time(writer, "updated_at", volume->updated_at, volume->updated_at != 0);
	rest_put_metadata(call, writer, kinds[volume->kind].owner, volume->id);
	(volume->kind == VOLUME ? put_volume : put_snapshot)(call, writer, volume, shown);
}

int
rest_volume_answer(
    struct rest_call *call, unsigned status, const struct volume_record *volume, bool shown)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = status;
	json_begin_object(&writer);
	json_key(&writer, kinds[volume->kind].one);
	json_begin_object(&writer);
	rest_volume_put(call, &writer, volume, shown);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

static int
show(struct rest_call *call, enum volume_kind kind)
{
	struct volume_record volume;

	if (rest_volume_find(call, kind, call->id, &volume) < 0)
		return -1;
	return rest_volume_answer(call, 200, &volume, true);
}

int
rest_volume_show(struct rest_call *call)
{
	return show(call, VOLUME);
}

int
rest_snapshot_show(struct rest_call *call)
{
	return show(call, SNAPSHOT);
}
