/*
 * A backup in a store that keeps images, out and back: which volumes are opened,
 * and what is copied between them.
 */
#ifndef CINDERBANK_JOB_KEEP_H
#define CINDERBANK_JOB_KEEP_H

#include <stdint.h>

#include "base/buf.h"

struct attachment;
struct backup;
struct err;
struct job;
struct store_image;
struct volume;

/*
 * Copy volume, which source names, into the store, as job->backup describes it:
 * what has changed since parent, or all where that is NULL.  -1: there is no
 * backup, though parts may be left for store_image_erase().
 */
int keep_out(struct job *job, const struct attachment *source, struct volume *volume,
    const struct backup *parent, struct span volume_meta, struct err *err);

/* A volume as the store sees it: room, filled; NULL: it is no image. */
const struct store_image *keep_source(const struct attachment *source, struct store_image *room);

/* Open what the store has of job->backup.  ERR_NOT_FOUND: nothing. */
int keep_open(struct job *job, struct volume **ret, struct err *err);

/* Copy it onto volume, and clear what lies beyond it where the options say so. */
int keep_back(struct job *job, struct volume *kept, struct volume *volume, struct err *err);

#endif
