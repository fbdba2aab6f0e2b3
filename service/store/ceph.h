/*
 * What the parts of the ceph store share.  ceph.c knows names and finds what is
 * there, ceph_backup.c makes, ceph_erase.c removes, each in a question that whoever
 * is cancelled leaves (ceph_ask.c), ceph_scan.c finds what no row knows of; ceph_image.h is what
 * they do it with.
 */
#ifndef CINDERBANK_STORE_CEPH_H
#define CINDERBANK_STORE_CEPH_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "model/backup.h"
#include "store/image.h"

struct ceph_link;
struct ceph_opts;
struct store;

enum { CEPH_NAME_MAX = 2 * COLUMN_TEXT_MAX + 32 };

struct ceph_names {
	char base[COLUMN_TEXT_MAX]; /* as service_metadata says; empty: it says nothing */
	char own[CEPH_NAME_MAX];    /* of a backup with an image to itself */
	char legacy[CEPH_NAME_MAX]; /* shared by all backups of a volume, before 15.0.0 */
	char meta[CEPH_NAME_MAX];   /* the object with the volume's metadata */
	char source[CEPH_NAME_MAX]; /* the note that says where the source's snapshot is */
};

const struct ceph_opts *ceph_opts_of(const struct store *store);

/* ERR_CORRUPT, ERR_INVALID: service_metadata is not what we and upstream write. */
int ceph_names_of(const struct backup *row, struct ceph_names *ret, struct err *err);

struct ceph_link *ceph_link_of(const struct store *store);

/* A copy of the store on the same link, for a question that may outlive its job. */
int ceph_copy(const struct store *store, struct store **ret, struct err *err);

/* Where the backup is, if not in a question of its own.  As the driver's find. */
int ceph_locate(
    struct store *store, const struct backup *row, struct store_image *ret, struct err *err);

/* A backup that a scan has found. */
struct ceph_found {
	struct backup row;
	char *meta; /* JSON, or NULL */
	struct err why;
};

/* A question and its answer: of the fields, those that it is about. */
struct ceph_ask {
	struct store *store; /* its own copy */
	struct backup row, parent;
	struct store_image source, found;
	bool has_parent, has_source;
	uint64_t size;
	struct store_copy copy;
	struct buf meta;
	struct ceph_found *list;
	size_t n_list;
	char *names; /* one after the other, in names_size bytes */
	size_t names_size;
	int (*work)(struct ceph_ask *, struct err *);
	atomic_uint users;
};

/* All NULL and 0, but the row.  NULL: err. */
struct ceph_ask *ceph_ask_new(const struct store *store, const struct backup *row, struct err *err);
void ceph_ask_free(struct ceph_ask *ask);
SCOPED_POINTER(struct ceph_ask, ceph_ask_free);

/* What work returned, or -1 and ERR_CANCELLED: it was left, and may not be looked into. */
int ceph_ask(struct ceph_ask *ask, int (*work)(struct ceph_ask *, struct err *),
    const atomic_bool *cancel, struct err *err);

/* The functions of struct store_image_driver. */
int ceph_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err);
int ceph_begin(struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *err);
int ceph_commit(struct store *store, const struct backup *row, const struct store_copy *copy,
    struct span volume_meta, struct err *err);
int ceph_describe(struct store *store, const struct backup *row, struct buf *ret, struct err *err);
int ceph_erase(struct store *store, const struct backup *row, struct err *err);
int ceph_scan(struct store *store, store_backup_fn *fn, void *arg, struct err *err);

#endif
