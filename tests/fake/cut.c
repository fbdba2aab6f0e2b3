#include "fake/cut.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STEP_MS = 20 };

struct cut {
	int listener, port;
	unsigned own_port;
	const char *word;
	enum cut_when when;
	atomic_bool armed, ends;
	atomic_uint count;
	pthread_t thread;
};

static void
give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int
dial(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	close(fd);
	return -1;
}

/* 0, or -1: the line is to break, or broke by itself. */
static int
pass(struct cut *cut, int from, int to, bool watch)
{
	char bytes[65536], answer;
	ssize_t length = read(from, bytes, sizeof bytes);
	bool found;

	if (length <= 0)
		return -1;
	found = watch && memmem(bytes, (size_t)length, cut->word, strlen(cut->word)) &&
		atomic_exchange(&cut->armed, false);
	if (found)
		atomic_fetch_add(&cut->count, 1);
	if (found && cut->when == CUT_BEFORE)
		return -1;
	if (write(to, bytes, (size_t)length) != length)
		return -1;
	/* What was asked is done once there is an answer. */
	return found && read(to, &answer, 1) >= 0 ? -1 : 0;
}

static void
relay(struct cut *cut, int client)
{
	int server = cut->port ? dial(cut->port) : -1, end = 0;
	struct pollfd ends[2] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	char unheard[4096];

	while (!end && !atomic_load(&cut->ends) && (server >= 0 || !cut->port)) {
		if (poll(ends, 2, STEP_MS) <= 0)
			continue;
		if (ends[0].revents && cut->port)
			end = pass(cut, client, server, true);
		else if (ends[0].revents)
			end = -(read(client, unheard, sizeof unheard) <= 0);
		if (!end && ends[1].revents)
			end = pass(cut, server, client, false);
	}
	if (server >= 0)
		close(server);
	close(client);
}

static void *
run(void *arg)
{
	struct cut *cut = arg;
	struct pollfd end = { cut->listener, POLLIN, 0 };

	while (!atomic_load(&cut->ends)) {
		if (poll(&end, 1, STEP_MS) > 0)
			relay(cut, accept(cut->listener, NULL, NULL));
	}
	return NULL;
}

struct cut *
cut_open(int port, const char *word, enum cut_when when)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof address;
	struct cut *cut = calloc(1, sizeof *cut);

	if (!cut)
		give_up("memory");
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cut->port = port;
	cut->word = word;
	cut->when = when;
	cut->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(cut->listener, (struct sockaddr *)&address, length) < 0 ||
	    listen(cut->listener, 8) < 0 ||
	    getsockname(cut->listener, (struct sockaddr *)&address, &length) < 0 ||
	    pthread_create(&cut->thread, NULL, run, cut) != 0)
		give_up("a relay on loopback");
	cut->own_port = ntohs(address.sin_port);
	return cut;
}

unsigned
cut_port(const struct cut *cut)
{
	return cut->own_port;
}

void
cut_arm(struct cut *cut)
{
	atomic_store(&cut->armed, true);
}

unsigned
cut_count(const struct cut *cut)
{
	return atomic_load(&cut->count);
}

void
cut_close(struct cut *cut)
{
	atomic_store(&cut->ends, true);
	pthread_join(cut->thread, NULL);
	close(cut->listener);
	free(cut);
}
