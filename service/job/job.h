/*
 * One running request, and the verbs.  A job borrows stores, catalogue and
 * options from the desk and owns what it opened itself.  Nothing here logs
 * progress or answers: the desk does.
 */
#ifndef CINDERBANK_JOB_JOB_H
#define CINDERBANK_JOB_JOB_H

#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "job/desk.h"
#include "model/request.h"
#include "store/store.h"

struct attachment;
struct claim;
struct ticket;
struct volume;
struct volume_record;
struct watch;

enum { JOB_POLL_MS = 500, JOB_LOOK_MS = 2000 };
enum { JOB_TURN_MS = 60 * 1000 }; /* how long a job waits for the one before it to end */

struct job {
	const struct desk_setup *setup;
	const struct request *request;
	struct ticket *ticket;      /* of the desk that runs it */
	const char *claims;         /* directory of the claims */
	struct err refused;         /* why it may not begin; of no kind: it may */
	struct span volume_meta;    /* what the lender knows of the volume; empty: nothing */
	struct backup backup;       /* the record, as the job knows it */
	enum backup_status working; /* the status that it works under; set by job_admit() */
	atomic_bool cancel;         /* set by the desk, or by a status that moved on */
	atomic_ullong stored;       /* bytes written to or read from the store */
	atomic_ullong done, total;  /* as struct progress has them */
	atomic_bool erasing;
	atomic_uint objects; /* made for the store */
	struct watch *watch; /* from job_admit() on */
	/* What the answer needs besides the record. */
	char volume_id[UUID_TEXT], volume_path[PATH_MAX];
	struct buf record;
	const char *service;
};

/* The verbs.  Each leaves job->backup as the catalogue has it, also when it fails. */
int job_backup(struct job *job, struct err *err);
int job_restore(struct job *job, struct err *err);
int job_verify(struct job *job, struct err *err);
int job_delete(struct job *job, struct err *err);
int job_cancel(struct job *job, struct err *err);
int job_export(struct job *job, struct err *err);
int job_import(struct job *job, struct err *err);
int job_reset(struct job *job, struct err *err);
int job_make(struct job *job, struct err *err);
int job_remove(struct job *job, struct err *err);
int job_extend(struct job *job, struct err *err);
int job_rescan(struct job *job, struct err *err);

/*
 * Set right what a dead process left of a volume or snapshot of that id, which it
 * was making or removing.  The caller holds the claim.
 */
int job_settle_volume(const struct desk_setup *setup, const char *id, struct err *err);

/* Make a volume that is extending as large as its row says, and what it was before. */
int job_finish_extending(
    const struct desk_setup *setup, const struct volume_record *volume, struct err *err);

/* What a desk was opened with, for the other counters of volumes.h. */
const struct desk_setup *desk_setup_of(const struct desk *desk);

/* ---- what the verbs share ---- */

/*
 * Read a copy of the volume as it is now, instead of what others go on writing to.
 * It has no name, or one that the claim's recovery removes, and goes when it is
 * closed.  Images are read as they are.
 */
int job_freeze(struct job *job, const struct attachment *source, struct claim *claim,
    struct volume **volume, struct err *err);

/*
 * Remove what the store has of a backup whose row is deleting, and the row with
 * it.  The caller holds the claim.
 */
int job_erase(const struct desk_setup *setup, const struct backup *backup, struct err *err);

/* Remove what the store has of a backup.  Nothing: done. */
int job_forget(const struct desk_setup *setup, const struct backup *backup, struct err *err);

/*
 * What upstream calls the volume's metadata: enough of the volume's row for a
 * restore by upstream to name its target.
 */
enum { JOB_VOLUME_META_MAX = 16 * 1024 };
int job_describe_volume(
    const struct job *job, const char *volume_name, struct buf *ret, struct err *err);

/*
 * The record is in the status that the job works under: tell whoever asked.  From
 * now on job->cancel is set once it is in another, and progress is told.  Then, if
 * the job moves data, wait for a place among those that do.  ERR_CANCELLED:
 * it was ended while it waited; or what job->refused says.
 */
int job_admit(struct job *job, enum backup_status working, struct err *err);

/* Find the backup that the request names, and make it the job's. */
int job_resolve(struct job *job, struct err *err);

/*
 * Claim the job's backup, waiting for whoever has it: wait_ms, but at least as
 * long as a recovery looks at it.  ERR_CONFLICT: it is still being worked on;
 * ERR_CANCELLED.
 */
int job_claim(struct job *job, uint64_t wait_ms, struct claim **ret, struct err *err);

/* Columns container and service_metadata as a location.  1, 0 either is NULL. */
int job_location(const struct backup *backup, struct location *ret);

/* ERR_INVALID: the backup was made by another driver than the one configured. */
int job_check_service(const struct job *job, const struct backup *backup, struct err *err);

/* Move the job's backup from one status to another; ERR_CONFLICT: it was not in from. */
int job_move(struct job *job, enum backup_status from, enum backup_status to, const char *reason,
    struct err *err);

/* Say how far the job has come, for whoever watches it. */
void job_tick(struct job *job, uint64_t done, uint64_t total);

/* Documents of a location as a source for format/. */
struct job_document {
	struct store *store;
	const struct location *at;
	const char *name; /* "metadata", "sha256file" */
};
int job_document_read(void *document, uint64_t offset, struct buf *ret, struct err *err);

#endif
