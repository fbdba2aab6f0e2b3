/*
 * The data path of stores that keep images: from one volume to another, what it
 * holds or what has changed.  Knows nothing of statuses and records.
 */
#ifndef CINDERBANK_JOB_COPY_H
#define CINDERBANK_JOB_COPY_H

#include <stdint.h>

struct err;
struct job;
struct volume;

struct copy {
	struct job *job;
	struct volume *from, *to;
	struct volume *asked; /* which knows what to copy: from, or one of its other states */
	const char *since;    /* only what differs from this snapshot of asked; NULL: all */
};

/*
 * Copy, several pieces at once, and flush; no further than the smaller of the two
 * reaches.  Zeros are not written but made, and nothing at all where the target is
 * known to be zero.  With since NULL the bytes of to are from's in the end,
 * whatever they were.
 */
int copy_blocks(const struct copy *copy, struct err *err);

/* Let volume, beyond the first size bytes, read as zeros. */
int copy_clear_end(struct volume *volume, uint64_t size, struct err *err);

#endif
