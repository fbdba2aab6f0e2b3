#include "job/pulse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/scope.h"
#include "store/store.h"

enum { FIRST_ANSWER_S = 5 };

struct pulse {
	struct store *store;
	int64_t interval_s;
	pthread_t thread;
	pthread_mutex_t mutex; /* of what follows, but for over, which the store looks at */
	pthread_cond_t changed;
	bool asked, works;
	atomic_bool over;
};

/* As a job would: over a store of its own, which can be cancelled. */
static int
ask(struct pulse *pulse, struct err *err)
{
	scoped(store_close_scoped) struct store *own = NULL;
	const struct store_user nobody = { .cancel = &pulse->over };
	int opened = store_act_as(pulse->store, &nobody, &own, err);

	if (opened < 0)
		return -1;
	return store_check(own ? own : pulse->store, err);
}

static void
note(struct pulse *pulse, bool works, const struct err *err)
{
	scoped_lock(&pulse->mutex);

	if (!works && (pulse->works || !pulse->asked))
		log_warning("store", "%s; this service is down until the store works", err->text);
	if (works && pulse->asked && !pulse->works)
		log_info("store", "works again; this service is up");
	pulse->works = works;
	pulse->asked = true;
	pthread_cond_broadcast(&pulse->changed);
}

/* true: it is over. */
static bool
nap(struct pulse *pulse)
{
	const uint64_t until_ms = clock_ms() + (uint64_t)pulse->interval_s * 1000;
	scoped_lock(&pulse->mutex);

	while (!atomic_load(&pulse->over) && clock_await(&pulse->changed, &pulse->mutex, until_ms))
		;
	return atomic_load(&pulse->over);
}

static void *
run(void *arg)
{
	struct pulse *pulse = arg;

	do {
		struct err err = ERR_INIT;
		bool works = ask(pulse, &err) == 0;

		if (!atomic_load(&pulse->over))
			note(pulse, works, &err);
	} while (!nap(pulse));
	return NULL;
}

static void
wait_for_answer(struct pulse *pulse)
{
	const uint64_t until_ms = clock_ms() + FIRST_ANSWER_S * 1000;
	scoped_lock(&pulse->mutex);

	while (!pulse->asked && clock_await(&pulse->changed, &pulse->mutex, until_ms))
		;
}

int
pulse_begin(struct pulse **ret, struct store *store, int64_t interval_s, struct err *err)
{
	struct pulse *pulse = calloc(1, sizeof *pulse);
	int failed;

	if (!pulse)
		return err_memory(err);
	pulse->store = store;
	pulse->interval_s = interval_s;
	pthread_mutex_init(&pulse->mutex, NULL);
	pthread_cond_init(&pulse->changed, NULL);
	failed = pthread_create(&pulse->thread, NULL, run, pulse);
	if (failed) {
		free(pulse);
		return err_set(err, ERR_SYSTEM, "no thread for the store: %s", strerror(failed));
	}
	wait_for_answer(pulse);
	*ret = pulse;
	return 0;
}

bool
pulse_works(struct pulse *pulse)
{
	scoped_lock(&pulse->mutex);

	return pulse->works;
}

void
pulse_end(struct pulse *pulse)
{
	if (!pulse)
		return;
	pthread_mutex_lock(&pulse->mutex);
	atomic_store(&pulse->over, true);
	pthread_cond_broadcast(&pulse->changed);
	pthread_mutex_unlock(&pulse->mutex);
	pthread_join(pulse->thread, NULL);
	pthread_cond_destroy(&pulse->changed);
	pthread_mutex_destroy(&pulse->mutex);
	free(pulse);
}
