#include "store/attempt.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "store/store.h"

enum { BACKOFF_MAX_MS = 64000 };

struct attempt
attempt_of(const struct store *store, const char *verb, const struct location *at, const char *name)
{
	return (struct attempt){ store, verb, at, name, 0, clock_ms() };
}

void
attempt_trace(const struct attempt *attempt, int result, const struct err *err)
{
	const struct location *at = attempt->at;
	char from[32];

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	snprintf(from, sizeof from, "store.%s", attempt->store->driver->name);
	log_debug(from, "%s %s%s%s %s: %s in %" PRIu64 " ms", attempt->verb,
	    at ? at->container : "", at ? "/" : "", at ? at->prefix : "",
	    attempt->name ? attempt->name : "", result < 0 ? err->text : "done",
	    clock_ms() - attempt->start_ms);
}

/* The container says which backup, mostly; a prefix as well would fill a fail_reason. */
static void
wrap(const struct attempt *attempt, struct err *err)
{
	const char *driver = attempt->store->driver->name;
	const struct location *at = attempt->at;

	if (at)
		err_wrap(err, "%s store, %s", driver, at->container);
	else
		err_wrap(err, "%s store", driver);
}

bool
attempt_again(struct attempt *attempt, int result, struct err *err)
{
	const struct store *store = attempt->store;
	uint64_t wait_ms = store->backoff_ms;
	unsigned i;

	attempt_trace(attempt, result, err);
	if (result >= 0)
		return false;
	if (store->failures)
		atomic_fetch_add(store->failures, 1);
	attempt->number++;
	if (err->kind != ERR_RETRY || attempt->number >= store->tries) {
		wrap(attempt, err);
		return false;
	}
	for (i = 1; i < attempt->number && wait_ms < BACKOFF_MAX_MS; i++)
		wait_ms *= 2;
	if (wait_ms > BACKOFF_MAX_MS)
		wait_ms = BACKOFF_MAX_MS;
	if (wait_ms < err->wait_ms)
		wait_ms = err->wait_ms;
	if (!clock_wait_ms(wait_ms, store->cancel)) {
		store_go_on(store, err);
		return false;
	}
	attempt->start_ms = clock_ms();
	return true;
}
