#include "store/store.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"
#include "store/attempt.h"

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
	bool kept; /* the document; a cancel may end the wait for the next try */
	int result;

	do {
		result = store->driver->commit(document, err);
		kept = result < 0 && err->kind == ERR_RETRY;
	} while (attempt_again(&attempt, result, err));
	if (kept)
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
	attempt_trace(&attempt, result, err);
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
