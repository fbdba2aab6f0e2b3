/*
 * What oslo.c and oslo_serve.c share.  Nothing else includes this.
 */
#ifndef CINDERBANK_NET_OSLO_OWN_H
#define CINDERBANK_NET_OSLO_OWN_H

#include <pthread.h>
#include <stdint.h>

#include "net/intake.h"
#include "net/oslo.h"
#include "net/outbox.h"
#include "net/transport.h"

enum { OSLO_SEEN = 256, OSLO_NAME = 256 };

/* Somebody waits for an answer. */
struct waiting {
	struct waiting *next;
	char msg_id[ENVELOPE_ID];
	struct json *answer;
};

/* A call that is served, and wants to hear that it still is. */
struct served {
	struct oslo_request request; /* first */
	struct served *next;
	uint64_t every_ms, last_ms; /* every_ms 0: it does not */
};

struct oslo {
	const struct bus_opts *opts;
	struct transport transport, notices;
	char host[OSLO_NAME], name[OSLO_NAME];
	struct outbox *outbox, *notice_outbox; /* the second: another broker's; or NULL */
	struct intake *server, *replies;
	oslo_serve_fn *serve;
	void *serve_arg;
	char topic[OSLO_NAME], server_queue[OSLO_NAME + OSLO_NAME], fanout_queue[OSLO_NAME + 48],
	    fanout[OSLO_NAME + 8];
	char reply_queue[48];
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	struct waiting *waiting;
	struct served *served;
	/* Of the thread that reads requests. */
	char seen[OSLO_SEEN][ENVELOPE_ID];
	unsigned n_seen;
};

#endif
