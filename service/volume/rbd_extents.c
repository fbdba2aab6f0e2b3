#include <errno.h>
#include <rbd/librbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "volume/rbd.h"

/*
 * NEAR: extents closer than this become one; so little is read faster than it is
 * left out, and a window has no more than a few MiB of extents.  FAR: so many
 * bytes of absent objects are asked for faster than a second question is put.
 */
enum { NEAR = 32 << 10, FAR = 256 << 20, STOPPED = -ECANCELED };

static const uint64_t WINDOW = 16ULL << 30;

/* ---- extents, as librbd tells of them ---- */

static int
append(struct image_extents *found, struct extent extent)
{
	struct extent *extents = found->extents;
	struct extent *last = found->count ? &extents[found->count - 1] : NULL;

	if (last && extent.offset >= last->offset &&
	    extent.offset <= last->offset + last->length + NEAR) {
		if (extent.offset + extent.length > last->offset + last->length)
			last->length = extent.offset + extent.length - last->offset;
		return 0;
	}
	if (found->count == found->room) {
		found->room = found->room ? 2 * found->room : 64;
		extents = realloc(extents, found->room * sizeof *extents);
		found->starved = !extents;
		if (!extents)
			return STOPPED;
		found->extents = extents;
	}
	found->extents[found->count++] = extent;
	return 0;
}

static int
note(uint64_t offset, size_t length, int exists, void *arg)
{
	(void)exists; /* what was discarded has changed, too */
	return append(arg, (struct extent){ offset, length });
}

/* 1, 0: there is no such snapshot to compare with, -1. */
static int
collect(const struct image *image, const char *since, struct extent range, bool whole_objects,
    struct image_extents *ret, struct err *err)
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

/*
 * Sorted, inside range, those closer than gap as one.  Whole objects reach over
 * the range; striped images have theirs in another order.
 */
static void
put_in_order(struct image_extents *found, struct extent range, uint64_t gap)
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
		if (count && extent.offset <= out[count - 1].offset + out[count - 1].length + gap) {
			if (last > out[count - 1].offset + out[count - 1].length)
				out[count - 1].length = last - out[count - 1].offset;
		} else if (extent.offset < last) {
			out[count++] = (struct extent){ extent.offset, last - extent.offset };
		}
	}
	found->count = count;
}

/* ---- what a range holds, or has changed ---- */

static int
collect_exactly(const struct image *image, const char *since, const struct image_extents *objects,
    struct image_extents *ret, struct err *err)
{
	size_t i;
	int known = 1;

	for (i = 0; i < objects->count && known == 1; i++)
		known = collect(image, since, objects->extents[i], false, ret, err);
	return known;
}

/*
 * The object map tells at once which objects there are, and which have come or
 * gone.  Which of them have changed it does not know for sure: a rollback to a
 * snapshot older than since brings the older map back with the data (librbd of
 * Ceph 16; a scenario shows it).  So all objects that exist are asked themselves.
 * 1, 0: no such snapshot, -1.
 */
static int
look(const struct image *image, const char *since, struct extent range, struct image_extents *ret,
    struct err *err)
{
	scoped(image_extents_drop) struct image_extents objects = { .count = 0 };
	int known;

	if (!image->object_map || !since) {
		known = collect(image, since, range, image->object_map, ret, err);
	} else {
		known = collect(image, NULL, range, true, &objects, err);
		if (known == 1)
			known = collect(image, since, range, true, &objects, err);
		put_in_order(&objects, range, FAR);
		if (known == 1)
			known = collect_exactly(image, since, &objects, ret, err);
	}
	put_in_order(ret, range, NEAR);
	return known;
}

struct looking {
	const char *since; /* NULL, or what follows */
	char name[COLUMN_TEXT_MAX];
	struct extent range;
	struct image_extents found;
};

static int
look_now(struct image *image, void *question, struct err *err)
{
	struct looking *looking = question;

	return look(
	    image, looking->since ? looking->name : NULL, looking->range, &looking->found, err);
}

static void
looking_drop(void *question)
{
	image_extents_drop(&((struct looking *)question)->found);
}

/* As look(), for one who may be cancelled; what ret had is lost. */
static int
ask_look(struct image *image, const char *since, struct extent range, struct image_extents *ret,
    struct err *err)
{
	struct looking looking = { .since = since, .range = range };
	int known;

	snprintf(looking.name, sizeof looking.name, "%s", since ? since : "");
	known = image_ask(image, look_now, looking_drop, &looking, sizeof looking, err);
	image_extents_drop(ret);
	*ret = looking.found;
	return known;
}

/* As look(), into the image's cache, for the window around offset. */
static int
look_around(struct image *image, const char *since, uint64_t offset, struct err *err)
{
	struct image_window *window = &image->window;
	uint64_t start = offset - offset % WINDOW, left = image->volume.size - start;

	if (window->known && window->range.offset == start &&
	    strcmp(window->since, since ? since : "") == 0)
		return 1;
	window->known = false;
	window->found.count = 0;
	window->range = (struct extent){ start, left < WINDOW ? left : WINDOW };
	snprintf(window->since, sizeof window->since, "%s", since ? since : "");
	switch (ask_look(image, since, window->range, &window->found, err)) {
	case -1:
		return -1;
	case 0:
		window->found.count = 0;
		if (append(&window->found, window->range) < 0)
			return err_memory(err);
	}
	window->known = true;
	return 1;
}

/* Those of the window that lie in range, and where it ends.  Many threads ask at once. */
static int
take_part(struct image *image, const char *since, struct extent range, struct image_extents *ret,
    uint64_t *ret_end, struct err *err)
{
	const struct image_window *window = &image->window;
	const struct extent *extent;
	size_t low = 0, high, middle;
	scoped_lock(&image->mutex);

	if (look_around(image, since, range.offset, err) < 0)
		return -1;
	*ret_end = window->range.offset + window->range.length;
	for (high = window->found.count; low < high;) {
		middle = low + (high - low) / 2;
		extent = &window->found.extents[middle];
		if (extent->offset + extent->length <= range.offset)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < window->found.count; low++) {
		extent = &window->found.extents[low];
		if (extent->offset >= range.offset + range.length)
			break;
		if (append(ret, *extent) < 0)
			return err_memory(err);
	}
	put_in_order(ret, range, 0);
	return 0;
}

static int
tell(const struct image_extents *found, extent_fn *fn, void *arg, struct err *err)
{
	size_t i;
	int result = 0;

	for (i = 0; i < found->count && result == 0; i++)
		result = fn(arg, found->extents[i], err);
	return result;
}

int
image_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err)
{
	struct image *image = (struct image *)volume;
	uint64_t end = range.offset + range.length, window_end;
	int result = 0;

	if (image->writable) { /* what it holds is about to be something else */
		scoped(image_extents_drop) struct image_extents found = { .count = 0 };
		int known = ask_look(image, since, range, &found, err);

		return known == 1  ? tell(&found, fn, arg, err)
		       : known < 0 ? -1
				   : fn(arg, range, err);
	}
	for (; range.length && result == 0; range.length = end - range.offset) {
		scoped(image_extents_drop) struct image_extents found = { .count = 0 };

		if (take_part(image, since, range, &found, &window_end, err) < 0)
			return -1;
		result = tell(&found, fn, arg, err);
		range.offset = window_end < end ? window_end : end;
	}
	return result;
}

void
image_extents_drop(struct image_extents *found)
{
	free(found->extents);
	found->extents = NULL;
	found->count = found->room = 0;
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
