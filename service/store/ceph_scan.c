/*
 * Which backups there are, from what Ceph has: names of images say of which volume,
 * snapshots say of which backup and after which other, an object beside them has the
 * metadata of the volume.
 */
#include <errno.h>
#include <rados/librados.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/ceph.h"
#include "store/ceph.h"
#include "store/ceph_image.h"
#include "store/store.h"

enum { GIB_BITS = 30, POOLS_FIRST = 4 * 1024, META_MAX = 1024 * 1024 };

static const char volume[] = "volume-", backup[] = ".backup.", shared[] = "base";

/* ---- one backup ---- */

/* volume-<volume id>.backup.<backup id>, or ...base: what comes behind; NULL: another's. */
static const char *
read_name(const char *image, char ret_volume[UUID_TEXT])
{
	const char *id = image + sizeof volume - 1, *rest = id + UUID_TEXT - 1;

	if (strncmp(image, volume, sizeof volume - 1) != 0 || strlen(id) < UUID_TEXT ||
	    strncmp(rest, backup, sizeof backup - 1) != 0)
		return NULL;
	snprintf(ret_volume, UUID_TEXT, "%.*s", UUID_TEXT - 1, id);
	rest += sizeof backup - 1;
	return uuid_valid(ret_volume) && (uuid_valid(rest) || strcmp(rest, shared) == 0) ? rest
											 : NULL;
}

static void
note_time(struct ceph_found *found, int64_t when)
{
	backup_set_number(&found->row, BACKUP_CREATED_AT, when);
	backup_set_number(&found->row, BACKUP_DATA_TIMESTAMP, when);
}

/* What its metadata tells: 1, 0 there are none, -1. */
static int
read_meta(struct ceph_image *pool, struct ceph_found *found, struct err *err)
{
	char name[COLUMN_TEXT_MAX + 16];
	uint64_t size;
	time_t when;
	int code;

	snprintf(name, sizeof name, "backup.%s.meta", found->row.id);
	code = rados_stat(pool->pool, name, &size, &when);
	if (code == -ENOENT)
		return 0;
	if (code < 0 || size > META_MAX)
		return ceph_fail(err, code < 0 ? code : -EFBIG, "object %s", name);
	found->meta = calloc(1, (size_t)size + 1);
	if (!found->meta)
		return err_memory(err);
	code = rados_read(pool->pool, name, found->meta, (size_t)size, 0);
	if (code < 0)
		return ceph_fail(err, code, "object %s", name);
	if (!backup_has(&found->row, BACKUP_CREATED_AT))
		note_time(found, when);
	return 1;
}

static int
describe_now(struct ceph_ask *ask, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };

	ask->list = calloc(1, sizeof *ask->list);
	if (!ask->list)
		return err_memory(err);
	ask->n_list = 1;
	ask->list->row = ask->row;
	if (ceph_pool_open(&pool, ceph_link_of(ask->store), ask->row.container, err) < 0)
		return -1;
	return read_meta(&pool, ask->list, err);
}

int
ceph_describe(struct store *store, const struct backup *row, struct buf *ret, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = ceph_ask_new(store, row, err);
	int found = ask ? ceph_ask(ask, describe_now, store->cancel, err) : -1;

	if (found <= 0)
		return found;
	buf_text(ret, ask->list->meta);
	return buf_check(ret, err) < 0 ? -1 : 1;
}

static int
set_row(struct ceph_image *pool, const char *volume_id, const char *id, const char *parent,
    uint64_t size, struct ceph_found *ret, struct err *err)
{
	struct backup *row = &ret->row;
	uint64_t gib = (size + (1ULL << GIB_BITS) - 1) >> GIB_BITS;
	size_t length = strcspn(pool->name, "/");
	char name[COLUMN_TEXT_MAX];

	snprintf(name, sizeof name, "%.*s", (int)length, pool->name);
	backup_set_number(row, BACKUP_SIZE, gib ? (int64_t)gib : 1);
	if (backup_set_text(row, BACKUP_VOLUME_ID, volume_id, err) < 0 ||
	    backup_set_text(row, BACKUP_CONTAINER, name, err) < 0 ||
	    backup_set_text(row, BACKUP_PARENT_ID, parent, err) < 0 ||
	    backup_set_text(row, BACKUP_ID, id, err) < 0)
		return -1;
	return 0;
}

/* ---- one image ---- */

/* An image without snapshots is a copy, once its metadata are there: they come last. */
static int
add_copy(struct ceph_ask *ask, struct ceph_image *image, const char *volume_id, const char *id,
    struct err *err)
{
	struct ceph_found *found = ask->list = calloc(1, sizeof *found);
	bool is_shared = strcmp(id, shared) == 0;
	uint64_t size;
	int has;

	if (!found)
		return err_memory(err);
	ask->n_list = 1;
	if (ceph_image_size(image, &size, err) < 0 ||
	    set_row(image, volume_id, is_shared ? NULL : id, NULL, size, found, err) < 0)
		return -1;
	has = is_shared ? 0 : read_meta(image, found, err);
	if (has == 0)
		err_set(&found->why, ERR_CORRUPT,
		    is_shared ? "image %.200s has no snapshot that says of which backup it is"
			      : "image %.200s was never finished",
		    image->name);
	return has < 0 ? -1 : 0;
}

/* The order of the snapshots is that of the chain. */
static int
add_snapshot(struct ceph_ask *ask, struct ceph_image *image, const char *volume_id,
    const struct ceph_snapshot *snapshot, struct err *err)
{
	struct ceph_found *found = &ask->list[ask->n_list];
	const char *parent = ask->n_list ? found[-1].row.id : NULL;
	const char *id = strchr(snapshot->name, '.') + 1, *end = strstr(id, ".snap.");
	char own[UUID_TEXT], text[CEPH_NAME_MAX];

	snprintf(own, sizeof own, "%.*s", (int)(end - id), id);
	if (!uuid_valid(own) || end - id != UUID_TEXT - 1)
		return 0;
	ask->n_list++;
	note_time(found, strtoll(end + strlen(".snap."), NULL, 10));
	snprintf(text, sizeof text, "{\"base\": \"%s\"}", strchr(image->name, '/') + 1);
	if (set_row(image, volume_id, own, parent, snapshot->size, found, err) < 0 ||
	    backup_set_text(&found->row, BACKUP_SERVICE_METADATA, text, err) < 0)
		return -1;
	return read_meta(image, found, err) < 0 ? -1 : 0;
}

/* ask: the pool is row.container, the image found.image. */
static int
look_into_image(struct ceph_ask *ask, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image image = { .cluster = NULL };
	scoped(scoped_free) struct ceph_snapshot *snapshots = NULL;
	char volume_id[UUID_TEXT];
	const char *id = read_name(ask->found.image, volume_id);
	size_t count, i;
	int found;

	if (ceph_pool_open(&image, ceph_link_of(ask->store), ask->row.container, err) < 0)
		return -1;
	found = ceph_image_open(&image, ask->found.image, false, err);
	if (found <= 0)
		return found; /* it was deleted just now */
	if (ceph_snapshots(&image, &snapshots, &count, err) < 0)
		return -1;
	if (count == 0)
		return add_copy(ask, &image, volume_id, id, err);
	ask->list = calloc(count, sizeof *ask->list);
	if (!ask->list)
		return err_memory(err);
	for (i = 0; i < count; i++) {
		if (add_snapshot(ask, &image, volume_id, &snapshots[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
tell(struct ceph_ask *ask, store_backup_fn *fn, void *arg, struct err *err)
{
	int told = 0;
	size_t i;

	for (i = 0; i < ask->n_list && told == 0; i++) {
		const struct ceph_found *found = &ask->list[i];

		told = fn(arg, &found->row, span_of(found->meta ? found->meta : ""),
		    found->why.kind == ERR_NONE ? NULL : &found->why, err);
	}
	return told;
}

static int
scan_image(struct store *store, const char *pool, const char *image, store_backup_fn *fn, void *arg,
    struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = NULL;
	struct backup row = { .present = 0 };
	char ignored[UUID_TEXT];

	if (!read_name(image, ignored))
		return 0;
	snprintf(row.container, sizeof row.container, "%s", pool);
	ask = ceph_ask_new(store, &row, err);
	if (!ask)
		return -1;
	snprintf(ask->found.image, sizeof ask->found.image, "%.255s", image);
	if (ceph_ask(ask, look_into_image, store->cancel, err) < 0)
		return -1;
	return tell(ask, fn, arg, err);
}

/* ---- all of them ---- */

static int
list_images(struct ceph_ask *ask, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };

	if (ceph_pool_open(&pool, ceph_link_of(ask->store), ask->row.container, err) < 0)
		return -1;
	return ceph_images(&pool, &ask->names, &ask->names_size, err);
}

static int
list_pools(struct ceph_ask *ask, struct err *err)
{
	void *cluster;
	int size;

	if (ceph_link_connect(ceph_link_of(ask->store), &cluster, err) < 0)
		return -1;
	do {
		free(ask->names);
		ask->names_size = ask->names_size ? 2 * ask->names_size : POOLS_FIRST;
		ask->names = calloc(1, ask->names_size);
		if (!ask->names)
			return err_memory(err);
		size = rados_pool_list(cluster, ask->names, ask->names_size);
		if (size < 0)
			return ceph_fail(err, size, "list the pools");
	} while ((size_t)size > ask->names_size);
	return 0;
}

/* The next of those that a question has found, or NULL. */
static const char *
next_name(const struct ceph_ask *ask, size_t *at)
{
	const char *name = ask->names + *at;

	if (*at >= ask->names_size || !*name)
		return NULL;
	*at += strlen(name) + 1;
	return name;
}

static int
scan_pool(struct store *store, const char *pool, store_backup_fn *fn, void *arg, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = NULL;
	struct backup row = { .present = 0 };
	const char *name;
	size_t at = 0;
	int told = 0;

	snprintf(row.container, sizeof row.container, "%s", pool);
	ask = ceph_ask_new(store, &row, err);
	if (!ask)
		return -1;
	if (ceph_ask(ask, list_images, store->cancel, err) < 0)
		return err->kind == ERR_DENIED || err->kind == ERR_NOT_FOUND ? 0 : -1;
	while (told == 0 && (name = next_name(ask, &at)))
		told = scan_image(store, pool, name, fn, arg, err);
	return told;
}

/* Backups may be in any pool, but most are not ours to look into. */
int
ceph_scan(struct store *store, store_backup_fn *fn, void *arg, struct err *err)
{
	const struct backup none = { .present = 0 };
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = ceph_ask_new(store, &none, err);
	const char *name;
	size_t at = 0;
	int told = 0;

	if (!ask || ceph_ask(ask, list_pools, store->cancel, err) < 0)
		return -1;
	while (told == 0 && (name = next_name(ask, &at)))
		told = scan_pool(store, name, fn, arg, err);
	return told;
}
