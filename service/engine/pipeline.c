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
	    !run->pipeline->stages[stage].run_many && run->slots[best].number != run->served[stage])
		return none;
	return best;
}

/* Have the stages behind this one enough, so that a slot for each thread of any of them is there?
 */
static bool
is_enough_behind(const struct run *run, size_t stage)
{
	const struct pipeline *pipeline = run->pipeline;
	size_t behind = 0, busy = 0, most = 0, i;

	for (i = 0; i < pipeline->n_slots; i++) {
		if (run->slots[i].stage <= stage || run->slots[i].number >= run->limit)
			continue;
		behind++;
		busy += run->slots[i].busy;
	}
	for (i = stage + 1; i < pipeline->n_stages; i++) {
		if (pipeline->stages[i].threads > most)
			most = pipeline->stages[i].threads;
	}
	return busy && behind >= most;
}

/* Are there enough for a stage that takes many, or somebody behind it who has nothing to do? */
static bool
may_begin(const struct run *run, size_t stage)
{
	size_t waiting = 0, i;

	for (i = 0; i < run->pipeline->n_slots; i++)
		waiting += run->slots[i].stage == stage && !run->slots[i].busy &&
			   run->slots[i].number < run->limit;
	return waiting >= run->pipeline->stages[stage].most || !is_enough_behind(run, stage);
}

/* Stages that take many may have waited while those behind them had enough. */
static void
hurry(struct run *run)
{
	size_t stage;

	for (stage = 0; stage < run->pipeline->n_stages; stage++) {
		if (run->pipeline->stages[stage].run_many)
			pthread_cond_signal(&run->ready[stage]);
	}
}

/* Take what a thread of this stage is to have next: how many slots? */
static size_t
take_some(struct run *run, size_t stage, size_t ret[PIPELINE_MANY])
{
	const struct stage *how = &run->pipeline->stages[stage];
	size_t most = how->run_many ? how->most : 1, count = 0, slot;

	if (how->run_many && !may_begin(run, stage))
		return 0;
	while (count < most && (slot = find_slot(run, stage)) < run->pipeline->n_slots) {
		run->slots[slot].busy = true;
		if (stage == 0)
			run->slots[slot].number = run->filled;
		ret[count++] = slot;
	}
	return count;
}

/* Wait for something to do.  How many slots?  0: it is all over. */
static size_t
take_slots(struct run *run, size_t stage, size_t ret[PIPELINE_MANY])
{
	size_t count;

	for (;;) {
		check_cancel(run);
		count = take_some(run, stage, ret);
		if (count)
			return count;
		if (is_over(run)) {
			wake_all(run); /* a cancel that only this thread has seen */
			return 0;
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
		hurry(run);
	}
	check_cancel(run);
	if (is_over(run))
		wake_all(run);
}

static int
run_stage(const struct run *run, size_t stage, const size_t *slots, size_t count, struct err *err)
{
	const struct pipeline *pipeline = run->pipeline;
	const struct stage *how = &pipeline->stages[stage];
	void *held[PIPELINE_MANY];
	size_t i;

	for (i = 0; i < count; i++)
		held[i] = (char *)pipeline->slots + slots[i] * pipeline->slot_size;
	return how->run_many ? how->run_many(run->arg, held, count, err)
			     : how->run(run->arg, held[0], err);
}

static void *
work(void *arg)
{
	const struct worker *worker = arg;
	struct run *run = worker->run;
	size_t slots[PIPELINE_MANY], count, i;
	struct err err;
	int result;

	pthread_mutex_lock(&run->mutex);
	while ((count = take_slots(run, worker->stage, slots)) > 0) {
		pthread_mutex_unlock(&run->mutex);
		result = run_stage(run, worker->stage, slots, count, &err);
		pthread_mutex_lock(&run->mutex);
		for (i = 0; i < count; i++)
			pass_slot(run, worker->stage, slots[i], result, &err);
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
		assert(pipeline->stages[i].most <= PIPELINE_MANY);
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
	assert(pipeline->stages[0].threads == 1 && !pipeline->stages[0].run_many);
	assert(!pipeline->stages[pipeline->n_stages - 1].run_many);
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
