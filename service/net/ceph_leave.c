#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "net/ceph.h"

enum { STEP_MS = 100 };

struct errand {
	int (*work)(void *arg, struct err *);
	void (*drop)(void *arg);
	void *arg;
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool over, left;
	int result;
	struct err err;
};

static void
errand_free(struct errand *errand)
{
	pthread_cond_destroy(&errand->ended);
	pthread_mutex_destroy(&errand->mutex);
	free(errand);
}

static void
errand_end(struct errand *errand)
{
	errand->drop(errand->arg);
	errand_free(errand);
}

static void *
run_errand(void *arg)
{
	struct errand *errand = arg;
	int result = errand->work(errand->arg, &errand->err);
	bool left;

	pthread_mutex_lock(&errand->mutex);
	errand->result = result;
	errand->over = true;
	left = errand->left;
	pthread_cond_signal(&errand->ended);
	pthread_mutex_unlock(&errand->mutex);
	if (left)
		errand_end(errand);
	return NULL;
}

static bool
start(struct errand *errand)
{
	pthread_attr_t detached;
	pthread_t thread;
	int failed;

	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	failed = pthread_create(&thread, &detached, run_errand, errand);
	pthread_attr_destroy(&detached);
	return !failed;
}

static void
wait_step(struct errand *errand)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STEP_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&errand->ended, &errand->mutex, &until);
}

/* true: it is over; false: it is left. */
static bool
wait_for(struct errand *errand, const atomic_bool *cancel, unsigned patience_ms)
{
	unsigned waited_ms = 0;
	scoped_lock(&errand->mutex);

	while (!errand->over && (!cancel || !atomic_load(cancel) || waited_ms < patience_ms)) {
		wait_step(errand);
		waited_ms += cancel && atomic_load(cancel) ? STEP_MS : 0;
	}
	errand->left = !errand->over;
	return errand->over;
}

int
ceph_leave(int (*work)(void *arg, struct err *), void (*drop)(void *arg), void *arg,
    const atomic_bool *cancel, unsigned patience_ms, struct err *err)
{
	struct errand *errand = calloc(1, sizeof *errand);
	int result;

	if (!errand) {
		drop(arg);
		return err_memory(err);
	}
	errand->work = work;
	errand->drop = drop;
	errand->arg = arg;
	pthread_mutex_init(&errand->mutex, NULL);
	pthread_cond_init(&errand->ended, NULL);
	if (!start(errand)) {
		errand_end(errand);
		return err_set(err, ERR_SYSTEM, "no thread to ask Ceph");
	}
	if (!wait_for(errand, cancel, patience_ms))
		return err_set(err, ERR_CANCELLED, "cancelled");
	result = errand->result;
	if (result < 0)
		*err = errand->err;
	errand_end(errand);
	return result;
}
