/*
 * RPC and notifications as the services of OpenStack speak them over RabbitMQ:
 * serve a topic, cast, call, notify.  What is in envelopes is known in
 * envelope.h; connections come and go below this, so nothing here fails because
 * a broker is away: it waits.
 *
 * Threads: any; a served request comes on the thread that reads the queues.
 */
#ifndef CINDERBANK_NET_OSLO_H
#define CINDERBANK_NET_OSLO_H

#include <stdbool.h>

#include "base/buf.h"
#include "net/envelope.h"

struct bus_opts;
struct err;
struct json;
struct oslo;

/* opts is borrowed until it is closed.  ERR_INVALID: no transport_url, or a bad one. */
int oslo_open(struct oslo **ret, const struct bus_opts *opts, const char *host, struct err *err);

/* Everything served has been answered.  Sends what waits, for some seconds.  NULL is fine. */
void oslo_close(struct oslo *oslo);

/* One connection, made and closed: does the broker let us in? */
int oslo_check(const struct bus_opts *opts, struct err *err);

/* ---- serve ---- */

/* A request; whoever got it ends it with one of the three below, from any thread. */
struct oslo_request {
	struct json *message;
	const char *method, *version; /* version: or NULL */
	const struct json *args;
	bool call; /* somebody waits for the answer */
};

typedef void(oslo_serve_fn)(void *arg, struct oslo_request *request);

/*
 * Read the queues of a topic: those of all servers, of this one, and of fanouts.
 * One topic for each oslo.  Requests with a known id, which a broker sends again
 * after a broken connection, are dropped.
 */
int oslo_serve(struct oslo *oslo, const char *topic, oslo_serve_fn *fn, void *arg, struct err *err);

/* Take no more requests. */
void oslo_drain(struct oslo *oslo);

/* End a request.  What answers a cast goes nowhere.  result: JSON. */
void oslo_answer(struct oslo *oslo, struct oslo_request *request, struct span result);
void
oslo_fail(struct oslo *oslo, struct oslo_request *request, const struct envelope_failure *failure);

/* ---- ask ---- */

struct oslo_target {
	const char *topic;
	const char *server; /* NULL: any of the topic's */
	bool fanout;        /* all of them */
};

/*
 * Nobody answers.  ERR_RETRY: it was to be sure, and the broker has not taken it
 * within rpc_response_timeout; it may do so yet.
 */
int oslo_cast(struct oslo *oslo, const struct oslo_target *target,
    const struct envelope_request *request, const struct envelope_context *context,
    struct err *err);

/*
 * Wait for the answer, whose member "result" is what came of it.  ERR_RETRY: none
 * within rpc_response_timeout; else what envelope_failure() says.
 */
int oslo_call(struct oslo *oslo, const struct oslo_target *target,
    const struct envelope_request *request, const struct envelope_context *context,
    struct json **ret, struct err *err);

/* As [oslo_messaging_notifications] wants it; by default nothing is sent. */
int oslo_notify(struct oslo *oslo, const struct envelope_notification *notification,
    const struct envelope_context *context, struct err *err);

#endif
