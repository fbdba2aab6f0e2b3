/*
 * Messages on their way to the broker.  One thread publishes them in the order
 * in which they were posted, each once the broker has taken the one before; while
 * there is no broker they wait.  So nobody who sends waits for the network.
 */
#ifndef CINDERBANK_NET_OUTBOX_H
#define CINDERBANK_NET_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct bus_opts;
struct err;
struct outbox;
struct transport;

enum { OUTBOX_MAX = 4096, OUTBOX_NAME = 256 };

enum letter_kind {
	LETTER_TOPIC,        /* to the queue that is bound by that key */
	LETTER_NOTIFICATION, /* the same; the queue is made, for whoever will read it */
	LETTER_FANOUT,       /* to all queues of <key>_fanout */
	LETTER_ANSWER,       /* to the queue of that name, again and again until it is there */
};

/* All borrowed for the length of the call. */
struct letter {
	enum letter_kind kind;
	const char *exchange, *key; /* exchange: of topics */
	struct span body;
	int64_t expires_ms;   /* in the queue; 0: never */
	uint64_t patience_ms; /* to get it there; 0: for ever */
	uint64_t sure_ms;     /* wait so long until the broker has it; 0: not at all */
	const char *about;    /* what a log says of it where it is given up */
};

/* transport and opts are borrowed until it is closed. */
int outbox_open(struct outbox **ret, const struct transport *transport, const struct bus_opts *opts,
    const char *name, struct err *err);

/*
 * Any thread.  ERR_NO_SPACE: OUTBOX_MAX letters wait already.  ERR_RETRY: the broker
 * has not taken it within sure_ms; it may do so yet.
 */
int outbox_post(struct outbox *outbox, const struct letter *letter, struct err *err);

/* Wait until everything is sent, but no longer than timeout_ms; then give up the rest. */
void outbox_close(struct outbox *outbox, uint64_t timeout_ms);

#endif
