/*
 * A few links to one share, lent to one thread at a time.  Any thread.
 */
#ifndef CINDERBANK_STORE_NFS_POOL_H
#define CINDERBANK_STORE_NFS_POOL_H

#include "store/nfs_link.h"

struct err;
struct nfs_pool;

enum { NFS_LINKS_MAX = 8 };

/*
 * share is borrowed until the pool is closed, and cancel, as nfs_link_open() has it.
 * Connects to nothing.  known: another pool of the same share, or NULL; a server
 * that it has reached was there.
 */
int nfs_pool_open(struct nfs_pool **ret, const struct share *share, const atomic_bool *cancel,
    struct nfs_pool *known, struct err *err);

/*
 * Borrow a link: an idle one, or a new one, or wait until another thread gives one
 * back.  patient: a server that was there and is away is waited for, as long as one
 * request may take.  ERR_RETRY: it did not come; ERR_CANCELLED.
 */
int nfs_pool_borrow(struct nfs_pool *pool, bool patient, struct nfs_link **ret, struct err *err);

/* Give it back; lost ones are closed, and idle ones that are as old are not trusted. */
void nfs_pool_return(struct nfs_pool *pool, struct nfs_link *link);

/* All links must have been given back. */
void nfs_pool_close(struct nfs_pool *pool);

#endif
