/*
 * ISA-L's deflate: several times faster than the others, and a few per cent
 * larger.  It packs where speed is wanted, and tells the slower codecs whether
 * their work will pay.  Inside engine only; one thread at a time for each.
 */
#ifndef CINDERBANK_ENGINE_FAST_H
#define CINDERBANK_ENGINE_FAST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct fast;

/* NULL: out of memory. */
struct fast *fast_new(void);
void fast_free(struct fast *fast);

/* Pack raw as a zlib stream.  Its length, or 0: does not fit into room bytes. */
size_t fast_pack(struct fast *fast, struct span raw, void *packed, size_t room);

/*
 * Does raw shrink by one per cent or so somewhere?  Where it does, this is known
 * after the first piece that does; where it does not, after a tenth of the time
 * that finding out by a real codec takes.
 */
bool fast_shrinks(struct fast *fast, struct span raw);

/* Per mille of raw that would be left of it, judged by some pieces of it; no more than 1000. */
unsigned fast_estimate(struct fast *fast, struct span raw);

#endif
