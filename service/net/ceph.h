/*
 * A connection to a Ceph cluster, with deadlines on it, and what its error
 * numbers mean.  What is done over it is its callers' business: images and
 * objects are theirs.  Handles are those of librados, by the types it gives them.
 * Whoever is cancelled leaves calls that an OSD does not answer to themselves.
 */
#ifndef CINDERBANK_NET_CEPH_H
#define CINDERBANK_NET_CEPH_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

struct ceph_opts;
struct err;

/* A cluster that somebody names without a file of its configuration. */
struct ceph_cluster {
	char monitors[512]; /* addresses, with commas between; "": none is named */
	char name[64];      /* "ceph": what its keyrings are called by */
	char user[128];
	char key[256]; /* secret; "": in /etc/ceph/NAME.client.USER.keyring, as for os-brick */
};

struct ceph_link {
	const atomic_bool *job; /* who finds it; NULL: nobody, or nobody any more */
	char conf[PATH_MAX], user[128];
	struct ceph_cluster other;
	pthread_mutex_t mutex; /* guards cluster */
	void *cluster;         /* rados_t; NULL: not connected */
	atomic_uint users;
	atomic_uint left;         /* calls that nobody waits for any more */
	atomic_ullong patient_ms; /* until when those who are cancelled wait; 0: nobody was */
	struct ceph_link *next;
};

/*
 * A link to the cluster of opts, or of *other where that names monitors; it is not
 * connected yet.  One job has one for all its images in a cluster: with job set, the
 * link that ceph_link_share() has made for that job and the same file and user.  What
 * is borrowed has to outlive the first ceph_link_connect().  NULL: no memory.
 */
struct ceph_link *ceph_link_open(
    const struct ceph_opts *opts, const struct ceph_cluster *other, const atomic_bool *job);
struct ceph_link *ceph_link_share(const struct ceph_opts *opts, const atomic_bool *job);
struct ceph_link *ceph_link_hold(struct ceph_link *link); /* link, for one more to close */

/* Nobody finds it any more by its job; and close it. */
void ceph_link_unshare(struct ceph_link *link);

/* Disconnect, if nobody else has it open. */
void ceph_link_close(struct ceph_link *link);
SCOPED_POINTER(struct ceph_link, ceph_link_close);

/*
 * Connect, unless it is; *ret is the link's rados_t.  By options: as client.<user> by
 * the file conf.  No call over it waits for ever: rados_osd_op_timeout,
 * rados_mon_op_timeout and client_mount_timeout are those of the file, or ours where
 * it has none.  ERR_NOT_FOUND: no such file or no keyring; ERR_DENIED: the key is not
 * known to the cluster.
 */
int ceph_link_connect(struct ceph_link *link, void **ret, struct err *err);

/* A pool of the cluster; *ret is a rados_ioctx_t.  ERR_NOT_FOUND: there is none. */
int ceph_open_pool(void *cluster, const char *pool, void **ret, struct err *err);
void ceph_close_pool(void *pool);
SCOPED_POINTER(void, ceph_close_pool);

/*
 * Run work on a thread of its own and wait for it, but no longer than the link has
 * patience once cancel is true: then it is left, and ends by itself.  drop gets arg
 * when nobody needs it any more.  What work returned; -1 and ERR_CANCELLED: it was left.
 */
int ceph_leave(struct ceph_link *link, int (*work)(void *arg, struct err *),
    void (*drop)(void *arg), void *arg, const atomic_bool *cancel, struct err *err);

/* Likewise, but no longer than ms, cancelled or not; -1 and ERR_RETRY: that was too long. */
int ceph_leave_within(struct ceph_link *link, int (*work)(void *arg, struct err *),
    void (*drop)(void *arg), void *arg, const atomic_bool *cancel, unsigned ms, struct err *err);

/*
 * ms that a read or write of an image may take, whatever librbd tries: it asks librados
 * more than once for one, and each gives up after rados_osd_op_timeout.  Connected.
 */
uint64_t ceph_link_deadline(const struct ceph_link *link);

/* One more call over the link is left, or one of these has ended. */
void ceph_link_leave(struct ceph_link *link);
void ceph_link_return(struct ceph_link *link);

/* Is nothing left, over any link? */
bool ceph_settled(void);

/* Have patience for so long, from now on. */
void ceph_link_wait(struct ceph_link *link, unsigned ms);

/* Is there still time to wait, for one who is cancelled? */
bool ceph_link_patient(struct ceph_link *link);

/* Wait for what was left, as long as there is patience.  True: nothing is left. */
bool ceph_link_settle(struct ceph_link *link);

/*
 * Fill err from what a call of librados or librbd returned, a negative errno,
 * behind "fmt: ", and say what to do where that can be known.  Return -1.
 */
int
ceph_fail(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
