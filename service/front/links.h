/*
 * The connections of an HTTP server: how many there are, which are being
 * answered, and which take too long to say what they want.  Any thread.
 */
#ifndef CINDERBANK_FRONT_LINKS_H
#define CINDERBANK_FRONT_LINKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

enum link_state {
	LINK_ASKING,   /* or silent: until a whole request is there */
	LINK_WAITING,  /* for its answer, which is being made */
	LINK_LISTENING /* to it */
};

struct link { /* a connection */
	int fd;
	uint64_t since_ms; /* it is in that state */
	enum link_state state;
	bool doomed; /* it made room for another */
	struct link *next;
};

struct links {
	pthread_mutex_t mutex;
	pthread_cond_t stop;
	struct link *first;
	unsigned count, most; /* count: without the doomed */
	uint64_t patience_ms;
	bool stopping, watched;
	pthread_t watch;
};

/*
 * most: for one more, whoever has asked or listened for longest makes room; where
 * all wait for an answer, nobody does.  patience_ms: for a whole request to come
 * in, and for its answer to be taken, however it drips.
 */
int links_open(struct links *links, unsigned most, uint64_t patience_ms, struct err *err);

/* No connection may be left. */
void links_close(struct links *links);

/* A connection came.  NULL: out of memory, it goes unwatched. */
struct link *links_add(struct links *links, int fd);

/* It is gone.  NULL is fine. */
void links_remove(struct links *links, struct link *link);

void links_set(struct links *links, struct link *link, enum link_state state);

/* Until everybody asks, and nobody waits or listens; or so long. */
void links_wait(struct links *links, uint64_t most_ms);

#endif
