/*
 * Who lends the volumes that jobs read and write.  Alone, the service finds them
 * itself: files, devices, images.  In a cloud it asks cinder-volume.  A lender
 * minds the statuses of volumes and snapshots, and the temporary ones made for a
 * backup; the status of the backup is the job's.
 *
 * Threads: every job calls from its own.
 */
#ifndef CINDERBANK_JOB_LENDER_H
#define CINDERBANK_JOB_LENDER_H

#include <stdint.h>

#include "base/buf.h"
#include "catalogue/local.h"
#include "volume/attach.h"

struct backup;
struct ceph_cluster;
struct desk_setup;
struct err;
struct job;
struct lender;

enum { LOAN_META_MAX = 1024 * 1024 };

/* What a job has borrowed. */
struct loan {
	struct attachment device; /* what to open */
	bool opened;              /* the job has opened it */
	/*
	 * What is known of the volume, as a document; empty: nothing.  Of a source the
	 * lender fills it; of a target the job does before it borrows, from the backup.
	 */
	struct buf meta;
	void *terms; /* the lender's own, from lending to taking back */
	/* What is to happen in one act with the record's going to work; held: it has. */
	struct admission along;
	bool held;
	/* A source that is a moment of its volume: which, and when it was; 0: now. */
	char snapshot_id[UUID_TEXT];
	int64_t moment;
	char key_id[UUID_TEXT]; /* of an encrypted volume; "": it is none */
	bool freeze;            /* a source that others write to: a copy is to be read */
};

/* clang-format off */
#define LOAN { .meta = BUF(LOAN_META_MAX) }
/* clang-format on */

struct lender_driver {
	const char *name; /* "local", "cinder" */
	/*
	 * The volume or snapshot that a backup reads.  1 lent; 0: it was asked for, and
	 * comes with a request of its own, so this job is over; -1.
	 */
	int (*lend_source)(struct lender *, struct job *, struct loan *ret, struct err *);
	/* What a restore writes to, new ones with room for size bytes. */
	int (*lend_target)(
	    struct lender *, struct job *, uint64_t size, struct loan *ret, struct err *);
	/*
	 * The job is over and has closed the device; nothing may be lent at all.  outcome:
	 * why it failed, or NULL.  Statuses are set, temporary volumes go, in any case as
	 * far as that can be done.  Driver without: there is nothing to do.
	 */
	int (*take_back)(
	    struct lender *, struct job *, struct loan *, const struct err *outcome, struct err *);
	/*
	 * Nobody works on the backup any more: set right what was left of the volumes that
	 * its row names.  Driver without: there is nothing to do.
	 */
	int (*put_right)(struct lender *, const struct backup *row, struct err *);
	/*
	 * Remove what was made for the backup alone and its row still names, whatever its
	 * status.  -1: some of it is still there.  Driver without: there is never any.
	 */
	int (*sweep)(struct lender *, const char *backup_id, struct err *);
	/*
	 * In which cluster of Ceph the images of a backup's volume are.  1; 0: the
	 * volume is gone, or not there; -1.  Driver without: it is as the options say.
	 */
	int (*locate)(
	    struct lender *, const struct backup *row, struct ceph_cluster *ret, struct err *);
	/*
	 * Remove the key that a backup of the job had, or what a volume had.  Only whoever
	 * owns it can.  Driver without: keys are nobody's.
	 */
	int (*drop_key)(struct lender *, const struct job *, const char *key, struct err *);
	/* A backup that was to be deleted is still there, and why.  Driver without: nobody is told.
	 */
	int (*tell_kept)(
	    struct lender *, const struct job *, const struct err *outcome, struct err *);
};

struct lender { /* first in each driver's struct */
	const struct lender_driver *driver;
};

/* Finds volumes by what the request calls them; see shelf.h.  setup is borrowed. */
struct local_lender {
	struct lender lender;
	const struct desk_setup *setup;
};

void local_lender_init(struct local_lender *lender, const struct desk_setup *setup);

/* As the driver's, of the job's lender. */
int lender_lend_source(struct job *job, struct loan *ret, struct err *err);
int lender_lend_target(struct job *job, uint64_t size, struct loan *ret, struct err *err);

/* Likewise.  Where nobody can undo what the job has done, what fails here is for lender_warn(). */
int
lender_take_back(struct job *job, struct loan *loan, const struct err *outcome, struct err *err);
void lender_warn(const struct job *job, const struct err *left);

/* As the driver's. */
int lender_put_right(struct lender *lender, const struct backup *row, struct err *err);
int lender_sweep(struct lender *lender, const char *backup_id, struct err *err);

/*
 * Where to look for what a backup has left on its volume: *ret stays as it is, which
 * is as the options say, where nobody knows better.
 */
void lender_locate(struct lender *lender, const struct backup *row, struct ceph_cluster *ret);

/* Likewise: whoever asked for a delete is told that it failed. */
void lender_tell_kept(const struct job *job, const struct err *outcome);

/* The backup is deleted, and so is its key.  One that stays is told of: nobody else knows of it. */
void lender_drop_key(const struct job *job);

/* Has the backup a key that only its owner can remove? */
bool lender_has_key(const struct lender *lender, const struct backup *row);

void loan_drop(struct loan *loan);

#endif
