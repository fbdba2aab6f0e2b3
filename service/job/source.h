/*
 * What a backup into a store of objects reads: held still meanwhile, by a snapshot
 * where the volume has some, and known again when the next increment is made, which
 * then reads only what has changed.  Stores that keep images mind their snapshots
 * themselves.
 */
#ifndef CINDERBANK_JOB_SOURCE_H
#define CINDERBANK_JOB_SOURCE_H

#include <stdbool.h>

#include "volume/attach.h"
#include "volume/volume.h"

struct backup;
struct ceph_cluster;
struct claim;
struct desk_setup;
struct err;
struct job;

struct hold {
	struct attachment snapshot; /* that was made for the backup */
	bool made;
};

/*
 * Let volume, which source names, be read at one moment.  What is made for that is
 * noted in the claim before.  ERR_DENIED: it is in use, and may not have a snapshot.
 */
int source_hold(struct job *job, struct claim *claim, const struct attachment *source,
    struct volume *volume, struct hold *ret, struct err *err);

/*
 * The backup is made, or (stored false) is none.  The snapshot goes, unless later
 * increments are to be compared with it; what cannot be removed now is left to the
 * claim's note.
 */
void source_let_go(struct job *job, struct claim *claim, const struct hold *hold, bool stored);

/* May this moment, of the volume that is read, be told of in the manifest? */
bool source_lasts(const struct job *job, const char *moment);

/* The moment that a backup's manifest tells of.  1, 0 none, -1. */
int source_moment(const struct desk_setup *setup, const struct backup *row,
    char ret[VOLUME_MOMENT_MAX], struct err *err);

/*
 * Remove the snapshot that a backup has left on its volume for the next one, if it
 * has.  cluster: where it is, as far as it is known; NULL: whoever lends the volume
 * is asked.
 */
void source_forget(
    const struct desk_setup *setup, const struct backup *row, const struct ceph_cluster *cluster);

/* The same for the backup of the volume that was the newest before this one. */
void source_forget_last(struct job *job, const struct ceph_cluster *cluster);

#endif
