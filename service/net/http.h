/*
 * Requests to HTTP servers: one call, one answer, whatever its status.  Not a
 * client of any service: who may ask what stands above.
 *
 * Connections are kept and used again.  Every call has deadlines.  Redirects are
 * not followed, since a token must not travel to where somebody points; proxies
 * named in the environment are not used, since what is asked here is inside the
 * cloud.  Calls may come from any thread.
 */
#ifndef CINDERBANK_NET_HTTP_H
#define CINDERBANK_NET_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

struct http;

struct http_setup {
	const char *ca_file;    /* PEM, borrowed until close; NULL: the system's */
	bool insecure;          /* take any certificate */
	unsigned connect_ms;    /* deadline of a connection, TLS included; 0: 30 s */
	unsigned stall_s;       /* of an exchange slower than 1 KiB/s; 0: 60 s */
	uint64_t call_ms;       /* of a whole call without its body; 0: 10 min */
	uint64_t call_ms_a_mib; /* and more for each MiB of body; 0: 10 s */
	/* Borrowed until close: once it is true calls end with ERR_CANCELLED.  NULL: none. */
	const atomic_bool *cancel;
};

int http_open(struct http **ret, const struct http_setup *setup, struct err *err);

/* No call may run.  NULL is fine. */
void http_close(struct http *http);
SCOPED_POINTER(struct http, http_close);

/*
 * Bytes of a body from offset on, at most room of them, into data; *ret of them.
 * May be asked for an offset again.
 */
typedef int(http_source)(
    void *arg, uint64_t offset, char *data, size_t room, size_t *ret, struct err *err);

/* All borrowed for the length of the call. */
struct http_request {
	const char *method, *url;
	const char *const *headers; /* "Name: value", ends with NULL; NULL: none */
	struct span body;           /* of PUT and POST */
	http_source *source;        /* instead of body: length bytes of it */
	void *source_arg;
	uint64_t length;
	struct buf *into; /* where the body of a 2xx goes, behind what is there; NULL: nowhere */
};

/* What came back. */
struct http_answer {
	unsigned status;    /* 200 */
	unsigned wait_ms;   /* what Retry-After asks for, two minutes at most; 0: nothing */
	struct buf headers; /* lines, without their ends, each with a NUL behind */
};

enum { HTTP_HEADERS_MAX = 64 * 1024 };

/* clang-format off */
#define HTTP_ANSWER { .headers = BUF(HTTP_HEADERS_MAX) }
/* clang-format on */

void http_answer_drop(struct http_answer *answer);

/*
 * 0: there is an answer, of any status.  -1: ERR_RETRY (no name, no connection,
 * a connection that broke, a deadline), ERR_DENIED (certificate), ERR_INVALID
 * (URL; an answer longer than the ceiling of into), ERR_CANCELLED, or what the
 * source says.
 * The error names method and URL, never a header.
 */
int http_call(struct http *http, const struct http_request *request, struct http_answer *answer,
    struct err *err);

/* The value of a header, of any letter case; NULL: there is none. */
const char *http_header(const struct http_answer *answer, const char *name);

/*
 * 0 for a 2xx.  Else -1: 401 and 403 ERR_DENIED, 404 and 410 ERR_NOT_FOUND, 409
 * and 412 ERR_CONFLICT, 413 and 507 ERR_NO_SPACE, 408, 422, 425, 429, 498, 499
 * and 5xx ERR_RETRY, with the wait of Retry-After, others ERR_INVALID; the text has
 * method, URL and status line.
 */
int
http_check(const struct http_request *request, const struct http_answer *answer, struct err *err);

/* Fill err: "METHOD URL: why", the URL without credentials and query.  -1. */
int http_refuse(
    const struct http_request *request, enum err_kind kind, const char *why, struct err *err);

/* Append text percent-encoded; slashes stay where keep_slashes. */
void http_quote(struct buf *ret, const char *text, bool keep_slashes);

#endif
