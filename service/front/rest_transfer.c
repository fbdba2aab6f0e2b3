/* What moves: create, restore, export, import. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "front/rest.h"
#include "job/desk.h"
#include "model/volume.h"

/* ---- create ---- */

static int
check_source(struct rest_call *call, const char *id, struct volume_record *ret)
{
	return rest_volume_find(call, VOLUME, id, ret);
}

/* What the desk finds it by. */
static const char *
name_of(const struct volume_record *volume)
{
	return volume->path[0] ? volume->path : volume->location;
}

static int
note_parent(void *arg, const struct backup *backup, struct err *err)
{
	(void)backup;
	(void)err;
	*(bool *)arg = true;
	return 1;
}

static int
check_parent(struct rest_call *call, const char *volume_id)
{
	const struct backup_filter filter = { .volume_id = volume_id,
		.project_id = call->project_id,
		.statuses = 1u << BACKUP_AVAILABLE };
	struct err err = ERR_INIT;
	bool found = false;

	if (desk_each(call->rest->desk, &filter, note_parent, &found, &err) < 0)
		return rest_fail_err(call, &err);
	if (found)
		return 0;
	return rest_fail(
	    call, 400, "Invalid backup: No backups available to do an incremental backup.");
}

/* A service that is alive and enabled, in the zone that is asked for. */
static int
find_service(struct rest_call *call, const struct json *object, bool *ret)
{
	const char *zone = json_text(json_member(object, "availability_zone"));

	if (rest_service_takes_work(call, ret) < 0)
		return -1;
	if (zone && *zone && strcmp(zone, desk_zone(call->rest->desk)) != 0)
		*ret = false;
	return 0;
}

static int
check_volume(struct rest_call *call, const struct volume_record *volume, bool force)
{
	if (volume->status != VOLUME_AVAILABLE && volume->status != VOLUME_IN_USE)
		return rest_fail(call, 400,
		    "Invalid volume: Volume to be backed up must be available or in-use, but the "
		    "current status is \"%s\".",
		    volume_status_name(volume->status));
	if (volume->status == VOLUME_IN_USE && !force)
		return rest_fail(call, 400,
		    "Invalid volume: Backing up an in-use volume must use the force flag.");
	return 0;
}

/* Whatever its volume's status is. */
static int
check_snapshot(struct rest_call *call, const char *id, const struct volume_record *volume)
{
	struct volume_record snapshot;

	if (rest_volume_find(call, SNAPSHOT, id, &snapshot) < 0)
		return -1;
	if (strcmp(snapshot.volume_id, volume->id) != 0)
		return rest_fail(call, 400,
		    "Invalid volume: Volume %s does not match with snapshot.volume_id %s.",
		    volume->id, snapshot.volume_id);
	if (snapshot.status != VOLUME_AVAILABLE)
		return rest_fail(call, 400,
		    "Invalid snapshot: Snapshot to be backed up must be available, but the current "
		    "status is \"%s\".",
		    volume_status_name(snapshot.status));
	return 0;
}

/* One after the other, so that of two requests for one volume the second finds it busy. */
static int
admit(struct rest_call *call, const struct json *object, struct errand **ret)
{
	const char *id = json_text(json_member(object, "volume_id"));
	bool takes;
	struct volume_record volume;
	struct metadata metadata;
	struct err err = ERR_INIT;
	struct request request = {
		.verb = REQUEST_BACKUP,
		.project_id = call->project_id,
		.user_id = call->user_id,
		.name = rest_text(call, object, "name"),
		.description = rest_text(call, object, "description"),
		.container = rest_text(call, object, "container"),
		.snapshot = json_text(json_member(object, "snapshot_id")),
		.incremental = rest_truth(object, "incremental"),
		.force = rest_truth(object, "force"),
		.metadata = &metadata,
		.counted = true,
	};
	scoped_lock(&call->rest->admission);

	if (request.container && !request.container[0])
		request.container = NULL;
	if (check_source(call, id, &volume) < 0 || rest_metadata(call, object, &metadata) < 0)
		return -1;
	request.volume = name_of(&volume);
	if ((request.snapshot ? check_snapshot(call, request.snapshot, &volume)
			      : check_volume(call, &volume, request.force)) < 0 ||
	    (request.incremental && check_parent(call, volume.id) < 0) ||
	    find_service(call, object, &takes) < 0)
		return -1;
	if (!takes) /* what cinder's scheduler does with it */
		request.refusal = "Service not found for creating backup.";
	if (errand_run(call, &request, true, ret, &err) < 0)
		return rest_fail_err(call, &err);
	return 0;
}

int
rest_backup_create(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "volume_id", REST_UUID, 0, true },
		{ "container", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "incremental", REST_BOOLEAN, 0, false },
		{ "force", REST_BOOLEAN, 0, false },
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "snapshot_id", REST_UUID_OR_NULL, 0, false },
		{ "metadata", REST_METADATA_OR_NULL, 43, false },
		{ "availability_zone", REST_TEXT_OR_NULL, 51, false },
		{ .name = NULL },
	};
	scoped(errand_release_scoped) struct errand *errand = NULL;
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body(call, "backup", fields, &root, &object) < 0 ||
	    admit(call, object, &errand) < 0)
		return -1;
	return rest_backup_brief(call, 202, errand_backup(errand));
}

/* ---- restore ---- */

static int
choose_old(
    struct rest_call *call, const char *id, const struct backup *backup, struct volume_record *ret)
{
	if (check_source(call, id, ret) < 0)
		return -1;
	if (ret->status != VOLUME_AVAILABLE)
		return rest_fail(
		    call, 400, "Invalid volume: Volume to be restored to must be available");
	if (ret->size < (uint64_t)backup->size)
		return rest_fail(call, 400,
		    "Invalid volume: volume size %llu is too small to restore backup of size %lld.",
		    (unsigned long long)ret->size, (long long)backup->size);
	return 0;
}

static void
choose_new(struct rest_call *call, const char *wanted, const struct backup *backup,
    struct volume_record *ret)
{
	*ret = (struct volume_record){
		.kind = VOLUME, .status = VOLUME_RESTORING_BACKUP, .size = (uint64_t)backup->size
	};
	snprintf(ret->name, sizeof ret->name, "restore_backup_%.36s", backup->id);
	if (wanted && wanted[0])
		snprintf(ret->name, sizeof ret->name, "%s", wanted);
	snprintf(
	    ret->description, sizeof ret->description, "auto-created_from_restore_from_backup");
	snprintf(ret->project_id, sizeof ret->project_id, "%s", call->project_id);
	snprintf(ret->user_id, sizeof ret->user_id, "%s", call->user_id);
}

/* Of the quotas of volumes a restore speaks without the class of the error. */
static int
fail_restore(struct rest_call *call, const struct err *err)
{
	const char *colon = strstr(err->text, ": ");

	if (err->kind != ERR_NO_SPACE || !colon)
		return rest_fail_err(call, err);
	return rest_fail(call, 413, "%s", colon + 2);
}

static int
put_restore(struct rest_call *call, const struct errand *errand, const struct volume_record *target)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = 202;
	json_begin_object(&writer);
	json_key(&writer, "restore");
	json_begin_object(&writer);
	json_member_text(&writer, "backup_id", errand_backup(errand)->id);
	json_member_text(&writer, "volume_id", errand_volume_id(errand));
	json_member_text(&writer, "volume_name", target->name[0] ? target->name : NULL);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

int
rest_backup_restore(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "volume_id", REST_UUID_OR_NULL, 0, false },
		{ .name = NULL },
	};
	scoped(errand_release_scoped) struct errand *errand = NULL;
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;
	struct volume_record target;
	struct err err = ERR_INIT;
	struct backup backup;
	const char *id;

	if (rest_body(call, "restore", fields, &root, &object) < 0 ||
	    rest_backup_find(call, &backup) < 0)
		return -1;
	id = json_text(json_member(object, "volume_id"));
	if (backup.status != BACKUP_AVAILABLE)
		return rest_fail(call, 400, "Invalid backup: Backup status must be available");
	if ((id && choose_old(call, id, &backup, &target) < 0) || rest_service_need(call) < 0)
		return -1;
	if (!id)
		choose_new(call, rest_text(call, object, "name"), &backup, &target);
	const struct request request = {
		.verb = REQUEST_RESTORE,
		.backup = backup.id,
		.volume = id ? name_of(&target) : NULL,
		.made = id ? NULL : &target,
		.counted = true,
	};
	if (errand_run(call, &request, true, &errand, &err) < 0)
		return fail_restore(call, &err);
	return put_restore(call, errand, &target);
}

/* ---- records ---- */

int
rest_backup_export(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct err err = ERR_INIT;
	struct backup backup;

	if (rest_backup_find(call, &backup) < 0 ||
	    rest_check_admin(call, "backup:export-import") < 0)
		return -1;
	if (backup.status != BACKUP_AVAILABLE)
		return rest_fail(call, 400,
		    "Invalid backup: Backup status must be available and not %s.",
		    backup_status_name(backup.status));
	if (rest_service_need(call) < 0)
		return -1;
	const struct request request = { .verb = REQUEST_EXPORT, .backup = backup.id };
	if (errand_run(call, &request, false, &errand, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "backup-record");
	json_begin_object(&writer);
	json_member_text(&writer, "backup_service", errand_service(errand));
	json_member_text(&writer, "backup_url", errand_record(errand));
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

/* What cinder sees in a record before any service does. */
static int
check_record(struct rest_call *call, const char *url)
{
	scoped(buf_drop) struct buf text = BUF(REST_BODY_MAX);
	scoped(json_free_scoped) struct json *record = NULL;
	struct err err = ERR_INIT;
	struct backup known;
	const char *id;
	int found;

	if (digest_unbase64(span_of(url), &text, &err) < 0 ||
	    json_parse(&record, buf_span(&text), &err) < 0 || json_kind(record) != JSON_IS_OBJECT)
		return rest_fail(call, 400, "Invalid input received: Can't parse backup record.");
	id = json_text(json_member(record, "id"));
	if (!id)
		return rest_fail(
		    call, 400, "Invalid input received: Provided backup record is missing an id");
	if (json_kind(json_member(record, "size")) != JSON_IS_NUMBER)
		return rest_fail(call, 400,
		    "Invalid input received: Provided backup record is missing size attribute");
	found = desk_backup(call->rest->desk, id, &known, &err);
	if (found < 0)
		return rest_fail_err(call, &err);
	return found ? rest_fail(call, 400, "Invalid backup: Backup already exists in database.")
		     : 0;
}

int
rest_backup_import(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "backup_service", REST_TEXT, 0, true },
		{ "backup_url", REST_BASE64, 0, true },
		{ .name = NULL },
	};
	scoped(errand_release_scoped) struct errand *errand = NULL;
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;
	struct err err = ERR_INIT;
	bool takes;

	if (rest_body(call, "backup-record", fields, &root, &object) < 0 ||
	    rest_check_admin(call, "backup:backup-import") < 0)
		return -1;
	const struct request request = {
		.verb = REQUEST_IMPORT,
		.counted = true,
		.project_id = call->project_id,
		.user_id = call->user_id,
		.service = json_text(json_member(object, "backup_service")),
		.record = json_text(json_member(object, "backup_url")),
	};
	if (check_record(call, request.record) < 0 || rest_service_takes_work(call, &takes) < 0)
		return -1;
	if (!takes)
		return rest_fail(call, 503, "Service %s could not be found.", request.service);
	if (errand_run(call, &request, true, &errand, &err) < 0)
		return rest_fail_err(call, &err);
	return rest_backup_brief(call, 201, errand_backup(errand));
}
