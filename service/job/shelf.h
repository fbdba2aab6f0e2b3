/*
 * Where the volumes of a service that stands alone are found.  A volume that was
 * made by a request has a row, which names its file.  A file that simply lies in
 * volumes_dir is a volume too: nobody's, available, called by its file name.  It
 * gets a row when something is first done to it, and with it a status.  Snapshots
 * have rows, and files in .snapshots below volumes_dir.  The rows of volumes that are
 * images of Ceph name these, those of their snapshots IMAGE@SNAPSHOT.
 *
 * Threads: pure functions of rows and files.
 */
#ifndef CINDERBANK_JOB_SHELF_H
#define CINDERBANK_JOB_SHELF_H

#include <stdbool.h>
#include <stddef.h>

#include "model/quota.h"
#include "model/volume.h"

struct attachment;
struct backup;
struct desk_setup;
struct err;

/*
 * Tell of each volume or snapshot, in the filter's order, which is that of what the rows
 * say.  A file that is in use, while its status is available, is told of as in-use.  fn
 * may call the catalogue.  ERR_NOT_FOUND: there is no such after.
 */
int shelf_each(const struct desk_setup *setup, const struct volume_filter *filter,
    volume_record_fn *fn, void *arg, struct err *err);

/* The one of that id, with or without a row.  1, 0 absent, -1. */
int shelf_find(const struct desk_setup *setup, enum volume_kind kind, const char *id,
    struct volume_record *ret, struct err *err);

/* What a file says that its row does not.  false: it is not there, or nobody can tell. */
bool shelf_look_at(
    const struct desk_setup *setup, struct volume_record *volume, const struct attachment *at);

/* A file without a row, by its name in volumes_dir.  false: it is not there. */
bool shelf_describe(const struct desk_setup *setup, const char *name, const struct attachment *file,
    struct volume_record *ret);

/* A file that is gone takes its volume with it, unless a project has it. */
bool shelf_is_there(const struct volume_record *volume);

/*
 * Of images that are available by their rows: is somebody using them?  -1: the
 * cluster does not tell.
 */
int shelf_look(
    const struct desk_setup *setup, struct volume_record *volumes, size_t count, struct err *err);

/*
 * What an operator calls a volume: see attach_find(); or else what its row calls
 * it.  ERR_NOT_FOUND: none; ERR_CONFLICT: several are called so.
 */
int shelf_attach(
    const struct desk_setup *setup, const char *name, struct attachment *ret, struct err *err);

/* Is it an image of Ceph, or a snapshot of one? */
bool shelf_is_image(const struct volume_record *volume);

/* Where a new one of that id is to be; origin: of a snapshot, its volume. */
int shelf_place(const struct desk_setup *setup, struct volume_record *new,
    const struct volume_record *origin, struct err *err);

/* To open what a record is of, or, with create, to make it. */
int shelf_open(const struct desk_setup *setup, const struct volume_record *volume, bool create,
    struct attachment *ret, struct err *err);

/*
 * A new row for what is there and nobody's: a file by its name in volumes_dir, rbd:POOL/IMAGE, or
 * an image of volumes_pool.  ERR_NOT_FOUND; ERR_CONFLICT: it is somebody's.
 */
int shelf_take(
    const struct desk_setup *setup, const char *source, struct volume_record *new, struct err *err);

/* Give a file that has no row one.  Nobody minds if it has. */
int
shelf_adopt(const struct desk_setup *setup, const struct volume_record *volume, struct err *err);

/*
 * Nobody works on this backup any more: give the volumes that its row names a
 * status again, unless another backup works on them.
 */
int shelf_put_right(const struct desk_setup *setup, const struct backup *row, struct err *err);

/* ---- types ---- */

struct volume_type {
	char id[UUID_TEXT], name[COLUMN_TEXT_MAX];
	bool encrypted;
};

/* By id or name; NULL: the default one.  1, 0: there is none such. */
int shelf_type(const struct desk_setup *setup, const char *id_or_name, struct volume_type *ret);

/* The type at index, from 0, which is the default one.  1, 0: there are no more. */
int shelf_type_at(const struct desk_setup *setup, unsigned index, struct volume_type *ret);

/* Some type that is encrypted.  1, 0: there is none. */
int shelf_encrypted_type(const struct desk_setup *setup, struct volume_type *ret);

/* What a project may have that has no limits of its own. */
struct quota shelf_limits(const struct desk_setup *setup);

/* The same for volumes of that type ("": none), which go by of. */
struct quota_of_type {
	struct quota limits;
	struct quota_type type;
	struct volume_type of;
};
void
shelf_limits_of(const struct desk_setup *setup, const char *type_id, struct quota_of_type *ret);

#endif
