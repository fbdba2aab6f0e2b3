/*
 * What a backup has in the store beside what its manifest says: the same
 * objects, or it would not restore.
 */
#ifndef CINDERBANK_JOB_INVENTORY_H
#define CINDERBANK_JOB_INVENTORY_H

#include <stdint.h>

#include "job/job.h"

struct err;

/*
 * manifest: one that manifest_check() took; numbers_max: of its objects, whose
 * bits are the memory it takes.  ERR_CORRUPT names an object that is missing, or
 * that is stored and not in the manifest: upstream restores neither.
 */
int inventory_check(const struct job_document *manifest, const char *backup_id,
    uint32_t numbers_max, struct err *err);

#endif
