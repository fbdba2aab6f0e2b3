/*
 * What the parts of the ceph store share.  ceph.c knows names and finds what is
 * there, ceph_backup.c makes, ceph_erase.c removes; ceph_image.h is what they do
 * it with.
 */
#ifndef CINDERBANK_STORE_CEPH_H
#define CINDERBANK_STORE_CEPH_H

#include "model/backup.h"
#include "store/image.h"

struct ceph_opts;
struct err;
struct store;
struct store_user;

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

/* A copy: nothing is open in it. */
int ceph_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err);

/* The functions of struct store_image_driver. */
int
ceph_find(struct store *store, const struct backup *row, struct store_image *ret, struct err *err);
int ceph_place(struct store *store, struct backup *row, const struct backup *parent,
    const struct store_image *source, struct err *err);
int ceph_begin(struct store *store, const struct backup *row, const struct backup *parent,
    const struct store_image *source, uint64_t size, struct store_copy *ret, struct err *err);
int ceph_commit(struct store *store, const struct backup *row, const struct store_copy *copy,
    struct span volume_meta, struct err *err);
int ceph_erase(struct store *store, const struct backup *row, struct err *err);

#endif
