/*
 * From what an operator calls a volume to something that can be opened.  Alone,
 * names are files below `[cinderbank] volumes_dir`, paths, or rbd: images; in a
 * cloud they are asked from cinder-volume.
 */
#ifndef CINDERBANK_VOLUME_ATTACH_H
#define CINDERBANK_VOLUME_ATTACH_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/backup.h"
#include "net/ceph.h"
#include "volume/iscsi.h"

struct ceph_opts;
struct err;

enum attachment_kind { ATTACHMENT_PATH, ATTACHMENT_RBD, ATTACHMENT_ISCSI };

struct attachment {
	enum attachment_kind kind;
	char volume_id[UUID_TEXT]; /* of a path or image: UUIDv5 of its canonical name */
	char path[PATH_MAX];       /* absolute; of files canonical */
	char pool[COLUMN_TEXT_MAX], image[COLUMN_TEXT_MAX], snapshot[COLUMN_TEXT_MAX];
	struct iscsi_target iscsi;   /* only cinder-volume hands these out, and where */
	struct ceph_cluster cluster; /* an image is, if that is not as ceph says */
	bool create;                 /* make it; it must not exist */
	uint64_t size;               /* bytes, with create */
	/* How to reach the cluster of an image; whoever opens it sets it, attach_*() do not. */
	const struct ceph_opts *ceph;
	/* Likewise: once it is true, reading and writing end with ERR_CANCELLED.  NULL: never. */
	const atomic_bool *cancel;
};

/* Is it the name of an image, rbd:POOL/IMAGE, rather than of a file? */
bool attach_is_image(const char *name);

/*
 * Find an existing volume.  name is a path, rbd:POOL/IMAGE[@SNAP], or an id or
 * file name below volumes_dir (NULL: none), which come before a path without a
 * slash.  A file volume-<uuid> in volumes_dir has that id; the id of any other
 * file is that of its canonical path, of a block device that of the name it was
 * given, of an image that of rbd:POOL/IMAGE.  ERR_NOT_FOUND: none such.  Whether
 * an image exists is seen when it is opened.
 */
int attach_find(const char *volumes_dir, const char *name, struct attachment *ret, struct err *err);

/*
 * Describe a volume to be made at path, a file or rbd:POOL/IMAGE (NULL: a new
 * one in volumes_dir, which is made if it is missing, with a random id).
 * ERR_CONFLICT: there is something already; ERR_NOT_FOUND: no such directory.
 */
int attach_new(const char *volumes_dir, const char *path, uint64_t size, struct attachment *ret,
    struct err *err);

/*
 * Does somebody use the file?  That is, hold it by an exclusive flock() or any
 * lock of bytes, as QEMU does.  What cannot be looked at is not in use.
 */
bool attach_in_use(const struct attachment *attachment);

/* What attach_find() finds it by: its path, or rbd:POOL/IMAGE[@SNAP]; iscsi:TARGET/LUN it does not.
 */
void attach_name(const struct attachment *attachment, char ret[PATH_MAX]);

/* name: that of the file in volumes_dir.  Not 0: stop, and hand that on. */
typedef int(attach_fn)(
    void *arg, const char *name, const struct attachment *attachment, struct err *err);

/*
 * Tell of each file in volumes_dir that is not hidden, as attach_find() by its
 * name would find it.  NULL, or no such directory: there are none.
 */
int attach_each(const char *volumes_dir, attach_fn *fn, void *arg, struct err *err);

#endif
