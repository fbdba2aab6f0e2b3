/*
 * What a backup need not read, since the volume says that it has not changed since
 * the parent was made: the digests of such blocks come from the parent's hash list.
 * Some of them, here and there, are read all the same and compared.
 *
 * Threads: since_open() first; since_fill() from many, since_settle() from one.
 */
#ifndef CINDERBANK_JOB_SINCE_H
#define CINDERBANK_JOB_SINCE_H

#include <stddef.h>
#include <stdint.h>

#include "model/chunk.h"

struct backup;
struct err;
struct transfer;

/* What is known of a block, in chunk.known. */
enum { SINCE_READ, SINCE_SAME, SINCE_SAMPLE };

/* See whether the volume still knows the moment of parent.  1: t->past says so; 0; -1. */
int since_open(struct transfer *t, const struct backup *parent, struct err *err);

/* As a stage: read what may have changed in a chunk, and the samples; mark the rest in chunk.known.
 */
int since_fill(void *transfer, void *slot, struct err *err);

/*
 * Give unread blocks the parent's digests, t->parent_sha256, of which there are
 * n_parent.  ERR_CORRUPT: a sample differs, so nothing can be believed.
 */
int since_settle(struct transfer *t, struct chunk *chunk, size_t n_parent, struct err *err);

#endif
