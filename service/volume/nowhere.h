/*
 * A volume that takes everything and keeps nothing: what a backup is restored to
 * when nothing but its soundness is of interest.  Any thread.
 */
#ifndef CINDERBANK_VOLUME_NOWHERE_H
#define CINDERBANK_VOLUME_NOWHERE_H

#include <stdint.h>

struct err;
struct volume;

/* size: bytes.  Known to be zero, so zeros cost nothing; it cannot be read. */
int nowhere_open(struct volume **ret, uint64_t size, struct err *err);

#endif
