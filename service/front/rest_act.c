/* Volumes and snapshots are removed, renamed, made larger, and set to a status. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

/* ---- remove ---- */

static int
note_any(void *arg, const struct volume_record *volume, struct err *err)
{
	(void)arg;
	(void)volume;
	(void)err;
	return 1;
}

static int
check_free(struct rest_call *call, const struct volume_record *volume, bool force)
{
	const struct volume_filter its = { .kind = SNAPSHOT, .volume_id = volume->id };
	bool still = volume->status == VOLUME_AVAILABLE || volume->status == VOLUME_ERROR ||
		     volume->status == VOLUME_ERROR_RESTORING ||
		     volume->status == VOLUME_ERROR_DELETING ||
		     volume->status == VOLUME_ERROR_EXTENDING || force;
	struct err err = ERR_INIT;
	int kept = 0;

	if (volume->kind == SNAPSHOT)
		return still
			   ? 0
			   : rest_fail(call, 400,
				 "Invalid snapshot: Snapshot status must be available or error or "
				 "error_deleting and must not be in use.");
	if (still)
		kept = volumes_each(call->rest->desk, &its, note_any, NULL, &err);
	if (kept < 0)
		return rest_fail_err(call, &err);
	return still && !kept
		   ? 0
		   : rest_fail(call, 400,
			 "Invalid volume: Volume status must be available or error or "
			 "error_restoring or error_extending or error_managing and must not be "
			 "migrating, attached, belong to a group, have snapshots, awaiting a "
			 "transfer, or be disassociated from snapshots after volume transfer.");
}

static int
erase(struct rest_call *call, enum volume_kind kind, bool force)
{
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct volume_record volume;
	const struct request request = { .verb = REQUEST_REMOVE, .made = &volume, .force = force };

	if (rest_volume_find(call, kind, call->id, &volume) < 0 ||
	    check_free(call, &volume, force) < 0 ||
	    rest_submit(call, &request, kind == VOLUME ? "volume" : "snapshot", &errand) < 0)
		return -1;
	call->status = 202;
	return 0;
}

int
rest_volume_delete(struct rest_call *call)
{
	if (erase(call, VOLUME, false) < 0)
		return -1;
	call->kind = "text/html; charset=UTF-8"; /* the one empty answer that is said to be so */
	return 0;
}

int
rest_snapshot_delete(struct rest_call *call)
{
	return erase(call, SNAPSHOT, false);
}

/* ---- update ---- */

/* "": it is to have none any more; NULL: nothing is said of it. */
static const char *
take_text(struct rest_call *call, const struct json *object, const char *key, const char *older)
{
	const char *text;

	if (!json_member(object, key))
		key = older;
	if (!json_member(object, key))
		return NULL;
	text = rest_text(call, object, key);
	return text ? text : "";
}

static int
update(struct rest_call *call, enum volume_kind kind, const struct json *object)
{
	struct volume_record volume;
	struct metadata metadata;
	struct err err = ERR_INIT;

	if (rest_metadata(call, object, &metadata) < 0 ||
	    rest_volume_find_owned(call, kind, call->id, &volume) < 0)
		return -1;
	if (volumes_rename(call->rest->desk, kind, volume.id,
		take_text(call, object, "name", "display_name"),
		take_text(call, object, "description", "display_description"),
		json_member(object, "metadata") ? &metadata : NULL, &err) < 0)
		return rest_fail_err(call, &err);
	if (rest_volume_find(call, kind, call->id, &volume) < 0)
		return -1;
	return rest_volume_answer(call, 200, &volume, false);
}

int
rest_volume_update(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "display_name", REST_TEXT_OR_NULL, 0, false },
		{ "display_description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "metadata", REST_METADATA, 0, false },
		{ .name = NULL },
	};
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body(call, "volume", fields, &root, &object) < 0)
		return -1;
	return update(call, VOLUME, object);
}

int
rest_snapshot_update(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "display_name", REST_TEXT_OR_NULL, 0, false },
		{ "display_description", REST_PRINTABLE_OR_NULL, 0, false },
		{ .name = NULL },
	};
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body(call, "snapshot", fields, &root, &object) < 0)
		return -1;
	if (!json_count(object))
		return rest_fail(call, 400,
		    "Invalid input for field/attribute snapshot. Value: {}. {} is not valid under "
		    "any of the given schemas");
	return update(call, SNAPSHOT, object);
}

/* ---- actions ---- */

/* What there is of cinder's statuses. */
static bool
is_settable(enum volume_kind kind, unsigned status)
{
	switch (status) {
	case VOLUME_CREATING:
	case VOLUME_AVAILABLE:
	case VOLUME_DELETING:
	case VOLUME_ERROR:
	case VOLUME_ERROR_DELETING:
	case VOLUME_BACKING_UP:
		return true;
	case VOLUME_DELETED:
	case VOLUME_ERROR_BACKING_UP:
		return false;
	default:
		return kind == VOLUME;
	}
}

/* "('creating', 'available')": what may be set, as Python prints it. */
static int
fail_status(struct rest_call *call, enum volume_kind kind, const char *given)
{
	scoped(buf_drop) struct buf names = BUF(1024);
	unsigned status;

	for (status = VOLUME_CREATING; status < VOLUME_STATUS_COUNT; status++) {
		if (is_settable(kind, status)) {
			buf_text(&names, names.length ? ", " : "(");
			rest_repr_text(&names, volume_status_name(status));
		}
	}
	return rest_fail(call, 400, "%s status: %s is invalid, valid statuses are: %s).",
	    kind == VOLUME ? "Volume" : "Snapshot", given, buf_string(&names));
}

/* In any letter case. */
static int
parse_status(
    struct rest_call *call, enum volume_kind kind, const char *text, enum volume_status *ret)
{
	char lower[32];
	struct err ignored = ERR_INIT;
	size_t i;

	for (i = 0; text[i] && i + 1 < sizeof lower; i++)
		lower[i] = (char)tolower((unsigned char)text[i]);
	lower[i] = '\0';
	if (text[i] || volume_status_parse(lower, ret, &ignored) < 0 || !is_settable(kind, *ret))
		return fail_status(call, kind, text);
	/* The next start would go on with that. */
	if (*ret == VOLUME_DELETING)
		return rest_fail(call, 400, "Cannot reset-state to %s", lower);
	return 0;
}

/* Of what volumes here do not have: it may be said that they have not. */
static int
check_none(struct rest_call *call, const char *what, const char *text, const char *none)
{
	if (!text || !*text || strcasecmp(text, none) == 0)
		return 0;
	return rest_fail(call, 400, "Volume %s status: %s is invalid, valid statuses are: ['%s'].",
	    what, text, none);
}

/* Of a volume it need not be the status that is to be reset: *ret is NONE then. */
static int
take_status(struct rest_call *call, enum volume_kind kind, const struct json *object,
    enum volume_status *ret)
{
	static const struct rest_field of_snapshots[] = { { "status", REST_TEXT, 0, true },
		{ .name = NULL } };
	static const struct rest_field of_volumes[] = { { "status", REST_TEXT_OR_NULL, 0, false },
		{ "attach_status", REST_TEXT_OR_NULL, 0, false },
		{ "migration_status", REST_TEXT_OR_NULL, 0, false }, { .name = NULL } };
	const char *status = json_text(json_member(object, "status"));
	const char *attached = json_text(json_member(object, "attach_status"));
	const char *migration = json_text(json_member(object, "migration_status"));

	*ret = VOLUME_NONE;
	if (rest_check_object(
		call, "os-reset_status", object, kind == VOLUME ? of_volumes : of_snapshots) < 0 ||
	    check_none(call, "attach", attached, "detached") < 0 ||
	    check_none(call, "migration", migration, "none") < 0)
		return -1;
	if (kind == SNAPSHOT || (status && *status))
		return parse_status(call, kind, status, ret);
	if ((attached && *attached) || (migration && *migration))
		return 0;
	return rest_fail(
	    call, 400, "Must specify 'status', 'attach_status' or 'migration_status' for update.");
}

static int
reset(struct rest_call *call, enum volume_kind kind, const struct json *object)
{
	struct volume_record volume;
	enum volume_status status;
	struct err err = ERR_INIT;

	if (take_status(call, kind, object, &status) < 0 ||
	    rest_volume_find(call, kind, call->id, &volume) < 0 ||
	    rest_check_admin(
		call, kind == VOLUME ? "volume_extension:volume_admin_actions:reset_status"
				     : "volume_extension:snapshot_admin_actions:reset_status") < 0)
		return -1;
	if (status != VOLUME_NONE &&
	    volumes_reset(call->rest->desk, kind, volume.id, status, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 202;
	return 0;
}

/* No volume is of an image. */
static int
show_image(struct rest_call *call)
{
	struct volume_record volume;

	if (rest_volume_find(call, VOLUME, call->id, &volume) < 0)
		return -1;
	return rest_fail(
	    call, 404, "Glance metadata for volume/snapshot %s cannot be found.", volume.id);
}

static int
extend(struct rest_call *call, const struct json *object)
{
	static const struct rest_field fields[] = { { "new_size", REST_SIZE, 0, true },
		{ .name = NULL } };
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct volume_record volume, larger;
	const struct request request = {
		.verb = REQUEST_EXTEND,
		.made = &larger,
		.counted = true,
		.force = call->minor >= 42 /* of what is in use */
	};

	if (rest_check_object(call, "os-extend", object, fields) < 0 ||
	    rest_volume_find(call, VOLUME, call->id, &volume) < 0)
		return -1;
	larger = volume;
	if (rest_take_size(call, json_member(object, "new_size"), &larger.size) < 0)
		return -1;
	if (larger.size <= volume.size)
		return rest_fail(call, 400,
		    "Invalid input received: New size for extend must be greater than current "
		    "size. (current: %llu, extended: %llu).",
		    (unsigned long long)volume.size, (unsigned long long)larger.size);
	if (rest_submit(call, &request, "volume", &errand) < 0)
		return -1;
	call->status = 202;
	return 0;
}

static int
act(struct rest_call *call, enum volume_kind kind)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *action;
	struct volume_record volume;

	if (rest_action_parse(call, &root, &action) < 0)
		return -1;
	if (strcmp(action, "os-reset_status") == 0)
		return reset(call, kind, json_member(root, action));
	if (strcmp(action, "os-extend") == 0 && kind == VOLUME)
		return extend(call, json_member(root, action));
	if (strcmp(action, "os-show_image_metadata") == 0 && kind == VOLUME)
		return show_image(call);
	if (strcmp(action, "os-force_delete") != 0)
		return rest_fail_action(call, action);
	if (rest_volume_find(call, kind, call->id, &volume) < 0 ||
	    rest_check_admin(
		call, kind == VOLUME ? "volume_extension:volume_admin_actions:force_delete"
				     : "volume_extension:snapshot_admin_actions:force_delete") < 0)
		return -1;
	return erase(call, kind, true);
}

int
rest_volume_action(struct rest_call *call)
{
	return act(call, VOLUME);
}

int
rest_snapshot_action(struct rest_call *call)
{
	return act(call, SNAPSHOT);
}
