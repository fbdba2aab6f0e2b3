#include "net/outbox.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/rabbit.h"
#include "options/tables.h"

enum { TICK_MS = 1000, AGAIN_MS = 250, KNOWN_MAX = 16, BODY_MAX = 64 * 1024 * 1024 };

/* Who does not go on before the broker has it. */
struct waiter {
	bool over, taken;
};

struct posted {
	struct posted *next;
	struct waiter *waiter; /* or NULL */
	enum letter_kind kind;
	char exchange[OUTBOX_NAME], key[OUTBOX_NAME], about[OUTBOX_NAME];
	struct buf body;
	int64_t expires_ms;
	uint64_t deadline_ms, not_before_ms; /* deadline 0: none */
};

struct outbox {
	const struct bus_opts *opts;
	struct rabbit *rabbit; /* of the thread */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct posted *first, **last;
	unsigned count;
	bool stop;
	uint64_t stop_ms;
	/* Of the thread: exchanges and queues that this connection has declared. */
	char known[KNOWN_MAX][2 * OUTBOX_NAME];
	unsigned n_known;
	bool broken; /* and it was said */
};

/* ---- publish ---- */

static bool
is_known(const struct outbox *outbox, const char *name)
{
	unsigned i;

	for (i = 0; i < outbox->n_known; i++) {
		if (strcmp(outbox->known[i], name) == 0)
			return true;
	}
	return false;
}

static void
remember(struct outbox *outbox, const char *name)
{
	if (outbox->n_known == KNOWN_MAX)
		outbox->n_known = 0;
	snprintf(outbox->known[outbox->n_known++], sizeof outbox->known[0], "%s", name);
}

static int
make_exchange(struct outbox *outbox, const char *name, bool fanout, struct err *err)
{
	const struct bus_opts *opts = outbox->opts;
	const struct rabbit_exchange exchange = {
		.name = name,
		.type = fanout ? "fanout" : "topic",
		.durable = fanout ? opts->transient_quorum_queue
				  : opts->amqp_durable_queues || opts->quorum_queue,
		.auto_delete = fanout || opts->amqp_auto_delete,
	};

	if (is_known(outbox, name))
		return 0;
	if (rabbit_exchange(outbox->rabbit, &exchange, err) < 0)
		return -1;
	remember(outbox, name);
	return 0;
}

static int
make_queue(struct outbox *outbox, const struct posted *posted, struct err *err)
{
	const struct bus_opts *opts = outbox->opts;
	const struct rabbit_queue queue = {
		.name = posted->key,
		.durable = opts->amqp_durable_queues || opts->quorum_queue,
		.auto_delete = opts->amqp_auto_delete,
		.mirrored = opts->ha_queues,
		.quorum = opts->quorum_queue ? opts : NULL,
	};
	char name[2 * OUTBOX_NAME];

	snprintf(name, sizeof name, "%s/%s", posted->exchange, posted->key);
	if (is_known(outbox, name))
		return 0;
	if (rabbit_queue(outbox->rabbit, &queue, err) < 0 ||
	    rabbit_bind(outbox->rabbit, posted->key, posted->exchange, posted->key, err) < 0)
		return -1;
	remember(outbox, name);
	return 0;
}

/* 1 taken, 0 nobody's, -1. */
static int
publish(struct outbox *outbox, const struct posted *posted, struct err *err)
{
	struct rabbit_message message = {
		.exchange = posted->exchange,
		.key = posted->key,
		.body = buf_span(&posted->body),
		.expires_ms = posted->expires_ms,
	};
	char fanout[OUTBOX_NAME + 8];

	if (!rabbit_connected(outbox->rabbit))
		outbox->n_known = 0;
	if (rabbit_connect(outbox->rabbit, err) < 0)
		return -1;
	switch (posted->kind) {
	case LETTER_ANSWER:
		message.exchange = "";
		message.mandatory = true;
		break;
	case LETTER_FANOUT:
		snprintf(fanout, sizeof fanout, "%s_fanout", posted->key);
		message.exchange = fanout;
		message.key = "";
		if (make_exchange(outbox, fanout, true, err) < 0)
			return -1;
		break;
	default:
		if (make_exchange(outbox, posted->exchange, false, err) < 0)
			return -1;
		if (posted->kind == LETTER_NOTIFICATION && make_queue(outbox, posted, err) < 0)
			return -1;
	}
	return rabbit_publish(outbox->rabbit, &message, err);
}

/* ---- the thread ---- */

static void
wait_for(struct outbox *outbox, uint64_t ms)
{
	clock_await(&outbox->changed, &outbox->mutex, clock_ms() + ms);
}

static bool
over(const struct outbox *outbox)
{
	return outbox->stop && (!outbox->first || clock_ms() >= outbox->stop_ms);
}

/* The first that may go now, which stays where it is; *ret_ms: until the next may. */
static struct posted *
next_letter(struct outbox *outbox, uint64_t *ret_ms)
{
	uint64_t now = clock_ms();
	struct posted *posted;

	*ret_ms = TICK_MS;
	for (posted = outbox->first; posted; posted = posted->next) {
		if (posted->not_before_ms <= now)
			return posted;
		if (posted->not_before_ms - now < *ret_ms)
			*ret_ms = posted->not_before_ms - now;
	}
	return NULL;
}

static void
drop(struct posted *posted)
{
	buf_drop(&posted->body);
	free(posted);
}

static void
take_out(struct outbox *outbox, struct posted *posted, bool taken)
{
	struct posted **link = &outbox->first;

	while (*link != posted)
		link = &(*link)->next;
	*link = posted->next;
	if (!*link)
		outbox->last = link;
	outbox->count--;
	if (posted->waiter)
		*posted->waiter = (struct waiter){ .over = true, .taken = taken };
	pthread_cond_broadcast(&outbox->changed);
}

static void
tell(struct outbox *outbox, bool broken, const struct err *err)
{
	if (broken && !outbox->broken)
		log_warning("bus", "messages wait: %s", err->text);
	if (!broken && outbox->broken)
		log_info("bus", "messages are sent again");
	outbox->broken = broken;
}

/* Seconds before the next try, growing, in milliseconds. */
static uint64_t
backoff(const struct bus_opts *opts, unsigned failures)
{
	int64_t wait = opts->retry_interval + (int64_t)failures * opts->retry_backoff;

	return (uint64_t)(wait < opts->interval_max ? wait : opts->interval_max) * 1000;
}

/* What is to become of a letter that was tried. */
static void
judge(struct outbox *outbox, struct posted *posted, int sent, const struct err *err)
{
	bool late = posted->deadline_ms && clock_ms() >= posted->deadline_ms;

	tell(outbox, sent < 0, err);
	if (sent == 1 || late) {
		if (sent != 1)
			log_error("bus", "%s: given up: %s", posted->about,
			    sent < 0 ? err->text : "nobody waits for it");
		take_out(outbox, posted, sent == 1);
		drop(posted);
	} else if (sent == 0) {
		posted->not_before_ms = clock_ms() + AGAIN_MS;
	} else if (err->kind == ERR_CONFLICT) {
		/* What the broker has against it is not the fault of those behind. */
		posted->not_before_ms = clock_ms() + (uint64_t)outbox->opts->interval_max * 1000;
	}
}

static void
beat(struct outbox *outbox)
{
	struct err err = ERR_INIT;

	if (rabbit_connected(outbox->rabbit) && rabbit_beat(outbox->rabbit, &err) < 0)
		log_warning("bus", "%s", err.text);
}

static void *
run(void *arg)
{
	struct outbox *outbox = arg;
	unsigned failures = 0;

	pthread_mutex_lock(&outbox->mutex);
	while (!over(outbox)) {
		struct err err = ERR_INIT;
		struct posted *posted;
		uint64_t idle_ms;
		int sent = 0;

		posted = next_letter(outbox, &idle_ms);
		if (!posted)
			wait_for(outbox, idle_ms);
		pthread_mutex_unlock(&outbox->mutex);
		if (posted)
			sent = publish(outbox, posted, &err);
		else
			beat(outbox);
		pthread_mutex_lock(&outbox->mutex);
		if (posted)
			judge(outbox, posted, sent, &err);
		failures = sent < 0 ? failures + 1 : 0;
		/* A connection that broke is made anew at once, one that cannot be made is not. */
		if (failures > 1)
			wait_for(
			    outbox, outbox->stop ? AGAIN_MS : backoff(outbox->opts, failures - 2));
	}
	pthread_mutex_unlock(&outbox->mutex);
	return NULL;
}

/* ---- from outside ---- */

int
outbox_open(struct outbox **ret, const struct transport *transport, const struct bus_opts *opts,
    const char *name, struct err *err)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	int failed;

	if (!outbox)
		return err_memory(err);
	outbox->opts = opts;
	outbox->last = &outbox->first;
	pthread_mutex_init(&outbox->mutex, NULL);
	pthread_cond_init(&outbox->changed, NULL);
	if (rabbit_open(&outbox->rabbit, transport, opts, name, err) < 0) {
		free(outbox);
		return -1;
	}
	failed = pthread_create(&outbox->thread, NULL, run, outbox);
	if (failed) {
		rabbit_close(outbox->rabbit);
		free(outbox);
		return err_set(err, ERR_SYSTEM, "no thread for messages: %s", strerror(failed));
	}
	*ret = outbox;
	return 0;
}

static int
wait_for_broker(
    struct outbox *outbox, struct posted *posted, const struct letter *letter, struct err *err)
{
	uint64_t deadline_ms = clock_ms() + letter->sure_ms;
	struct waiter waiter = { .over = false };

	posted->waiter = &waiter;
	while (!waiter.over && clock_await(&outbox->changed, &outbox->mutex, deadline_ms))
		;
	if (!waiter.over)
		posted->waiter = NULL;
	if (waiter.taken)
		return 0;
	return err_set(err, ERR_RETRY, "%s: the message broker has not taken it", letter->about);
}

int
outbox_post(struct outbox *outbox, const struct letter *letter, struct err *err)
{
	struct posted *posted = calloc(1, sizeof *posted);
	scoped_lock(&outbox->mutex);

	if (!posted)
		return err_memory(err);
	posted->kind = letter->kind;
	snprintf(posted->exchange, sizeof posted->exchange, "%s",
	    letter->exchange ? letter->exchange : "");
	snprintf(posted->key, sizeof posted->key, "%s", letter->key);
	snprintf(posted->about, sizeof posted->about, "%s", letter->about);
	posted->body = (struct buf)BUF(BODY_MAX);
	posted->expires_ms = letter->expires_ms;
	posted->deadline_ms = letter->patience_ms ? clock_ms() + letter->patience_ms : 0;
	buf_add(&posted->body, letter->body.data, letter->body.length);
	if (buf_check(&posted->body, err) < 0) {
		drop(posted);
		return err_wrap(err, "%s", letter->about);
	}
	if (outbox->count == OUTBOX_MAX) {
		drop(posted);
		return err_set(err, ERR_NO_SPACE, "%s: %u messages wait for the broker already",
		    letter->about, outbox->count);
	}
	*outbox->last = posted;
	outbox->last = &posted->next;
	outbox->count++;
	pthread_cond_broadcast(&outbox->changed);
	return letter->sure_ms ? wait_for_broker(outbox, posted, letter, err) : 0;
}

void
outbox_close(struct outbox *outbox, uint64_t timeout_ms)
{
	struct posted *posted, *next;

	if (!outbox)
		return;
	pthread_mutex_lock(&outbox->mutex);
	outbox->stop = true;
	outbox->stop_ms = clock_ms() + timeout_ms;
	pthread_cond_broadcast(&outbox->changed);
	pthread_mutex_unlock(&outbox->mutex);
	pthread_join(outbox->thread, NULL);
	for (posted = outbox->first; posted; posted = next) {
		next = posted->next;
		log_error("bus", "%s: given up: the service stops", posted->about);
		drop(posted);
	}
	rabbit_close(outbox->rabbit);
	pthread_mutex_destroy(&outbox->mutex);
	pthread_cond_destroy(&outbox->changed);
	free(outbox);
}
