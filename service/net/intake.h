/*
 * Queues that are read for as long as the program runs.  One thread declares and
 * consumes them, and does so again, at the next broker, whenever the connection
 * breaks.  Every message is acknowledged when it was handed on.
 */
#ifndef CINDERBANK_NET_INTAKE_H
#define CINDERBANK_NET_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/rabbit.h"

struct intake;

enum { INTAKE_QUEUES_MAX = 3, INTAKE_TICK_MS = 250 };

struct intake_queue {
	struct rabbit_queue queue;
	struct rabbit_exchange exchange; /* it is bound to; name NULL: to none */
	const char *key;
};

/* All borrowed until it is closed. */
struct intake_setup {
	const struct transport *transport;
	const struct bus_opts *opts;
	const char *name; /* of the connection */
	struct intake_queue queues[INTAKE_QUEUES_MAX];
	unsigned n_queues;
	/* Both from the intake's thread, which reads nothing meanwhile. */
	void (*hand)(void *arg, struct span body);
	void (*tick)(void *arg); /* now and then; or NULL */
	void *arg;
};

int intake_open(struct intake **ret, const struct intake_setup *setup, struct err *err);

/* Are the queues there?  Waits up to timeout_ms for it. */
bool intake_ready(struct intake *intake, uint64_t timeout_ms);

/* Read no more; what is not acknowledged goes to the next reader.  Nothing is taken when this has
 * returned. */
void intake_drain(struct intake *intake);

/* NULL is fine. */
void intake_close(struct intake *intake);

#endif
