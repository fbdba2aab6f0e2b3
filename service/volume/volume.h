/*
 * Blocks in, blocks out.  A volume is opened through the first driver that
 * claims its attachment; the volume_*() wrappers check bounds and trace, the
 * drivers only do.  Calls on one volume may overlap.
 */
#ifndef CINDERBANK_VOLUME_VOLUME_H
#define CINDERBANK_VOLUME_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/scope.h"
#include "model/chunk.h"

enum { VOLUME_MOMENT_MAX = 1152, VOLUME_SINCE_MAX = 256 };

struct err;
struct attachment;
struct tray;
struct volume_driver;

/* A moment as the volume knows it today. */
struct volume_past {
	char since[VOLUME_SINCE_MAX]; /* as changed() wants it */
	uint64_t size;                /* that the volume had then */
};

/* What can be said of one that is not open. */
struct volume_look {
	uint64_t size;    /* bytes */
	int64_t written;  /* seconds since 1970; 0: nobody knows */
	bool there, used; /* used: by others, just now */
};

struct volume { /* first in each driver's struct; open fills it */
	const struct volume_driver *driver;
	uint64_t size, block; /* bytes; block: the unit that reads are best aligned to */
	bool zeroed;          /* nothing was ever written: every byte reads as zero */
};

struct volume_driver {
	const char *name; /* "device", "rbd" */
	unsigned readers; /* reads at once that pay; 0: one after the other */
	/* Required. */
	bool (*claims)(const struct attachment *);
	int (*open)(struct volume **ret, const struct attachment *, bool writable, struct err *);
	int (*read)(struct volume *, uint64_t offset, void *out, size_t length, struct err *);
	int (*write)(
	    struct volume *, uint64_t offset, const void *data, size_t length, struct err *);
	int (*flush)(struct volume *, struct err *); /* what was written outlives a crash */
	void (*close)(struct volume *);              /* an unpublished volume vanishes */
	/*
	 * As read and write, from the start of a tray and from a byte of it on, without a
	 * copy: what was cancelled may still use it.  NULL: read and write are called.
	 */
	int (*read_tray)(
	    struct volume *, uint64_t offset, struct tray *, size_t length, struct err *);
	int (*write_tray)(struct volume *, uint64_t offset, struct tray *, size_t at, size_t length,
	    struct err *);
	/*
	 * Extents inside range that may differ from the snapshot since; since NULL:
	 * that may hold anything but zeros.  Driver without: unknown, read all.
	 */
	int (*changed)(struct volume *, const char *since, struct extent range, extent_fn *,
	    void *arg, struct err *);
	/*
	 * Make a range read as zeros, cheaply.  1, or 0: not here, so zeros are
	 * written; -1.  NULL: as if it were always 0.
	 */
	int (*zero)(struct volume *, struct extent range, struct err *);
	/*
	 * Give a volume that was created (attachment.create) its final size and its
	 * name, in one act, after flush.  NULL: it always had them.
	 */
	int (*publish)(struct volume *, uint64_t size, struct err *);
	/*
	 * Let a volume that was created share what another one holds now, in one act.  1,
	 * or 0: not here; -1.  NULL: as if it were always 0.
	 */
	int (*clone)(struct volume *to, struct volume *from, struct err *);
	/*
	 * Make a snapshot of this name, and read that from now on, if the volume is in
	 * use by others, or in any case where always is set.  1; 0: there is no need to,
	 * or no right to and nobody uses it; -1.  NULL: as if it were always 0.
	 */
	int (*freeze)(struct volume *, const char *name, bool always, struct err *);
	/*
	 * A text that stands for the state that is read, for recall() on any day.  1; 0: it
	 * is no snapshot, or one that is gone; -1.  NULL: as if it were always 0.
	 */
	int (*moment)(struct volume *, char ret[VOLUME_MOMENT_MAX], struct err *);
	/* 1; 0: that moment is gone, is not before what is read, or another volume's; -1. */
	int (*recall)(struct volume *, const char *moment, struct volume_past *ret, struct err *);
	/*
	 * Remove what dead processes have left of volumes that they were making where
	 * this one was to be; or the snapshot, where one is named.  Nothing there: done.
	 * NULL: nothing is ever left.
	 */
	int (*sweep)(const struct attachment *, struct err *);
	/*
	 * Look at count volumes, which need not be there, without waiting long.  -1: nobody
	 * can tell now.  NULL: these cannot be looked at.
	 */
	int (*look)(
	    const struct attachment *of, struct volume_look *ret, size_t count, struct err *err);
	/*
	 * Keep what a volume holds now as the snapshot that the attachment names, in one
	 * act.  1; 0: a snapshot is a volume of its own here; -1.  NULL: as if always 0.
	 */
	int (*snapshot)(const struct attachment *, struct err *);
	/*
	 * Make it that many bytes long, unless it is longer; for good when it returns.
	 * NULL: these do not grow.
	 */
	int (*grow)(const struct attachment *, uint64_t size, struct err *);
	/* Remove a volume or snapshot for good; absent: done.  NULL: these cannot be removed. */
	int (*remove)(const struct attachment *, struct err *);
};

extern const struct volume_driver volume_device, volume_rbd, volume_iscsi;

/*
 * Open what the attachment describes.  drivers ends with NULL.  ERR_INVALID: no
 * driver claims it, it is no kind of volume, or has no bytes to read;
 * ERR_NOT_FOUND, ERR_DENIED, ERR_CONFLICT (to be created, but exists; in use by
 * others) as the driver finds.  A created volume has no name until it is
 * published, and is gone if it never is.
 */
int volume_open(struct volume **ret, const struct volume_driver *const *drivers,
    const struct attachment *attachment, bool writable, struct err *err);

/* Read exactly length bytes inside the volume.  ERR_INVALID: out of bounds. */
int volume_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err);
int volume_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err);

/* The same with a tray, from its start and from byte at on, which is not copied if it need not be.
 */
int volume_read_tray(
    struct volume *volume, uint64_t offset, struct tray *tray, size_t length, struct err *err);
int volume_write_tray(struct volume *volume, uint64_t offset, struct tray *tray, size_t at,
    size_t length, struct err *err);
int volume_flush(struct volume *volume, struct err *err);

/* As the driver's; without it, fn is told of the whole range. */
int volume_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err);

/* Make the range read as zeros, cheaply if the driver can. */
int volume_zero(struct volume *volume, struct extent range, struct err *err);

/* As the driver's, where one driver has both. */
int volume_clone(struct volume *to, struct volume *from, struct err *err);

/* As the driver's; ERR_CONFLICT: the name was taken meanwhile.  Others: nothing is done. */
int volume_publish(struct volume *volume, uint64_t size, struct err *err);
void volume_close(struct volume *volume);

/* As the driver's. */
int volume_freeze(struct volume *volume, const char *name, bool always, struct err *err);
int volume_moment(struct volume *volume, char ret[VOLUME_MOMENT_MAX], struct err *err);
int
volume_recall(struct volume *volume, const char *moment, struct volume_past *ret, struct err *err);

/* As the driver's, of the one that claims them.  ERR_INVALID: it cannot. */
int volume_look(const struct volume_driver *const *drivers, const struct attachment *of,
    struct volume_look *ret, size_t count, struct err *err);
int volume_snapshot(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err);
int volume_grow(const struct volume_driver *const *drivers, const struct attachment *attachment,
    uint64_t size, struct err *err);
int volume_remove(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err);

/* As the driver's, of the one that claims it. */
int volume_sweep(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err);
SCOPED_POINTER(struct volume, volume_close);

#endif
