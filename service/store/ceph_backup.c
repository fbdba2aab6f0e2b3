/* A new backup: its place, its image and snapshots, its end. */
#include <rados/librados.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "options/tables.h"
#include "store/ceph.h"
#include "store/ceph_image.h"
#include "store/store.h"

/* The snapshot that the parent has left on the source.  1, 0 it is gone, -1. */
static int
find_since(struct store *store, const struct backup *parent, const struct store_image *source,
    char ret[COLUMN_TEXT_MAX], struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image image = { .cluster = NULL };
	int found;

	if (ceph_pool_open(&image, ceph_link_of(store), source->pool, err) < 0)
		return -1;
	found = ceph_image_open(&image, source->image, false, err);
	return found <= 0 ? found : ceph_snapshot_find(&image, parent->id, ret, err);
}

/* 1; 0: do a full one; -1. */
static int
place_on_parent(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct store_image *ret, struct err *err)
{
	const char *wanted = backup_text(row, BACKUP_CONTAINER);
	char since[COLUMN_TEXT_MAX];
	int found;

	if (!source || source->snapshot[0])
		return err_set(err, ERR_INVALID,
		    "the ceph store makes increments of images of Ceph only: do a full backup");
	if (wanted && strcmp(wanted, parent->container) != 0)
		return err_set(err, ERR_INVALID,
		    "parent backup %s is in pool %s, and an increment cannot be in another",
		    parent->id, parent->container);
	found = ceph_locate(store, parent, ret, err);
	if (found < 0)
		return -1;
	if (!found || !ret->snapshot[0])
		return err_set(err, ERR_INVALID,
		    "parent backup %s is no snapshot that could be built upon: do a full backup",
		    parent->id);
	found = find_since(store, parent, source, since, err);
	if (found || ceph_opts_of(store)->max_snapshots)
		return found;
	return err_set(err, ERR_INVALID,
	    "the snapshot of parent backup %s is gone from %s/%s: do a full backup", parent->id,
	    source->pool, source->image);
}

static int
place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err)
{
	char text[2 * CEPH_NAME_MAX];
	struct store_image base;
	struct ceph_names names;
	int on_parent = parent ? place_on_parent(store, row, parent, source, &base, err) : 0;

	if (on_parent < 0 || ceph_names_of(row, &names, err) < 0)
		return -1;
	if (!backup_text(row, BACKUP_CONTAINER) &&
	    backup_set_text(row, BACKUP_CONTAINER,
		on_parent ? parent->container : ceph_opts_of(store)->pool, err) < 0)
		return -1;
	if (strpbrk(row->container, "/@"))
		return err_set(err, ERR_INVALID, "%s is no name of a pool", row->container);
	snprintf(text, sizeof text, "{\"base\": \"%s\"}", on_parent ? base.image : names.own);
	/* What has no snapshots is a copy, and says nothing here. */
	if (backup_set_text(row, BACKUP_SERVICE_METADATA,
		source && !source->snapshot[0] ? text : NULL, err) < 0)
		return -1;
	return !parent || on_parent;
}

static int
place_now(struct ceph_ask *ask, struct err *err)
{
	return place(ask->store, &ask->row, ask->has_parent ? &ask->parent : NULL,
	    ask->has_source ? &ask->source : NULL, err);
}

static struct ceph_ask *
ask_about(const struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err)
{
	struct ceph_ask *ask = ceph_ask_new(store, row, err);

	if (ask && (ask->has_parent = parent))
		ask->parent = *parent;
	if (ask && (ask->has_source = source))
		ask->source = *source;
	return ask;
}

int
ceph_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask =
	    ask_about(store, row, parent, source, err);
	int placed = ask ? ceph_ask(ask, place_now, store->cancel, err) : -1;

	if (placed >= 0)
		*row = ask->row;
	return placed;
}

/*
 * The snapshot is noted beside the backup before there is one, so that it can be found.
 * since: the one that the parent has left, with a parent.
 */
static int
snapshot_source(struct store *store, struct ceph_image *base, const struct ceph_names *names,
    const struct backup *row, const struct backup *parent, struct store_copy *copy, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image source = { .cluster = NULL };
	struct store_image *from = &copy->from;
	char note[CEPH_NAME_MAX];
	int found;

	backup_snapshot_name(row, from->snapshot);
	snprintf(note, sizeof note, "%s/%s", from->pool, from->image);
	if (ceph_note_set(base, names->source, note, err) < 0 ||
	    ceph_pool_open(&source, ceph_link_of(store), from->pool, err) < 0)
		return -1;
	found = ceph_image_open(&source, from->image, true, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "image %s: is gone", source.name);
	if (found > 0 && parent)
		found = ceph_snapshot_find(&source, parent->id, copy->since, err);
	if (found == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "the snapshot of parent backup %s is gone", parent->id);
	return found < 0 ? -1 : ceph_snapshot_create(&source, from->snapshot, err);
}

/* The image that is written to, open. */
static int
prepare_base(struct store *store, struct ceph_image *pool, const struct backup *row,
    const struct ceph_names *names, const struct backup *parent, uint64_t size,
    struct store_copy *copy, struct err *err)
{
	int found;

	snprintf(copy->to.pool, sizeof copy->to.pool, "%s", row->container);
	snprintf(copy->to.image, sizeof copy->to.image, "%.255s",
	    names->base[0] ? names->base : names->own);
	if (!parent && ceph_image_create(pool, ceph_opts_of(store), copy->to.image, size, err) < 0)
		return -1;
	found = ceph_image_open(pool, copy->to.image, true, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "image %s: is gone", pool->name);
	if (found < 0 || !parent)
		return found < 0 ? -1 : 0;
	copy->before = copy->to;
	found = ceph_snapshot_find(pool, parent->id, copy->before.snapshot, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "image %s: has no snapshot of parent backup %s",
		    pool->name, parent->id);
	return found < 0 ? -1 : ceph_image_resize(pool, size, err);
}

static int
begin_now(struct ceph_ask *ask, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };
	const struct backup *row = &ask->row, *parent = ask->has_parent ? &ask->parent : NULL;
	struct ceph_names names;

	if (ceph_names_of(row, &names, err) < 0 ||
	    ceph_pool_open(&pool, ceph_link_of(ask->store), row->container, err) < 0 ||
	    prepare_base(ask->store, &pool, row, &names, parent, ask->size, &ask->copy, err) < 0)
		return -1;
	if (!ask->has_source || ask->source.snapshot[0])
		return 0;
	ask->copy.from = ask->source;
	return snapshot_source(ask->store, &pool, &names, row, parent, &ask->copy, err);
}

int
ceph_begin(struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask =
	    ask_about(store, row, parent, source, err);

	if (!ask)
		return -1;
	ask->size = size;
	if (ceph_ask(ask, begin_now, store->cancel, err) < 0)
		return -1;
	*ret = ask->copy;
	return 0;
}

/* There may be none of it yet, or it is another backup's. */
static int
write_meta(struct ceph_image *pool, const char *name, struct span text, struct err *err)
{
	rados_write_op_t op = rados_create_write_op();
	int code;

	rados_write_op_create(op, LIBRADOS_CREATE_EXCLUSIVE, NULL);
	rados_write_op_write_full(op, text.data, text.length);
	code = rados_write_op_operate(op, pool->pool, name, NULL, 0);
	rados_release_write_op(op);
	return code < 0 ? ceph_fail(err, code, "object %s of pool %s", name, pool->name) : 0;
}

/* Snapshots that are too many cost room, and no backup; the next one tries again. */
static void
prune_source(struct store *store, const struct store_image *from)
{
	scoped(ceph_pool_close) struct ceph_image source = { .cluster = NULL };
	struct err ignored = ERR_INIT;

	if (ceph_opts_of(store)->max_snapshots &&
	    ceph_pool_open(&source, ceph_link_of(store), from->pool, &ignored) == 0 &&
	    ceph_image_open(&source, from->image, true, &ignored) == 1)
		(void)ceph_snapshots_prune(&source, ceph_opts_of(store)->max_snapshots, &ignored);
}

static int
commit_now(struct ceph_ask *ask, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image base = { .cluster = NULL };
	const struct store_copy *copy = &ask->copy;
	struct ceph_names names;
	int found;

	if (ceph_names_of(&ask->row, &names, err) < 0 ||
	    ceph_pool_open(&base, ceph_link_of(ask->store), copy->to.pool, err) < 0 ||
	    write_meta(&base, names.meta, buf_span(&ask->meta), err) < 0)
		return -1;
	if (!copy->from.image[0])
		return 0;
	found = ceph_image_open(&base, copy->to.image, true, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "image %s: is gone", base.name);
	if (found < 0 || ceph_snapshot_create(&base, copy->from.snapshot, err) < 0)
		return -1;
	prune_source(ask->store, &copy->from);
	return 0;
}

int
ceph_commit(struct store *store, const struct backup *row, const struct store_copy *copy,
    struct span volume_meta, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = ceph_ask_new(store, row, err);

	if (!ask)
		return -1;
	ask->copy = *copy;
	ask->meta = (struct buf)BUF(volume_meta.length + 1);
	buf_add(&ask->meta, volume_meta.data, volume_meta.length);
	if (buf_check(&ask->meta, err) < 0)
		return -1;
	return ceph_ask(ask, commit_now, store->cancel, err);
}
