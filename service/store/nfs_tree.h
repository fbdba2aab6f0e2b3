/*
 * Directories below an NFS share, reached part by part without following symbolic
 * links, as tree.h does it on this node.  Paths are as layout_check() takes them.
 */
#ifndef CINDERBANK_STORE_NFS_TREE_H
#define CINDERBANK_STORE_NFS_TREE_H

#include "store/nfs_call.h"

struct err;

/* 1, 0: path is missing (ret untouched), -1; ERR_DENIED: a part of path is no directory. */
int nfs_tree_find(struct nfs_link *link, const char *path, struct nfs_handle *ret, struct err *err);

/* Make path where it is missing: the last part with mode 0770, parents with parent_mode. */
int nfs_tree_make(struct nfs_link *link, const char *path, unsigned parent_mode, struct err *err);

/* Remove path and its parents, as far as they are empty. */
int nfs_tree_prune(struct nfs_link *link, const char *path, struct err *err);

#endif
