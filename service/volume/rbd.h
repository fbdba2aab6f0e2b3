/*
 * What the parts of the rbd driver share: the open image.  rbd.c opens, makes
 * and names images and moves blocks; rbd_extents.c knows which of them hold data.
 */
#ifndef CINDERBANK_VOLUME_RBD_H
#define CINDERBANK_VOLUME_RBD_H

#include "model/backup.h"
#include "volume/volume.h"

enum { RBD_NAME_MAX = 3 * COLUMN_TEXT_MAX + 64 };

struct image {
	struct volume volume;
	void *cluster, *pool, *handle; /* rados_t, rados_ioctx_t, rbd_image_t */
	char name[COLUMN_TEXT_MAX];
	char hidden[COLUMN_TEXT_MAX + 32]; /* of an image without its name yet; else empty */
	bool object_map;                   /* says at once which objects there are */
	char label[RBD_NAME_MAX];          /* rbd:POOL/IMAGE@SNAP, for errors */
};

/* As volume_driver.changed. */
int image_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err);

/* 1: nothing was ever written to it, or all of it discarded; 0; -1. */
int image_empty(const struct image *image, struct err *err);

#endif
