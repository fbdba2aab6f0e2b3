/*
 * One call of a store's driver, made as often as it takes: what the wrappers of
 * store/store.h and store/image.h have in common, and nobody else uses.
 *
 *	struct attempt attempt = attempt_of(store, "erase", at, NULL);
 *
 *	do
 *		result = driver->erase(store, at, err);
 *	while (attempt_again(&attempt, result, err));
 */
#ifndef CINDERBANK_STORE_ATTEMPT_H
#define CINDERBANK_STORE_ATTEMPT_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct location;
struct store;

/* All is borrowed. */
struct attempt {
	const struct store *store;
	const char *verb;
	const struct location *at; /* NULL: the call has none */
	const char *name;          /* what below it; or NULL */
	unsigned number;           /* how many have failed */
	uint64_t start_ms;
};

struct attempt attempt_of(
    const struct store *store, const char *verb, const struct location *at, const char *name);

/*
 * Trace what came of it, and count a failure.  true, after the wait that
 * store.h promises: try again.  false: that is the result, with the store's name
 * before the error; but after a cancel that ended the wait, ERR_CANCELLED is.
 */
bool attempt_again(struct attempt *attempt, int result, struct err *err);

/* No more than the trace, at debug level. */
void attempt_trace(const struct attempt *attempt, int result, const struct err *err);

#endif
