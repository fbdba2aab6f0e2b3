/*
 * The bytes of one file, several requests in flight.
 */
#ifndef CINDERBANK_STORE_NFS_FLOW_H
#define CINDERBANK_STORE_NFS_FLOW_H

#include <stdint.h>

#include "base/buf.h"
#include "store/nfs_link.h"

struct err;

/*
 * Write bytes at offset, for good: they are on the server's disk when this
 * returns 0.  A server that restarts in between is noticed by its verifier, and
 * gets them again.  name is for the errors, which are those of nfs_call.h.
 */
int nfs_flow_write(struct nfs_link *link, const struct nfs_handle *file, uint64_t offset,
    struct span bytes, const char *name, struct err *err);

/*
 * Append length bytes from offset on to ret, or as many as there are; ret must have
 * room for them.
 */
int nfs_flow_read(struct nfs_link *link, const struct nfs_handle *file, uint64_t offset,
    uint64_t length, struct buf *ret, const char *name, struct err *err);

#endif
