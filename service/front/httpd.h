/*
 * An HTTP server: bytes in, a request; its answer, bytes out.  Each connection
 * has a thread of its own, on which the handler may take its time.  There are
 * bounds to all that comes: bytes of a target, of headers, of a body, connections,
 * silence, and the time for a whole request.
 */
#ifndef CINDERBANK_FRONT_HTTPD_H
#define CINDERBANK_FRONT_HTTPD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct err;
struct httpd;

struct httpd_request {
	void *connection; /* for httpd_header() */
	const char *method;
	const char *target; /* path and query as they came, nothing decoded */
	struct span body;
	bool long_target, long_body; /* beyond the bounds, and cut */
};

struct httpd_answer {
	unsigned status;
	struct buf body;    /* with a ceiling of the handler's choice */
	struct buf headers; /* httpd_tell() fills it */
};

/* Fill the answer.  Any thread, several at once. */
typedef void(httpd_handler)(
    void *arg, const struct httpd_request *request, struct httpd_answer *answer);

struct httpd_setup {
	const char *name;   /* in the log: "rest" */
	const char *option; /* of [cinderbank], that says where: "listen" */
	const char *listen; /* its value, ADDRESS:PORT */
	size_t target_max, body_max;
	unsigned connections_max; /* that may be slow; as many again may wait for an answer */
	httpd_handler *handler;
	void *arg;
};

/*
 * Listen, and log where that is, which for port 0 the kernel chooses.  The setup
 * is copied.  ERR_INVALID, ERR_DENIED, ERR_SYSTEM name the option.
 */
int httpd_start(struct httpd **ret, const struct httpd_setup *setup, struct err *err);

/* Take no more connections, and wait, though not forever, until none is being answered. */
void httpd_drain(struct httpd *httpd);

/* Joins its threads.  NULL is fine. */
void httpd_stop(struct httpd *httpd);

/* The header of that name; NULL: not sent, or not UTF-8, which no answer could repeat. */
const char *httpd_header(const struct httpd_request *request, const char *name);

/* Add a header to an answer. */
void httpd_tell(struct httpd_answer *answer, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A socket that listens as the setup says: what httpd_start() begins with; httpd_listen.c. */
int httpd_listen(const struct httpd_setup *setup, int *ret, struct err *err);

#endif
