/* Volumes and snapshots are made; rest_act.c has what becomes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

/* ---- what a request is made of ---- */

static void
set_text(struct rest_call *call, const struct json *object, const char *key, char *ret, size_t room)
{
	const char *text = rest_text(call, object, key);

	snprintf(ret, room, "%s", text ? text : "");
}

void
rest_volume_describe(struct rest_call *call, const struct json *object, struct volume_record *ret)
{
	snprintf(ret->project_id, sizeof ret->project_id, "%s", call->project_id);
	snprintf(ret->user_id, sizeof ret->user_id, "%s", call->user_id);
	set_text(call, object, "name", ret->name, sizeof ret->name);
	set_text(call, object, "description", ret->description, sizeof ret->description);
}

/* What the desk says of volumes, and not of backups. */
static int
fail_volume(struct rest_call *call, const char *what, const struct err *err)
{
	if (err->kind == ERR_CONFLICT || err->kind == ERR_INVALID)
		return rest_fail(call, 400, "Invalid %s: %s", what, err->text);
	return rest_fail_err(call, err);
}

int
rest_submit(
    struct rest_call *call, const struct request *request, const char *what, struct errand **ret)
{
	struct err err = ERR_INIT;

	return errand_run(call, request, true, ret, &err) < 0 ? fail_volume(call, what, &err) : 0;
}

/* As it was when it was let in; by now it may be further. */
static int
answer_made(struct rest_call *call, enum volume_kind kind, const char *id, bool shown)
{
	struct volume_record volume;

	if (rest_volume_find(call, kind, id, &volume) < 0)
		return -1;
	volume.status = VOLUME_CREATING;
	volume.updated_at = 0;
	return rest_volume_answer(call, 202, &volume, shown);
}

/* ---- volumes ---- */

int
rest_take_size(struct rest_call *call, const struct json *size, uint64_t *ret)
{
	int64_t number = 0;

	if (json_text(size))
		number = strtoll(json_text(size), NULL, 10);
	else
		json_number(size, &number);
	if (number > INT32_MAX)
		return rest_fail(call, 400,
		    "Invalid input received: Invalid volume size provided for create request: %lld",
		    (long long)number);
	*ret = (uint64_t)number;
	return 0;
}

static int
take_type(
    struct rest_call *call, const struct json *object, bool of_backup, struct volume_record *new)
{
	const char *name = json_text(json_member(object, "volume_type"));
	bool encrypted;

	if (name && !*name)
		name = NULL;
	if (!volumes_type(call->rest->desk, name, new->type_id, NULL, &encrypted))
		return rest_fail(
		    call, 404, "Volume type with name %.255s could not be found.", name);
	if (!name && of_backup)
		new->type_id[0] = '\0'; /* the backup says which */
	return !encrypted || rest_new_id(call, new->key_id) == 0 ? 0 : -1;
}

/* What it is made of: is there, and not too large. */
static int
take_source(struct rest_call *call, const struct json *object, const char *key,
    enum volume_kind kind, char ret[UUID_TEXT], struct volume_record *new)
{
	const char *id = json_text(json_member(object, key));
	bool snapshot = kind == SNAPSHOT;
	struct volume_record source;

	if (!id)
		return 0;
	if (rest_volume_find(call, kind, id, &source) < 0)
		return -1;
	if (source.status != VOLUME_AVAILABLE)
		return rest_fail(call, 400,
		    "Invalid %s: Originating %s status must be one of 'available' values",
		    snapshot ? "snapshot" : "volume", snapshot ? "snapshot" : "volume");
	if (!new->size)
		new->size = source.size;
	if (new->size < source.size)
		return rest_fail(call, 400,
		    "Invalid input received: Volume size '%lluGB' cannot be smaller than the "
		    "%s size %lluGB. They must be >= %s size.",
		    (unsigned long long)new->size, snapshot ? "snapshot" : "original volume",
		    (unsigned long long)source.size, snapshot ? "snapshot" : "original volume");
	memcpy(ret, source.id, UUID_TEXT);
	return 0;
}

static int
from_backup(struct rest_call *call, const char *id, const struct metadata *metadata,
    struct volume_record *new)
{
	scoped(errand_release_scoped) struct errand *errand = NULL;
	struct backup backup;

	call->id = id;
	if (rest_backup_find(call, &backup) < 0)
		return -1;
	if (backup.status != BACKUP_AVAILABLE)
		return rest_fail(call, 400,
		    "Invalid backup: Originating backup status must be one of 'available' values");
	if (!new->size)
		new->size = (uint64_t)backup.size;
	if (new->size < (uint64_t)backup.size)
		return rest_fail(call, 400,
		    "Invalid input received: Volume size %lluGB cannot be smaller than the backup "
		    "size %lldGB. It must be >= backup size.",
		    (unsigned long long)new->size, (long long)backup.size);
	new->status = VOLUME_CREATING;
	const struct request request = { .verb = REQUEST_RESTORE,
		.project_id = NULL,
		.backup = backup.id,
		.made = new,
		.metadata = metadata,
		.counted = true };
	if (rest_submit(call, &request, "backup", &errand) < 0)
		return -1;
	return answer_made(call, VOLUME, errand_volume_id(errand), false);
}

static int
make_volume(struct rest_call *call, const struct json *object)
{
	struct volume_record new = { .kind = VOLUME };
	scoped(errand_release_scoped) struct errand *errand = NULL;
	const char *backup = call->minor >= 47 ? json_text(json_member(object, "backup_id")) : NULL;
	const char *image = json_text(json_member(object, "imageRef"));
	struct metadata metadata;

	if (backup && !*backup)
		backup = NULL;
	rest_volume_describe(call, object, &new);
	if (image && *image)
		return rest_fail(
		    call, 400, "Invalid image identifier or unable to access requested image.");
	if (rest_take_size(call, json_member(object, "size"), &new.size) < 0 ||
	    take_type(call, object, backup != NULL, &new) < 0 ||
	    rest_metadata(call, object, &metadata) < 0 ||
	    take_source(call, object, "snapshot_id", SNAPSHOT, new.snapshot_id, &new) < 0 ||
	    take_source(call, object, "source_volid", VOLUME, new.source_id, &new) < 0)
		return -1;
	if (backup)
		return from_backup(call, backup, &metadata, &new);
	if (!new.size)
		return rest_fail_generic(call, 400);
	const struct request request = {
		.verb = REQUEST_MAKE, .made = &new, .metadata = &metadata, .counted = true
	};
	if (rest_submit(call, &request, "volume", &errand) < 0)
		return -1;
	return answer_made(call, VOLUME, errand_volume_id(errand), false);
}

int
rest_volume_create(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "display_name", REST_TEXT_OR_NULL, 0, false },
		{ "display_description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "volume_type", REST_TEXT_OR_NULL, 0, false },
		{ "metadata", REST_METADATA_OR_NULL, 0, false },
		{ "snapshot_id", REST_UUID_OR_NULL, 0, false },
		{ "source_volid", REST_UUID_OR_NULL, 0, false },
		{ "consistencygroup_id", REST_UUID_OR_NULL, 0, false },
		{ "size", REST_SIZE_OR_NULL, 0, false },
		{ "availability_zone", REST_TEXT_OR_NULL, 0, false },
		{ "multiattach", REST_BOOLEAN, 0, false },
		{ "image_id", REST_TEXT_OR_NULL, 0, false },
		{ "imageRef", REST_TEXT_OR_NULL, 0, false },
		{ "group_id", REST_TEXT_OR_NULL, 13, false },
		{ "backup_id", REST_UUID_OR_NULL, 47, false },
		{ REST_OTHERS, REST_TEXT, 53, false },
		{ .name = NULL },
	};
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body(call, "volume", fields, &root, &object) < 0)
		return -1;
	return make_volume(call, object);
}

/* ---- snapshots ---- */

int
rest_snapshot_create(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "display_name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "volume_id", REST_UUID_OR_NULL, 0, true },
		{ "force", REST_BOOLEAN, 0, false },
		{ "metadata", REST_METADATA_OR_NULL, 0, false },
		{ .name = NULL },
	};
	scoped(errand_release_scoped) struct errand *errand = NULL;
	scoped(json_free_scoped) struct json *root = NULL;
	struct volume_record new = { .kind = SNAPSHOT }, volume;
	const struct json *object;
	struct metadata metadata;
	const char *id;
	bool force;

	if (rest_body(call, "snapshot", fields, &root, &object) < 0 ||
	    rest_metadata(call, object, &metadata) < 0)
		return -1;
	id = json_text(json_member(object, "volume_id"));
	if (rest_volume_find(call, VOLUME, id ? id : "None", &volume) < 0)
		return -1;
	/* Since 3.66 what is in use needs no force. */
	force = rest_truth(object, "force") || call->minor >= 66;
	if (volume.status != VOLUME_AVAILABLE && (volume.status != VOLUME_IN_USE || !force))
		return rest_fail(call, 400,
		    "Invalid volume: Volume %s status must be %s, but current status is: %s.",
		    volume.id, force ? "available, in-use" : "available",
		    volume_status_name(volume.status));
	rest_volume_describe(call, object, &new);
	memcpy(new.volume_id, volume.id, sizeof new.volume_id);
	const struct request request = { .verb = REQUEST_MAKE,
		.made = &new,
		.metadata = &metadata,
		.counted = true,
		.force = force };
	if (rest_submit(call, &request, "volume", &errand) < 0)
		return -1;
	return answer_made(call, SNAPSHOT, errand_volume_id(errand), false);
}
