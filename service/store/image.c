#include "store/image.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "store/store.h"

enum { BACKOFF_MAX_MS = 64000 };

struct attempt {
	const struct store *store;
	const char *verb, *backup_id;
	unsigned number; /* how many have failed */
	uint64_t start_ms, wait_ms;
};

static struct attempt
attempt_of(const struct store *store, const char *verb, const struct backup *row)
{
	return (struct attempt){ store, verb, row->id, 0, clock_ms(), store->backoff_ms };
}

/* True, after a while: try again; false: result stands. */
static bool
attempt_again(struct attempt *attempt, int result, struct err *err)
{
	const struct store *store = attempt->store;
	char from[32];

	snprintf(from, sizeof from, "store.%s", store->driver->name);
	log_debug(from, "%s %s: %s in %" PRIu64 " ms", attempt->verb, attempt->backup_id,
	    result < 0 ? err->text : "done", clock_ms() - attempt->start_ms);
	if (result >= 0)
		return false;
	attempt->number++;
	if (err->kind != ERR_RETRY || attempt->number >= store->tries) {
		err_wrap(err, "%s store", store->driver->name);
		return false;
	}
	clock_sleep_ms(attempt->wait_ms < BACKOFF_MAX_MS ? attempt->wait_ms : BACKOFF_MAX_MS);
	attempt->wait_ms *= 2;
	attempt->start_ms = clock_ms();
	return true;
}

bool
store_keeps_images(const struct store *store)
{
	return store->driver->images;
}

int
store_image_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err)
{
	struct attempt attempt = attempt_of(store, "place", row);
	int result;

	do
		result = store->driver->images->place(store, row, parent, source, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_begin(struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "begin", row);
	int result;

	do
		result = store->driver->images->begin(store, row, parent, source, size, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_commit(struct store *store, const struct backup *row, const struct store_copy *copy,
    struct span volume_meta, struct err *err)
{
	struct attempt attempt = attempt_of(store, "commit", row);
	int result;

	do
		result = store->driver->images->commit(store, row, copy, volume_meta, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_find(
    struct store *store, const struct backup *row, struct store_image *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "find", row);
	int result;

	do
		result = store->driver->images->find(store, row, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_describe(
    struct store *store, const struct backup *row, struct buf *ret, struct err *err)
{
	struct attempt attempt = attempt_of(store, "describe", row);
	int result;

	do
		result = store->driver->images->describe(store, row, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_erase(struct store *store, const struct backup *row, struct err *err)
{
	struct attempt attempt = attempt_of(store, "erase", row);
	int result;

	do
		result = store->driver->images->erase(store, row, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

/* What was told is not told again. */
int
store_image_scan(struct store *store, store_backup_fn *fn, void *arg, struct err *err)
{
	return store->driver->images->scan(store, fn, arg, err);
}
