#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

enum { BACKOFF_MAX_MS = 64000 };

void
store_segment_name(const struct location *at, uint32_t number, char *ret)
{
	snprintf(ret, COLUMN_TEXT_MAX + 16, "%s-%05" PRIu32, at->prefix, number);
}

int
store_go_on(const struct store *store, struct err *err)
{
	if (!store->cancel || !atomic_load(store->cancel))
		return 0;
	return err_set(err, ERR_CANCELLED, "cancelled");
}

/* ---- one call of a driver, as often as it takes ---- */

struct attempt {
	const struct store *store;
	const char *verb;
	const struct location *at; /* NULL: the call has none */
	const char *name;          /* what below it; or NULL */
	unsigned number;           /* how many have failed */
	uint64_t start_ms;
};

static struct attempt
attempt_of(const struct store *store, const char *verb, const struct location *at, const char *name)
{
	return (struct attempt){ store, verb, at, name, 0, clock_ms() };
}

static void
trace(const struct attempt *attempt, int result, const struct err *err)
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

/* Trace what came of it.  True, after a while: try again; false: that is the result. */
static bool
attempt_again(struct attempt *attempt, int result, struct err *err)
{
	const struct store *store = attempt->store;
	uint64_t wait_ms = store->backoff_ms;
	unsigned i;

	trace(attempt, result, err);
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

/* Without a prefix every name would match; and nothing begins after a cancel. */
static int
check_call(const struct store *store, const struct location *at, struct err *err)
{
	if (at->prefix[0])
		return store_go_on(store, err);
	return err_set(err, ERR_INVALID,
	    "%s store, container %s: backup without a prefix (service_metadata)",
	    store->driver->name, at->container);
}

/* ---- the store ---- */

int
store_open(struct store **ret, const struct store_driver *driver, const void *opts, struct err *err)
{
	return driver->open(ret, opts, err) < 0 ? err_wrap(err, "%s store", driver->name) : 0;
}

void
store_close(struct store *store)
{
	if (store)
		store->driver->close(store);
}

int
store_check(struct store *store, struct err *err)
{
	struct attempt attempt = attempt_of(store, "check", NULL, NULL);
	int result;

	do
		result = store->driver->check(store, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err)
{
	const struct store_driver *driver = store->driver;
	int opened = driver->act_as ? driver->act_as(store, user, ret, err) : 0;

	if (opened > 0) {
		(*ret)->cancel = user->cancel;
		(*ret)->failures = store->failures;
	}
	return opened < 0 ? err_wrap(err, "%s store", driver->name) : opened;
}

int
store_room(struct store *store, struct store_room *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "room", NULL, NULL);
	int result;

	*ret = (struct store_room){ 0, 0 };
	if (!store->driver->room)
		return 0;
	do
		result = store->driver->room(store, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_place(struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "place", NULL, backup->id);
	int result;

	do
		result = store->driver->place(store, backup, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_begin(struct store *store, const struct location *at, struct err *err)
{
	struct attempt attempt = attempt_of(store, "begin", at, NULL);
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	do
		result = store->driver->begin(store, at, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_seal(struct store *store, const struct location *at, struct err *err)
{
	struct attempt attempt = attempt_of(store, "seal", at, NULL);
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	if (!store->driver->seal)
		return 0;
	do
		result = store->driver->seal(store, at, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

/* ---- segments ---- */

int
store_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	char number[16] = "";
	struct attempt attempt = attempt_of(store, "write", at, number);
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	snprintf(number, sizeof number, "-%05" PRIu32, segment->number);
	do
		result = store->driver->write(store, at, segment, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	char number[16] = "";
	struct attempt attempt = attempt_of(store, "read", at, number);
	size_t before = packed->length;
	int result;

	assert(packed->length < packed->ceiling);
	if (check_call(store, at, err) < 0)
		return -1;
	snprintf(number, sizeof number, "-%05" PRIu32, segment->number);
	do {
		packed->length = before;
		result = store->driver->read(store, at, segment, offset, packed, err);
	} while (attempt_again(&attempt, result, err));
	return result;
}

/* ---- documents ---- */

int
store_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "create", at, name);
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	do
		result = store->driver->create(store, at, name, ret, err);
	while (attempt_again(&attempt, result, err));
	if (result == 0)
		(*ret)->at = *at;
	return result;
}

int
store_append(struct document *document, struct span text, struct err *err)
{
	struct attempt attempt = attempt_of(document->store, "append", &document->at, NULL);
	int result;

	do
		result = document->store->driver->append(document, text, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_commit(struct document *document, struct err *err)
{
	struct store *store = document->store;
	struct location at = document->at;
	struct attempt attempt = attempt_of(store, "commit", &at, NULL);
	int result;

	do
		result = store->driver->commit(document, err);
	while (attempt_again(&attempt, result, err));
	if (result < 0 && err->kind == ERR_RETRY)
		store->driver->discard(document);
	return result;
}

void
store_discard(struct document *document)
{
	if (document)
		document->store->driver->discard(document);
}

int
store_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "load", at, name);
	size_t before = ret->length;
	int result;

	assert(ret->length < ret->ceiling);
	if (check_call(store, at, err) < 0)
		return -1;
	do {
		ret->length = before;
		result = store->driver->load(store, at, name, offset, ret, err);
	} while (attempt_again(&attempt, result, err));
	return result;
}

/* ---- all of a backup ---- */

/* A name must not be told twice, so once one was told there is no second try. */
struct listing {
	store_name_fn *fn;
	void *arg;
	bool told;
	int stopped;
};

static int
tell(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct listing *listing = arg;

	listing->told = true;
	listing->stopped = listing->fn(listing->arg, name, length, err);
	return listing->stopped;
}

int
store_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	struct attempt attempt = attempt_of(store, "list", at, NULL);
	struct listing listing = { fn, arg, false, 0 };
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	do {
		result = store->driver->list(store, at, tell, &listing, err);
		if (listing.stopped)
			return listing.stopped;
		if (result < 0 && listing.told)
			attempt.number = store->tries;
	} while (attempt_again(&attempt, result, err));
	return result;
}

int
store_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	const struct attempt attempt = attempt_of(store, "scan", NULL, NULL);
	int result;

	if (!store->driver->scan)
		return err_set(
		    err, ERR_INVALID, "%s store: cannot be asked what it has", store->driver->name);
	result = store->driver->scan(store, fn, arg, err);
	trace(&attempt, result, err);
	return result;
}

int
store_erase(struct store *store, const struct location *at, struct err *err)
{
	struct attempt attempt = attempt_of(store, "erase", at, NULL);
	int result;

	if (check_call(store, at, err) < 0)
		return -1;
	do
		result = store->driver->erase(store, at, err);
	while (attempt_again(&attempt, result, err));
	return result;
}
