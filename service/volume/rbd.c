#include "volume/rbd.h"

#include <errno.h>
#include <inttypes.h>
#include <rbd/librbd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/ceph.h"
#include "volume/attach.h"

/*
 * READERS: several objects on their way at once.  ZERO_STEP: librbd counts what
 * it zeroes in an int.
 */
enum { BLOCK = 4096, READERS = 4, ZERO_STEP = 1 << 30 };

static const char hidden_start[] = "cinderbank-partial.";

static struct image *
image_of(struct volume *volume)
{
	return (struct image *)volume;
}

static bool
image_claims(const struct attachment *attachment)
{
	return attachment->kind == ATTACHMENT_RBD;
}

/* ---- open ---- */

/* Somebody else who writes to an image holds a watch on it, as we do. */
static int
check_alone(const struct image *image, struct err *err)
{
	int used = image_in_use(image, true, err);

	if (used <= 0)
		return used;
	return err_set(err, ERR_CONFLICT,
	    "is in use by another client (`rbd status %s` tells which); one that died "
	    "is forgotten after half a minute",
	    image->label + sizeof "rbd:" - 1);
}

static int
measure(struct image *image, bool writable, struct err *err)
{
	uint64_t features = 0, flags = 0;
	int code = rbd_get_size(image->handle, &image->volume.size), empty;

	if (code < 0)
		return ceph_fail(err, code, "ask for its size");
	image->volume.block = BLOCK;
	image->writable = writable;
	rbd_get_features(image->handle, &features);
	rbd_get_flags(image->handle, &flags);
	image->object_map =
	    features & RBD_FEATURE_FAST_DIFF && !(flags & RBD_FLAG_FAST_DIFF_INVALID);
	if (!writable)
		return 0;
	empty = image_empty(image, err);
	image->volume.zeroed = empty == 1;
	return empty < 0 ? -1 : 0;
}

int
image_open_handle(struct image *image, const char *name, bool writable, struct err *err)
{
	const char *snapshot = image->snapshot[0] ? image->snapshot : NULL;
	int code;

	if (writable && snapshot)
		return err_set(err, ERR_INVALID, "a snapshot cannot be written");
	code = writable ? rbd_open(image->pool, name, &image->handle, NULL)
			: rbd_open_read_only(image->pool, name, &image->handle, snapshot);
	if (code < 0) {
		image->handle = NULL;
		return ceph_fail(err, code, "open");
	}
	if (writable && check_alone(image, err) < 0)
		return -1;
	return measure(image, writable, err);
}

/* What a dead process left under that name; whoever still makes one holds a watch. */
static int
remove_leftover(const struct image *image, struct err *err)
{
	int code = rbd_remove(image->pool, image->hidden);

	if (code == 0 || code == -ENOENT)
		return 0;
	if (code == -EBUSY)
		return err_set(err, ERR_CONFLICT,
		    "somebody makes it now, or has died doing so less than half a minute ago");
	return ceph_fail(err, code, "remove what is left of %s", image->hidden);
}

static int
check_absent(const struct image *image, struct err *err)
{
	rbd_image_t there;
	int code = rbd_open_read_only(image->pool, image->name, &there, NULL);

	if (code == -ENOENT)
		return 0;
	if (code < 0)
		return ceph_fail(err, code, "look");
	rbd_close(there);
	return err_set(err, ERR_CONFLICT, "exists already");
}

static int
open_fresh(struct image *image, uint64_t size, struct err *err)
{
	rbd_image_options_t options;
	int code;

	if (size == 0)
		return err_set(err, ERR_INVALID, "a volume without any bytes cannot be made");
	snprintf(image->hidden, sizeof image->hidden, "%s%s", hidden_start, image->name);
	if (check_absent(image, err) < 0 || remove_leftover(image, err) < 0) {
		image->hidden[0] = '\0'; /* not ours to remove */
		return -1;
	}
	rbd_image_options_create(&options);
	code = rbd_create4(image->pool, image->hidden, size, options);
	rbd_image_options_destroy(options);
	if (code < 0) {
		image->hidden[0] = '\0';
		return ceph_fail(err, code, "make it");
	}
	if (image_open_handle(image, image->hidden, true, err) < 0)
		return -1;
	image->volume.zeroed = true;
	return 0;
}

void
image_close_handle(struct image *image)
{
	if (image->handle)
		rbd_close(image->handle);
	image->handle = NULL;
}

void
image_close_now(struct image *image)
{
	image_close_handle(image);
	if (image->hidden[0])
		rbd_remove(image->pool, image->hidden);
	ceph_close_pool(image->pool);
	ceph_link_close(image->link);
	pthread_mutex_destroy(&image->mutex);
	image_extents_drop(&image->window.found);
	free(image);
}

static struct image *
image_new(const struct attachment *attachment, struct err *err)
{
	struct image *image = calloc(1, sizeof *image);

	if (!image || !(image->link = ceph_link_open(
			    attachment->ceph, &attachment->cluster, attachment->cancel))) {
		free(image);
		err_memory(err);
		return NULL;
	}
	image->volume.driver = &volume_rbd;
	image->cancel = attachment->cancel;
	atomic_init(&image->users, 1);
	pthread_mutex_init(&image->mutex, NULL);
	snprintf(image->name, sizeof image->name, "%s", attachment->image);
	snprintf(image->snapshot, sizeof image->snapshot, "%s", attachment->snapshot);
	snprintf(image->label, sizeof image->label, "rbd:%s/%s%s%s", attachment->pool,
	    attachment->image, attachment->snapshot[0] ? "@" : "", attachment->snapshot);
	return image;
}

struct opening {
	bool told, writable, create;
	uint64_t size;
	char pool[COLUMN_TEXT_MAX];
};

static struct opening
opening_of(const struct attachment *attachment, bool writable)
{
	struct opening opening = {
		.told = attachment->ceph || attachment->cluster.monitors[0],
		.writable = writable,
		.create = attachment->create,
		.size = attachment->size,
	};

	snprintf(opening.pool, sizeof opening.pool, "%s", attachment->pool);
	return opening;
}

static int
connect_image(struct image *image, const struct opening *opening, struct err *err)
{
	if (!opening->told)
		return err_set(err, ERR_INVALID, "no options of Ceph were given to this program");
	if (ceph_link_connect(image->link, &image->cluster, err) < 0)
		return -1;
	return ceph_open_pool(image->cluster, opening->pool, &image->pool, err);
}

int
image_reach(struct image **ret, const struct attachment *attachment, struct err *err)
{
	const struct opening opening = opening_of(attachment, true);

	*ret = image_new(attachment, err);
	return *ret ? connect_image(*ret, &opening, err) : -1;
}

static int
open_now(struct image *image, void *question, struct err *err)
{
	const struct opening *opening = question;

	if (connect_image(image, opening, err) < 0)
		return -1;
	return opening->create ? open_fresh(image, opening->size, err)
			       : image_open_handle(image, image->name, opening->writable, err);
}

static int
image_open(struct volume **ret, const struct attachment *attachment, bool writable, struct err *err)
{
	struct opening opening = opening_of(attachment, writable);
	struct image *image = image_new(attachment, err);

	if (!image)
		return -1;
	if (image_ask(image, open_now, NULL, &opening, sizeof opening, err) < 0) {
		image_close(&image->volume);
		return -1;
	}
	*ret = &image->volume;
	return 0;
}

/* ---- a name ---- */

static int
publish_now(struct image *image, void *question, struct err *err)
{
	const uint64_t size = *(const uint64_t *)question;
	int code = rbd_flush(image->handle);

	if (code == 0 && size != image->volume.size)
		code = rbd_resize(image->handle, size);
	if (code < 0)
		return ceph_fail(
		    err, code, "%s: make it %" PRIu64 " bytes long", image->label, size);
	image_close_handle(image);
	code = rbd_rename(image->pool, image->hidden, image->name);
	if (code == -EEXIST)
		return err_set(
		    err, ERR_CONFLICT, "%s: somebody else made it meanwhile", image->label);
	if (code < 0)
		return ceph_fail(err, code, "%s: give it its name", image->label);
	image->hidden[0] = '\0';
	return image_open_handle(image, image->name, true, err);
}

static int
image_publish(struct volume *volume, uint64_t size, struct err *err)
{
	struct image *image = image_of(volume);

	return image->hidden[0] ? image_ask(image, publish_now, NULL, &size, sizeof size, err) : 0;
}

static int
sweep_now(struct image *image, void *question, struct err *err)
{
	int result = connect_image(image, question, err);

	if (result < 0 && err->kind == ERR_NOT_FOUND && image->cluster) {
		result = 0; /* there is no such pool any more */
	} else if (result == 0 && image->snapshot[0]) {
		result = image_drop_snapshot(image, err);
	} else if (result == 0) {
		snprintf(image->hidden, sizeof image->hidden, "%s%s", hidden_start, image->name);
		result = remove_leftover(image, err);
		image->hidden[0] = '\0';
	}
	return result < 0 ? err_wrap(err, "%s", image->label) : 0;
}

static int
image_sweep(const struct attachment *attachment, struct err *err)
{
	struct opening opening = opening_of(attachment, true);
	struct image *image = image_new(attachment, err);
	int result;

	if (!image)
		return -1;
	result = image_ask(image, sweep_now, NULL, &opening, sizeof opening, err);
	image_close(&image->volume);
	return result;
}

const struct volume_driver volume_rbd = {
	.name = "rbd",
	.readers = READERS,
	.claims = image_claims,
	.open = image_open,
	.read = image_read,
	.write = image_write,
	.read_tray = image_read_tray,
	.write_tray = image_write_tray,
	.flush = image_flush,
	.close = image_close,
	.changed = image_changed,
	.zero = image_zero,
	.publish = image_publish,
	.freeze = image_freeze,
	.moment = image_moment,
	.recall = image_recall,
	.sweep = image_sweep,
	.look = image_look,
	.snapshot = image_snapshot,
	.grow = image_grow,
	.remove = image_remove,
};
