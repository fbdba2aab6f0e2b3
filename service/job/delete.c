/*
 * A delete: the status moves, the store is erased, the row goes.  A cancel moves
 * the status too, and leaves the rest to the job that it ends.
 */
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/source.h"
#include "store/image.h"
#include "store/store.h"

static int
may_delete(const struct backup *backup, const struct request *request, struct err *err)
{
	bool force = request->force;

	/* In error: a recovery could not resume it, which has no user's token. */
	if (request->adopted && backup->status != BACKUP_DELETING && backup->status != BACKUP_ERROR)
		return err_set(err, ERR_CONFLICT, "backup %s is %s: its status must be deleting",
		    backup->id, backup_status_name(backup->status));
	switch (backup->status) {
	case BACKUP_AVAILABLE:
	case BACKUP_ERROR:
	case BACKUP_ERROR_DELETING:
		return 0;
	case BACKUP_CREATING:
	case BACKUP_RESTORING:
	case BACKUP_DELETING:
		if (force || request->adopted)
			return 0;
		break;
	case BACKUP_DELETED:
		break;
	}
	return err_set(err, ERR_CONFLICT, "backup %s is %s: its status must be available or error",
	    backup->id, backup_status_name(backup->status));
}

/*
 * Is the backup in this store?  An unmounted folder or another cluster looks
 * like one that has nothing: then the record is all there is, and must stay.
 */
static int
check_present(struct job *job, struct err *err)
{
	scoped(buf_drop) struct buf start = BUF(4096);
	struct location at;
	int found;

	/* A store of images asks for the owner of each before it removes one. */
	if (store_keeps_images(job->setup->store) || !job_location(&job->backup, &at))
		return 0;
	found = store_load(job->setup->store, &at, "metadata", 0, &start, err);
	if (found < 0)
		return -1;
	if (found || job->request->force)
		return 0;
	return err_set(err, ERR_NOT_FOUND,
	    "backup %s has no manifest in %s: is this the right store? --force deletes the "
	    "record all the same",
	    job->backup.id, at.container);
}

int
job_erase(const struct desk_setup *setup, const struct backup *backup, struct err *err)
{
	struct err second = ERR_INIT;
	int moved;

	source_forget(setup, backup, NULL);
	/* With the row goes all that tells of it. */
	if (lender_sweep(setup->lender, backup->id, err) < 0 ||
	    job_forget(setup, backup, err) < 0) {
		if (err->kind == ERR_CANCELLED)
			err_set(err, ERR_CANCELLED,
			    "cancelled in the middle; delete backup %s again for what is left",
			    backup->id);
		(void)catalogue_move(setup->catalogue, backup->id, BACKUP_DELETING, BACKUP_ERROR,
		    err->text, &second);
		return -1;
	}
	moved = catalogue_move(
	    setup->catalogue, backup->id, BACKUP_DELETING, BACKUP_DELETED, NULL, err);
	if (moved == 0)
		return err_set(err, ERR_CONFLICT,
		    "backup %s: somebody changed its status while it was erased; there is nothing "
		    "of it left but the record: delete it again",
		    backup->id);
	return moved < 0 ? -1 : 0;
}

/* Where somebody else has moved the status, nobody has looked at every project's increments. */
static int
check_children(struct job *job, struct err *err)
{
	const struct backup_filter children = { .parent_id = job->backup.id };
	uint64_t count;

	if (!job->request->adopted)
		return 0;
	if (catalogue_count(job->setup->catalogue, &children, &count, err) < 0)
		return -1;
	if (!count)
		return 0;
	return err_set(err, ERR_CONFLICT, "backup %s: incremental backups exist for this backup",
	    job->backup.id);
}

/*
 * Who asked has heard that it is being deleted.  Of what is not there nothing was
 * removed, and only an administrator may insist; what the store could not tell now
 * may be asked for again.
 */
static int
check_late(struct job *job, struct err *err)
{
	struct err second = ERR_INIT;

	if (check_present(job, err) == 0)
		return 0;
	(void)job_move(job, BACKUP_DELETING,
	    err->kind == ERR_NOT_FOUND ? BACKUP_ERROR_DELETING : BACKUP_ERROR, err->text, &second);
	return -1;
}

/* The status was moved before it was known that this cannot be. */
static int
turn_down(struct job *job, const struct err *err)
{
	struct err second = ERR_INIT;

	if (job->request->adopted && job->backup.status == BACKUP_DELETING)
		(void)job_move(job, BACKUP_DELETING,
		    job->request->refusal ? BACKUP_ERROR_DELETING : BACKUP_ERROR, err->text,
		    &second);
	return -1;
}

static int
delete_now(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	bool awaited = job->request->admitted, whole;

	if (job_resolve(job, err) < 0)
		return -1;
	whole = job->backup.status == BACKUP_AVAILABLE;
	/* A verb changes nothing before that is known; whoever waits for an answer waits for no
	 * store. */
	if (may_delete(&job->backup, job->request, err) < 0 ||
	    job_check_service(job, &job->backup, err) < 0 ||
	    (whole && !awaited && check_present(job, err) < 0) || check_children(job, err) < 0)
		return turn_down(job, err);
	/* The move tells a job that still works on it to stop, and is refused for a parent. */
	if (job->backup.status != BACKUP_DELETING &&
	    job_move(job, job->backup.status, BACKUP_DELETING, NULL, err) < 0)
		return -1;
	if (job_admit(job, BACKUP_DELETING, err) < 0)
		return job->refused.kind != ERR_NONE ? turn_down(job, err) : -1;
	/* Until it has stopped, it stays in status deleting, and any recovery goes on with it. */
	if (job_claim(job, JOB_TURN_MS, &claim, err) < 0 ||
	    (whole && awaited && !job->request->force && check_late(job, err) < 0))
		return -1;
	/* Its two documents count, too. */
	job_tick(job, 0, (uint64_t)job->backup.object_count + 2);
	atomic_store(&job->erasing, true);
	if (job_erase(job->setup, &job->backup, err) < 0)
		return -1;
	job->backup.status = BACKUP_DELETED;
	return 0;
}

int
job_delete(struct job *job, struct err *err)
{
	if (delete_now(job, err) == 0) {
		lender_drop_key(job);
		return 0;
	}
	if (job->request->adopted && err->kind != ERR_CANCELLED && job->backup.id[0])
		lender_tell_kept(job, err);
	return -1;
}

/*
 * The job sees within JOB_POLL_MS that its status has moved on.  A backup that was
 * being made is then in error; one that was being restored is available again.
 */
int
job_cancel(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	const char *reason;

	if (job_resolve(job, err) < 0)
		return -1;
	if (job->backup.status != BACKUP_CREATING && job->backup.status != BACKUP_RESTORING)
		return err_set(err, ERR_CONFLICT, "backup %s is %s: there is nothing to cancel",
		    job->backup.id, backup_status_name(job->backup.status));
	reason = job->backup.status == BACKUP_CREATING ? "cancelled" : NULL;
	if (job_move(job, job->backup.status, BACKUP_ERROR, reason, err) < 0 ||
	    job_claim(job, JOB_TURN_MS, &claim, err) < 0)
		return -1;
	return catalogue_find(job->setup->catalogue, job->backup.id, &job->backup, err) < 0 ? -1
											    : 0;
}
