/*
 * A connection to a Ceph cluster, with deadlines on it, and what its error
 * numbers mean.  What is done over it is its callers' business: images and
 * objects are theirs.  Handles are those of librados, by the types it gives them.
 */
#ifndef CINDERBANK_NET_CEPH_H
#define CINDERBANK_NET_CEPH_H

#include <stdatomic.h>

#include "base/scope.h"

struct ceph_opts;
struct err;

/*
 * Connect as client.<opts->user> by the file opts->conf; *ret is a rados_t.  No
 * call over it waits for ever: rados_osd_op_timeout, rados_mon_op_timeout and
 * client_mount_timeout are those of the file, or ours where it has none.
 * ERR_NOT_FOUND: no such file or no keyring; ERR_DENIED: the key is not known
 * to the cluster.
 */
int ceph_connect(void **ret, const struct ceph_opts *opts, struct err *err);

/* A cluster that somebody names without a file of its configuration. */
struct ceph_cluster {
	char monitors[512]; /* addresses, with commas between; "": none is named */
	char name[64];      /* "ceph": what its keyrings are called by */
	char user[128];
	char key[256]; /* secret; "": in /etc/ceph/NAME.client.USER.keyring, as for os-brick */
};

/* The same by its monitors. */
int ceph_connect_to(void **ret, const struct ceph_cluster *cluster, struct err *err);
void ceph_disconnect(void *cluster);
SCOPED_POINTER(void, ceph_disconnect);

/* A pool of the cluster; *ret is a rados_ioctx_t.  ERR_NOT_FOUND: there is none. */
int ceph_open_pool(void *cluster, const char *pool, void **ret, struct err *err);
void ceph_close_pool(void *pool);
SCOPED_POINTER(void, ceph_close_pool);

/*
 * Run work on a thread of its own and wait for it, but no longer than patience_ms
 * once cancel is true: then it is left, and ends by itself.  drop gets arg when
 * nobody needs it any more.  What work returned; -1 and ERR_CANCELLED: it was left.
 */
int ceph_leave(int (*work)(void *arg, struct err *), void (*drop)(void *arg), void *arg,
    const atomic_bool *cancel, unsigned patience_ms, struct err *err);

/*
 * Fill err from what a call of librados or librbd returned, a negative errno,
 * behind "fmt: ", and say what to do where that can be known.  Return -1.
 */
int
ceph_fail(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
