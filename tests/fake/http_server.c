#include "fake/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 32, POLL_MS = 20, DRIP_US = 100 * 1000 };

struct http_server {
	int listener;
	char url[64];
	const struct http_step *steps;
	pthread_mutex_t mutex; /* of what follows */
	size_t n_asked;
	struct http_asked asked[HTTP_SERVER_REQUESTS];
	atomic_bool stopping;
	pthread_t acceptor;
	pthread_t threads[CONNECTIONS];
	size_t n_threads;
};

struct connection {
	struct http_server *server;
	int fd;
	unsigned number;
	char held[16384]; /* read, not used yet */
	size_t n_held;
};

static void
must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	abort();
}

/* False: the peer is gone, or the server stops. */
static bool
fill(struct connection *c)
{
	struct pollfd poll_fd = { c->fd, POLLIN, 0 };
	ssize_t got;

	while (poll(&poll_fd, 1, POLL_MS) == 0)
		if (c->server->stopping)
			return false;
	got = recv(c->fd, c->held + c->n_held, sizeof c->held - c->n_held, 0);
	if (got <= 0)
		return false;
	c->n_held += (size_t)got;
	return true;
}

static void
drop(struct connection *c, size_t length)
{
	memmove(c->held, c->held + length, c->n_held - length);
	c->n_held -= length;
}

static bool
put(struct connection *c, const char *text, size_t length)
{
	while (length) {
		ssize_t sent = send(c->fd, text, length, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		text += sent;
		length -= (size_t)sent;
	}
	return true;
}

/* The value of a header in head; NULL: none. */
static const char *
value_of(const char *head, const char *name)
{
	const char *line = strstr(head, "\r\n");

	for (; line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, strlen(name)) == 0)
			return line + 2 + strlen(name) + 2;
	return NULL;
}

static bool
take_head(struct connection *c, struct http_asked *asked)
{
	char *end;
	size_t length;

	for (;;) {
		end = c->n_held ? memmem(c->held, c->n_held, "\r\n\r\n", 4) : NULL;
		if (end)
			break;
		if (c->n_held == sizeof c->held || !fill(c))
			return false;
	}
	length = (size_t)(end - c->held) + 4;
	snprintf(asked->head, sizeof asked->head, "%.*s", (int)length, c->held);
	drop(c, length);
	return true;
}

/* As much of a body as there is room for. */
static void
keep(struct http_asked *asked, const char *bytes, size_t length)
{
	size_t room = sizeof asked->body - 1;

	if (asked->length < room)
		memcpy(asked->body + asked->length, bytes,
		    length < room - asked->length ? length : room - asked->length);
}

static bool
take_body(struct connection *c, struct http_asked *asked, const struct http_step *step)
{
	const char *value = value_of(asked->head, "Content-Length");
	size_t length = value ? strtoul(value, NULL, 10) : 0, taken;

	if (value_of(asked->head, "Expect") && step->status < 400 &&
	    !put(c, "HTTP/1.1 100 Continue\r\n\r\n", 25))
		return false;
	if (value_of(asked->head, "Expect") && step->status >= 400)
		return true;
	while (asked->length < length) {
		if (!c->n_held && !fill(c))
			return false;
		taken = c->n_held < length - asked->length ? c->n_held : length - asked->length;
		keep(asked, c->held, taken);
		asked->length += taken;
		drop(c, taken);
		if (step->act == HTTP_CUTS_REQUEST && asked->length > length / 2)
			return false;
	}
	return true;
}

/* $URL in a script is where the server is. */
static void
expand(const struct http_server *server, const char *text, char *ret, size_t room)
{
	const char *mark;

	for (ret[0] = '\0'; text && (mark = strstr(text, "$URL")); text = mark + 4)
		snprintf(ret + strlen(ret), room - strlen(ret), "%.*s%s", (int)(mark - text), text,
		    server->url);
	if (text)
		snprintf(ret + strlen(ret), room - strlen(ret), "%s", text);
}

/* False: the connection ends. */
static bool
answer(struct connection *c, const struct http_asked *asked, const struct http_step *step)
{
	bool closes = value_of(asked->head, "Expect") && step->status >= 400;
	char head[8192], headers[4096], body[8192];
	size_t length, i;

	expand(c->server, step->headers, headers, sizeof headers);
	expand(c->server, step->body, body, sizeof body);
	length = strlen(body);

	snprintf(head, sizeof head, "HTTP/1.1 %u Scripted\r\nContent-Length: %zu\r\n%s%s\r\n",
	    step->status, length, closes ? "Connection: close\r\n" : "", headers);
	if (step->act == HTTP_HANGS_UP || !put(c, head, strlen(head)))
		return false;
	if (strncmp(asked->head, "HEAD ", 5) == 0)
		return true;
	if (step->act == HTTP_CUTS)
		return put(c, body, length / 2) && false;
	for (i = 0; step->act == HTTP_DRIPS && i < length; i++) {
		if (c->server->stopping || !put(c, body + i, 1))
			return false;
		usleep(DRIP_US);
	}
	return (step->act == HTTP_DRIPS || put(c, body, length)) && !closes;
}

static const struct http_step *
next_step(struct http_server *server, struct http_asked **ret)
{
	static const struct http_step last = { .status = 599 };
	const struct http_step *step = server->steps;
	size_t i;

	pthread_mutex_lock(&server->mutex);
	must(server->n_asked < HTTP_SERVER_REQUESTS, "too many requests");
	for (i = 0; i < server->n_asked && step->status; i++)
		step++;
	*ret = &server->asked[server->n_asked++];
	pthread_mutex_unlock(&server->mutex);
	return step->status ? step : &last;
}

static void *
serve(void *arg)
{
	struct connection *c = arg;
	struct http_asked head = { .length = 0 }, *asked;
	const struct http_step *step;

	while (take_head(c, &head)) {
		step = next_step(c->server, &asked);
		*asked = head;
		asked->connection = c->number;
		if (!take_body(c, asked, step))
			break;
		while (step->act == HTTP_STALLS && !c->server->stopping)
			usleep(POLL_MS * 1000);
		if (!answer(c, asked, step))
			break;
		head = (struct http_asked){ .length = 0 };
	}
	close(c->fd);
	free(c);
	return NULL;
}

static void *
accept_all(void *arg)
{
	struct http_server *server = arg;
	struct pollfd poll_fd = { server->listener, POLLIN, 0 };

	while (!server->stopping) {
		struct connection *c;

		if (poll(&poll_fd, 1, POLL_MS) <= 0)
			continue;
		c = calloc(1, sizeof *c);
		must(c && server->n_threads < CONNECTIONS, "connection");
		c->server = server;
		c->fd = accept(server->listener, NULL, NULL);
		c->number = (unsigned)server->n_threads + 1;
		must(pthread_create(&server->threads[server->n_threads], NULL, serve, c) == 0,
		    "thread");
		server->n_threads++;
	}
	return NULL;
}

struct http_server *
http_server_start(const struct http_step *steps)
{
	struct http_server *server = calloc(1, sizeof *server);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t length = sizeof at;

	must(server != NULL, "memory");
	server->steps = steps;
	pthread_mutex_init(&server->mutex, NULL);
	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(server->listener, (struct sockaddr *)&at, sizeof at) == 0, "bind");
	must(listen(server->listener, CONNECTIONS) == 0, "listen");
	must(getsockname(server->listener, (struct sockaddr *)&at, &length) == 0, "port");
	snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", ntohs(at.sin_port));
	must(pthread_create(&server->acceptor, NULL, accept_all, server) == 0, "thread");
	return server;
}

void
http_server_stop(struct http_server *server)
{
	server->stopping = true;
	pthread_join(server->acceptor, NULL);
	while (server->n_threads)
		pthread_join(server->threads[--server->n_threads], NULL);
	close(server->listener);
	pthread_mutex_destroy(&server->mutex);
	free(server);
}

const char *
http_server_url(const struct http_server *server)
{
	return server->url;
}

size_t
http_server_count(struct http_server *server)
{
	size_t count;

	pthread_mutex_lock(&server->mutex);
	count = server->n_asked;
	pthread_mutex_unlock(&server->mutex);
	return count;
}

const struct http_asked *
http_server_asked(struct http_server *server, size_t index)
{
	must(index < http_server_count(server), "request that never came");
	return &server->asked[index];
}
