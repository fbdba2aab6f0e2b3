#include "store/ceph_image.h"

#include <errno.h>
#include <rbd/librbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "net/ceph_list.h"
#include "options/tables.h"

int
ceph_pool_open(struct ceph_image *ret, struct ceph_link *link, const char *pool, struct err *err)
{
	*ret = (struct ceph_image){ .cluster = NULL };
	snprintf(ret->name, sizeof ret->name, "%s", pool);
	if (ceph_link_connect(link, &ret->cluster, err) < 0)
		return -1;
	return ceph_open_pool(ret->cluster, pool, &ret->pool, err);
}

static void
close_image(struct ceph_image *image)
{
	if (image->handle)
		rbd_close(image->handle);
	image->handle = NULL;
}

void
ceph_pool_close(struct ceph_image *image)
{
	close_image(image);
	ceph_close_pool(image->pool);
	image->pool = image->cluster = NULL;
}

int
ceph_image_open(struct ceph_image *image, const char *name, bool writable, struct err *err)
{
	char *slash = strchr(image->name, '/');
	size_t pool = slash ? (size_t)(slash - image->name) : strlen(image->name);
	int code;

	close_image(image);
	snprintf(image->name + pool, sizeof image->name - pool, "/%s", name);
	code = writable ? rbd_open(image->pool, name, &image->handle, NULL)
			: rbd_open_read_only(image->pool, name, &image->handle, NULL);
	if (code == 0)
		return 1;
	image->handle = NULL;
	return code == -ENOENT ? 0 : ceph_fail(err, code, "image %s: open", image->name);
}

int
ceph_image_create(struct ceph_image *image, const struct ceph_opts *opts, const char *name,
    uint64_t size, struct err *err)
{
	uint64_t features = RBD_FEATURE_LAYERING | RBD_FEATURE_EXCLUSIVE_LOCK |
			    RBD_FEATURE_OBJECT_MAP | RBD_FEATURE_FAST_DIFF;
	rbd_image_options_t options;
	int code;

	rbd_image_options_create(&options);
	if (opts->stripe_unit) {
		features |= RBD_FEATURE_STRIPINGV2;
		rbd_image_options_set_uint64(
		    options, RBD_IMAGE_OPTION_STRIPE_UNIT, (uint64_t)opts->stripe_unit);
		rbd_image_options_set_uint64(
		    options, RBD_IMAGE_OPTION_STRIPE_COUNT, (uint64_t)opts->stripe_count);
	}
	if (opts->image_journals)
		features |= RBD_FEATURE_JOURNALING;
	rbd_image_options_set_uint64(options, RBD_IMAGE_OPTION_FEATURES, features);
	code = rbd_create4(image->pool, name, size, options);
	rbd_image_options_destroy(options);
	return code < 0 ? ceph_fail(err, code, "image %s/%s: create", image->name, name) : 0;
}

int
ceph_image_remove(struct ceph_image *image, const char *name, struct err *err)
{
	int code;

	close_image(image);
	code = rbd_remove(image->pool, name);
	if (code == 0 || code == -ENOENT)
		return 0;
	if (code == -EBUSY)
		return err_set(err, ERR_RETRY,
		    "image %s: is in use by another client; `rbd status %s` tells which",
		    image->name, image->name);
	return ceph_fail(err, code, "image %s: remove it", image->name);
}

int
ceph_image_resize(struct ceph_image *image, uint64_t size, struct err *err)
{
	uint64_t now;
	int code = rbd_get_size(image->handle, &now);

	if (code == 0 && now != size)
		code = rbd_resize(image->handle, size);
	return code < 0 ? ceph_fail(err, code, "image %s: change its size", image->name) : 0;
}

int
ceph_image_size(struct ceph_image *image, uint64_t *ret, struct err *err)
{
	int code = rbd_get_size(image->handle, ret);

	return code < 0 ? ceph_fail(err, code, "image %s: ask for its size", image->name) : 0;
}

struct directory {
	rbd_image_spec_t *images;
	size_t count;
};

static void
directory_drop(struct directory *directory)
{
	rbd_image_spec_list_cleanup(directory->images, directory->count);
	free(directory->images);
}

/* Others may make some between two calls. */
static int
list_directory(struct ceph_image *pool, struct directory *ret, struct err *err)
{
	size_t room = 256;
	int code;

	do {
		free(ret->images);
		ret->images = calloc(room, sizeof *ret->images);
		if (!ret->images)
			return err_memory(err);
		code = rbd_list2(pool->pool, ret->images, &room);
	} while (code == -ERANGE);
	if (code < 0)
		return ceph_fail(err, code, "pool %s: list its images", pool->name);
	ret->count = room;
	return 0;
}

int
ceph_images(struct ceph_image *pool, char **ret, size_t *ret_size, struct err *err)
{
	scoped(directory_drop) struct directory directory = { .count = 0 };
	size_t size = 1, at = 0, i;
	char *names;

	if (list_directory(pool, &directory, err) < 0)
		return -1;
	for (i = 0; i < directory.count; i++)
		size += strlen(directory.images[i].name) + 1;
	names = calloc(1, size);
	if (!names)
		return err_memory(err);
	for (i = 0; i < directory.count; i++)
		at += (size_t)snprintf(names + at, size - at, "%s", directory.images[i].name) + 1;
	*ret = names;
	*ret_size = at;
	return 0;
}

/* ---- snapshots ---- */

/* Is it a snapshot that a backup made: backup.<id>.snap.<time>?  id NULL: of any backup. */
static bool
is_snapshot_of(const char *snapshot, const char *backup_id)
{
	static const char start[] = "backup.", middle[] = ".snap.";
	const char *at = strstr(snapshot, middle), *id = snapshot + sizeof start - 1;

	if (strncmp(snapshot, start, sizeof start - 1) != 0 || !at || at <= id ||
	    !at[sizeof middle - 1])
		return false;
	return !backup_id || (strlen(backup_id) == (size_t)(at - id) &&
				 strncmp(id, backup_id, (size_t)(at - id)) == 0);
}

static int
list(struct ceph_image *image, struct ceph_list *ret, struct err *err)
{
	if (ceph_list_read(image->handle, ret, err) < 0)
		return err_wrap(err, "image %s", image->name);
	return 0;
}

int
ceph_snapshot_find(
    struct ceph_image *image, const char *backup_id, char ret[COLUMN_TEXT_MAX], struct err *err)
{
	scoped(ceph_list_drop) struct ceph_list listing = { .count = 0 };
	int i;

	if (list(image, &listing, err) < 0)
		return -1;
	for (i = 0; i < listing.count; i++) {
		const char *name = listing.snapshots[i].name;

		if (!is_snapshot_of(name, backup_id) || strlen(name) >= COLUMN_TEXT_MAX)
			continue;
		memcpy(ret, name, strlen(name) + 1);
		return 1;
	}
	return 0;
}

int
ceph_snapshots(
    struct ceph_image *image, struct ceph_snapshot **ret, size_t *ret_count, struct err *err)
{
	scoped(ceph_list_drop) struct ceph_list listing = { .count = 0 };
	struct ceph_snapshot *found;
	size_t count = 0;
	int i;

	if (list(image, &listing, err) < 0)
		return -1;
	found = calloc((size_t)listing.count + 1, sizeof *found);
	if (!found)
		return err_memory(err);
	for (i = 0; i < listing.count; i++) {
		const char *name = listing.snapshots[i].name;

		if (!is_snapshot_of(name, NULL) || strlen(name) >= COLUMN_TEXT_MAX)
			continue;
		memcpy(found[count].name, name, strlen(name) + 1);
		found[count++].size = listing.snapshots[i].size;
	}
	*ret = found;
	*ret_count = count;
	return 0;
}

int
ceph_snapshot_create(struct ceph_image *image, const char *name, struct err *err)
{
	int code = rbd_snap_create(image->handle, name);

	return code < 0 ? ceph_fail(err, code, "image %s: create snapshot %s", image->name, name)
			: 0;
}

int
ceph_snapshot_remove(struct ceph_image *image, const char *name, struct err *err)
{
	int code = rbd_snap_remove(image->handle, name);

	if (code == 0 || code == -ENOENT)
		return 0;
	if (code == -EBUSY)
		return err_set(err, ERR_RETRY,
		    "image %s: snapshot %s is protected, or something was cloned from it",
		    image->name, name);
	return ceph_fail(err, code, "image %s: remove snapshot %s", image->name, name);
}

int
ceph_snapshots_prune(struct ceph_image *image, int64_t count, struct err *err)
{
	scoped(ceph_list_drop) struct ceph_list listing = { .count = 0 };
	int64_t kept = 0;
	int i;

	if (list(image, &listing, err) < 0)
		return -1;
	for (i = listing.count - 1; i >= 0; i--) {
		const char *name = listing.snapshots[i].name;

		if (!is_snapshot_of(name, NULL) || kept++ < count)
			continue;
		if (ceph_snapshot_remove(image, name, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- notes ---- */

int
ceph_note_set(struct ceph_image *image, const char *key, const char *text, struct err *err)
{
	int code = text ? rbd_metadata_set(image->handle, key, text)
			: rbd_metadata_remove(image->handle, key);

	if (code == 0 || (code == -ENOENT && !text))
		return 0;
	return ceph_fail(err, code, "image %s: note %s", image->name, key);
}

int
ceph_note_get(
    struct ceph_image *image, const char *key, char ret[2 * COLUMN_TEXT_MAX], struct err *err)
{
	size_t room = 2 * COLUMN_TEXT_MAX;
	int code = rbd_metadata_get(image->handle, key, ret, &room);

	if (code >= 0)
		return 1;
	return code == -ENOENT ? 0 : ceph_fail(err, code, "image %s: note %s", image->name, key);
}
