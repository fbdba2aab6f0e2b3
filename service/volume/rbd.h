/*
 * What the parts of the rbd driver share: the open image.  rbd.c opens, makes
 * and names images; rbd_io.c moves blocks and closes; rbd_extents.c knows which of them hold data;
 * rbd_moment.c makes snapshots and knows them again; rbd_pool.c does what is done to whole images.
 */
#ifndef CINDERBANK_VOLUME_RBD_H
#define CINDERBANK_VOLUME_RBD_H

#include <pthread.h>
#include <stdatomic.h>

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
	struct ceph_link *link;
	void *cluster, *pool, *handle; /* rados_t, rados_ioctx_t, rbd_image_t */
	char name[COLUMN_TEXT_MAX], snapshot[COLUMN_TEXT_MAX]; /* empty: none */
	char hidden[COLUMN_TEXT_MAX + 32]; /* of an image without its name yet; else empty */
	bool object_map;                   /* says at once which objects there are */
	bool writable;
	const atomic_bool *cancel; /* of the job; or NULL */
	atomic_uint users;         /* who opened it, and calls on their way */
	char label[RBD_NAME_MAX];  /* rbd:POOL/IMAGE@SNAP, for errors */
	pthread_mutex_t mutex;     /* guards window */
	struct image_window window;
};

/* An image of a cluster that was connected to; not open.  Of -1, too, *ret is closed unless NULL.
 */
int image_reach(struct image **ret, const struct attachment *attachment, struct err *err);

/* Open a handle at the image's snapshot, or at what it is now, and measure it. */
int image_open_handle(struct image *image, const char *name, bool writable, struct err *err);
void image_close_handle(struct image *image);

/* 1 others have it open to write, 0, -1.  own: whether this handle is one that writes. */
int image_in_use(const struct image *image, bool own, struct err *err);

/* Close it whoever uses it, remove what has no name yet, and free it. */
void image_close_now(struct image *image);

/*
 * Let work ask the cluster, on a thread that whoever is cancelled leaves to itself.
 * question is what it is told and what it answers, size bytes, which it gets as a copy
 * and hands back if it was waited for; if not, drop gets them (NULL: nothing is lost).
 * What work returned, or -1 and ERR_CANCELLED.
 */
int image_ask(struct image *image, int (*work)(struct image *, void *question, struct err *),
    void (*drop)(void *question), void *question, size_t size, struct err *err);

/* The functions of struct volume_driver. */
int image_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err);
int image_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err);
int image_read_tray(
    struct volume *volume, uint64_t offset, struct tray *tray, size_t length, struct err *err);
int image_write_tray(struct volume *volume, uint64_t offset, struct tray *tray, size_t at,
    size_t length, struct err *err);
int image_flush(struct volume *volume, struct err *err);
int image_zero(struct volume *volume, struct extent range, struct err *err);
void image_close(struct volume *volume);
int image_freeze(struct volume *volume, const char *name, bool always, struct err *err);
int image_moment(struct volume *volume, char ret[VOLUME_MOMENT_MAX], struct err *err);
int
image_recall(struct volume *volume, const char *moment, struct volume_past *ret, struct err *err);

int image_look(const struct attachment *of, struct volume_look *ret, size_t count, struct err *err);
int image_snapshot(const struct attachment *attachment, struct err *err);
int image_grow(const struct attachment *attachment, uint64_t size, struct err *err);
int image_remove(const struct attachment *attachment, struct err *err);

int image_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err);

/* Remove the snapshot that the image was to be read at.  Absent: done. */
int image_drop_snapshot(struct image *image, struct err *err);

void image_extents_drop(struct image_extents *extents);

/* 1: nothing was ever written to it, or all of it discarded; 0; -1. */
int image_empty(const struct image *image, struct err *err);

#endif
