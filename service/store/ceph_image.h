/*
 * One image of a Ceph pool and its snapshots, as store/ceph.c handles them; and
 * what names say: whose snapshot, whose image.
 */
#ifndef CINDERBANK_STORE_CEPH_IMAGE_H
#define CINDERBANK_STORE_CEPH_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "model/backup.h"

struct ceph_link;
struct ceph_opts;
struct err;
struct store_image;

/* An open pool, and an image in it.  {0} and all in between can be closed. */
struct ceph_image {
	void *cluster, *pool, *handle;  /* rados_t, the link's; rados_ioctx_t, rbd_image_t */
	char name[2 * COLUMN_TEXT_MAX]; /* POOL/IMAGE, for errors */
};

/* Connect and open the pool; ERR_NOT_FOUND: there is no such pool. */
int
ceph_pool_open(struct ceph_image *ret, struct ceph_link *link, const char *pool, struct err *err);

/* Open an image of the open pool.  1; 0: there is none; -1. */
int ceph_image_open(struct ceph_image *image, const char *name, bool writable, struct err *err);
void ceph_pool_close(struct ceph_image *image); /* and the image */

/* A new, empty image in the open pool, as the options say.  ERR_CONFLICT: it exists. */
int ceph_image_create(struct ceph_image *image, const struct ceph_opts *opts, const char *name,
    uint64_t size, struct err *err);

/* ERR_RETRY: somebody has it open. */
int ceph_image_remove(struct ceph_image *image, const char *name, struct err *err);

/* Make the size so; what is cut off is gone. */
int ceph_image_resize(struct ceph_image *image, uint64_t size, struct err *err);

/* The snapshot of that backup; NULL: of any backup.  1, 0 none, -1. */
int ceph_snapshot_find(
    struct ceph_image *image, const char *backup_id, char ret[COLUMN_TEXT_MAX], struct err *err);
int ceph_snapshot_create(struct ceph_image *image, const char *name, struct err *err);

/* Absent: done.  ERR_RETRY: in use. */
int ceph_snapshot_remove(struct ceph_image *image, const char *name, struct err *err);

/* One that a backup made, of the open image. */
struct ceph_snapshot {
	char name[COLUMN_TEXT_MAX];
	uint64_t size; /* that the image had then */
};

/* Those that backups made, oldest first; *ret is to be freed. */
int ceph_snapshots(
    struct ceph_image *image, struct ceph_snapshot **ret, size_t *ret_count, struct err *err);

/* The names of all images of the open pool, one after the other; *ret is to be freed. */
int ceph_images(struct ceph_image *pool, char **ret, size_t *ret_size, struct err *err);
int ceph_image_size(struct ceph_image *image, uint64_t *ret, struct err *err);

/* Remove the oldest snapshots that backups made, but the newest count. */
int ceph_snapshots_prune(struct ceph_image *image, int64_t count, struct err *err);

/* A note that stays with the image.  text NULL: none any more.  get: 1, 0 none, -1. */
int ceph_note_set(struct ceph_image *image, const char *key, const char *text, struct err *err);
int ceph_note_get(
    struct ceph_image *image, const char *key, char ret[2 * COLUMN_TEXT_MAX], struct err *err);

#endif
