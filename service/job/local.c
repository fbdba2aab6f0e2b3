/*
 * Volumes that the service finds itself: files and devices by their names, images
 * of Ceph.  What shelf.h knows of has a status, which follows what is done to it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/local_meta.h"
#include "job/shelf.h"
#include "options/tables.h"

/* What was agreed on about a volume that has a status. */
struct terms {
	struct quota_of_type quota;
	struct volume_move move;
	struct volume_record volume; /* a new one: as it is to be */
	struct claim *claim; /* on what is written over, or read without a status; or NULL */
};

static struct terms *
agree(struct job *job, struct loan *loan, struct err *err)
{
	struct terms *terms = calloc(1, sizeof *terms);

	if (!terms) {
		err_memory(err);
		return NULL;
	}
	terms->quota.limits = shelf_limits(job->setup);
	if (job->request->counted)
		loan->along.limits = &terms->quota.limits;
	loan->along.metadata = job->request->metadata;
	loan->terms = terms;
	return terms;
}

/* ---- source ---- */

/* A snapshot of an image goes by its own name, or with that of its image in front. */
static int
choose_image_snapshot(const struct job *job, struct attachment *source, struct err *err)
{
	const char *wanted = job->request->snapshot;
	struct attachment named = *source;
	char name[PATH_MAX];

	named.snapshot[0] = '\0';
	attach_name(&named, name);
	snprintf(name + strlen(name), sizeof name - strlen(name), "@%s", wanted);
	if (attach_find(NULL, strchr(wanted, '@') ? wanted : name, &named, err) < 0)
		return -1;
	if (strcmp(named.volume_id, source->volume_id) != 0)
		return err_set(err, ERR_INVALID, "snapshot %s: is not one of volume %s", wanted,
		    job->request->volume);
	*source = named;
	return 0;
}

struct search {
	const char *wanted;
	struct volume_record *ret;
	bool found;
};

static int
compare_snapshot(void *arg, const struct volume_record *snapshot, struct err *err)
{
	struct search *search = arg;

	(void)err;
	if (strcmp(snapshot->id, search->wanted) != 0 &&
	    strcmp(snapshot->name, search->wanted) != 0)
		return 0;
	*search->ret = *snapshot;
	search->found = true;
	return 1;
}

/* Of the snapshots of the volume; the volume itself may be in whatever status. */
static int
choose_snapshot(struct job *job, struct loan *loan, struct terms *terms, struct err *err)
{
	const struct volume_filter its = { .kind = SNAPSHOT, .volume_id = loan->device.volume_id };
	struct volume_record snapshot;
	struct search search = { .wanted = job->request->snapshot, .ret = &snapshot };

	if (shelf_each(job->setup, &its, compare_snapshot, &search, err) < 0)
		return -1;
	if (!search.found)
		return err_set(err, ERR_INVALID, "snapshot %s: is not one of volume %s",
		    job->request->snapshot, job->request->volume);
	if (snapshot.status != VOLUME_AVAILABLE)
		return err_set(err, ERR_CONFLICT,
		    "Snapshot to be backed up must be available, but the current status is \"%s\".",
		    volume_status_name(snapshot.status));
	if (shelf_open(job->setup, &snapshot, false, &loan->device, err) < 0)
		return -1;
	terms->volume = snapshot;
	terms->move = (struct volume_move){ SNAPSHOT, terms->volume.id, 1u << VOLUME_AVAILABLE,
		VOLUME_BACKING_UP, VOLUME_NONE };
	memcpy(loan->snapshot_id, snapshot.id, sizeof loan->snapshot_id);
	loan->moment = snapshot.created_at;
	return 0;
}

static int
choose_volume(struct job *job, struct loan *loan, struct terms *terms, struct err *err)
{
	const struct volume_record *volume = &terms->volume;
	bool force = job->request->force;

	if (volume->status != VOLUME_AVAILABLE && volume->status != VOLUME_IN_USE)
		return err_set(err, ERR_CONFLICT,
		    "Volume to be backed up must be available or in-use, but the current status is "
		    "\"%s\".",
		    volume_status_name(volume->status));
	if (volume->status == VOLUME_IN_USE && !force)
		return err_set(
		    err, ERR_CONFLICT, "Backing up an in-use volume must use the force flag.");
	if (shelf_adopt(job->setup, volume, err) < 0)
		return -1;
	loan->freeze = volume->status == VOLUME_IN_USE;
	terms->move = (struct volume_move){ VOLUME, terms->volume.id,
		1u << VOLUME_AVAILABLE | (force ? 1u << VOLUME_IN_USE : 0), VOLUME_BACKING_UP,
		VOLUME_NONE };
	return 0;
}

/* What has no status: a restore to it has its claim, and none begins while it is read. */
static int
choose_device(struct job *job, struct loan *loan, struct terms *terms, struct err *err)
{
	const char *id = loan->device.volume_id;
	int held = claim_share(&terms->claim, job->claims, id, JOB_LOOK_MS, &job->cancel, err);

	if (held < 0)
		return -1;
	if (!held)
		return err_set(err, ERR_CONFLICT, "Volume %s is being worked on", id);
	loan->freeze = attach_in_use(&loan->device);
	if (loan->freeze && !job->request->force)
		return err_set(
		    err, ERR_CONFLICT, "Backing up an in-use volume must use the force flag.");
	return 1;
}

static int
lend_source(struct lender *lender, struct job *job, struct loan *ret, struct err *err)
{
	const char *snapshot = job->request->snapshot;
	struct terms *terms = agree(job, ret, err);
	int found;

	(void)lender;
	if (!terms || shelf_attach(job->setup, job->request->volume, &ret->device, err) < 0)
		return -1;
	if (ret->device.snapshot[0])
		return 1; /* a moment of an image, whatever becomes of that */
	found = shelf_find(job->setup, VOLUME, ret->device.volume_id, &terms->volume, err);
	if (found < 0)
		return -1;
	if (!found && snapshot && ret->device.kind == ATTACHMENT_RBD)
		return choose_image_snapshot(job, &ret->device, err) < 0 ? -1 : 1;
	if (!found && snapshot)
		return err_set(err, ERR_INVALID,
		    "snapshot %s: files and devices outside volumes_dir have none", snapshot);
	if (!found)
		return choose_device(job, ret, terms, err);
	if (local_meta_write(job, ret, &terms->volume, err) < 0 ||
	    (snapshot ? choose_snapshot : choose_volume)(job, ret, terms, err) < 0)
		return -1;
	ret->along.move = &terms->move;
	return 1;
}

/* ---- target ---- */

/*
 * What --to names is an image or a path, never a volume by its name: what is
 * there is written over, as it is with VOLUME, and else it is made.
 */
static int
find_path(const char *volumes_dir, const char *target, uint64_t size, struct attachment *ret,
    struct err *err)
{
	bool plain = !strchr(target, '/') && !attach_is_image(target);
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s%s", plain ? "./" : "", target) >= sizeof path)
		return err_set(err, ERR_INVALID, "path is too long: %.80s...", target);
	if (attach_find(volumes_dir, path, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	return attach_new(volumes_dir, path, size, ret, err);
}

/* An encrypted backup holds ciphertext: what reads it must know to decrypt. */
static int
check_type(const struct job *job, const char *type_id, struct err *err)
{
	struct volume_type type;

	if (!backup_has(&job->backup, BACKUP_ENCRYPTION_KEY_ID) ||
	    (shelf_type(job->setup, type_id, &type) && type.encrypted))
		return 0;
	return err_set(err, ERR_INVALID,
	    "backup %s is of an encrypted volume: it is restored to volumes of encrypted types "
	    "only",
	    job->backup.id);
}

/* A volume of its own, by a row that comes into being with the restore. */
static int
make_volume(struct job *job, uint64_t size, struct loan *loan, struct terms *terms, struct err *err)
{
	struct volume_record *new = &terms->volume;
	struct volume_type type;
	char id[DIGEST_UUID_TEXT];

	*new = *job->request->made;
	if (digest_uuid_random(id, err) < 0)
		return -1;
	memcpy(new->id, id, sizeof new->id);
	if (shelf_place(job->setup, new, NULL, err) < 0)
		return -1;
	new->created_at = clock_now();
	if (!new->type_id[0]) {
		if (!backup_has(&job->backup, BACKUP_ENCRYPTION_KEY_ID) ||
		    !shelf_encrypted_type(job->setup, &type))
			shelf_type(job->setup, NULL, &type);
		memcpy(new->type_id, type.id, sizeof new->type_id);
	}
	if (check_type(job, new->type_id, err) < 0 ||
	    shelf_open(job->setup, new, true, &loan->device, err) < 0)
		return -1;
	/* What was a file of any length is one of that length again, unless more is asked for. */
	if (new->size <= (uint64_t)job->backup.size)
		loan->device.size = size;
	loan->along.volume = new;
	shelf_limits_of(job->setup, new->type_id, &terms->quota);
	return 0;
}

/* Something that is there: its status says whether it may be written to. */
static int
take_volume(struct job *job, struct loan *loan, struct terms *terms, struct err *err)
{
	const char *id = loan->device.volume_id;
	int found, held;

	/* Before its status is looked at: nothing is made of it meanwhile. */
	held = claim_take(&terms->claim, job->claims, id, JOB_LOOK_MS, &job->cancel, err);
	found = held < 0 ? -1 : shelf_find(job->setup, VOLUME, id, &terms->volume, err);
	if (found < 0)
		return -1;
	if (!held)
		return err_set(err, ERR_CONFLICT, "Volume %s is being worked on", id);
	if (found ? terms->volume.status != VOLUME_AVAILABLE : attach_in_use(&loan->device))
		return err_set(err, ERR_CONFLICT, "Volume to be restored to must be available");
	if (!found)
		return 0;
	if (check_type(job, terms->volume.type_id, err) < 0 ||
	    shelf_adopt(job->setup, &terms->volume, err) < 0)
		return -1;
	terms->move = (struct volume_move){ VOLUME, terms->volume.id, 1u << VOLUME_AVAILABLE,
		VOLUME_RESTORING_BACKUP, VOLUME_NONE };
	loan->along.move = &terms->move;
	return 0;
}

static int
lend_target(
    struct lender *lender, struct job *job, uint64_t size, struct loan *ret, struct err *err)
{
	const struct request *request = job->request;
	const char *volumes_dir = job->setup->own->volumes_dir;
	struct terms *terms = agree(job, ret, err);

	(void)lender;
	if (!terms)
		return -1;
	if (!request->volume && !request->target)
		return request->made ? make_volume(job, size, ret, terms, err)
				     : attach_new(volumes_dir, NULL, size, &ret->device, err);
	if ((request->volume
		    ? shelf_attach(job->setup, request->volume, &ret->device, err)
		    : find_path(volumes_dir, request->target, size, &ret->device, err)) < 0)
		return -1;
	return ret->device.create ? 0 : take_volume(job, ret, terms, err);
}

/* ---- back ---- */

/* What becomes of a volume that a restore wrote to. */
static enum volume_status
status_after(const struct loan *loan, const struct err *outcome)
{
	if (!outcome)
		return VOLUME_AVAILABLE;
	/* Made of a backup, it never was a volume. */
	if (outcome->kind == ERR_CANCELLED ||
	    (loan->along.volume && loan->along.volume->status == VOLUME_CREATING))
		return VOLUME_ERROR;
	return VOLUME_ERROR_RESTORING;
}

static int
give_back_source(
    struct job *job, const struct terms *terms, const struct err *outcome, struct err *err)
{
	const struct catalogue_local *local = job->setup->catalogue->driver->local;
	const struct volume_move move = { .kind = terms->move.kind,
		.id = terms->volume.id,
		.from = 1u << VOLUME_BACKING_UP,
		.note = outcome && outcome->kind != ERR_CANCELLED ? VOLUME_ERROR_BACKING_UP
								  : VOLUME_BACKING_UP };

	return local->move(job->setup->catalogue, &move, err) < 0 ? -1 : 0;
}

/* Restored is what has all that the backup knows of it. */
static int
give_back_target(struct job *job, const struct loan *loan, const struct terms *terms,
    const struct err *outcome, struct err *err)
{
	const struct catalogue_local *local = job->setup->catalogue->driver->local;
	const char *id = terms->volume.id;
	bool untyped = loan->along.volume && !job->request->made->type_id[0];
	struct volume_move move = { .kind = VOLUME,
		.id = id,
		.from = 1u << VOLUME_RESTORING_BACKUP | 1u << VOLUME_CREATING };
	struct err why = ERR_INIT, ignored = ERR_INIT;

	if (!outcome && local_meta_apply(job, loan, &terms->volume, untyped, &why) < 0)
		outcome = &why;
	move.to = status_after(loan, outcome);
	if (local->move(job->setup->catalogue, &move, why.kind ? &ignored : err) < 0)
		return -1;
	if (why.kind)
		*err = why;
	return why.kind ? -1 : 0;
}

static int
take_back(struct lender *lender, struct job *job, struct loan *loan, const struct err *outcome,
    struct err *err)
{
	const struct terms *terms = loan->terms;
	int done = 0;

	(void)lender;
	if (loan->held && terms->move.to == VOLUME_BACKING_UP)
		done = give_back_source(job, terms, outcome, err);
	else if (loan->held && (loan->along.move || loan->along.volume))
		done = give_back_target(job, loan, terms, outcome, err);
	if (terms)
		claim_release(terms->claim);
	free(loan->terms);
	loan->terms = NULL;
	return done;
}

static int
put_right(struct lender *lender, const struct backup *row, struct err *err)
{
	return shelf_put_right(((struct local_lender *)lender)->setup, row, err);
}

static const struct lender_driver driver = {
	.name = "local",
	.lend_source = lend_source,
	.lend_target = lend_target,
	.take_back = take_back,
	.put_right = put_right,
};

void
local_lender_init(struct local_lender *lender, const struct desk_setup *setup)
{
	*lender = (struct local_lender){ { &driver }, setup };
}
