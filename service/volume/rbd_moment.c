/* Moments of an image: snapshots, made so that it can be read in peace, and known again later. */
#include <errno.h>
#include <inttypes.h>
#include <rados/librados.h>
#include <rbd/librbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "net/ceph_list.h"
#include "volume/rbd.h"

enum { WATCHERS_MAX = 16, ID_MAX = 64, IDENTITY_MAX = 4 * ID_MAX };

int
image_in_use(const struct image *image, bool own, struct err *err)
{
	rbd_image_watcher_t watchers[WATCHERS_MAX];
	size_t count = WATCHERS_MAX;
	int code = rbd_watchers_list(image->handle, watchers, &count);

	if (code == -ERANGE)
		return 1;
	if (code < 0)
		return ceph_fail(err, code, "ask who uses it");
	rbd_watchers_list_cleanup(watchers, count);
	return count > own;
}

/* ---- a snapshot for ourselves ---- */

static int
make_snapshot(const struct image *image, const char *name)
{
	rbd_image_t writable;
	int code = rbd_open(image->pool, image->name, &writable, NULL);

	if (code < 0)
		return code;
	code = rbd_snap_create(writable, name);
	rbd_close(writable);
	return code;
}

static bool
is_denied(int code)
{
	return code == -EPERM || code == -EACCES || code == -EROFS;
}

struct freezing {
	char name[COLUMN_TEXT_MAX];
	bool always;
};

static int
freeze_now(struct image *image, void *question, struct err *err)
{
	const struct freezing *freezing = question;
	const char *name = freezing->name;
	int used = image_in_use(image, false, err), code;

	if (used < 0 || (!used && !freezing->always))
		return used;
	code = make_snapshot(image, name);
	if (is_denied(code) && !used)
		return 0;
	if (is_denied(code))
		return err_set(err, ERR_DENIED,
		    "%s: is in use, and without the right to make a snapshot no moment of it can "
		    "be read: give the user `profile rbd` on the pool, or make a snapshot and name "
		    "it",
		    image->label);
	if (code < 0)
		return ceph_fail(err, code, "%s: make snapshot %s", image->label, name);
	image_close_handle(image);
	snprintf(image->snapshot, sizeof image->snapshot, "%s", name);
	snprintf(image->label + strlen(image->label), sizeof image->label - strlen(image->label),
	    "@%s", name);
	if (image_open_handle(image, image->name, false, err) < 0)
		return err_wrap(err, "%s", image->label);
	return 1;
}

int
image_freeze(struct volume *volume, const char *name, bool always, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct freezing freezing = { .always = always };

	if (image->writable || image->snapshot[0])
		return 0;
	snprintf(freezing.name, sizeof freezing.name, "%s", name);
	return image_ask(image, freeze_now, NULL, &freezing, sizeof freezing, err);
}

int
image_drop_snapshot(struct image *image, struct err *err)
{
	int code = rbd_open(image->pool, image->name, &image->handle, NULL);

	if (code < 0) {
		image->handle = NULL;
		return code == -ENOENT ? 0 : ceph_fail(err, code, "open");
	}
	code = rbd_snap_remove(image->handle, image->snapshot);
	if (code == 0 || code == -ENOENT)
		return 0;
	return ceph_fail(err, code, "remove the snapshot");
}

/* ---- its identity ---- */

/* Cluster and image: their names may be given to others. */
static int
identify(const struct image *image, rbd_image_t handle, char ret[IDENTITY_MAX], struct err *err)
{
	char cluster[ID_MAX], id[ID_MAX];
	int code = rados_cluster_fsid(image->cluster, cluster, sizeof cluster);

	if (code >= 0)
		code = rbd_get_id(handle, id, sizeof id);
	if (code < 0)
		return ceph_fail(err, code, "%s: ask for its id", image->label);
	snprintf(
	    ret, IDENTITY_MAX, "%s/%" PRId64 "/%s", cluster, rados_ioctx_get_id(image->pool), id);
	return 0;
}

typedef bool(match_fn)(const rbd_snap_info_t *snapshot, const void *key);

static bool
has_name(const rbd_snap_info_t *snapshot, const void *key)
{
	return strcmp(snapshot->name, key) == 0;
}

static bool
has_id(const rbd_snap_info_t *snapshot, const void *key)
{
	return snapshot->id == *(const uint64_t *)key;
}

/* 1, 0, -1. */
static int
find_snapshot(rbd_image_t handle, match_fn *match, const void *key, struct volume_past *ret,
    uint64_t *ret_id, struct err *err)
{
	scoped(ceph_list_drop) struct ceph_list list = { 0 };
	int i, found = 0;

	if (ceph_list_read(handle, &list, err) < 0)
		return -1;
	for (i = 0; i < list.count; i++) {
		const rbd_snap_info_t *snapshot = &list.snapshots[i];

		if (!match(snapshot, key) || strlen(snapshot->name) >= sizeof ret->since)
			continue;
		memcpy(ret->since, snapshot->name, strlen(snapshot->name) + 1);
		ret->size = snapshot->size;
		*ret_id = snapshot->id;
		found = 1;
	}
	return found;
}

/* Seen with new eyes: a handle that only reads is not told what others remove. */
static int
find_own(const struct image *image, uint64_t *ret_id, struct err *err)
{
	struct volume_past ignored;
	rbd_image_t handle;
	int code = rbd_open_read_only(image->pool, image->name, &handle, NULL), found;

	if (code < 0)
		return code == -ENOENT ? 0 : ceph_fail(err, code, "%s: look", image->label);
	found = find_snapshot(handle, has_name, image->snapshot, &ignored, ret_id, err);
	rbd_close(handle);
	return found;
}

/* FSID/POOL-ID/IMAGE-ID/SNAPSHOT-ID rbd:POOL/IMAGE@SNAPSHOT */
static int
moment_now(struct image *image, void *question, struct err *err)
{
	char identity[IDENTITY_MAX];
	uint64_t id = 0;
	int found = image->snapshot[0] ? find_own(image, &id, err) : 0;

	if (found <= 0 || identify(image, image->handle, identity, err) < 0)
		return found <= 0 ? found : -1;
	snprintf(question, VOLUME_MOMENT_MAX, "%s/%" PRIu64 " %s", identity, id, image->label);
	return 1;
}

int
image_moment(struct volume *volume, char ret[VOLUME_MOMENT_MAX], struct err *err)
{
	return image_ask((struct image *)volume, moment_now, NULL, ret, VOLUME_MOMENT_MAX, err);
}

struct recalling {
	char moment[VOLUME_MOMENT_MAX];
	struct volume_past past;
};

static int
recall_now(struct image *image, void *question, struct err *err)
{
	struct recalling *recalling = question;
	const char *moment = recalling->moment;
	char identity[IDENTITY_MAX];
	uint64_t then, now = UINT64_MAX;
	size_t length;
	char *end;

	if (identify(image, image->handle, identity, err) < 0)
		return -1;
	length = strlen(identity);
	if (strncmp(moment, identity, length) != 0 || moment[length] != '/')
		return 0;
	then = strtoull(moment + length + 1, &end, 10);
	if (*end != ' ')
		return 0;
	if (image->snapshot[0] && find_own(image, &now, err) < 0)
		return -1;
	if (then >= now)
		return 0;
	return find_snapshot(image->handle, has_id, &then, &recalling->past, &then, err);
}

int
image_recall(struct volume *volume, const char *moment, struct volume_past *ret, struct err *err)
{
	struct recalling recalling = { .past = *ret };
	int found;

	snprintf(recalling.moment, sizeof recalling.moment, "%s", moment);
	found =
	    image_ask((struct image *)volume, recall_now, NULL, &recalling, sizeof recalling, err);
	if (found == 1)
		*ret = recalling.past;
	return found;
}
