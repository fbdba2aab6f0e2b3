/*
 * A connection to one of several AMQP brokers: one channel, on which one thread
 * at a time declares, consumes and publishes.  What stands in a message is not
 * known here, nor is anything done twice: who finds the connection broken connects
 * again, and so gets the next broker.
 */
#ifndef CINDERBANK_NET_RABBIT_H
#define CINDERBANK_NET_RABBIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct bus_opts;
struct err;
struct rabbit;
struct transport;

/* Both borrowed until it is closed.  name: what the broker shows its operator. */
int rabbit_open(struct rabbit **ret, const struct transport *transport, const struct bus_opts *opts,
    const char *name, struct err *err);

/* NULL is fine. */
void rabbit_close(struct rabbit *rabbit);
SCOPED_POINTER(struct rabbit, rabbit_close);

/*
 * Connect to the next broker of the list, unless there is a connection.  0, or -1:
 * ERR_RETRY (not there, not ready), ERR_DENIED (user, password, virtual host,
 * certificate).  The text names the broker.
 */
int rabbit_connect(struct rabbit *rabbit, struct err *err);
bool rabbit_connected(const struct rabbit *rabbit);

/* Forget the connection; what was consumed or not confirmed is open again. */
void rabbit_drop(struct rabbit *rabbit);

/*
 * Everything below needs a connection, and drops it where it returns -1:
 * ERR_RETRY, or ERR_CONFLICT where the broker has an object of that name that is
 * made otherwise.
 */

/* An exchange is made by whoever uses it; type "topic", "fanout", "direct". */
struct rabbit_exchange {
	const char *name, *type;
	bool durable, auto_delete;
};
int rabbit_exchange(struct rabbit *rabbit, const struct rabbit_exchange *exchange, struct err *err);

struct rabbit_queue {
	const char *name;
	bool durable, auto_delete, mirrored;
	const struct bus_opts *quorum; /* a quorum queue with those limits; NULL: it is none */
	int64_t expires_ms;            /* unread for so long it goes; 0: it stays */
};
int rabbit_queue(struct rabbit *rabbit, const struct rabbit_queue *queue, struct err *err);
int rabbit_bind(struct rabbit *rabbit, const char *queue, const char *exchange, const char *key,
    struct err *err);

/* tag: names the consumer on this connection. */
int rabbit_consume(struct rabbit *rabbit, const char *queue, const char *tag, struct err *err);
int rabbit_cancel(struct rabbit *rabbit, const char *tag, struct err *err);

/*
 * The body of the next message into ret, which is emptied first, waiting up to
 * timeout_ms; heartbeats are sent and looked for meanwhile.  1, 0 none came, -1.
 */
int rabbit_wait(struct rabbit *rabbit, unsigned timeout_ms, struct buf *ret, uint64_t *ret_delivery,
    struct err *err);

/* The broker may forget the message. */
int rabbit_ack(struct rabbit *rabbit, uint64_t delivery, struct err *err);

struct rabbit_message {
	const char *exchange, *key; /* exchange "": key is the name of a queue */
	struct span body;
	int64_t expires_ms; /* unread for so long it goes; 0: it waits */
	bool mandatory;     /* tell if there is no queue for it */
};

/* Publish, and wait until the broker has it.  1; 0: mandatory, but nobody's; -1. */
int rabbit_publish(struct rabbit *rabbit, const struct rabbit_message *message, struct err *err);

/* Send and look for heartbeats, where nothing else is to be done. */
int rabbit_beat(struct rabbit *rabbit, struct err *err);

#endif
