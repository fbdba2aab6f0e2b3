/* One backup: shown, made, described, removed, restored; records in and out. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"

/* ---- views ---- */

void
rest_backup_put_brief(
    const struct rest_call *call, struct json_writer *writer, const struct backup *backup)
{
	json_begin_object(writer);
	json_member_text(writer, "id", backup->id);
	json_member_text(writer, "name", backup_text(backup, BACKUP_DISPLAY_NAME));
	rest_put_links(call, writer, "backups", backup->id);
	json_end_object(writer);
}

static const struct {
	const char *key;
	enum backup_field field;
} texts[] = {
	{ "availability_zone", BACKUP_AVAILABILITY_ZONE },
	{ "container", BACKUP_CONTAINER },
	{ "name", BACKUP_DISPLAY_NAME },
	{ "description", BACKUP_DISPLAY_DESCRIPTION },
	{ "fail_reason", BACKUP_FAIL_REASON },
	{ "volume_id", BACKUP_VOLUME_ID },
	{ "snapshot_id", BACKUP_SNAPSHOT_ID },
};

static void
put_times(struct json_writer *writer, const struct backup *backup)
{
	rest_put_time(writer, "created_at", backup->created_at, true);
	rest_put_time(
	    writer, "updated_at", backup->updated_at, backup_has(backup, BACKUP_UPDATED_AT));
	rest_put_time(writer, "data_timestamp", backup->data_timestamp,
	    backup_has(backup, BACKUP_DATA_TIMESTAMP));
}

/* What later versions of the API tell, and what only its administrators see. */
static void
put_later(const struct rest_call *call, struct json_writer *writer, const struct backup *backup)
{
	if (call->minor >= 18 && call->admin)
		json_member_text(writer, "os-backup-project-attr:project_id",
		    backup_text(backup, BACKUP_PROJECT_ID));
	if (call->minor >= 43)
		rest_put_metadata(call, writer, METADATA_OF_BACKUP, backup->id);
	if (call->minor >= 56 && call->admin)
		json_member_text(writer, "user_id", backup_text(backup, BACKUP_USER_ID));
	if (call->minor >= 64 && backup_has(backup, BACKUP_ENCRYPTION_KEY_ID))
		json_member_text(writer, "encryption_key_id", backup->encryption_key_id);
}

void
rest_backup_put(
    const struct rest_call *call, struct json_writer *writer, const struct backup *backup)
{
	size_t i;

	json_begin_object(writer);
	json_member_text(writer, "id", backup->id);
	json_member_text(writer, "status", backup_status_name(backup->status));
	json_member_number(writer, "size", backup_number(backup, BACKUP_SIZE));
	json_member_number(writer, "object_count", backup_number(backup, BACKUP_OBJECT_COUNT));
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		json_member_text(writer, texts[i].key, backup_text(backup, texts[i].field));
	put_times(writer, backup);
	rest_put_links(call, writer, "backups", backup->id);
	json_member_bool(writer, "is_incremental", backup_has(backup, BACKUP_PARENT_ID));
	json_member_bool(writer, "has_dependent_backups",
	    backup_number(backup, BACKUP_NUM_DEPENDENT_BACKUPS) > 0);
	put_later(call, writer, backup);
	json_end_object(writer);
}

int
rest_backup_brief(struct rest_call *call, unsigned status, const struct backup *backup)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = status;
	json_begin_object(&writer);
	json_key(&writer, "backup");
	rest_backup_put_brief(call, &writer, backup);
	json_end_object(&writer);
	return 0;
}

int
rest_backup_find(struct rest_call *call, struct backup *ret)
{
	struct err err = ERR_INIT;
	int found = desk_backup(call->rest->desk, call->id, ret, &err);

	if (found < 0)
		return rest_fail_err(call, &err);
	/* Of what is another's not even that it is there is told. */
	return found && rest_may_see(call, backup_text(ret, BACKUP_PROJECT_ID))
		   ? 0
		   : rest_fail_absent(call, "Backup", call->id);
}

int
rest_backup_show(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct backup backup;

	if (rest_backup_find(call, &backup) < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "backup");
	rest_backup_put(call, &writer, &backup);
	json_end_object(&writer);
	return 0;
}

/* ---- update ---- */

/* All of it, if any is given. */
static int
replace_metadata(struct rest_call *call, const struct json *object, const char *id)
{
	struct metadata metadata;
	struct err err = ERR_INIT;

	if (!json_member(object, "metadata"))
		return 0;
	if (rest_metadata(call, object, &metadata) < 0)
		return -1;
	return volumes_describe(call->rest->desk, METADATA_OF_BACKUP, id, &metadata, &err) < 0
		   ? rest_fail_err(call, &err)
		   : 0;
}

static int
describe(struct rest_call *call, const struct json *object, const char *key,
    enum backup_field field, struct backup *backup, uint32_t *fields)
{
	struct err err = ERR_INIT;

	if (!json_member(object, key))
		return 0;
	if (backup_set_text(backup, field, rest_text(call, object, key), &err) < 0)
		return rest_fail_err(call, &err);
	*fields |= 1u << field;
	return 0;
}

int
rest_backup_update(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "metadata", REST_METADATA, 43, false },
		{ .name = NULL },
	};
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;
	struct err err = ERR_INIT;
	struct backup backup;
	uint32_t changed = 0;

	if (rest_body(call, "backup", fields, &root, &object) < 0 ||
	    rest_backup_find(call, &backup) < 0 ||
	    describe(call, object, "name", BACKUP_DISPLAY_NAME, &backup, &changed) < 0 ||
	    describe(call, object, "description", BACKUP_DISPLAY_DESCRIPTION, &backup, &changed) <
		0)
		return -1;
	if (changed && desk_describe(call->rest->desk, &backup, changed, &err) < 0)
		return rest_fail_err(call, &err);
	if (replace_metadata(call, object, backup.id) < 0)
		return -1;
	return rest_backup_brief(call, 200, &backup);
}

/* ---- delete ---- */

static int
note_child(void *arg, const struct backup *child, struct err *err)
{
	(void)child;
	(void)err;
	*(bool *)arg = true;
	return 1;
}

static int
remove_backup(struct rest_call *call, const struct backup *backup, bool force)
{
	const struct request request = {
		.verb = REQUEST_DELETE, .backup = backup->id, .force = force
	};
	const struct backup_filter children = { .parent_id = backup->id };
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct err err = ERR_INIT;
	bool parent = false;

	if (desk_each(call->rest->desk, &children, note_child, &parent, &err) < 0)
		return rest_fail_err(call, &err);
	if (parent)
		return rest_fail(
		    call, 400, "Invalid backup: Incremental backups exist for this backup.");
	if (rest_service_need(call) < 0)
		return -1;
	if (errand_run(call, &request, true, &errand, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 202;
	return 0;
}

int
rest_backup_delete(struct rest_call *call)
{
	struct backup backup;

	if (rest_backup_find(call, &backup) < 0)
		return -1;
	if (backup.status != BACKUP_AVAILABLE && backup.status != BACKUP_ERROR)
		return rest_fail(
		    call, 400, "Invalid backup: Backup status must be available or error");
	return remove_backup(call, &backup, false);
}

/* ---- actions ---- */

static int
force_delete(struct rest_call *call)
{
	struct backup backup;

	if (rest_backup_find(call, &backup) < 0 ||
	    rest_check_admin(call, "volume_extension:backup_admin_actions:force_delete") < 0)
		return -1;
	return remove_backup(call, &backup, true);
}

static int
reset_status(struct rest_call *call, const struct json *object)
{
	static const struct rest_field fields[] = { { "status", REST_TEXT, 0, true },
		{ .name = NULL } };
	struct request request = { .verb = REQUEST_RESET };
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct err err = ERR_INIT;
	struct backup backup;
	const char *status;

	if (rest_check_object(call, "os-reset_status", object, fields) < 0)
		return -1;
	status = json_text(json_member(object, "status"));
	if (strcasecmp(status, "available") == 0)
		request.status = BACKUP_AVAILABLE;
	else if (strcasecmp(status, "error") == 0)
		request.status = BACKUP_ERROR;
	else
		return rest_fail(call, 400,
		    "Backup status: %s is invalid, valid statuses are: ['available', 'error'].",
		    status);
	if (rest_backup_find(call, &backup) < 0 ||
	    rest_check_admin(call, "volume_extension:backup_admin_actions:reset_status") < 0)
		return -1;
	request.backup = backup.id;
	if (rest_service_need(call) < 0)
		return -1;
	if (errand_run(call, &request, false, &errand, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 202;
	return 0;
}

int
rest_backup_action(struct rest_call *call)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *action;

	if (rest_action_parse(call, &root, &action) < 0)
		return -1;
	if (strcmp(action, "os-reset_status") == 0)
		return reset_status(call, json_member(root, action));
	if (strcmp(action, "os-force_delete") == 0)
		return force_delete(call);
	return rest_fail_action(call, action);
}
