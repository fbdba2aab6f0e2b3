/*
 * What rabbit.c and rabbit_dial.c share: the connection itself.  Nothing else
 * includes this.
 */
#ifndef CINDERBANK_NET_RABBIT_LINK_H
#define CINDERBANK_NET_RABBIT_LINK_H

#include <amqp.h>

#include "base/err.h"
#include "net/rabbit.h"

enum { RABBIT_CHANNEL = 1 };

struct rabbit {
	const struct transport *transport;
	const struct bus_opts *opts;
	char name[128];
	unsigned next, current; /* of the brokers */
	amqp_connection_state_t state;
};

/*
 * Each fills err, the broker in front, drops the connection and returns -1.
 * what: that was being done.
 */
int rabbit_fail(struct rabbit *rabbit, struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
int rabbit_fail_status(struct rabbit *rabbit, struct err *err, const char *what, int status);

/* The server closed the channel, or the whole connection, and says why. */
int rabbit_fail_closed(
    struct rabbit *rabbit, struct err *err, const char *what, const amqp_method_t *method);

/* 0, or one of these where a call to the broker went wrong. */
int rabbit_check(struct rabbit *rabbit, const char *what, amqp_rpc_reply_t reply, struct err *err);

#endif
