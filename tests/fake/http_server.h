/*
 * An HTTP server on loopback that answers by a script: request after request,
 * whatever the connection.  It notes what it was asked.  Keeps connections, and
 * takes Expect: 100-continue.  $URL in headers and bodies stands for its own URL.
 */
#ifndef CINDERBANK_TESTS_FAKE_HTTP_SERVER_H
#define CINDERBANK_TESTS_FAKE_HTTP_SERVER_H

#include <stddef.h>

struct http_server;

enum http_act {
	HTTP_ANSWERS,
	HTTP_HANGS_UP,     /* closes instead of an answer */
	HTTP_CUTS,         /* closes in the middle of the answer's body */
	HTTP_DRIPS,        /* sends its answer byte by byte, ten a second */
	HTTP_STALLS,       /* never answers */
	HTTP_CUTS_REQUEST, /* closes in the middle of the request's body */
};

struct http_step {
	unsigned status;
	const char *headers; /* lines with \r\n behind each; NULL: none */
	const char *body;    /* NULL: none */
	enum http_act act;
};

enum { HTTP_SERVER_REQUESTS = 1200 };

/* What came: the request's line and headers, and its body; cut where too long. */
struct http_asked {
	char head[4096];
	char body[4096];
	size_t length;       /* of the whole body */
	unsigned connection; /* counts from 1 */
};

/* steps is borrowed; ends with status 0.  After it every answer is 599.  Aborts if it cannot. */
struct http_server *http_server_start(const struct http_step *steps);
void http_server_stop(struct http_server *server);

/* "http://127.0.0.1:12345" */
const char *http_server_url(const struct http_server *server);

/* Requests so far, and one of them, from 0. */
size_t http_server_count(struct http_server *server);
const struct http_asked *http_server_asked(struct http_server *server, size_t index);

#endif
