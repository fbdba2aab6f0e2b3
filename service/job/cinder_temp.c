/* Volumes of a cloud: those that cinder-volume has made for a backup alone. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "job/job.h"
#include "model/object.h"

void
cinder_drop_thing(struct cinder_thing *thing)
{
	json_free(thing->row);
	json_free(thing->volume);
	buf_drop(&thing->object);
}

int
cinder_find(struct cinder *cinder, const struct envelope_context *context, enum cloud_kind kind,
    const char *id, struct cinder_thing *ret, struct err *err)
{
	struct json_writer json = JSON_WRITER(&ret->object, 0);
	int modern = cinder_is_modern(cinder, err);

	ret->remote = (struct remote){ .setup = &cinder->setup,
		.context = context,
		.snapshot = kind == CLOUD_SNAPSHOT,
		.connector = buf_span(&cinder->connector) };
	if (modern < 0)
		return -1;
	if (cinder_read_row(cinder, kind, id, &ret->row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (kind == CLOUD_SNAPSHOT) {
		if (cinder_read_row(cinder, CLOUD_VOLUME, cinder_text(ret->row, "volume_id"),
			&ret->volume, err) < 0)
			return -1;
		object_put_snapshot(&json, ret->row, modern);
	} else {
		object_put_volume(&json, ret->row, modern);
	}
	if (json_check(&json, err) < 0)
		return -1;
	cinder_set_host(&ret->remote, ret->volume ? ret->volume : ret->row);
	snprintf(ret->remote.id, sizeof ret->remote.id, "%.36s", id);
	ret->remote.object = buf_span(&ret->object);
	return 1;
}

/* Ask for its removal; what is not in the database is gone already. */
static int
delete_thing(struct cinder *cinder, const struct envelope_context *context, enum cloud_kind kind,
    const char *id, struct err *err)
{
	scoped(cinder_drop_thing) struct cinder_thing thing = CINDER_THING;
	int found = cinder_find(cinder, context, kind, id, &thing, err);

	return found <= 0 ? found : cinder_delete(&thing.remote, err);
}

/* What was made for a backup; "": nothing. */
struct made {
	char volume[UUID_TEXT], snapshot[UUID_TEXT];
};

static void
take_id(char ret[UUID_TEXT], const char *id)
{
	if (!ret[0] && id && uuid_valid(id))
		snprintf(ret, UUID_TEXT, "%.36s", id);
}

static struct made
made_for(const struct backup *row)
{
	struct made made = { .volume = "" };

	take_id(made.volume, backup_text(row, BACKUP_TEMP_VOLUME_ID));
	take_id(made.snapshot, backup_text(row, BACKUP_TEMP_SNAPSHOT_ID));
	return made;
}

/*
 * Of a backup that is deleted, or cannot be read: only what cinder-volume has named as
 * made for it.  That a device is not known here does not make it one to be deleted.
 */
static struct made
made_before(const struct job *job, const struct terms *terms)
{
	const struct json *data = cinder_asked(job);
	struct made made = made_for(&job->backup);

	take_id(made.volume, cinder_text(data, "temp_volume_id"));
	take_id(made.snapshot, cinder_text(data, "temp_snapshot_id"));
	take_id(terms->remote.snapshot ? made.snapshot : made.volume, terms->temporary);
	return made;
}

static int
delete_made(struct cinder *cinder, const struct envelope_context *context, const struct made *made,
    struct err *err)
{
	if (made->volume[0] && delete_thing(cinder, context, CLOUD_VOLUME, made->volume, err) < 0)
		return -1;
	return made->snapshot[0]
		   ? delete_thing(cinder, context, CLOUD_SNAPSHOT, made->snapshot, err)
		   : 0;
}

/* The row names it until the broker has what removes it. */
static int
delete_noted(struct cinder *cinder, const struct envelope_context *context,
    const struct backup *row, struct err *err)
{
	const uint32_t noted = 1u << BACKUP_TEMP_VOLUME_ID | 1u << BACKUP_TEMP_SNAPSHOT_ID;
	const struct made made = made_for(row);
	struct backup cleared = *row;

	if (!made.volume[0] && !made.snapshot[0])
		return 0;
	if (delete_made(cinder, context, &made, err) < 0)
		return -1;
	backup_unset(&cleared, BACKUP_TEMP_VOLUME_ID);
	backup_unset(&cleared, BACKUP_TEMP_SNAPSHOT_ID);
	return catalogue_save(cinder->setup.catalogue, &cleared, noted, err);
}

int
cinder_delete_temporaries(
    struct cinder *cinder, const struct job *job, const struct terms *terms, struct err *err)
{
	struct backup row;
	struct made made;
	int found = catalogue_find(cinder->setup.catalogue, job->request->backup, &row, err);

	if (found < 0)
		return -1;
	if (found)
		return delete_noted(cinder, &terms->context, &row, err);
	made = made_before(job, terms);
	return delete_made(cinder, &terms->context, &made, err);
}

/* ---- after a crash ---- */

int
cinder_own_context(
    char request_id[DIGEST_UUID_TEXT + 4], struct envelope_context *ret, struct err *err)
{
	char uuid[DIGEST_UUID_TEXT];

	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	snprintf(request_id, DIGEST_UUID_TEXT + 4, "req-%s", uuid);
	*ret = (struct envelope_context){ .request_id = request_id };
	return 0;
}

/* Its export stands in the way of its removal.  Who does not know it says so in a log of his. */
static int
disconnect_made(struct cinder *cinder, const struct envelope_context *context, enum cloud_kind kind,
    const char *id, struct err *err)
{
	scoped(cinder_drop_thing) struct cinder_thing thing = CINDER_THING;
	int found = id[0] ? cinder_find(cinder, context, kind, id, &thing, err) : 0;

	if (found <= 0)
		return found;
	return cinder_disconnect(&thing.remote, false, err) < 0 && err->kind == ERR_RETRY ? -1 : 0;
}

int
cinder_sweep(struct lender *lender, const char *backup_id, struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	char request_id[DIGEST_UUID_TEXT + 4];
	struct envelope_context context;
	struct backup row;
	struct made made;
	int found = catalogue_find(cinder->setup.catalogue, backup_id, &row, err);

	if (found <= 0)
		return found;
	made = made_for(&row);
	if (cinder_own_context(request_id, &context, err) < 0 ||
	    disconnect_made(cinder, &context, CLOUD_VOLUME, made.volume, err) < 0 ||
	    disconnect_made(cinder, &context, CLOUD_SNAPSHOT, made.snapshot, err) < 0)
		return -1;
	return delete_noted(cinder, &context, &row, err);
}
