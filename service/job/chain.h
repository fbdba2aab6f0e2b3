/*
 * The layers of an incremental backup, full first, checked before anything is
 * done with them: every record, manifest and object is there, and no manifest
 * lies.  Also their streams, for whoever walks them.
 */
#ifndef CINDERBANK_JOB_CHAIN_H
#define CINDERBANK_JOB_CHAIN_H

#include <stdint.h>

#include "base/scope.h"
#include "job/job.h"
#include "plan/plan.h"

struct chain;
struct err;

/*
 * Find and check the layers of job->backup.  ERR_NOT_FOUND: a parent is not in
 * the catalogue, or an object not in the store; ERR_CORRUPT: a manifest lies.
 */
int chain_open(struct chain **ret, struct job *job, struct err *err);

/*
 * The same of an increment alone: what it does not have itself must be what it
 * was in its parent, by the hash lists of both.  So an increment is looked at
 * whose parent is known to restore.  ERR_NOT_FOUND too where a list is missing.
 */
int chain_open_last(struct chain **ret, struct job *job, struct err *err);

/* Where the furthest layer ends, bytes: the backup is no larger. */
uint64_t chain_end(const struct chain *chain);

/*
 * Bytes of the volume at the wanted backup.  Walks all of manifests and hash
 * list, and so refuses what does not fit together before a target is touched.
 */
int chain_size(struct chain *chain, uint64_t *ret, struct err *err);

/* ERR_CORRUPT: a walk ended at size, before the objects of the wanted backup do. */
int chain_check_size(const struct chain *chain, uint64_t size, struct err *err);

/* A walk over the layers; valid until the chain is closed.  One at a time. */
int chain_plan(struct chain *chain, struct restore_plan **ret, struct err *err);

/* Where the objects of a layer are. */
const struct location *chain_location(const struct chain *chain, int layer);

/* Bytes a digest of the hash list stands for. */
uint64_t chain_block(const struct chain *chain);

/* What the wanted backup knows of its volume, a document as text; NULL: nothing. */
const char *chain_volume_meta(const struct chain *chain);

void chain_close(struct chain *chain);
SCOPED_POINTER(struct chain, chain_close);

#endif
