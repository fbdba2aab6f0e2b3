/* A backup: plan, read blocks, hash them, pack what changed, store it, record what was done. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/keep.h"
#include "job/source.h"
#include "job/lender.h"
#include "job/transfer.h"
#include "job/watch.h"
#include "options/tables.h"
#include "store/image.h"
#include "store/store.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { GIB = 1 << 30 };

/* ---- the record ---- */

struct parent_search {
	struct backup best;
	int64_t before; /* what a snapshot shows can only differ from what was before it */
	bool found;
};

/* The newest available backup; of several in one second the one that is nobody's parent. */
static int
consider_parent(void *arg, const struct backup *row, struct err *err)
{
	struct parent_search *search = arg;

	(void)err;
	if (row->data_timestamp >= search->before)
		return 0;
	if (!search->found || row->data_timestamp > search->best.data_timestamp ||
	    (row->data_timestamp == search->best.data_timestamp &&
		strcmp(row->parent_id, search->best.id) == 0)) {
		search->best = *row;
		search->found = true;
	}
	return 0;
}

static int
find_parent(
    struct job *job, const char *volume_id, int64_t moment, struct backup *ret, struct err *err)
{
	struct backup_filter filter = {
		.volume_id = volume_id,
		.project_id = job->request->project_id,
		.statuses = 1u << BACKUP_AVAILABLE,
	};
	struct parent_search search = { .before = moment ? moment : INT64_MAX };

	if (catalogue_each(job->setup->catalogue, &filter, consider_parent, &search, err) < 0)
		return -1;
	/* Where blocks are compared by their digests one that is younger will do, as in cinder. */
	if (!search.found && moment && !store_keeps_images(job->setup->store)) {
		search.before = INT64_MAX;
		if (catalogue_each(job->setup->catalogue, &filter, consider_parent, &search, err) <
		    0)
			return -1;
	}
	if (!search.found)
		return err_set(err, ERR_INVALID,
		    "no backups available to do an incremental backup of volume %s", volume_id);
	if (job_check_service(job, &search.best, err) < 0)
		return -1;
	*ret = search.best;
	return 0;
}

static int
set_owner(struct job *job, struct err *err)
{
	const struct request *request = job->request;
	const struct core_opts *core = job->setup->core;
	struct backup *row = &job->backup;

	if (backup_set_text(
		row, BACKUP_USER_ID, request->user_id ? request->user_id : "admin", err) < 0 ||
	    backup_set_text(row, BACKUP_PROJECT_ID,
		request->project_id ? request->project_id : "admin", err) < 0 ||
	    backup_set_text(row, BACKUP_HOST, core->host, err) < 0)
		return -1;
	return backup_set_text(row, BACKUP_AVAILABILITY_ZONE, core->storage_availability_zone, err);
}

static int
describe(struct job *job, const struct loan *loan, uint64_t size, const struct backup *parent,
    struct err *err)
{
	const struct request *request = job->request;
	struct backup *row = &job->backup;
	char id[DIGEST_UUID_TEXT];

	*row = (struct backup){ .status = BACKUP_CREATING };
	if (digest_uuid_random(id, err) < 0 || set_owner(job, err) < 0)
		return -1;
	backup_set_number(row, BACKUP_CREATED_AT, clock_now());
	backup_set_number(row, BACKUP_DATA_TIMESTAMP, loan->moment ? loan->moment : clock_now());
	backup_set_number(row, BACKUP_SIZE, (int64_t)((size + GIB - 1) / GIB));
	backup_set_number(row, BACKUP_OBJECT_COUNT, 0);
	backup_set_number(row, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	backup_set_number(row, BACKUP_DELETED_FLAG, 0);
	if (backup_set_text(row, BACKUP_ID, id, err) < 0 ||
	    backup_set_text(row, BACKUP_VOLUME_ID, loan->device.volume_id, err) < 0 ||
	    backup_set_text(row, BACKUP_SNAPSHOT_ID,
		loan->snapshot_id[0] ? loan->snapshot_id : NULL, err) < 0 ||
	    backup_set_text(
		row, BACKUP_ENCRYPTION_KEY_ID, loan->key_id[0] ? loan->key_id : NULL, err) < 0 ||
	    backup_set_text(row, BACKUP_DISPLAY_NAME, request->name, err) < 0 ||
	    backup_set_text(row, BACKUP_DISPLAY_DESCRIPTION, request->description, err) < 0 ||
	    backup_set_text(row, BACKUP_CONTAINER, request->container, err) < 0 ||
	    backup_set_text(row, BACKUP_SERVICE, job->setup->store->driver->class_path, err) < 0)
		return -1;
	return backup_set_text(row, BACKUP_PARENT_ID, parent ? parent->id : NULL, err);
}

/* In a store of images; it may say that there is nothing left to make an increment of. */
static int
choose_image(
    struct job *job, const struct attachment *source, const struct backup **parent, struct err *err)
{
	struct store_image image;
	int placed = store_image_place(
	    job->setup->store, &job->backup, *parent, keep_source(source, &image), err);

	if (placed != 0)
		return placed < 0 ? -1 : 0;
	*parent = NULL;
	return backup_set_text(&job->backup, BACKUP_PARENT_ID, NULL, err);
}

static int
choose_place(struct job *job, const struct attachment *source, const struct backup **parent,
    struct location *ret, struct err *err)
{
	if (store_keeps_images(job->setup->store))
		return choose_image(job, source, parent, err);
	if (store_place(job->setup->store, &job->backup, ret, err) < 0 ||
	    backup_set_text(&job->backup, BACKUP_CONTAINER, ret->container, err) < 0)
		return -1;
	return backup_set_text(&job->backup, BACKUP_SERVICE_METADATA, ret->prefix, err);
}

/* ---- the outcome ---- */

static void
erase_begun(struct job *job, struct claim *claim, const struct ceph_cluster *cluster)
{
	struct err ignored = ERR_INIT;

	source_forget(job->setup, &job->backup, cluster);
	/* What cannot be erased now goes with the next recovery, or, by who may, with a delete. */
	if (job_forget(job->setup, &job->backup, &ignored) < 0 && ignored.kind != ERR_DENIED)
		claim_owe(claim);
}

/*
 * Leave nothing in the store, and say why in the record.  err keeps what went wrong.
 * 0: that was no more than the news of it, and the backup is available; -1.
 */
static int
give_up(
    struct job *job, struct claim *claim, const struct ceph_cluster *cluster, const struct err *err)
{
	struct err second = ERR_INIT;
	struct backup row;
	int found;

	if (job->watch)
		watch_calm(job->watch);
	found = catalogue_find(job->setup->catalogue, job->backup.id, &row, &second);
	if (found == 1 && row.status == BACKUP_AVAILABLE) {
		job->backup = row;
		return 0;
	}
	if (found < 0) { /* nothing is erased that may be available: the next recovery sees */
		claim_remember(claim);
		return -1;
	}
	job_tick(job, 0, 0);
	atomic_store(&job->erasing, true);
	if (job->refused.kind == ERR_NONE)
		erase_begun(job, claim, cluster);
	(void)job_move(job, BACKUP_CREATING, BACKUP_ERROR, err->text, &second);
	return -1;
}

static int
finish(struct job *job, uint32_t n_objects, struct err *err)
{
	backup_set_number(&job->backup, BACKUP_OBJECT_COUNT, n_objects);
	if (catalogue_save(job->setup->catalogue, &job->backup, 1u << BACKUP_OBJECT_COUNT, err) < 0)
		return -1;
	return job_move(job, BACKUP_CREATING, BACKUP_AVAILABLE, NULL, err);
}

/* The name that restoring by upstream gives a volume which has none of its own. */
static const char *
volume_name(const struct attachment *source)
{
	const char *slash = strrchr(source->path, '/');

	return source->kind == ATTACHMENT_RBD ? source->image : slash ? slash + 1 : source->path;
}

/* Make the record, in status creating, with its place in the store: before anything is there. */
static int
enter(struct job *job, struct loan *loan, uint64_t size, const struct backup **parent,
    struct location *ret_at, struct claim **ret_claim, struct err *err)
{
	const struct catalogue_local *local = job->setup->catalogue->driver->local;

	if (describe(job, loan, size, *parent, err) == 0 &&
	    choose_place(job, &loan->device, parent, ret_at, err) == 0 &&
	    job_claim(job, 0, ret_claim, err) == 0 &&
	    local->admit(job->setup->catalogue, &job->backup, &loan->along, err) == 0) {
		loan->held = true;
		return 0;
	}
	job->backup = (struct backup){ .present = 0 }; /* there is no such record */
	return -1;
}

/* Write the place in the store into a record that was there before: before anything is stored. */
static int
settle(struct job *job, const struct attachment *source, const struct backup **parent,
    struct location *ret_at, struct err *err)
{
	const uint32_t placed =
	    1u << BACKUP_CONTAINER | 1u << BACKUP_SERVICE_METADATA | 1u << BACKUP_PARENT_ID;

	if (choose_place(job, source, parent, ret_at, err) < 0)
		return -1;
	return catalogue_save(job->setup->catalogue, &job->backup, placed, err);
}

static int
keep(struct job *job, const struct attachment *source, struct volume *volume,
    const struct backup *parent, struct err *err)
{
	scoped(buf_drop) struct buf meta = BUF(JOB_VOLUME_META_MAX);

	if (job_describe_volume(job, volume_name(source), &meta, err) < 0)
		return -1;
	return keep_out(job, source, volume, parent, buf_span(&meta), err);
}

/* Into a store of objects. */
static int
hold_and_transfer(struct job *job, const struct attachment *source, struct volume *volume,
    struct claim *claim, const struct location *at, const struct backup *parent,
    uint32_t *ret_objects, struct err *err)
{
	struct hold hold;
	int done;

	if (source_hold(job, claim, source, volume, &hold, err) < 0)
		return -1;
	done = transfer_out(job, volume, volume_name(source), at, parent, ret_objects, err);
	source_let_go(job, claim, &hold, done == 0);
	return done;
}

/* The record knows of its parent, or the request wants one to be found. */
static int
choose_parent(struct job *job, const struct loan *loan, struct backup *ret, struct err *err)
{
	const char *id = backup_text(&job->backup, BACKUP_PARENT_ID);
	int found;

	if (!job->request->adopted)
		return job->request->incremental
			   ? find_parent(job, loan->device.volume_id, loan->moment, ret, err) < 0
				 ? -1
				 : 1
			   : 0;
	if (!id)
		return 0;
	found = catalogue_find(job->setup->catalogue, id, ret, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "parent backup %s is not in the catalogue", id);
	return found < 0 || job_check_service(job, ret, err) < 0 ? -1 : 1;
}

/* All that is done with the volume open.  0: every byte is stored. */
static int
read_volume(struct job *job, struct loan *loan, struct claim **claim, uint32_t *ret_objects,
    struct err *err)
{
	const struct attachment *source = &loan->device;
	scoped(volume_close_scoped) struct volume *volume = NULL;
	struct backup found;
	const struct backup *parent = NULL;
	struct location at;
	int has_parent;

	if (volume_open(&volume, job->setup->volumes, source, false, err) < 0)
		return -1;
	loan->opened = true;
	if (volume->size == 0)
		return err_set(err, ERR_INVALID, "volume %s has no bytes", volume_name(source));
	has_parent = choose_parent(job, loan, &found, err);
	if (has_parent < 0)
		return -1;
	if (has_parent)
		parent = &found;
	if (job->request->adopted) {
		if (settle(job, source, &parent, &at, err) < 0)
			return -1;
	} else if (enter(job, loan, volume->size, &parent, &at, claim, err) < 0 ||
		   job_admit(job, BACKUP_CREATING, err) < 0) {
		return -1;
	}
	if (loan->freeze && job_freeze(job, source, *claim, &volume, err) < 0)
		return -1;
	if (store_keeps_images(job->setup->store))
		return keep(job, source, volume, parent, err);
	return hold_and_transfer(job, source, volume, *claim, &at, parent, ret_objects, err);
}

/* Take up a record that was made elsewhere: it is now this driver's.  Let go of any other. */
static int
adopt(struct job *job, struct claim **claim, struct err *err)
{
	struct backup *row = &job->backup;

	if (row->status != BACKUP_CREATING) {
		claim_release(take(claim));
		return err_set(err, ERR_CONFLICT, "backup %s is %s: its status must be creating",
		    row->id, backup_status_name(row->status));
	}
	if (backup_set_text(row, BACKUP_SERVICE, job->setup->store->driver->class_path, err) < 0 ||
	    catalogue_save(job->setup->catalogue, row, 1u << BACKUP_SERVICE, err) < 0)
		return -1;
	return job_admit(job, BACKUP_CREATING, err);
}

/*
 * Claim a record that was made elsewhere.  1; 0: there is none, or it went while
 * another had it; -1: another still has it.
 */
static int
take_up(struct job *job, struct claim **claim, struct err *err)
{
	if (job_resolve(job, err) < 0)
		return 0;
	if (job_claim(job, JOB_TURN_MS, claim, err) < 0)
		return -1;
	if (job_resolve(job, err) == 0)
		return 1;
	claim_release(take(claim));
	job->backup = (struct backup){ .present = 0 };
	return 0;
}

int
job_backup(struct job *job, struct err *err)
{
	bool adopted = job->request->adopted;
	scoped(claim_release_scoped) struct claim *claim = NULL;
	scoped(loan_drop) struct loan loan = LOAN;
	struct err unreturned = ERR_INIT;
	uint32_t n_objects = 0;
	int known = adopted ? take_up(job, &claim, err) : 0, lent = -1, done;
	bool left;

	if (known < 0)
		return -1;
	if (!adopted || (known && adopt(job, &claim, err) == 0))
		lent = lender_lend_source(job, &loan, err);
	if (lent == 0)
		return 0;
	job->volume_meta = buf_span(&loan.meta);
	if (lent > 0 && read_volume(job, &loan, &claim, &n_objects, err) < 0)
		lent = -1;
	/* Before the volume is free: to remove a snapshot is to use it. */
	if (lent > 0 && loan.device.kind == ATTACHMENT_RBD)
		source_forget_last(job, &loan.device.cluster);
	left = lender_take_back(job, &loan, lent < 0 ? err : NULL, &unreturned) < 0;
	if (left)
		lender_warn(job, &unreturned);
	done = lent > 0 ? finish(job, n_objects, err) : -1;
	/* A record that is not under this claim is not this job's to judge. */
	if (done < 0 && claim)
		done = give_up(job, claim, &loan.device.cluster, err);
	/* What was made for it may be there yet: the next recovery looks. */
	if (left && claim)
		claim_remember(claim);
	return done;
}
