/* Volumes and snapshots: found, shown, listed. */
#include <stdlib.h>
#include <string.h>

#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

static const struct {
	const char *one, *many, *what;
	enum metadata_owner owner;
} kinds[] = {
	[VOLUME] = { "volume", "volumes", "Volume", METADATA_OF_VOLUME },
	[SNAPSHOT] = { "snapshot", "snapshots", "Snapshot", METADATA_OF_SNAPSHOT },
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

/* ---- views ---- */

static const char *
or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static void
put_brief(
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

static void
put(const struct rest_call *call, struct json_writer *writer, const struct volume_record *volume,
    bool shown)
{
	put_brief(call, writer, volume);
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
	put(call, &writer, volume, shown);
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

/* ---- lists ---- */

struct gathering {
	struct rest_call *call;
	struct volume_record *volumes;
	size_t count, room;
	bool detail;
};

static void
drop_gathering(struct gathering *gathering)
{
	free(gathering->volumes);
}

/* What a volume has under that name; NULL: it has no such thing. */
static const char *
value_of(const struct rest_call *call, const struct volume_record *volume, const char *key,
    char digits[24])
{
	snprintf(digits, 24, "%llu", (unsigned long long)volume->size);
	return strcmp(key, "name") == 0 || strcmp(key, "display_name") == 0 ? volume->name
	       : strcmp(key, "id") == 0                                     ? volume->id
	       : strcmp(key, "status") == 0            ? volume_status_name(volume->status)
	       : strcmp(key, "volume_id") == 0         ? volume->volume_id
	       : strcmp(key, "project_id") == 0        ? volume->project_id
	       : strcmp(key, "size") == 0              ? digits
	       : strcmp(key, "bootable") == 0          ? "false"
	       : strcmp(key, "availability_zone") == 0 ? desk_zone(call->rest->desk)
						       : NULL;
}

const char *const *
rest_volume_filters(enum volume_kind kind)
{
	static const char *const filters[][11] = {
		[VOLUME] = { "name", "status", "metadata", "bootable", "migration_status",
		    "availability_zone", "group_id", "size", "created_at", "updated_at", NULL },
		[SNAPSHOT] = { "name", "status", "volume_id", "metadata", "availability_zone",
		    NULL },
	};

	return filters[kind];
}

/* Whether or not there is anything to be filtered.  0, or -1 and the answer is filled. */
static int
check_filters(struct rest_call *call, enum volume_kind kind)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		const char *key = call->params[i].key;

		if (!rest_page_knows(key) &&
		    rest_filter_admit(call, rest_volume_filters(kind), key) < 0)
			return -1;
	}
	return 0;
}

static bool
is_wanted(struct rest_call *call, const struct volume_record *volume)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		const struct rest_param *param = &call->params[i];
		const char *value;
		char digits[24];

		if (rest_page_knows(param->key) ||
		    rest_filter_admit(call, rest_volume_filters(volume->kind), param->key) == 0)
			continue;
		value = value_of(call, volume, param->key, digits);
		if (!value || strcmp(value, param->value) != 0)
			return false;
	}
	return true;
}

static bool
is_asked_for(const struct rest_call *call, const struct volume_record *volume)
{
	bool every = rest_all_tenants(call) || (call->admin && rest_param(call, "project_id"));

	if (!volume->project_id[0]) /* nobody's: there for administrators, whatever they ask for */
		return call->admin;
	return every || strcmp(volume->project_id, call->project_id) == 0;
}

static int
gather(void *arg, const struct volume_record *volume, struct err *err)
{
	struct gathering *gathering = arg;

	if (!is_asked_for(gathering->call, volume) || !is_wanted(gathering->call, volume))
		return 0;
	if (gathering->count == gathering->room) {
		size_t room = gathering->room ? 2 * gathering->room : 16;
		struct volume_record *volumes = realloc(gathering->volumes, room * sizeof *volumes);

		if (!volumes)
			return err_memory(err);
		gathering->volumes = volumes;
		gathering->room = room;
	}
	gathering->volumes[gathering->count++] = *volume;
	return 0;
}

/* Where the page begins; count + 1: there is no such marker. */
static size_t
find_start(const struct gathering *gathering, const struct rest_page *page)
{
	size_t i = 0;

	if (page->marker) {
		while (i < gathering->count && strcmp(gathering->volumes[i].id, page->marker) != 0)
			i++;
		i++;
	}
	return i > gathering->count || page->offset > gathering->count - i
		   ? gathering->count + (i > gathering->count)
		   : i + page->offset;
}

static void
put_row(
    const struct gathering *found, struct json_writer *writer, const struct volume_record *volume)
{
	json_begin_object(writer);
	/* Of a snapshot even the short form has all but what extensions add. */
	if (found->detail || volume->kind == SNAPSHOT)
		put(found->call, writer, volume, found->detail);
	else
		put_brief(found->call, writer, volume);
	json_end_object(writer);
}

static int
list(struct rest_call *call, enum volume_kind kind, bool detail)
{
	scoped(drop_gathering) struct gathering found = { .call = call, .detail = detail };
	const struct volume_filter filter = { .kind = kind };
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct rest_sort sort;
	struct err err = ERR_INIT;
	struct rest_page page;
	size_t i, end, at;

	if (rest_page_parse(call, &page) < 0 || rest_volume_sort_parse(call, &sort) < 0 ||
	    check_filters(call, kind) < 0)
		return -1;
	if (volumes_each(call->rest->desk, &filter, gather, &found, &err) < 0)
		return rest_fail_err(call, &err);
	rest_volume_sort(&sort, found.volumes, found.count);
	i = find_start(&found, &page);
	if (i > found.count)
		return rest_fail_absent(call, kinds[kind].what, page.marker);
	end = found.count - i > page.limit ? i + page.limit : found.count;
	if (end > i)
		(void)volumes_look(call->rest->desk, &found.volumes[i], end - i, &err);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, kinds[kind].many);
	json_begin_array(&writer);
	for (at = i; at < end; at++)
		put_row(&found, &writer, &found.volumes[at]);
	json_end_array(&writer);
	rest_page_end(call, &writer, kinds[kind].many, &page, end - i,
	    end > i ? found.volumes[end - 1].id : "", found.count);
	json_end_object(&writer);
	return 0;
}

int
rest_volume_list(struct rest_call *call)
{
	return list(call, VOLUME, false);
}

int
rest_volume_detail(struct rest_call *call)
{
	return list(call, VOLUME, true);
}

int
rest_volume_show(struct rest_call *call)
{
	return show(call, VOLUME);
}

int
rest_snapshot_list(struct rest_call *call)
{
	return list(call, SNAPSHOT, false);
}

int
rest_snapshot_detail(struct rest_call *call)
{
	return list(call, SNAPSHOT, true);
}

int
rest_snapshot_show(struct rest_call *call)
{
	return show(call, SNAPSHOT);
}
