#include <errno.h>
#include <rbd/librbd.h>
#include <stdlib.h>

#include "base/err.h"
#include "net/ceph.h"
#include "volume/rbd.h"

enum { WINDOW = 1 << 30, STOPPED = -ECANCELED };

/* The extents of a window, as librbd told of them. */
struct found {
	struct extent *extents;
	size_t count, room;
	bool starved;
};

static void
found_drop(struct found *found)
{
	free(found->extents);
}

static int
note(uint64_t offset, size_t length, int exists, void *arg)
{
	struct found *found = arg;
	struct extent *extents = found->extents;

	(void)exists; /* what was discarded has changed, too */
	if (found->count == found->room) {
		found->room = found->room ? 2 * found->room : 64;
		extents = realloc(extents, found->room * sizeof *extents);
		found->starved = !extents;
		if (!extents)
			return STOPPED;
		found->extents = extents;
	}
	found->extents[found->count++] = (struct extent){ offset, length };
	return 0;
}

/* 1, 0: there is no such snapshot to compare with, -1. */
static int
collect(const struct image *image, const char *since, struct extent range, bool whole_objects,
    struct found *ret, struct err *err)
{
	int code = rbd_diff_iterate2(
	    image->handle, since, range.offset, range.length, 1, whole_objects, note, ret);

	if (ret->starved)
		return err_memory(err);
	if (code == -ENOENT && since)
		return 0;
	if (code < 0)
		return ceph_fail(err, code, "%s: ask what it holds", image->label);
	return 1;
}

static int
by_offset(const void *a, const void *b)
{
	const struct extent *one = a, *other = b;

	return (one->offset > other->offset) - (one->offset < other->offset);
}

/* Whole objects reach over the range; striped images have theirs in another order. */
static void
put_in_order(struct found *found, struct extent range)
{
	uint64_t end = range.offset + range.length, last;
	struct extent *out = found->extents;
	size_t i, count = 0;

	if (found->count == 0)
		return;
	qsort(found->extents, found->count, sizeof *found->extents, by_offset);
	for (i = 0; i < found->count; i++) {
		struct extent extent = found->extents[i];

		last = extent.offset + extent.length < end ? extent.offset + extent.length : end;
		if (extent.offset < range.offset)
			extent.offset = range.offset;
		if (count && extent.offset <= out[count - 1].offset + out[count - 1].length) {
			if (last > out[count - 1].offset + out[count - 1].length)
				out[count - 1].length = last - out[count - 1].offset;
		} else if (extent.offset < last) {
			out[count++] = (struct extent){ extent.offset, last - extent.offset };
		}
	}
	found->count = count;
}

static int
tell(const struct found *found, extent_fn *fn, void *arg, struct err *err)
{
	size_t i;
	int result = 0;

	for (i = 0; i < found->count && result == 0; i++)
		result = fn(arg, found->extents[i], err);
	return result;
}

/*
 * The object map tells which objects were touched without asking for any of
 * them, but not where; only those are asked.
 */
static int
tell_exactly(const struct image *image, const char *since, const struct found *objects,
    extent_fn *fn, void *arg, struct err *err)
{
	size_t i;
	int result = 0;

	for (i = 0; i < objects->count && result == 0; i++) {
		scoped(found_drop) struct found found = { .count = 0 };

		if (collect(image, since, objects->extents[i], false, &found, err) < 0)
			return -1;
		put_in_order(&found, objects->extents[i]);
		result = tell(&found, fn, arg, err);
	}
	return result;
}

static int
tell_window(const struct image *image, const char *since, struct extent window, extent_fn *fn,
    void *arg, struct err *err)
{
	scoped(found_drop) struct found found = { .count = 0 };
	int known = collect(image, since, window, image->object_map, &found, err);

	if (known < 0)
		return -1;
	if (!known)
		return fn(arg, window, err);
	put_in_order(&found, window);
	if (since && image->object_map)
		return tell_exactly(image, since, &found, fn, arg, err);
	return tell(&found, fn, arg, err);
}

int
image_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err)
{
	const struct image *image = (const struct image *)volume;
	struct extent window = range;
	int result = 0;

	for (; range.length && result == 0; range.length -= window.length) {
		window.length = range.length < WINDOW ? range.length : WINDOW;
		result = tell_window(image, since, window, fn, arg, err);
		window.offset += window.length;
	}
	return result;
}

static int
stop_at_first(uint64_t offset, size_t length, int exists, void *arg)
{
	(void)offset;
	(void)length;
	(void)exists;
	(void)arg;
	return STOPPED;
}

int
image_empty(const struct image *image, struct err *err)
{
	int code = rbd_diff_iterate2(
	    image->handle, NULL, 0, image->volume.size, 1, image->object_map, stop_at_first, NULL);

	if (code == STOPPED)
		return 0;
	return code < 0 ? ceph_fail(err, code, "ask what it holds") : 1;
}
