#include "net/intake.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "options/tables.h"

enum { BODY_MAX = 64 * 1024 * 1024 };

struct intake {
	struct intake_setup setup;
	struct rabbit *rabbit; /* of the thread */
	struct buf body;       /* of the thread */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool ready, drain, drained, stop;
};

/* ---- the thread ---- */

static bool
is_set(struct intake *intake, const bool *flag)
{
	scoped_lock(&intake->mutex);

	return *flag;
}

static void
set(struct intake *intake, bool *flag, bool value)
{
	scoped_lock(&intake->mutex);

	*flag = value;
	pthread_cond_broadcast(&intake->changed);
}

/* Up to ms, or until the flag is set; true: it is. */
static bool
wait_for(struct intake *intake, const bool *flag, uint64_t ms)
{
	const uint64_t until_ms = clock_ms() + ms;
	scoped_lock(&intake->mutex);

	while (!*flag && clock_await(&intake->changed, &intake->mutex, until_ms))
		;
	return *flag;
}

/* Unless it is to drain or to stop. */
static void
pause_for(struct intake *intake, uint64_t ms)
{
	uint64_t end = clock_ms() + ms;

	while (clock_ms() < end && !is_set(intake, &intake->drain)) {
		if (wait_for(intake, &intake->stop, INTAKE_TICK_MS))
			break;
	}
}

static int
declare(struct intake *intake, const struct intake_queue *queue, const char *tag, struct err *err)
{
	struct rabbit *rabbit = intake->rabbit;

	if (rabbit_queue(rabbit, &queue->queue, err) < 0)
		return -1;
	if (queue->exchange.name &&
	    (rabbit_exchange(rabbit, &queue->exchange, err) < 0 ||
		rabbit_bind(rabbit, queue->queue.name, queue->exchange.name, queue->key, err) < 0))
		return -1;
	return rabbit_consume(rabbit, queue->queue.name, tag, err);
}

static int
begin(struct intake *intake, struct err *err)
{
	char tag[16];
	unsigned i;

	if (rabbit_connect(intake->rabbit, err) < 0)
		return -1;
	for (i = 0; i < intake->setup.n_queues; i++) {
		snprintf(tag, sizeof tag, "%u", i + 1);
		if (declare(intake, &intake->setup.queues[i], tag, err) < 0)
			return err_wrap(err, "queue %s", intake->setup.queues[i].queue.name);
	}
	return 0;
}

static int
end(struct intake *intake, struct err *err)
{
	char tag[16];
	unsigned i;

	for (i = 0; i < intake->setup.n_queues; i++) {
		snprintf(tag, sizeof tag, "%u", i + 1);
		if (rabbit_cancel(intake->rabbit, tag, err) < 0)
			return -1;
	}
	return 0;
}

/* Messages, one after the other, until the connection breaks (-1), or there are to be no more. */
static int
read_on(struct intake *intake, struct err *err)
{
	uint64_t delivery;
	int came;

	while (!is_set(intake, &intake->stop) && !is_set(intake, &intake->drain)) {
		came = rabbit_wait(intake->rabbit, INTAKE_TICK_MS, &intake->body, &delivery, err);
		if (came < 0)
			return -1;
		if (came) {
			intake->setup.hand(intake->setup.arg, buf_span(&intake->body));
			if (rabbit_ack(intake->rabbit, delivery, err) < 0)
				return -1;
		}
		if (intake->setup.tick)
			intake->setup.tick(intake->setup.arg);
	}
	return end(intake, err);
}

/* Nothing is read any more.  What came last may still be worked on, and ticks. */
static void
idle(struct intake *intake)
{
	rabbit_drop(intake->rabbit);
	set(intake, &intake->drained, true);
	while (!wait_for(intake, &intake->stop, INTAKE_TICK_MS)) {
		if (intake->setup.tick)
			intake->setup.tick(intake->setup.arg);
	}
}

static void *
run(void *arg)
{
	struct intake *intake = arg;
	const struct bus_opts *opts = intake->setup.opts;
	int64_t wait_s = opts->retry_interval;

	while (!is_set(intake, &intake->stop) && !is_set(intake, &intake->drain)) {
		struct err err = ERR_INIT;

		if (begin(intake, &err) == 0) {
			log_info("bus", "reading %s", intake->setup.queues[0].queue.name);
			set(intake, &intake->ready, true);
			wait_s = opts->retry_interval;
			if (read_on(intake, &err) == 0)
				break;
			set(intake, &intake->ready, false);
			log_warning("bus", "%s", err.text);
			continue; /* a connection that broke is made anew at once */
		}
		rabbit_drop(intake->rabbit);
		log_warning("bus", "%s; next try in %lld s", err.text, (long long)wait_s);
		pause_for(intake, (uint64_t)wait_s * 1000);
		wait_s += opts->retry_backoff;
		if (wait_s > opts->interval_max)
			wait_s = opts->interval_max;
	}
	idle(intake);
	return NULL;
}

/* ---- from outside ---- */

int
intake_open(struct intake **ret, const struct intake_setup *setup, struct err *err)
{
	struct intake *intake = calloc(1, sizeof *intake);
	int failed;

	if (!intake)
		return err_memory(err);
	intake->setup = *setup;
	intake->body = (struct buf)BUF(BODY_MAX);
	pthread_mutex_init(&intake->mutex, NULL);
	pthread_cond_init(&intake->changed, NULL);
	if (rabbit_open(&intake->rabbit, setup->transport, setup->opts, setup->name, err) < 0) {
		free(intake);
		return -1;
	}
	failed = pthread_create(&intake->thread, NULL, run, intake);
	if (failed) {
		rabbit_close(intake->rabbit);
		free(intake);
		return err_set(err, ERR_SYSTEM, "no thread for a queue: %s", strerror(failed));
	}
	*ret = intake;
	return 0;
}

bool
intake_ready(struct intake *intake, uint64_t timeout_ms)
{
	return wait_for(intake, &intake->ready, timeout_ms);
}

void
intake_drain(struct intake *intake)
{
	set(intake, &intake->drain, true);
	while (!wait_for(intake, &intake->drained, INTAKE_TICK_MS))
		continue;
}

void
intake_close(struct intake *intake)
{
	if (!intake)
		return;
	set(intake, &intake->stop, true);
	pthread_join(intake->thread, NULL);
	rabbit_close(intake->rabbit);
	buf_drop(&intake->body);
	pthread_mutex_destroy(&intake->mutex);
	pthread_cond_destroy(&intake->changed);
	free(intake);
}
