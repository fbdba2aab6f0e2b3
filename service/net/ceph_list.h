/*
 * The snapshots of an image of Ceph, however many there are; for the volume driver
 * and the store, which know what to do with them.  Any thread.
 */
#ifndef CINDERBANK_NET_CEPH_LIST_H
#define CINDERBANK_NET_CEPH_LIST_H

#include <rbd/librbd.h>

struct err;

struct ceph_list { /* start with { 0 } */
	rbd_snap_info_t *snapshots;
	int count;
};

/* As the cluster had them at one moment, oldest first.  image: an open one. */
int ceph_list_read(rbd_image_t image, struct ceph_list *ret, struct err *err);

void ceph_list_drop(struct ceph_list *list);

#endif
