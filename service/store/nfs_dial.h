/*
 * How a link comes about: ports are asked of the portmapper unless the options name
 * them, the root of the share of its MOUNT service, and then NFS is spoken.
 */
#ifndef CINDERBANK_STORE_NFS_DIAL_H
#define CINDERBANK_STORE_NFS_DIAL_H

#include <pthread.h>

struct err;
struct nfs_link;

/* Fill rpc, root and sizes of link, as nfs_link_open() says. */
int nfs_dial(struct nfs_link *link, pthread_mutex_t *dialing, struct err *err);

#endif
