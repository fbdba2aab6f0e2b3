/*
 * Another store with a fault: call number n fails, be it before anything was
 * done or after all of it was.  It obeys store/store.h, so a job above it must
 * end in an error and leave nothing, for each n.  Any thread.
 */
#ifndef CINDERBANK_TESTS_FAKE_FAULTY_H
#define CINDERBANK_TESTS_FAKE_FAULTY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"

struct store;
struct store_driver;

struct fault {
	atomic_uint calls;  /* counted since open; discard and close never fail and do not count */
	unsigned fail_at;   /* the number of the call that fails, from 1; 0: none */
	enum err_kind kind; /* of the error */
	bool late;          /* do it, then fail */
};

/* What open takes as opts. */
struct faulty_opts {
	const struct store_driver *inner;
	const void *inner_opts;
	struct fault *fault; /* borrowed until close */
};

extern const struct store_driver fake_faulty;

/* The store with the fault in front of it. */
struct store *fake_faulty_inner(struct store *store);

#endif
