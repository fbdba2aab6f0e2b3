/*
 * Stores of another kind: a backup is an image in a pool, or a snapshot of one,
 * and no row of objects and documents.  Such a store names, makes and removes;
 * the blocks are copied by the job, between volumes, so that every kind of volume
 * can be a source and a target.
 */
#ifndef CINDERBANK_STORE_IMAGE_H
#define CINDERBANK_STORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/backup.h"

struct err;
struct store;

struct store_image {
	char pool[COLUMN_TEXT_MAX], image[COLUMN_TEXT_MAX];
	char snapshot[COLUMN_TEXT_MAX]; /* empty: the image as it is now */
};

/* What a job is to copy for a backup. */
struct store_copy {
	struct store_image from;     /* where to read; pool empty: the volume itself */
	char since[COLUMN_TEXT_MAX]; /* copy what differs from this snapshot of from; empty: all */
	struct store_image to;       /* where to write; it exists and has its size */
	/*
	 * If set, what to was when the parent was made: whatever differs from it since
	 * (an increment that failed, one that was deleted) is first put back.
	 */
	struct store_image before;
};

/* Told of a backup that the store has; why: what keeps it from being one, or NULL. */
typedef int(store_backup_fn)(void *arg, const struct backup *row, struct span volume_meta,
    const struct err *why, struct err *err);

/* All required.  row has its columns container and service_metadata, except in place. */
struct store_image_driver {
	/*
	 * Set the columns container and service_metadata of a new row, and make
	 * nothing.  source: the volume as an image, or NULL: it is none.  1; 0: parent
	 * cannot be built upon any more, and the row is for a full backup; -1.
	 */
	int (*place)(struct store *, struct backup *row, const struct backup *parent,
	    const struct store_image *source, struct err *);
	/* Make the image, or make it ready for an increment, and a snapshot of the source. */
	int (*begin)(struct store *, const struct backup *row, const struct backup *parent,
	    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *);
	/* All is copied and flushed: keep it so, with the volume's metadata beside it. */
	int (*commit)(struct store *, const struct backup *row, const struct store_copy *,
	    struct span volume_meta, struct err *);
	/* Where a backup can be read.  1, 0 there is none of it, -1. */
	int (*find)(
	    struct store *, const struct backup *row, struct store_image *ret, struct err *);
	/* The metadata of the backup's volume, as commit had them.  1, 0 there are none, -1. */
	int (*describe)(struct store *, const struct backup *row, struct buf *ret, struct err *);
	/* Remove all that is of this backup and of no other, on the source too.  Absent: done. */
	int (*erase)(struct store *, const struct backup *row, struct err *);
	/*
	 * Tell of every backup, whoever made it: its row as far as that can be known, and
	 * its volume's metadata (none: empty), in any order.  Not 0 from fn: stop, and hand
	 * that on.
	 */
	int (*scan)(struct store *, store_backup_fn *fn, void *arg, struct err *);
};

/* Does this store keep images?  If not, nothing below may be called. */
bool store_keeps_images(const struct store *store);

/* Wrappers, as those of store.h are: tries, errors that name the driver, a trace. */
int store_image_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err);
int store_image_begin(struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *err);
int store_image_commit(struct store *store, const struct backup *row, const struct store_copy *copy,
    struct span volume_meta, struct err *err);
int store_image_find(
    struct store *store, const struct backup *row, struct store_image *ret, struct err *err);
int store_image_describe(
    struct store *store, const struct backup *row, struct buf *ret, struct err *err);
int store_image_erase(struct store *store, const struct backup *row, struct err *err);
int store_image_scan(struct store *store, store_backup_fn *fn, void *arg, struct err *err);

#endif
