#include "front/links.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"

enum { LOOK_MS = 1000 };

/*
 * As many as there may be: the one that has kept us waiting for longest goes.
 * Those who only hold connections then harm one another.
 */
static void
make_room(struct links *links)
{
	struct link *oldest = NULL, *link;

	if (links->count < links->most)
		return;
	for (link = links->first; link; link = link->next) {
		if (link->state != LINK_WAITING && !link->doomed &&
		    (!oldest || link->since_ms < oldest->since_ms))
			oldest = link;
	}
	if (!oldest)
		return;
	oldest->doomed = true;
	links->count--;
	shutdown(oldest->fd, SHUT_RDWR);
}

/* Whoever takes longer than that to say what it wants, or to hear the answer, is cut off. */
static void *
watch(void *arg)
{
	struct links *links = arg;
	struct link *link;
	scoped_lock(&links->mutex);

	while (!links->stopping) {
		clock_await(&links->stop, &links->mutex, clock_ms() + LOOK_MS);
		for (link = links->first; link; link = link->next) {
			if (link->state != LINK_WAITING &&
			    clock_ms() - link->since_ms > links->patience_ms)
				shutdown(link->fd, SHUT_RDWR);
		}
	}
	return NULL;
}

int
links_open(struct links *links, unsigned most, uint64_t patience_ms, struct err *err)
{
	*links = (struct links){ .most = most, .patience_ms = patience_ms };
	pthread_mutex_init(&links->mutex, NULL);
	pthread_cond_init(&links->stop, NULL);
	links->watched = pthread_create(&links->watch, NULL, watch, links) == 0;
	if (links->watched)
		return 0;
	links_close(links);
	return err_set(err, ERR_SYSTEM, "no thread for the HTTP server");
}

void
links_close(struct links *links)
{
	pthread_mutex_lock(&links->mutex);
	links->stopping = true;
	pthread_cond_broadcast(&links->stop);
	pthread_mutex_unlock(&links->mutex);
	if (links->watched)
		pthread_join(links->watch, NULL);
	pthread_mutex_destroy(&links->mutex);
	pthread_cond_destroy(&links->stop);
}

struct link *
links_add(struct links *links, int fd)
{
	struct link *link = calloc(1, sizeof *link);

	if (!link)
		return NULL;
	link->fd = fd;
	link->since_ms = clock_ms();
	scoped_lock(&links->mutex);
	make_room(links);
	link->next = links->first;
	links->first = link;
	links->count++;
	return link;
}

void
links_remove(struct links *links, struct link *link)
{
	struct link **at = &links->first;

	if (!link)
		return;
	scoped_lock(&links->mutex);
	while (*at && *at != link)
		at = &(*at)->next;
	if (*at) {
		*at = link->next;
		links->count -= !link->doomed;
	}
	free(link);
}

void
links_set(struct links *links, struct link *link, enum link_state state)
{
	if (!link)
		return;
	scoped_lock(&links->mutex);
	link->state = state;
	link->since_ms = clock_ms();
}

static bool
is_busy(struct links *links)
{
	struct link *link;
	scoped_lock(&links->mutex);

	for (link = links->first; link; link = link->next) {
		if (link->state != LINK_ASKING)
			return true;
	}
	return false;
}

void
links_wait(struct links *links, uint64_t most_ms)
{
	uint64_t deadline_ms = clock_ms() + most_ms;

	while (is_busy(links) && clock_ms() < deadline_ms)
		clock_sleep_ms(10);
}
