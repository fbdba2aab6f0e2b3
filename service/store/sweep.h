/*
 * Names on their way out: collected from a listing one by one, removed many at once
 * by a few threads.  Knows nothing of where they are.
 */
#ifndef CINDERBANK_STORE_SWEEP_H
#define CINDERBANK_STORE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;
struct store;

enum { SWEEP_BYTES = 256 * 1024 };

/* Remove one name; from many threads at once.  1, 0: it was not there, -1. */
typedef int(sweep_fn)(void *arg, const char *name, struct err *err);

struct sweep {
	struct store *store; /* counts what is removed, and may be cancelled */
	sweep_fn *remove;
	void *arg;
	bool removed; /* some name was there */
	struct buf names;
};

/* clang-format off */
#define SWEEP(store, remove, arg) { store, remove, arg, false, BUF(SWEEP_BYTES) }
/* clang-format on */

/* Take a name; once there are many, remove them. */
int sweep_add(struct sweep *sweep, const char *name, struct err *err);

/*
 * Remove what was taken.  After the first failure, or a cancel, no further name is
 * begun; what it leaves is as good as never taken.
 */
int sweep_run(struct sweep *sweep, struct err *err);

void sweep_drop(struct sweep *sweep);

#endif
