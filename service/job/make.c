/* Volumes and snapshots are made and removed. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/claim.h"
#include "job/copy.h"
#include "job/job.h"
#include "job/shelf.h"
#include "options/tables.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { ANY_STATUS = (1u << VOLUME_STATUS_COUNT) - (1u << VOLUME_CREATING) };

static const char *
kind_name(enum volume_kind kind)
{
	return kind == VOLUME ? "volume" : "snapshot";
}

/* ---- copies ---- */

/* What from holds now, in a volume that was just created. */
static int
fill(struct job *job, struct volume *to, struct volume *from, struct err *err)
{
	const struct copy copy = { .job = job, .from = from, .to = to, .asked = from };
	int cloned = volume_clone(to, from, err);

	return cloned ? cloned < 0 ? -1 : volume_flush(to, err) : copy_blocks(&copy, err);
}

int
job_freeze(struct job *job, const struct attachment *source, struct claim *claim,
    struct volume **volume, struct err *err)
{
	scoped(volume_close_scoped) struct volume *copy = NULL;
	struct attachment target = { .kind = ATTACHMENT_PATH, .create = true };
	const char *slash = strrchr(source->path, '/');

	if (source->kind != ATTACHMENT_PATH)
		return 0;
	memcpy(target.volume_id, source->volume_id, sizeof target.volume_id);
	target.size = (*volume)->size;
	if ((size_t)snprintf(target.path, sizeof target.path, "%.*s/.%s",
		(int)(slash - source->path), source->path, job->backup.id) >= sizeof target.path)
		return err_set(err, ERR_INVALID, "copy of %s: path is too long", source->path);
	if (claim_note(claim, &target, err) < 0 ||
	    volume_open(&copy, job->setup->volumes, &target, true, err) < 0 ||
	    fill(job, copy, *volume, err) < 0)
		return err_wrap(err, "copy of a volume in use");
	volume_close(*volume);
	*volume = take(&copy);
	return 0;
}

/* ---- make ---- */

/* "": of nothing. */
static const char *
origin_of(const struct volume_record *new)
{
	return new->kind == SNAPSHOT ? new->volume_id
	       : new->snapshot_id[0] ? new->snapshot_id
				     : new->source_id;
}

/* Nobody removes, restores or enlarges what it is made of until this is released. */
static int
hold_origin(struct job *job, const struct volume_record *new, struct claim **ret, struct err *err)
{
	const char *id = origin_of(new);
	int held = id[0] ? claim_share(ret, job->claims, id, JOB_LOOK_MS, &job->cancel, err) : 1;

	return held ? held : err_set(err, ERR_CONFLICT, "%s is being worked on", id);
}

/* What it is made of.  1, 0: of nothing. */
static int
find_origin(
    struct job *job, const struct volume_record *new, struct volume_record *ret, struct err *err)
{
	const char *id = origin_of(new);
	enum volume_kind kind = new->kind == VOLUME &&new->snapshot_id[0] ? SNAPSHOT : VOLUME;
	bool busy_too = new->kind == SNAPSHOT && job->request->force;
	int found;

	if (!id[0])
		return 0;
	found = shelf_find(job->setup, kind, id, ret, err);
	if (found <= 0)
		return found < 0 ? -1
				 : err_set(err, ERR_NOT_FOUND, "%s %s could not be found",
				       kind_name(kind), id);
	if (ret->status != VOLUME_AVAILABLE && (ret->status != VOLUME_IN_USE || !busy_too))
		return err_set(err, ERR_CONFLICT, "%s %s is %s, not available", kind_name(kind), id,
		    volume_status_name(ret->status));
	return shelf_adopt(job->setup, ret, err) < 0 ? -1 : 1;
}

static int
describe(
    struct job *job, struct volume_record *new, const struct volume_record *origin, struct err *err)
{
	char id[DIGEST_UUID_TEXT];

	if (digest_uuid_random(id, err) < 0)
		return -1;
	memcpy(new->id, id, sizeof new->id);
	if (shelf_place(job->setup, new, origin, err) < 0)
		return -1;
	new->created_at = clock_now();
	new->status = VOLUME_CREATING;
	if (!origin)
		return 0;
	if (new->size < origin->size &&new->kind == VOLUME &&new->size)
		return err_set(err, ERR_INVALID,
		    "volume size %llu is smaller than what it is made of, %llu",
		    (unsigned long long)new->size, (unsigned long long)origin->size);
	if (new->size < origin->size)
		new->size = origin->size;
	memcpy(new->key_id, origin->key_id, sizeof new->key_id);
	if (new->kind == SNAPSHOT)
		memcpy(new->type_id, origin->type_id, sizeof new->type_id);
	return 0;
}

static int
write_new(struct job *job, const struct volume_record *new, const struct volume_record *origin,
    struct claim *claim, struct err *err)
{
	scoped(volume_close_scoped) struct volume *to = NULL;
	scoped(volume_close_scoped) struct volume *from = NULL;
	struct attachment target, source;
	int kept;

	if (shelf_open(job->setup, new, true, &target, err) < 0 ||
	    claim_note(claim, &target, err) < 0)
		return -1;
	kept = new->kind == SNAPSHOT ? volume_snapshot(job->setup->volumes, &target, err) : 0;
	if (kept)
		return kept < 0 ? -1 : 0;
	if (origin && (shelf_open(job->setup, origin, false, &source, err) < 0 ||
			  volume_open(&from, job->setup->volumes, &source, false, err) < 0))
		return -1;
	if (from && (new->kind == SNAPSHOT || from->size > target.size))
		target.size = from->size;
	if (volume_open(&to, job->setup->volumes, &target, true, err) < 0 ||
	    (from && fill(job, to, from, err) < 0))
		return -1;
	return volume_publish(to, target.size, err);
}

static int
end_making(struct job *job, const struct volume_record *new, bool good, struct err *err)
{
	const struct volume_move move = { new->kind, new->id, 1u << VOLUME_CREATING,
		good ? VOLUME_AVAILABLE : VOLUME_ERROR, VOLUME_NONE };
	struct err second = ERR_INIT;

	if (job->setup->catalogue->driver->local->move(
		job->setup->catalogue, &move, good ? err : &second) < 0)
		return -1;
	return good ? 0 : -1;
}

int
job_make(struct job *job, struct err *err)
{
	const struct request *request = job->request;
	scoped(claim_release_scoped) struct claim *held = NULL;
	scoped(claim_release_scoped) struct claim *claim = NULL;
	struct volume_record new = *request->made, origin;
	struct quota_of_type quota;
	int found;

	if (hold_origin(job, &new, &held, err) < 0)
		return -1;
	found = find_origin(job, &new, &origin, err);
	if (found < 0 || describe(job, &new, found ? &origin : NULL, err) < 0 ||
	    claim_take(&claim, job->claims, new.id, JOB_LOOK_MS, &job->cancel, err) < 0)
		return -1;
	shelf_limits_of(job->setup, new.type_id, &quota);
	if (job->setup->catalogue->driver->local->add(job->setup->catalogue, &new,
		request->counted ? &quota.limits : NULL, request->metadata, err) < 0)
		return -1;
	memcpy(job->volume_id, new.id, sizeof job->volume_id);
	if (job_admit(job, BACKUP_CREATING, err) < 0 ||
	    write_new(job, &new, found ? &origin : NULL, claim, err) < 0)
		return end_making(job, &new, false, err);
	return end_making(job, &new, true, err);
}

/* ---- remove ---- */

/* The file, then the row; in status deleting. */
static int
erase(const struct desk_setup *setup, const struct volume_record *volume, struct err *err)
{
	const struct volume_move failed = { volume->kind, volume->id, 1u << VOLUME_DELETING,
		VOLUME_ERROR_DELETING, VOLUME_NONE };
	const struct catalogue_local *local = setup->catalogue->driver->local;
	struct err second = ERR_INIT;
	struct attachment file;
	int opened = shelf_open(setup, volume, false, &file, err);

	if (opened < 0 && err->kind == ERR_NOT_FOUND)
		return local->remove(setup->catalogue, volume->kind, volume->id, err);
	if (opened == 0 && volume_remove(setup->volumes, &file, err) == 0)
		return local->remove(setup->catalogue, volume->kind, volume->id, err);
	(void)local->move(setup->catalogue, &failed, &second);
	return -1;
}

static int
find_doomed(struct job *job, struct volume_record *ret, struct err *err)
{
	const struct volume_record *wanted = job->request->made;
	bool force = job->request->force;
	int found = shelf_find(job->setup, wanted->kind, wanted->id, ret, err);

	if (found <= 0)
		return found < 0 ? -1
				 : err_set(err, ERR_NOT_FOUND, "%s %s could not be found",
				       kind_name(wanted->kind), wanted->id);
	if (!force && ret->status != VOLUME_AVAILABLE && ret->status != VOLUME_ERROR &&
	    ret->status != VOLUME_ERROR_RESTORING && ret->status != VOLUME_ERROR_DELETING &&
	    ret->status != VOLUME_ERROR_EXTENDING)
		return err_set(err, ERR_CONFLICT, "%s %s is %s: it must be available or error",
		    kind_name(wanted->kind), wanted->id, volume_status_name(ret->status));
	return shelf_adopt(job->setup, ret, err);
}

int
job_remove(struct job *job, struct err *err)
{
	static const uint32_t still = 1u << VOLUME_AVAILABLE | 1u << VOLUME_ERROR |
				      1u << VOLUME_ERROR_RESTORING | 1u << VOLUME_ERROR_DELETING |
				      1u << VOLUME_ERROR_EXTENDING;
	const struct volume_record *wanted = job->request->made;
	const struct volume_move move = { wanted->kind, wanted->id,
		job->request->force ? ANY_STATUS : still, VOLUME_DELETING, VOLUME_NONE };
	scoped(claim_release_scoped) struct claim *claim = NULL;
	struct volume_record volume;
	int moved;

	if (find_doomed(job, &volume, err) < 0)
		return -1;
	moved = claim_take(&claim, job->claims, wanted->id, JOB_LOOK_MS, &job->cancel, err);
	if (moved == 1)
		moved =
		    job->setup->catalogue->driver->local->move(job->setup->catalogue, &move, err);
	if (moved <= 0)
		return moved < 0 ? -1
				 : err_set(err, ERR_CONFLICT, "%s %s is being worked on",
				       kind_name(wanted->kind), wanted->id);
	memcpy(job->volume_id, volume.id, sizeof job->volume_id);
	return job_admit(job, BACKUP_DELETING, err) < 0 ? -1 : erase(job->setup, &volume, err);
}

/* ---- after a crash ---- */

static int
settle(const struct desk_setup *setup, enum volume_kind kind, const char *id, struct err *err)
{
	const struct volume_move failed = { kind, id, 1u << VOLUME_CREATING, VOLUME_ERROR,
		VOLUME_NONE };
	const struct catalogue_local *local = setup->catalogue->driver->local;
	struct volume_record volume;
	int found = local->find(setup->catalogue, kind, id, &volume, err);

	if (found <= 0)
		return found;
	if (volume.status == VOLUME_DELETING)
		return erase(setup, &volume, err);
	if (volume.status == VOLUME_EXTENDING)
		return job_finish_extending(setup, &volume, err);
	return local->move(setup->catalogue, &failed, err) < 0 ? -1 : 0;
}

int
job_settle_volume(const struct desk_setup *setup, const char *id, struct err *err)
{
	return settle(setup, VOLUME, id, err) < 0 ? -1 : settle(setup, SNAPSHOT, id, err);
}
