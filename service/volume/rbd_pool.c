/*
 * Images of a pool as the volumes of a service that stands alone: looked at, kept
 * as they are, grown, removed.
 */
#include <errno.h>
#include <rbd/librbd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/ceph.h"
#include "net/ceph_list.h"
#include "volume/attach.h"
#include "volume/rbd.h"

/*
 * PATIENCE_MS: how long whoever asks for a list waits for a cluster.  BLINK_MS: for
 * as long as we have an image open ourselves, to make or remove a snapshot of it.
 */
enum { PATIENCE_MS = 3000, BLINK_MS = 300 };

static const atomic_bool at_once = true;

/* ---- look ---- */

struct viewing {
	atomic_uint holders; /* whoever asked, who may have gone, and the thread that looks */
	size_t count;
	struct attachment *of;
	struct volume_look *found;
};

static void
viewing_drop(void *arg)
{
	struct viewing *viewing = arg;

	if (atomic_fetch_sub(&viewing->holders, 1) > 1)
		return;
	free(viewing->of);
	free(viewing->found);
	free(viewing);
}

static struct viewing *
viewing_new(const struct attachment *of, size_t count)
{
	struct viewing *viewing = calloc(1, sizeof *viewing);

	if (!viewing)
		return NULL;
	atomic_init(&viewing->holders, 1);
	viewing->count = count;
	viewing->of = calloc(count, sizeof *of);
	viewing->found = calloc(count, sizeof *viewing->found);
	if (!viewing->of || !viewing->found) {
		viewing_drop(viewing);
		return NULL;
	}
	memcpy(viewing->of, of, count * sizeof *of);
	return viewing;
}

/* One image, through the connection of another. */
static int
view(struct image *image, const struct attachment *of, struct volume_look *ret, struct err *err)
{
	void *pool = NULL;
	int code, used;

	if (ceph_open_pool(image->cluster, of->pool, &pool, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	code = rbd_open_read_only(
	    pool, of->image, &image->handle, of->snapshot[0] ? of->snapshot : NULL);
	if (code == 0)
		code = rbd_get_size(image->handle, &ret->size);
	else
		image->handle = NULL;
	used = code == 0 && !of->snapshot[0] ? image_in_use(image, false, err) : 0;
	image_close_handle(image);
	ceph_close_pool(pool);
	ret->there = code == 0;
	ret->used = used == 1;
	if (code < 0 && code != -ENOENT)
		return ceph_fail(err, code, "rbd:%s/%s: look", of->pool, of->image);
	return used < 0 ? -1 : 0;
}

/* Again at what is in use: it may have been ourselves. */
static int
view_all(void *arg, struct err *err)
{
	struct viewing *viewing = arg;
	struct image *image;
	bool again = false;
	int result = image_reach(&image, &viewing->of[0], err);
	size_t i;

	for (i = 0; i < viewing->count && result == 0; i++) {
		result = view(image, &viewing->of[i], &viewing->found[i], err);
		again = again || viewing->found[i].used;
	}
	if (again && result == 0)
		clock_sleep_ms(BLINK_MS);
	for (i = 0; i < viewing->count && result == 0; i++) {
		if (viewing->found[i].used)
			result = view(image, &viewing->of[i], &viewing->found[i], err);
	}
	if (image)
		image_close(&image->volume);
	return result;
}

int
image_look(const struct attachment *of, struct volume_look *ret, size_t count, struct err *err)
{
	scoped(ceph_link_close_scoped) struct ceph_link *link = ceph_link_open(NULL, NULL, NULL);
	struct viewing *viewing = viewing_new(of, count);
	int result;

	if (!viewing || !link) {
		if (viewing)
			viewing_drop(viewing);
		return err_memory(err);
	}
	ceph_link_wait(link, PATIENCE_MS);
	atomic_fetch_add(&viewing->holders, 1);
	result = ceph_leave(link, view_all, viewing_drop, viewing, &at_once, err);
	if (result == 0)
		memcpy(ret, viewing->found, count * sizeof *ret);
	else if (err->kind == ERR_CANCELLED)
		err_set(
		    err, ERR_RETRY, "rbd:%s/%s: the cluster does not answer", of->pool, of->image);
	viewing_drop(viewing);
	return result;
}

/* ---- change ---- */

typedef int(change_fn)(struct image *image, uint64_t size, struct err *err);

static int
change(const struct attachment *attachment, change_fn *fn, uint64_t size, struct err *err)
{
	struct image *image;
	int result = image_reach(&image, attachment, err);

	if (result == 0)
		result = fn(image, size, err);
	if (result < 0 && image)
		err_wrap(err, "%s", image->label);
	if (image)
		image_close(&image->volume);
	return result;
}

static int
open_to_change(struct image *image, struct err *err)
{
	int code = rbd_open(image->pool, image->name, &image->handle, NULL);

	if (code == 0)
		return 0;
	image->handle = NULL;
	return ceph_fail(err, code, "open");
}

static int
keep(struct image *image, uint64_t size, struct err *err)
{
	int code;

	(void)size;
	if (open_to_change(image, err) < 0)
		return -1;
	code = rbd_snap_create(image->handle, image->snapshot);
	return code < 0 ? ceph_fail(err, code, "make the snapshot") : 1;
}

int
image_snapshot(const struct attachment *attachment, struct err *err)
{
	return attachment->snapshot[0] ? change(attachment, keep, 0, err) : 0;
}

static int
resize(struct image *image, uint64_t size, struct err *err)
{
	uint64_t now = 0;
	int code;

	if (open_to_change(image, err) < 0)
		return -1;
	code = rbd_get_size(image->handle, &now);
	if (code == 0 && now < size)
		code = rbd_resize(image->handle, size);
	return code < 0 ? ceph_fail(err, code, "make it larger") : 0;
}

int
image_grow(const struct attachment *attachment, uint64_t size, struct err *err)
{
	return change(attachment, resize, size, err);
}

/* ---- remove ---- */

/* Those that backups have left for the next one go with their volume. */
static int
remove_kept(struct image *image, struct err *err)
{
	scoped(ceph_list_drop) struct ceph_list list = { 0 };
	int code = 0, i;

	if (ceph_list_read(image->handle, &list, err) < 0)
		return -1;
	for (i = 0; i < list.count && (code == 0 || code == -ENOENT); i++) {
		const char *name = list.snapshots[i].name;

		if (strncmp(name, "backup.", 7) == 0 && strstr(name, ".snap."))
			code = rbd_snap_remove(image->handle, name);
	}
	return code < 0 && code != -ENOENT ? ceph_fail(err, code, "remove its snapshots") : 0;
}

/* Also of an image whose making was cut off, which has a name and cannot be opened. */
static int
erase(struct image *image, uint64_t size, struct err *err)
{
	int code = rbd_open(image->pool, image->name, &image->handle, NULL), kept;

	(void)size;
	if (code < 0)
		image->handle = NULL;
	if (code < 0 && code != -ENOENT)
		return ceph_fail(err, code, "open");
	kept = code == 0 && !image->snapshot[0] ? remove_kept(image, err) : 0;
	image_close_handle(image);
	if (image->snapshot[0])
		return code < 0 ? 0 : image_drop_snapshot(image, err);
	if (kept < 0)
		return -1;
	code = rbd_remove(image->pool, image->name);
	if (code == -ENOTEMPTY)
		return err_set(err, ERR_CONFLICT,
		    "has snapshots that were not made here: `rbd snap ls %s` tells which",
		    image->label + sizeof "rbd:" - 1);
	return code < 0 && code != -ENOENT ? ceph_fail(err, code, "remove") : 0;
}

int
image_remove(const struct attachment *attachment, struct err *err)
{
	return change(attachment, erase, 0, err);
}
