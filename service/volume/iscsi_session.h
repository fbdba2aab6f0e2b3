/*
 * A session with an iSCSI target: requests in, answers out, many at a time, over
 * whichever path works.  A session that is lost is made anew, and what had no
 * answer is asked again.  Used by one thread at a time.
 */
#ifndef CINDERBANK_VOLUME_ISCSI_SESSION_H
#define CINDERBANK_VOLUME_ISCSI_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct iscsi_session;
struct iscsi_target;

enum iscsi_verb {
	ISCSI_READ,  /* into data */
	ISCSI_WRITE, /* from data */
	ISCSI_ZERO,  /* by WRITE SAME; data: one block of zeros */
	ISCSI_FLUSH,
};

struct iscsi_extent {
	uint64_t block, count;
};

/* What the target said of its unit. */
struct iscsi_shape {
	uint64_t blocks;
	uint32_t block_size; /* bytes */
	bool forgets;        /* what is unmapped reads as zeros */
};

/*
 * target is copied.  cancel (NULL: never) is looked at as long as the session is
 * open: once it is true, all calls end with ERR_CANCELLED.  ERR_DENIED: wrong name
 * or password; ERR_NOT_FOUND: no such unit.
 */
int iscsi_session_open(struct iscsi_session **ret, const struct iscsi_target *target,
    const atomic_bool *cancel, struct err *err);
void iscsi_session_close(struct iscsi_session *session);

const struct iscsi_shape *iscsi_session_shape(const struct iscsi_session *session);

/*
 * Do it for all of the extent, in parts, several at once.  ERR_RETRY: no path
 * works; ERR_INVALID: the target does not know such a request; ERR_CONFLICT:
 * reserved by another; ERR_DENIED: write-protected; ERR_NO_SPACE.
 */
int iscsi_session_run(struct iscsi_session *session, enum iscsi_verb verb,
    struct iscsi_extent extent, void *data, struct err *err);

#endif
