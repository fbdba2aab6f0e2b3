/*
 * The HTTP server: bytes in, a struct rest_call; its answer, bytes out.  Each
 * connection has a thread of its own, which may wait for a job to be admitted.
 */
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "front/front.h"
#include "front/rest.h"
#include "options/tables.h"

enum {
	CONNECTIONS_MAX = 128,
	HEADERS_MAX = 32 * 1024, /* bytes of a request line with its headers */
	SILENCE_S = 30,          /* without a byte */
	REQUEST_MS = 60 * 1000,  /* for a whole request to come in, however it drips */
	STACK_SIZE = 1048576,
	DRAIN_MS = 10 * 1000,
};

struct link { /* a connection */
	int fd;
	uint64_t since_ms; /* it, or its last answer */
	bool busy;         /* a whole request is being answered */
	struct link *next;
};

struct front {
	struct rest rest;
	struct MHD_Daemon *daemon;
	int listener; /* once drained; -1 */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct link *links;
	bool stopping;
	pthread_t watch;
	bool watched;
};

struct exchange { /* one request on a connection */
	struct rest_call call;
	struct buf target, body;
	bool too_large, begun;
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
remove_link(struct front *front, struct link *link)
{
	struct link **at = &front->links;
	scoped_lock(&front->mutex);

	while (*at && *at != link)
		at = &(*at)->next;
	if (*at)
		*at = link->next;
	free(link);
	pthread_cond_broadcast(&front->changed);
}

static void
note_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	struct front *front = arg;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct link *link;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			remove_link(front, *context);
		*context = NULL;
		return;
	}
	link = calloc(1, sizeof *link);
	if (!link || !info) {
		free(link);
		return;
	}
	link->fd = info->connect_fd;
	link->since_ms = clock_ms();
	*context = link;
	scoped_lock(&front->mutex);
	link->next = front->links;
	front->links = link;
}

static void
set_busy(struct front *front, struct MHD_Connection *connection, bool busy)
{
	struct link *link = link_of(connection);

	if (!link)
		return;
	scoped_lock(&front->mutex);
	link->busy = busy;
	link->since_ms = clock_ms();
	pthread_cond_broadcast(&front->changed);
}

/* Whoever takes longer than that to say what it wants is cut off. */
static void *
watch_links(void *arg)
{
	struct front *front = arg;
	struct timespec until;
	struct link *link;
	scoped_lock(&front->mutex);

	while (!front->stopping) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&front->changed, &front->mutex, &until);
		for (link = front->links; link; link = link->next) {
			if (!link->busy && clock_ms() - link->since_ms > REQUEST_MS)
				shutdown(link->fd, SHUT_RDWR);
		}
	}
	return NULL;
}

/* ---- one request ---- */

/* The first that is heard of a request: its target, before anything is decoded. */
static void *
begin_exchange(void *arg, const char *target, struct MHD_Connection *connection)
{
	struct exchange *exchange = calloc(1, sizeof *exchange);

	(void)arg;
	(void)connection;
	if (!exchange)
		return NULL;
	exchange->target = (struct buf)BUF(REST_TARGET_MAX);
	exchange->body = (struct buf)BUF(REST_BODY_MAX);
	exchange->call.answer = (struct buf)BUF(REST_ANSWER_MAX);
	buf_text(&exchange->target, target);
	return exchange;
}

static void
end_exchange(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct exchange *exchange = *context;

	(void)code;
	set_busy(arg, connection, false);
	*context = NULL;
	if (!exchange)
		return;
	arena_free(exchange->call.arena);
	buf_drop(&exchange->target);
	buf_drop(&exchange->body);
	buf_drop(&exchange->call.answer);
	free(exchange);
}

static const char *
header(struct MHD_Connection *connection, const char *name)
{
	const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);

	/* What is not UTF-8 would come back in an answer, which must be. */
	return value && json_utf8_valid(span_of(value)) ? value : NULL;
}

static int
fill_call(struct front *front, struct exchange *exchange, struct MHD_Connection *connection,
    const char *method)
{
	struct rest_call *call = &exchange->call;
	struct err ignored = ERR_INIT;
	char uuid[DIGEST_UUID_TEXT];

	if (digest_uuid_random(uuid, &ignored) < 0)
		return -1;
	snprintf(call->request_id, sizeof call->request_id, "req-%s", uuid);
	call->rest = &front->rest;
	call->method = method;
	call->target = buf_string(&exchange->target);
	call->host = header(connection, "Host");
	call->version = header(connection, "OpenStack-API-Version");
	call->content_type = header(connection, "Content-Type");
	call->token = header(connection, "X-Auth-Token");
	call->user = header(connection, "X-User-Id");
	call->project = header(connection, "X-Project-Id");
	call->body = buf_span(&exchange->body);
	return 0;
}

static void
answer_exchange(struct exchange *exchange)
{
	struct rest_call *call = &exchange->call;
	uint64_t began_ms = clock_ms();

	if (exchange->target.failed)
		rest_fail(call, 414, "The request is too long.");
	else if (exchange->too_large)
		rest_fail(call, 413, "Request is too large.");
	else
		rest_answer(call);
	log_write(LOG_LEVEL_INFO, "rest", call->request_id,
	    "%s %.*s status: %u len: %zu time: %llu ms", call->method,
	    (int)strcspn(call->target, "?"), call->target, call->status, call->answer.length,
	    (unsigned long long)(clock_ms() - began_ms));
}

static void
add_headers(struct MHD_Response *response, const struct rest_call *call)
{
	char version[32], where[512];

	MHD_add_response_header(response, "Content-Type",
	    call->plain ? "text/plain; charset=UTF-8" : "application/json");
	MHD_add_response_header(response, "x-openstack-request-id", call->request_id);
	MHD_add_response_header(response, "x-compute-request-id", call->request_id);
	if (call->told_version) {
		snprintf(version, sizeof version, "volume %s", call->told_version);
		MHD_add_response_header(response, "OpenStack-API-Version", version);
		MHD_add_response_header(response, "Vary", "OpenStack-API-Version");
	}
	if (call->status == 413)
		MHD_add_response_header(response, "Retry-After", "0");
	if (call->location) {
		snprintf(where, sizeof where, "%s%s", rest_base(call), call->location);
		MHD_add_response_header(response, "Location", where);
	}
}

static enum MHD_Result
send_answer(struct MHD_Connection *connection, const struct rest_call *call)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    call->answer.length, call->answer.data, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result sent;

	if (!response)
		return MHD_NO;
	add_headers(response, call);
	sent = MHD_queue_response(connection, call->status, response);
	MHD_destroy_response(response);
	return sent;
}

/* Called once with the headers, then with each piece of the body, then without any. */
static enum MHD_Result
take_request(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *piece, size_t *length, void **context)
{
	struct exchange *exchange = *context;
	struct front *front = arg;

	(void)url;
	(void)version;
	if (!exchange)
		return MHD_NO;
	if (!exchange->begun) {
		exchange->begun = true;
		return MHD_YES;
	}
	if (*length) {
		buf_add(&exchange->body, piece, *length);
		exchange->too_large |= exchange->body.failed;
		*length = 0;
		return MHD_YES;
	}
	set_busy(front, connection, true);
	if (fill_call(front, exchange, connection, method) < 0)
		return MHD_NO;
	answer_exchange(exchange);
	return send_answer(connection, &exchange->call);
}

/* ---- life ---- */

static int
start_daemon(struct front *front, int fd, struct err *err)
{
	front->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD |
					     MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
					     MHD_USE_ITC,
	    0, NULL, NULL, take_request, front, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)SILENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
	    MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_URI_LOG_CALLBACK,
	    begin_exchange, front, MHD_OPTION_NOTIFY_COMPLETED, end_exchange, front,
	    MHD_OPTION_NOTIFY_CONNECTION, note_connection, front, MHD_OPTION_END);
	if (!front->daemon)
		return err_set(err, ERR_SYSTEM, "the HTTP server does not start");
	front->watched = pthread_create(&front->watch, NULL, watch_links, front) == 0;
	if (!front->watched)
		return err_set(err, ERR_SYSTEM, "no thread for the HTTP server");
	return 0;
}

static void
rest_drain(struct front *front)
{
	uint64_t deadline = clock_ms() + DRAIN_MS;
	struct link *link;
	bool busy = true;

	if (front->listener < 0)
		front->listener = MHD_quiesce_daemon(front->daemon);
	while (busy && clock_ms() < deadline) {
		pthread_mutex_lock(&front->mutex);
		for (link = front->links, busy = false; link; link = link->next)
			busy |= link->busy;
		pthread_mutex_unlock(&front->mutex);
		if (busy)
			clock_sleep_ms(10);
	}
}

static void
rest_stop(struct front *front)
{
	if (!front)
		return;
	if (front->daemon)
		MHD_stop_daemon(front->daemon);
	pthread_mutex_lock(&front->mutex);
	front->stopping = true;
	pthread_cond_broadcast(&front->changed);
	pthread_mutex_unlock(&front->mutex);
	if (front->watched)
		pthread_join(front->watch, NULL);
	scoped_close(&front->listener);
	pthread_mutex_destroy(&front->rest.admission);
	pthread_mutex_destroy(&front->mutex);
	pthread_cond_destroy(&front->changed);
	free(front);
}

static int
rest_start(struct front **ret, const void *opts, struct desk *desk, struct err *err)
{
	const struct cinderbank_opts *own = opts;
	struct front *front;
	int fd;

	if (own->auth != AUTH_NONE)
		return err_set(err, ERR_INVALID,
		    "[cinderbank] auth = keystone: this version of the REST front knows none only");
	if (rest_listen(own->listen, &fd, err) < 0)
		return -1;
	front = calloc(1, sizeof *front);
	if (!front) {
		close(fd);
		return err_memory(err);
	}
	front->rest.desk = desk;
	front->listener = -1;
	pthread_mutex_init(&front->rest.admission, NULL);
	pthread_mutex_init(&front->mutex, NULL);
	pthread_cond_init(&front->changed, NULL);
	if (start_daemon(front, fd, err) < 0) {
		if (!front->daemon)
			close(fd);
		rest_stop(front);
		return -1;
	}
	*ret = front;
	return 0;
}

const struct front_driver front_rest = {
	.name = "rest",
	.options = &cinderbank_table,
	.start = rest_start,
	.drain = rest_drain,
	.stop = rest_stop,
};
