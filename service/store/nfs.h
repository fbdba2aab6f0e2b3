/*
 * What the parts of the nfs driver share: the store that speaks NFS itself, and the
 * one that lets the kernel mount the share.
 */
#ifndef CINDERBANK_STORE_NFS_H
#define CINDERBANK_STORE_NFS_H

#include "options/share.h"
#include "options/tables.h"
#include "store/nfs_call.h"
#include "store/nfs_pool.h"
#include "store/store.h"

struct err;

struct nfs {
	struct store store;
	struct file_opts opts; /* texts are borrowed from the configuration */
	struct share share;
	struct nfs_pool *pool;
	unsigned parent_mode; /* of directories above a container */
};

/* A link for as long as a scope lasts: scoped(nfs_end) struct nfs_loan loan = {NULL}. */
struct nfs_loan {
	struct nfs_pool *pool;
	struct nfs_link *link;
};

int nfs_borrow(struct store *store, bool patient, struct nfs_loan *ret, struct err *err);
void nfs_end(struct nfs_loan *loan);

/* The container of a location, which must be there, if it may be used. */
int nfs_container(
    struct nfs_link *link, const struct location *at, struct nfs_handle *ret, struct err *err);

/* Documents, as store.h describes them. */
int nfs_document_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err);
int nfs_document_append(struct document *document, struct span text, struct err *err);
int nfs_document_commit(struct document *document, struct err *err);
void nfs_document_discard(struct document *document);

/* As store.h describes them. */
int nfs_erase(struct store *store, const struct location *at, struct err *err);
int nfs_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err);

/*
 * Open a store at <backup_mount_point_base>/<MD5 of the share>, where mount(8) mounts
 * it unless it is; whatever is done there later looks first whether it still is.
 */
int nfs_mount_open(struct store **ret, const struct file_opts *opts, struct err *err);

#endif
