/*
 * What the desk is made of.  Only desk*.c include this header.
 */
#ifndef CINDERBANK_JOB_DESK_OWN_H
#define CINDERBANK_JOB_DESK_OWN_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "job/desk.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/turn.h"

struct ticket { /* a job, and who waits for it */
	struct desk *desk;
	struct desk_setup setup; /* the desk's; its store may be one in the requester's account */
	struct job job;
	enum request_verb verb; /* the request is gone once it is answered */
	char project_id[COLUMN_TEXT_MAX];
	char request_id[DIGEST_UUID_TEXT + 4];
	reply_fn *answer;
	void *arg;
	struct turn turn; /* among the transfers */
	uint64_t since_ms;
	pthread_t thread;
	struct ticket *next;
};

struct desk {
	struct desk_setup setup;
	struct local_lender local; /* where nobody else lends volumes */
	char claims[PATH_MAX];
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct ticket *tickets;                   /* every job that has not answered yet */
	struct ticket *ended;                     /* those whose threads are to be joined */
	struct turns turns;                       /* backups and restores that run, or wait */
	struct desk_tally tallies[REQUEST_VERBS]; /* of those that have answered */
	atomic_ullong store_failures;
	atomic_bool over;      /* ends a recovery */
	struct mender *mender; /* of what recovery has not put right at once; or NULL */
	struct pulse *pulse;   /* of the store; NULL: nobody watches it */
	bool cancelled;
};

/* What a verb is called in logs and metrics. */
const char *desk_verb_name(enum request_verb verb);

#endif
