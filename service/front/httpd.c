#include "front/httpd.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "front/links.h"

enum {
	HEADERS_MAX = 32 * 1024, /* bytes of a request line with its headers */
	SILENCE_S = 30,          /* without a byte */
	REQUEST_MS = 60 * 1000,  /* for a whole request, and again for its answer */
	TOLD_MAX = 64 * 1024,    /* bytes of an answer's headers */
	STACK_SIZE = 1048576,
	DRAIN_MS = 10 * 1000,
};

struct httpd {
	struct httpd_setup setup;
	struct links links;
	struct MHD_Daemon *daemon;
	int listener; /* once drained; -1 */
};

struct exchange { /* one request on a connection */
	struct httpd_request request;
	struct httpd_answer answer;
	struct buf target, body;
	bool begun;
};

/* ---- connections ---- */

static struct link *
link_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void
note_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct httpd *httpd = arg;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		links_remove(&httpd->links, *context);
		*context = NULL;
	} else if (info) {
		*context = links_add(&httpd->links, info->connect_fd);
	}
}

/* ---- one request ---- */

/* The first that is heard of a request: its target, before anything is decoded. */
static void *
begin_exchange(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);
	const struct httpd *httpd = arg;

	if (!exchange)
		return NULL;
	exchange->target = (struct buf)BUF(httpd->setup.target_max);
	exchange->body = (struct buf)BUF(httpd->setup.body_max);
	exchange->answer.headers = (struct buf)BUF(TOLD_MAX);
	exchange->request.connection = connection;
	buf_text(&exchange->target, target);
	return exchange;
}

static void
end_exchange(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *context;
	struct httpd *httpd = arg;

	(void)code;
	links_set(&httpd->links, link_of(connection), LINK_ASKING);
	*context = NULL;
	if (!exchange)
		return;
	buf_drop(&exchange->target);
	buf_drop(&exchange->body);
	buf_drop(&exchange->answer.body);
	buf_drop(&exchange->answer.headers);
	free(exchange);
}

const char *
httpd_header(const struct httpd_request *request, const char *name)
{
	const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);

	return value && json_utf8_valid(span_of(value)) ? value : NULL;
}

/* Name and value, each with a NUL behind. */
void
httpd_tell(struct httpd_answer *answer, const char *name, const char *fmt, ...)
{
	scoped(buf_drop) struct buf value = BUF(TOLD_MAX);
	char *room;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	room = length < 0 ? NULL : buf_reserve(&value, (size_t)length + 1);
	if (!room)
		return;
	va_start(args, fmt);
	vsnprintf(room, (size_t)length + 1, fmt, args);
	va_end(args);
	buf_add(&answer->headers, name, strlen(name) + 1);
	buf_add(&answer->headers, room, (size_t)length + 1);
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, const struct httpd_answer *answer,
    enum MHD_ResponseMemoryMode kept)
{
	const char *at = buf_string(&answer->headers), *end = at + answer->headers.length;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(answer->body.length, answer->body.data, kept);
	enum MHD_Result sent;

	if (!response)
		return MHD_NO;
	while (!answer->headers.failed && at < end) {
		const char *value = at + strlen(at) + 1;

		MHD_add_response_header(response, at, value);
		at = value + strlen(value) + 1;
	}
	sent = MHD_queue_response(connection, answer->status, response);
	MHD_destroy_response(response);
	return sent;
}

static enum MHD_Result
answer_exchange(struct httpd *httpd, struct exchange *exchange, struct MHD_Connection *connection,
    const char *method)
{
	struct httpd_request *request = &exchange->request;

	request->method = method;
	request->target = buf_string(&exchange->target);
	request->body = buf_span(&exchange->body);
	request->long_target = exchange->target.failed;
	request->long_body = exchange->body.failed;
	links_set(&httpd->links, link_of(connection), LINK_WAITING);
	httpd->setup.handler(httpd->setup.arg, request, &exchange->answer);
	links_set(&httpd->links, link_of(connection), LINK_LISTENING);
	/* end_exchange() frees it, once all of it is sent. */
	return send_answer(connection, &exchange->answer, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
count_length(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	(void)value;
	if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0 ||
	    strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
		++*(unsigned *)arg;
	return MHD_YES;
}

/* Who says twice how long a body is has somebody else read another request out of it. */
static bool
is_ambiguous(struct MHD_Connection *connection)
{
	unsigned lengths = 0;

	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_length, &lengths);
	return lengths > 1;
}

static enum MHD_Result
refuse_ambiguous(struct MHD_Connection *connection)
{
	struct httpd_answer answer = { .status = 400, .body = BUF(256), .headers = BUF(256) };
	enum MHD_Result sent;

	buf_text(&answer.body, "The length of the body is told twice.\n");
	httpd_tell(&answer, "Content-Type", "text/plain");
	httpd_tell(&answer, "Connection", "close");
	sent = send_answer(connection, &answer, MHD_RESPMEM_MUST_COPY);
	buf_drop(&answer.body);
	buf_drop(&answer.headers);
	return sent;
}

/* Called once with the headers, then with each piece of the body, then without any. */
static enum MHD_Result
take_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *piece, size_t *length, void **context)
{
	struct exchange *exchange = *context;

	(void)url;
	(void)version;
	if (!exchange)
		return MHD_NO;
	if (!exchange->begun) {
		exchange->begun = true;
		return is_ambiguous(connection) ? refuse_ambiguous(connection) : MHD_YES;
	}
	if (*length) {
		buf_add(&exchange->body, piece, *length);
		*length = 0;
		return MHD_YES;
	}
	return answer_exchange(arg, exchange, connection, method);
}

/* ---- life ---- */

static int
start_daemon(struct httpd *httpd, int fd, struct err *err)
{
	httpd->daemon =
	    MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
				 MHD_USE_POLL | MHD_USE_ITC,
		0, NULL, NULL, take_request, httpd, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, 2 * httpd->setup.connections_max,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENCE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_URI_LOG_CALLBACK,
		begin_exchange, httpd, MHD_OPTION_NOTIFY_COMPLETED, end_exchange, httpd,
		MHD_OPTION_NOTIFY_CONNECTION, note_connection, httpd, MHD_OPTION_END);
	if (httpd->daemon)
		return 0;
	return err_set(err, ERR_SYSTEM, "[cinderbank] %s = %s: the HTTP server does not start",
	    httpd->setup.option, httpd->setup.listen);
}

int
httpd_start(struct httpd **ret, const struct httpd_setup *setup, struct err *err)
{
	scoped(scoped_free) struct httpd *httpd = calloc(1, sizeof *httpd);
	int fd;

	if (!httpd)
		return err_memory(err);
	httpd->setup = *setup;
	httpd->listener = -1;
	if (httpd_listen(setup, &fd, err) < 0)
		return -1;
	if (links_open(&httpd->links, setup->connections_max, REQUEST_MS, err) < 0) {
		close(fd);
		return -1;
	}
	if (start_daemon(httpd, fd, err) < 0) {
		close(fd);
		links_close(&httpd->links);
		return -1;
	}
	*ret = take(&httpd);
	return 0;
}

void
httpd_drain(struct httpd *httpd)
{
	if (httpd->listener < 0)
		httpd->listener = MHD_quiesce_daemon(httpd->daemon);
	links_wait(&httpd->links, DRAIN_MS);
}

void
httpd_stop(struct httpd *httpd)
{
	if (!httpd)
		return;
	MHD_stop_daemon(httpd->daemon);
	links_close(&httpd->links);
	scoped_close(&httpd->listener);
	free(httpd);
}
