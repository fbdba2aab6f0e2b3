/* What is of one backup goes, and nothing that another one needs. */
#include <errno.h>
#include <rados/librados.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "store/ceph.h"
#include "store/ceph_image.h"
#include "store/store.h"

/* Every snapshot of the backup in the open image.  1 there were some, 0 none, -1. */
static int
remove_snapshots(struct ceph_image *image, const struct backup *row, struct err *err)
{
	char name[COLUMN_TEXT_MAX];
	int found, removed = 0;

	while ((found = ceph_snapshot_find(image, row->id, name, err)) == 1) {
		if (ceph_snapshot_remove(image, name, err) < 0)
			return -1;
		removed = 1;
	}
	return found < 0 ? -1 : removed;
}

/* A volume or pool that is gone has taken its snapshots along. */
static int
erase_at_source(struct store *store, const char *note, const struct backup *row, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image source = { .cluster = NULL };
	const char *slash = strchr(note, '/');
	char pool[CEPH_NAME_MAX];
	int found;

	if (!slash)
		return 0;
	snprintf(pool, sizeof pool, "%.*s", (int)(slash - note), note);
	if (ceph_pool_open(&source, ceph_link_of(store), pool, err) < 0)
		return err->kind == ERR_NOT_FOUND && source.cluster ? 0 : -1;
	found = ceph_image_open(&source, slash + 1, true, err);
	if (found <= 0)
		return found;
	return remove_snapshots(&source, row, err) < 0 ? -1 : 0;
}

/*
 * May the image go, now that no snapshot of a backup is left in it?  One with the
 * backup's own name may.  A shared one may if this backup was the last that it
 * held; that is seen by its snapshot or, of a copy, by its metadata, which are
 * written last: a backup that failed has neither, and the image is another's.
 */
static int
is_ours(struct ceph_image *image, const struct ceph_names *names, const char *name, bool had,
    struct err *err)
{
	uint64_t size;
	time_t when;
	int code;

	if (had || strcmp(name, names->own) == 0)
		return 1;
	if (names->base[0])
		return 0;
	code = rados_stat(image->pool, names->meta, &size, &when);
	if (code < 0 && code != -ENOENT)
		return ceph_fail(err, code, "object %s", names->meta);
	return code == 0;
}

/* 1 the image was there, 0, -1. */
static int
erase_in(struct store *store, struct ceph_image *image, const char *name,
    const struct ceph_names *names, const struct backup *row, struct err *err)
{
	char note[CEPH_NAME_MAX], other[COLUMN_TEXT_MAX];
	int found = ceph_image_open(image, name, true, err), had, ours;

	if (found <= 0)
		return found;
	found = ceph_note_get(image, names->source, note, err);
	if (found < 0 || (found && erase_at_source(store, note, row, err) < 0))
		return -1;
	had = remove_snapshots(image, row, err);
	found = had < 0 ? -1 : ceph_snapshot_find(image, NULL, other, err);
	if (found < 0)
		return -1;
	ours = found ? 0 : is_ours(image, names, name, had, err);
	if (ours < 0)
		return -1;
	if (ours)
		return ceph_image_remove(image, name, err) < 0 ? -1 : 1;
	return ceph_note_set(image, names->source, NULL, err) < 0 ? -1 : 1;
}

static int
erase_all(struct store *store, const struct backup *row, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };
	struct ceph_names names;
	int found, code;

	if (!row->container[0])
		return 0;
	if (ceph_names_of(row, &names, err) < 0)
		return -1;
	/* Where there is no pool any more there is no backup in it. */
	if (ceph_pool_open(&pool, ceph_link_of(store), row->container, err) < 0)
		return err->kind == ERR_NOT_FOUND && pool.cluster ? 0 : -1;
	found = erase_in(store, &pool, names.base[0] ? names.base : names.own, &names, row, err);
	if (found == 0 && !names.base[0])
		found = erase_in(store, &pool, names.legacy, &names, row, err);
	if (found < 0)
		return -1;
	code = rados_remove(pool.pool, names.meta);
	if (code < 0 && code != -ENOENT)
		return ceph_fail(
		    err, code, "object %s of pool %s: remove it", names.meta, row->container);
	return 0;
}

static int
erase_now(struct ceph_ask *ask, struct err *err)
{
	return erase_all(ask->store, &ask->row, err);
}

/* Whatever of the job still waits for the cluster would be in the way, or wait again. */
int
ceph_erase(struct store *store, const struct backup *row, struct err *err)
{
	struct ceph_link *link = ceph_link_of(store);
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = NULL;

	if (link && !ceph_link_settle(link))
		return err_set(err, ERR_CANCELLED,
		    "cancelled while Ceph did not answer: see `ceph health detail`");
	ask = ceph_ask_new(store, row, err);
	return ask ? ceph_ask(ask, erase_now, store->cancel, err) : -1;
}
