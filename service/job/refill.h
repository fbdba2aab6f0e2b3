/*
 * The data path of a restore: a walk over a chain's layers becomes blocks on a
 * volume.  Knows nothing of statuses and records.
 */
#ifndef CINDERBANK_JOB_REFILL_H
#define CINDERBANK_JOB_REFILL_H

#include <stdint.h>

struct chain;
struct err;
struct job;
struct volume;

/*
 * Write what the chain holds onto volume.  Each object is read once, checked
 * (its length and the SHA-256 of every block that is visible, or its MD5 where
 * there is no hash list) and only then written; ERR_CORRUPT names the object.  *ret_size: bytes of
 * the volume at the backup.
 */
int refill(struct job *job, struct chain *chain, struct volume *volume, uint64_t *ret_size,
    struct err *err);

#endif
