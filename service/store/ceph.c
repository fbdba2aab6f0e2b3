#include "store/ceph.h"

#include <rados/librados.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "net/ceph.h"
#include "options/tables.h"
#include "store/ceph_image.h"
#include "store/store.h"

/* TRIES: as often as a busy image is asked for. */
enum { TRIES = 4, BACKOFF_MS = 1000 };

struct ceph_store {
	struct store store;
	const struct ceph_opts *opts;
	struct ceph_link *link; /* NULL: it is no job's, and whoever asks makes one */
	bool shares;            /* the link, with the images of its job */
};

const struct ceph_opts *
ceph_opts_of(const struct store *store)
{
	return ((const struct ceph_store *)store)->opts;
}

static int
ceph_open(struct store **ret, const void *opts, struct err *err)
{
	struct ceph_store *ceph = calloc(1, sizeof *ceph);

	if (!ceph)
		return err_memory(err);
	ceph->store = (struct store){
		.driver = &store_ceph,
		.tries = TRIES,
		.backoff_ms = BACKOFF_MS,
	};
	ceph->opts = opts;
	*ret = &ceph->store;
	return 0;
}

static void
ceph_close(struct store *store)
{
	struct ceph_store *ceph = (struct ceph_store *)store;

	(ceph->shares ? ceph_link_unshare : ceph_link_close)(ceph->link);
	free(ceph);
}

struct ceph_link *
ceph_link_of(const struct store *store)
{
	return ((const struct ceph_store *)store)->link;
}

/* link NULL: there was no memory for it. */
static int
copy_onto(const struct store *store, struct ceph_link *link, bool shares, struct store **ret,
    struct err *err)
{
	struct ceph_store *copy = malloc(sizeof *copy);

	if (!copy || !link) {
		ceph_link_unshare(link);
		free(copy);
		return err_memory(err);
	}
	*copy = *(const struct ceph_store *)store;
	copy->store.cancel = NULL;
	copy->link = link;
	copy->shares = shares;
	*ret = &copy->store;
	return 1;
}

int
ceph_copy(const struct store *store, struct store **ret, struct err *err)
{
	struct ceph_link *link = ceph_link_of(store);

	link = link ? ceph_link_hold(link) : ceph_link_open(ceph_opts_of(store), NULL, NULL);
	return copy_onto(store, link, false, ret, err) < 0 ? -1 : 0;
}

/* The job's images find the same link, as long as its store is open. */
static int
ceph_act_as(struct store *store, const struct store_user *user, struct store **ret, struct err *err)
{
	return copy_onto(store, ceph_link_share(ceph_opts_of(store), user->cancel), true, ret, err);
}

static int
check_now(struct ceph_ask *ask, struct err *err)
{
	static const char name[] = "cinderbank.check";
	const struct store *store = ask->store;
	scoped(ceph_link_close_scoped) struct ceph_link *link =
	    ceph_link_open(ceph_opts_of(store), NULL, NULL);
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };
	int code;

	if (!link)
		return err_memory(err);
	if (ceph_pool_open(&pool, link, ceph_opts_of(store)->pool, err) < 0)
		return -1;
	code = rados_write_full(pool.pool, name, name, sizeof name);
	if (code == 0)
		code = rados_remove(pool.pool, name);
	return code < 0 ? ceph_fail(err, code, "pool %s: write and remove an object",
			      ceph_opts_of(store)->pool)
			: 0;
}

static int
ceph_check(struct store *store, struct err *err)
{
	static const struct backup none;
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = ceph_ask_new(store, &none, err);

	return ask ? ceph_ask(ask, check_now, store->cancel, err) : -1;
}

/* ---- names ---- */

/* service_metadata is {"base": "<image>"}, or NULL. */
static int
read_base(const struct backup *row, char ret[COLUMN_TEXT_MAX], struct err *err)
{
	scoped(json_free_scoped) struct json *json = NULL;
	const char *text = backup_text(row, BACKUP_SERVICE_METADATA), *base;

	ret[0] = '\0';
	if (!text || !*text)
		return 0;
	if (json_parse(&json, span_of(text), err) < 0)
		return err_wrap(err, "service_metadata of backup %s", row->id);
	base = json_text(json_member(json, "base"));
	if (!base || !*base || strchr(base, '/') || strchr(base, '@'))
		return err_set(err, ERR_CORRUPT,
		    "service_metadata of backup %s names no image as its base", row->id);
	snprintf(ret, COLUMN_TEXT_MAX, "%s", base);
	return 0;
}

int
ceph_names_of(const struct backup *row, struct ceph_names *ret, struct err *err)
{
	snprintf(ret->own, sizeof ret->own, "volume-%s.backup.%s", row->volume_id, row->id);
	snprintf(ret->legacy, sizeof ret->legacy, "volume-%s.backup.base", row->volume_id);
	snprintf(ret->meta, sizeof ret->meta, "backup.%s.meta", row->id);
	snprintf(ret->source, sizeof ret->source, "cinderbank.source.%s", row->id);
	return read_base(row, ret->base, err);
}

/* ---- where a backup is ---- */

/*
 * Does the open image hold the backup?  With a base on record it is one of its
 * snapshots.  Without, it is an image of its own, or a snapshot of the shared
 * one; upstream also copies whole volumes into an image with the shared name.
 */
static int
holds(struct ceph_image *image, const struct backup *row, bool own, bool recorded,
    struct store_image *ret, struct err *err)
{
	char any[COLUMN_TEXT_MAX];
	int found = ceph_snapshot_find(image, row->id, ret->snapshot, err);

	if (found)
		return found;
	ret->snapshot[0] = '\0';
	if (recorded)
		return 0;
	if (own)
		return 1;
	found = ceph_snapshot_find(image, NULL, any, err);
	return found < 0 ? -1 : !found;
}

static int
look_into(struct ceph_image *pool, const char *image, const struct backup *row,
    const struct ceph_names *names, struct store_image *ret, struct err *err)
{
	int found = image[0] ? ceph_image_open(pool, image, false, err) : 0;

	if (found <= 0)
		return found;
	snprintf(ret->pool, sizeof ret->pool, "%s", row->container);
	snprintf(ret->image, sizeof ret->image, "%s", image);
	return holds(pool, row, strcmp(image, names->own) == 0, names->base[0], ret, err);
}

static int
find_in(struct ceph_image *pool, const struct backup *row, struct store_image *ret, struct err *err)
{
	struct ceph_names names;
	int found;

	if (ceph_names_of(row, &names, err) < 0)
		return -1;
	if (names.base[0])
		return look_into(pool, names.base, row, &names, ret, err);
	found = look_into(pool, names.own, row, &names, ret, err);
	return found ? found : look_into(pool, names.legacy, row, &names, ret, err);
}

int
ceph_locate(struct store *store, const struct backup *row, struct store_image *ret, struct err *err)
{
	scoped(ceph_pool_close) struct ceph_image pool = { .cluster = NULL };

	if (!row->container[0])
		return err_set(err, ERR_CORRUPT, "backup %s has no container", row->id);
	if (ceph_pool_open(&pool, ceph_link_of(store), row->container, err) < 0)
		return -1;
	return find_in(&pool, row, ret, err);
}

static int
find_now(struct ceph_ask *ask, struct err *err)
{
	return ceph_locate(ask->store, &ask->row, &ask->found, err);
}

static int
ceph_find(struct store *store, const struct backup *row, struct store_image *ret, struct err *err)
{
	scoped(ceph_ask_free_scoped) struct ceph_ask *ask = ceph_ask_new(store, row, err);
	int found = ask ? ceph_ask(ask, find_now, store->cancel, err) : -1;

	if (found == 1)
		*ret = ask->found;
	return found;
}

static const struct store_image_driver images = {
	.place = ceph_place,
	.begin = ceph_begin,
	.commit = ceph_commit,
	.find = ceph_find,
	.describe = ceph_describe,
	.erase = ceph_erase,
	.scan = ceph_scan,
};

const struct store_driver store_ceph = {
	.name = "ceph",
	.class_path = "cinder.backup.drivers.ceph.CephBackupDriver",
	.options = &ceph_table,
	.open = ceph_open,
	.check = ceph_check,
	.act_as = ceph_act_as,
	.close = ceph_close,
	.images = &images,
};
