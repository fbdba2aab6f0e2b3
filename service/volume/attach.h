/*
 * From what an operator calls a volume to something that can be opened.  Alone,
 * names are files below `[cinderbank] volumes_dir`, paths, or rbd: images; in a
 * cloud they are asked from cinder-volume.
 */
#ifndef CINDERBANK_VOLUME_ATTACH_H
#define CINDERBANK_VOLUME_ATTACH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/backup.h"

struct err;

enum attachment_kind { ATTACHMENT_PATH, ATTACHMENT_RBD };

struct attachment {
	enum attachment_kind kind;
	char volume_id[UUID_TEXT]; /* of a path or image: UUIDv5 of its canonical name */
	char path[PATH_MAX];       /* canonical */
	char pool[COLUMN_TEXT_MAX], image[COLUMN_TEXT_MAX], snapshot[COLUMN_TEXT_MAX];
	bool create;   /* make it; it must not exist */
	uint64_t size; /* bytes, with create */
};

/*
 * Find an existing volume.  name is a path (it has a slash), rbd:POOL/IMAGE
 * [@SNAP], or an id or file name below volumes_dir.  ERR_NOT_FOUND: none such.
 */
int attach_find(
    const char *volumes_dir, const char *name, struct attachment *ret, struct err *err);

/*
 * Describe a volume to be made at path (NULL: a new one below volumes_dir, with
 * a random id).  ERR_CONFLICT: there is something already.
 */
int attach_new(const char *volumes_dir, const char *path, uint64_t size, struct attachment *ret,
    struct err *err);

#endif
