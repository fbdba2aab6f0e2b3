/*
 * Stored bytes of one object → its bytes: at once where both fit into the
 * buffers, else as a stream through them, so that an object of any size costs
 * the same memory.  One thread at a time.
 */
#ifndef CINDERBANK_JOB_UNPACK_H
#define CINDERBANK_JOB_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"

struct err;
struct job;
struct location;
struct segment;
struct unpack;

/* window: bytes, the most that is held of a stored object. */
int unpack_open(struct unpack **ret, struct job *job, size_t window, struct err *err);
void unpack_close(struct unpack *unpack);
SCOPED_POINTER(struct unpack, unpack_close);

/* Begin with an object; both are borrowed until unpack_end(). */
int unpack_begin(struct unpack *unpack, const struct location *at, const struct segment *object,
    struct err *err);

/*
 * Exactly the next length bytes; out has room for one more, which is lost.
 * ERR_CORRUPT: it ends before.
 */
int unpack_read(struct unpack *unpack, void *out, uint64_t length, struct err *err);

/* ERR_CORRUPT unless the object ends here, with nothing behind it. */
int unpack_end(struct unpack *unpack, struct err *err);

#endif
