/*
 * Puts right what a crash left half done: rows first, then claims that nobody holds.
 * What is to be looked at is known once and for all when it begins, so that nothing
 * which begins later is taken for a leftover.
 */
#ifndef CINDERBANK_JOB_RECOVER_H
#define CINDERBANK_JOB_RECOVER_H

#include <stdatomic.h>

#include "base/scope.h"

struct desk_setup;
struct err;
struct recovery;

/* Find what dead processes of this host left.  All is borrowed; *over ends a run of it. */
int recovery_open(struct recovery **ret, const struct desk_setup *setup, const char *claims,
    const atomic_bool *over, struct err *err);

/*
 * Put it right.  -1: not all of it, and the rest is tried again by another call;
 * ERR_CANCELLED: it was ended.
 */
int recovery_run(struct recovery *recovery, struct err *err);
void recovery_close(struct recovery *recovery);
SCOPED_POINTER(struct recovery, recovery_close);

/*
 * A thread that does so, and tries again, more and more seldom, until all is right.
 * mender_begin() waits so long for the first time to be over.  recovery is the mender's.
 */
struct mender;
int
mender_begin(struct mender **ret, struct recovery *recovery, unsigned patience_s, struct err *err);
void mender_end(struct mender *mender); /* NULL is fine */

#endif
