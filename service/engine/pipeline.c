#include "engine/pipeline.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/scope.h"

/* Where a slot is: in line for a stage, or in the hands of one of its threads. */
struct place_in_line {
	size_t stage;    /* 0: empty, to be filled */
	uint64_t number; /* in the order of filling */
	bool busy;
};

/*
 * Everything below is guarded by one mutex: slots are megabytes and take
 * milliseconds, so nobody waits for it.  ready[stage] wakes that stage's
 * threads when one of them may have something to do.
 */
struct run {
	const struct pipeline *pipeline;
	void *arg;
	pthread_mutex_t mutex;
	pthread_cond_t *ready;
	struct place_in_line *slots;
	uint64_t *served; /* by each stage: the number an ordered stage waits for */
	uint64_t filled;  /* slots so far */
	bool dry;         /* nothing more is filled */
	uint64_t
	    limit; /* slots from this number on go no further: one failed, or all were cancelled */
	struct err err; /* of the slot with that number */
};

struct worker {
	struct run *run;
	size_t stage;
	pthread_t thread;
};

/* Is all done that will be done? */
static bool
is_over(const struct run *run)
{
	size_t i;

	if (!run->dry)
		return false;
	for (i = 0; i < run->pipeline->n_slots; i++) {
		if (run->slots[i].busy ||
		    (run->slots[i].stage && run->slots[i].number < run->limit))
			return false;
	}
	return true;
}

static void
wake_all(struct run *run)
{
	size_t i;

	for (i = 0; i < run->pipeline->n_stages; i++)
		pthread_cond_broadcast(&run->ready[i]);
}

/* Let slots from number on go no further.  The earliest failure is the one told. */
static void
fail(struct run *run, uint64_t number, const struct err *err)
{
	if (number >= run->limit)
		return;
	run->dry = true;
	run->limit = number;
	run->err = *err;
	wake_all(run); /* what some waited for may never come */
}

static void
check_cancel(struct run *run)
{
	struct err err;

	if (!run->pipeline->cancel || !atomic_load(run->pipeline->cancel) || run->limit == 0)
		return;
	if (run->limit <
	    UINT64_MAX) { /* something failed before: that is told, but nothing goes on */
		run->limit = 0;
		return;
	}
	err_set(&err, ERR_CANCELLED, "cancelled");
	fail(run, 0, &err);
}

/* The slot that a thread of this stage takes next, or n_slots: none yet. */
static size_t
find_slot(const struct run *run, size_t stage)
{
	size_t none = run->pipeline->n_slots, best = none, i;
	const struct place_in_line *slot;

	if (stage == 0 && run->dry)
		return none;
	for (i = 0; i < none; i++) {
		slot = &run->slots[i];
		if (slot->busy || slot->stage != stage)
			continue;
		if (stage == 0)
			return i;
		if (slot->number < run->limit &&
		    (best == none || slot->number < run->slots[best].number))
			best = i;
	}
	if (best < none && run->pipeline->stages[stage].threads == 1 &&
	    run->slots[best].number != run->served[stage])
		return none;
	return best;
}

/* Wait for something to do: which slot?  n_slots: it is all over. */
static size_t
take_slot(struct run *run, size_t stage)
{
	size_t none = run->pipeline->n_slots, slot;

	for (;;) {
		check_cancel(run);
		slot = find_slot(run, stage);
		if (slot < none) {
			run->slots[slot].busy = true;
			if (stage == 0)
				run->slots[slot].number = run->filled;
			return slot;
		}
		if (is_over(run)) {
			wake_all(run); /* a cancel that only this thread has seen */
			return none;
		}
		pthread_cond_wait(&run->ready[stage], &run->mutex);
	}
}

/* A stage is done with a slot: pass it on. */
static void
pass_slot(struct run *run, size_t stage, size_t index, int result, const struct err *err)
{
	struct place_in_line *slot = &run->slots[index];

	slot->busy = false;
	if (result < 0)
		fail(run, slot->number, err);
	else if (result > 0 && stage == 0)
		run->dry = true;
	if (result == 0) {
		run->served[stage]++;
		run->filled += stage == 0;
		slot->stage = (stage + 1) % run->pipeline->n_stages;
		pthread_cond_signal(&run->ready[slot->stage]);
	}
	check_cancel(run);
	if (is_over(run))
		wake_all(run);
}

/* Whoever computes for long leaves the CPU to those that wake up, such as a server nearby. */
static void
step_back(void)
{
	struct sched_param none = { 0 };
	int policy;

	if (pthread_getschedparam(pthread_self(), &policy, &none) == 0 && policy == SCHED_OTHER)
		pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

static void *
work(void *arg)
{
	const struct worker *worker = arg;
	struct run *run = worker->run;
	const struct pipeline *pipeline = run->pipeline;
	size_t slot;
	struct err err;
	int result;

	step_back();
	pthread_mutex_lock(&run->mutex);
	while ((slot = take_slot(run, worker->stage)) < pipeline->n_slots) {
		pthread_mutex_unlock(&run->mutex);
		result = pipeline->stages[worker->stage].run(
		    run->arg, (char *)pipeline->slots + slot * pipeline->slot_size, &err);
		pthread_mutex_lock(&run->mutex);
		pass_slot(run, worker->stage, slot, result, &err);
	}
	pthread_mutex_unlock(&run->mutex);
	return NULL;
}

static void
start_failed(struct run *run, int sys)
{
	struct err err;
	scoped_lock(&run->mutex);

	err_set(&err, ERR_SYSTEM, "cannot start a thread");
	err.sys = sys;
	fail(run, 0, &err);
	wake_all(run);
}

/* Start all threads, wait for all that started. */
static void
run_threads(struct run *run, struct worker *workers)
{
	const struct pipeline *pipeline = run->pipeline;
	size_t stage, count = 0;
	unsigned i;
	int sys = 0;

	for (stage = 0; stage < pipeline->n_stages; stage++) {
		for (i = 0; i < pipeline->stages[stage].threads && !sys; i++) {
			workers[count].run = run;
			workers[count].stage = stage;
			sys = pthread_create(&workers[count].thread, NULL, work, &workers[count]);
			count += !sys;
		}
	}
	if (sys)
		start_failed(run, sys);
	while (count)
		pthread_join(workers[--count].thread, NULL);
}

static size_t
count_threads(const struct pipeline *pipeline)
{
	size_t count = 0, i;

	for (i = 0; i < pipeline->n_stages; i++) {
		assert(pipeline->stages[i].threads > 0);
		count += pipeline->stages[i].threads;
	}
	return count;
}

int
pipeline_run(const struct pipeline *pipeline, void *arg, struct err *err)
{
	scoped(scoped_free) pthread_cond_t *ready = calloc(pipeline->n_stages, sizeof *ready);
	scoped(scoped_free) struct place_in_line *slots = calloc(pipeline->n_slots, sizeof *slots);
	scoped(scoped_free) uint64_t *served = calloc(pipeline->n_stages, sizeof *served);
	scoped(scoped_free) struct worker *workers =
	    calloc(count_threads(pipeline), sizeof *workers);
	struct run run = { .pipeline = pipeline,
		.arg = arg,
		.ready = ready,
		.slots = slots,
		.served = served,
		.limit = UINT64_MAX };
	size_t i;

	assert(pipeline->n_stages >= 2 && pipeline->n_slots >= 1);
	assert(pipeline->stages[0].threads == 1);
	if (!ready || !slots || !served || !workers)
		return err_memory(err);
	pthread_mutex_init(&run.mutex, NULL);
	for (i = 0; i < pipeline->n_stages; i++)
		pthread_cond_init(&ready[i], NULL);
	run_threads(&run, workers);
	for (i = 0; i < pipeline->n_stages; i++)
		pthread_cond_destroy(&ready[i]);
	pthread_mutex_destroy(&run.mutex);
	if (run.limit == UINT64_MAX)
		return 0;
	*err = run.err;
	return -1;
}
