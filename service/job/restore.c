/* A restore: layers are resolved, objects fetched, unpacked, verified and only then written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "job/chain.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/keep.h"
#include "job/lender.h"
#include "job/refill.h"
#include "model/volume.h"
#include "options/tables.h"
#include "store/image.h"
#include "volume/attach.h"
#include "volume/nowhere.h"
#include "volume/volume.h"

/* Where the blocks come from: one of the two. */
struct origin {
	struct chain *chain; /* layers of objects */
	struct volume *kept; /* an image */
};

static int
origin_open(struct job *job, struct origin *origin, struct err *err)
{
	if (!store_keeps_images(job->setup->store))
		return chain_open(&origin->chain, job, err);
	if (job_check_service(job, &job->backup, err) < 0)
		return -1;
	return keep_open(job, &origin->kept, err);
}

static void
origin_close(struct origin *origin)
{
	chain_close(origin->chain);
	volume_close(origin->kept);
}

/* The backup is no larger. */
static uint64_t
origin_end(const struct origin *origin)
{
	return origin->kept ? origin->kept->size : chain_end(origin->chain);
}

/* ---- the target ---- */

/* What is there already is only written to once it is known to be large enough. */
static int
check_room(
    struct job *job, const struct origin *origin, const struct volume *volume, struct err *err)
{
	uint64_t size;

	if (origin->kept)
		size = origin->kept->size;
	else if (chain_size(origin->chain, &size, err) < 0)
		return -1;
	if (volume->size < size)
		return err_set(err, ERR_INVALID,
		    "volume %s of %llu bytes is too small to restore backup %s of %llu bytes",
		    job->volume_path, (unsigned long long)volume->size, job->backup.id,
		    (unsigned long long)size);
	return 0;
}

static int
open_noted(struct job *job, struct claim *claim, struct attachment *target, struct volume **ret,
    struct err *err)
{
	if (target->create && claim_note(claim, target, err) < 0)
		return -1;
	return volume_open(ret, job->setup->volumes, target, true, err);
}

/* Whether an image exists is only seen when it is opened. */
static int
open_or_make(struct job *job, struct claim *claim, uint64_t size, struct attachment *target,
    struct volume **ret, struct err *err)
{
	const char *name = job->request->target;

	if (open_noted(job, claim, target, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND || target->kind != ATTACHMENT_RBD || target->create || !name)
		return -1;
	if (attach_new(job->setup->own->volumes_dir, name, size, target, err) < 0)
		return -1;
	target->ceph = job->setup->ceph;
	target->cancel = &job->cancel;
	return open_noted(job, claim, target, ret, err);
}

/* Whose it is, and where; size: of what is to be made, bytes. */
static int
choose_target(struct job *job, uint64_t size, struct loan *loan, struct err *err)
{
	if (lender_lend_target(job, size, loan, err) < 0)
		return -1;
	memcpy(job->volume_id, loan->device.volume_id, sizeof job->volume_id);
	attach_name(&loan->device, job->volume_path);
	return 0;
}

static int
open_target(struct job *job, struct claim *claim, const struct origin *origin, struct loan *loan,
    struct volume **ret, struct err *err)
{
	scoped(volume_close_scoped) struct volume *volume = NULL;
	struct attachment *target = &loan->device;

	if (open_or_make(job, claim, origin_end(origin), target, &volume, err) < 0)
		return -1;
	loan->opened = true;
	memcpy(job->volume_id, target->volume_id, sizeof job->volume_id);
	attach_name(target, job->volume_path);
	if (!target->create && check_room(job, origin, volume, err) < 0)
		return -1;
	*ret = take(&volume);
	return 0;
}

/* ---- statuses ---- */

/* What was left of an earlier restore would be taken for this one's, so the target comes first. */
static int
begin(struct job *job, struct loan *loan, struct err *err)
{
	struct catalogue *catalogue = job->setup->catalogue;
	struct backup *row = &job->backup;
	int moved;

	if (backup_set_text(row, BACKUP_RESTORE_VOLUME_ID, job->volume_id, err) < 0 ||
	    catalogue_save(catalogue, row, 1u << BACKUP_RESTORE_VOLUME_ID, err) < 0)
		return -1;
	moved = catalogue->driver->local->move_both(
	    catalogue, row->id, BACKUP_AVAILABLE, BACKUP_RESTORING, &loan->along, err);
	if (moved < 0)
		return -1;
	if (!moved) /* says what it is now */
		return job_move(job, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL, err);
	loan->held = true;
	row->status = BACKUP_RESTORING;
	return 0;
}

/*
 * However it went, the backup is whole, so it is available again; also when the
 * restore was cancelled by setting its status to error.
 */
static void
end(struct job *job)
{
	struct err ignored = ERR_INIT;

	if (job_move(job, BACKUP_RESTORING, BACKUP_AVAILABLE, NULL, &ignored) < 0)
		(void)job_move(job, BACKUP_ERROR, BACKUP_AVAILABLE, NULL, &ignored);
}

/* As many bytes as the backup has, or what was asked for beyond. */
static uint64_t
size_for(const struct job *job, uint64_t size)
{
	const struct volume_record *made = job->request->made;
	uint64_t asked = made && made->size > (uint64_t)job->backup.size ? made->size << 30 : 0;

	return asked > size ? asked : size;
}

static int
write_volume(struct job *job, const struct origin *origin, struct volume *volume, struct err *err)
{
	struct chain *chain = origin->chain;
	uint64_t size;

	if (origin->kept) {
		if (keep_back(job, origin->kept, volume, err) < 0)
			return -1;
		return volume_publish(volume, size_for(job, origin->kept->size), err);
	}
	if (refill(job, chain, volume, &size, err) < 0 || chain_check_size(chain, size, err) < 0 ||
	    volume_flush(volume, err) < 0)
		return -1;
	return volume_publish(volume, size_for(job, size), err);
}

/* What the target is to be called, and more: for whoever takes it back. */
static int
read_meta(struct job *job, const struct origin *origin, struct buf *ret, struct err *err)
{
	if (origin->kept)
		return store_image_describe(job->setup->store, &job->backup, ret, err);
	if (chain_volume_meta(origin->chain))
		buf_text(ret, chain_volume_meta(origin->chain));
	return 0;
}

/*
 * Whoever waits for an answer waits for no store, as in cinder: what the records say is
 * enough to begin, and what the store has to say ends the restore in error.
 */
static int
begin_early(struct job *job, struct loan *loan, bool *begun, struct err *err)
{
	if (choose_target(job, (uint64_t)job->backup.size << 30, loan, err) < 0 ||
	    begin(job, loan, err) < 0)
		return -1;
	*begun = true;
	return job_admit(job, BACKUP_RESTORING, err);
}

/* The rest, with the backup open.  A verb changes nothing before all is known to be there. */
static int
begin_late(struct job *job, struct claim *claim, const struct origin *origin, struct loan *loan,
    struct volume **ret, bool *begun, struct err *err)
{
	if (choose_target(job, origin_end(origin), loan, err) < 0 ||
	    open_target(job, claim, origin, loan, ret, err) < 0 ||
	    (!*begun && begin(job, loan, err) < 0))
		return -1;
	*begun = true;
	return job_admit(job, BACKUP_RESTORING, err);
}

/* All that is done with volumes open.  begun: the record is in status restoring. */
static int
restore(struct job *job, struct claim *claim, struct loan *loan, bool *begun, struct err *err)
{
	scoped(origin_close) struct origin origin = { .chain = NULL };
	scoped(volume_close_scoped) struct volume *volume = NULL;
	bool early = job->request->admitted && !*begun;

	if ((early && begin_early(job, loan, begun, err) < 0) ||
	    origin_open(job, &origin, err) < 0 || read_meta(job, &origin, &loan->meta, err) < 0)
		return -1;
	if (early ? open_target(job, claim, &origin, loan, &volume, err) < 0
		  : begin_late(job, claim, &origin, loan, &volume, begun, err) < 0)
		return -1;
	return write_volume(job, &origin, volume, err);
}

static int
find_in(struct job *job, enum backup_status wanted, struct err *err)
{
	if (job_resolve(job, err) < 0)
		return -1;
	if (job->backup.status == wanted)
		return 0;
	return err_set(err, ERR_CONFLICT, "backup %s is %s: its status must be %s", job->backup.id,
	    backup_status_name(job->backup.status), backup_status_name(wanted));
}

/*
 * What was written to is given back.  Alone, a volume that does not get all that the
 * backup knows of it is not restored; in a cloud it is cinder that says what it is.
 */
static int
give_back(struct job *job, struct loan *loan, const struct err *outcome, struct err *err)
{
	struct err left = ERR_INIT;

	if (lender_take_back(job, loan, outcome, &left) == 0)
		return 0;
	if (outcome || job->request->adopted) {
		lender_warn(job, &left);
		return 0;
	}
	*err = left;
	return -1;
}

/* What was to be written to is given back; a backup whose restore was cancelled is whole. */
static int
turn_down(struct job *job, struct loan *loan, bool ours, struct err *err)
{
	if (!job->request->adopted)
		return -1;
	(void)give_back(job, loan, err, err);
	if (ours)
		end(job);
	return -1;
}

int
job_restore(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	scoped(loan_drop) struct loan loan = LOAN;
	bool begun = job->request->adopted;
	enum backup_status wanted = begun ? BACKUP_RESTORING : BACKUP_AVAILABLE;
	int done = -1;

	if (find_in(job, wanted, err) < 0)
		return turn_down(job, &loan, job->backup.id[0], err);
	if (job_claim(job, begun ? JOB_TURN_MS : 0, &claim, err) < 0)
		return turn_down(job, &loan, false, err);
	/* Whoever had it may have changed what it is. */
	if (find_in(job, wanted, err) < 0)
		return turn_down(job, &loan, true, err);
	done = restore(job, claim, &loan, &begun, err);
	/* It may still be on its way to be closed; recovery sees to what is left then. */
	if (done < 0 && err->kind == ERR_CANCELLED && loan.device.kind == ATTACHMENT_RBD &&
	    loan.device.create)
		claim_remember(claim);
	if (give_back(job, &loan, done < 0 ? err : NULL, err) < 0)
		done = -1;
	if (begun)
		end(job);
	return done;
}

/* ---- to nowhere ---- */

/* All that can be told without reading an object. */
static int
check_documents(const struct origin *origin, struct err *err)
{
	uint64_t size;

	return origin->kept ? 0 : chain_size(origin->chain, &size, err);
}

static int
restore_to_nowhere(struct job *job, const struct origin *origin, struct err *err)
{
	scoped(volume_close_scoped) struct volume *nowhere = NULL;

	if (nowhere_open(&nowhere, origin_end(origin), err) < 0)
		return -1;
	return write_volume(job, origin, nowhere, err);
}

/*
 * Where the parent restores, it is enough that what the increment has is sound, and
 * that nothing else has changed.  What speaks against that need not be damage: false,
 * and the whole tells.
 */
static bool
is_good_increment(struct job *job)
{
	scoped(origin_close) struct origin origin = { .chain = NULL };
	struct err ignored;

	return job->request->parent_good && !store_keeps_images(job->setup->store) &&
	       chain_open_last(&origin.chain, job, &ignored) == 0 &&
	       restore_to_nowhere(job, &origin, &ignored) == 0;
}

int
job_verify(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	scoped(origin_close) struct origin origin = { .chain = NULL };

	if (find_in(job, BACKUP_AVAILABLE, err) < 0 || job_claim(job, 0, &claim, err) < 0)
		return -1;
	if (job->request->quick)
		return origin_open(job, &origin, err) < 0 ? -1 : check_documents(&origin, err);
	if (job_admit(job, BACKUP_AVAILABLE, err) < 0)
		return -1;
	if (is_good_increment(job))
		return 0;
	return origin_open(job, &origin, err) < 0 ? -1 : restore_to_nowhere(job, &origin, err);
}
