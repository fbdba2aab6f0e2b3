#include "store/image.h"

#include "store/attempt.h"
#include "store/store.h"

bool
store_keeps_images(const struct store *store)
{
	return store->driver->images;
}

int
store_image_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err)
{
	struct attempt attempt = attempt_of(store, "place", NULL, row->id);
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
	struct attempt attempt = attempt_of(store, "begin", NULL, row->id);
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
	struct attempt attempt = attempt_of(store, "commit", NULL, row->id);
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
	struct attempt attempt = attempt_of(store, "find", NULL, row->id);
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
	struct attempt attempt = attempt_of(store, "describe", NULL, row->id);
	int result;

	do
		result = store->driver->images->describe(store, row, ret, err);
	while (attempt_again(&attempt, result, err));
	return result;
}

int
store_image_erase(struct store *store, const struct backup *row, struct err *err)
{
	struct attempt attempt = attempt_of(store, "erase", NULL, row->id);
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
