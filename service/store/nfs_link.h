/*
 * A connection to an NFS server: found, mounted by MOUNT version 3, and served by
 * a loop of our own, so that every wait ends.  A link belongs to one thread at a
 * time.  Once a call on it failed for want of the server the link is lost: all that
 * was in flight is over, and nothing but nfs_link_close() is left to do with it.
 */
#ifndef CINDERBANK_STORE_NFS_LINK_H
#define CINDERBANK_STORE_NFS_LINK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

struct err;
struct rpc_context;
struct share;

enum { NFS_HANDLE_MAX = 64, NFS_REASON_MAX = 128 };

struct nfs_handle {
	uint32_t length;
	char bytes[NFS_HANDLE_MAX];
};

struct nfs_link {
	struct rpc_context *rpc; /* NULL: lost */
	bool stale;              /* the server did not know a handle: mount anew */
	const struct share *share;
	struct nfs_handle root;       /* of the share */
	uint32_t read_max, write_max; /* bytes a request */
	bool near;                    /* it answers at once */
	uint64_t heard_ms;            /* when the server last answered, or was first asked */
	unsigned pending;             /* requests without an answer */
	uint64_t limit_ms;            /* of silence */
	const atomic_bool *cancel;    /* loses the link; or NULL */
	uint64_t born;                /* for the pool */
	struct nfs_link *next;
};

/* A request in flight; must stay where it is until it is done. */
struct nfs_call {
	struct nfs_link *link;
	/* Copies what the caller wants of the answer, which is gone afterwards. */
	void (*copy)(struct nfs_call *, const void *answer);
	void *ret;          /* for copy */
	int status;         /* for copy: what the answer says of itself, 0 is good */
	bool done, refused; /* refused: the server would not do such calls at all */
	char reason[NFS_REASON_MAX];
};

/*
 * Connect and mount.  share is borrowed until the link is closed.  dialing guards
 * what libnfs does not: connecting by more than one thread.  Once *cancel is true
 * (NULL: never) any wait on the link ends with ERR_CANCELLED.  ERR_RETRY: no answer
 * or no connection; ERR_NOT_FOUND: no such export; ERR_DENIED: not for this client.
 */
int nfs_link_open(struct nfs_link **ret, const struct share *share, const atomic_bool *cancel,
    pthread_mutex_t *dialing, struct err *err);

/* Has the server, or the network, ended a link that is idle? */
bool nfs_link_is_stale(const struct nfs_link *link);

/* The callback for libnfs, with a struct nfs_call as its private data. */
void nfs_link_answer(struct rpc_context *rpc, int status, void *data, void *call);

/* Note that call was queued (as libnfs returned it). */
int nfs_link_sent(struct nfs_call *call, int queued, struct err *err);

/* Send and receive what can be, and wait for something to happen. */
int nfs_link_step(struct nfs_link *link, struct err *err);

/* Step until call is done; ERR_SYSTEM if it was refused. */
int nfs_link_wait(struct nfs_call *call, struct err *err);

/* Lose it: the callbacks of whatever is in flight run before this returns. */
void nfs_link_hang_up(struct nfs_link *link);

void nfs_link_close(struct nfs_link *link);
SCOPED_POINTER(struct nfs_link, nfs_link_close);

#endif
