/*
 * What the parts of the rbd driver share: the open image.  rbd.c opens, makes
 * and names images and moves blocks; rbd_extents.c knows which of them hold data.
 */
#ifndef CINDERBANK_VOLUME_RBD_H
#define CINDERBANK_VOLUME_RBD_H

#include <pthread.h>

#include "model/backup.h"
#include "volume/volume.h"

enum { RBD_NAME_MAX = 3 * COLUMN_TEXT_MAX + 64 };

struct image_extents {
	struct extent *extents;
	size_t count, room;
	bool starved; /* there was no memory for one more */
};

/* What was found out last about a part of an image that is read. */
struct image_window {
	bool known;
	struct extent range;
	char since[COLUMN_TEXT_MAX]; /* empty: since nothing */
	struct image_extents found;
};

struct image {
	struct volume volume;
	void *cluster, *pool, *handle; /* rados_t, rados_ioctx_t, rbd_image_t */
	char name[COLUMN_TEXT_MAX];
	char hidden[COLUMN_TEXT_MAX + 32]; /* of an image without its name yet; else empty */
	bool object_map;                   /* says at once which objects there are */
	bool writable;
	char label[RBD_NAME_MAX]; /* rbd:POOL/IMAGE@SNAP, for errors */
	pthread_mutex_t mutex;    /* guards window */
	struct image_window window;
};

/* As volume_driver.changed. */
int image_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err);

void image_extents_drop(struct image_extents *extents);

/* 1: nothing was ever written to it, or all of it discarded; 0; -1. */
int image_empty(const struct image *image, struct err *err);

#endif
