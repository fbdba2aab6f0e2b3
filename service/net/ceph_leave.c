#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/ceph.h"

enum { STEP_MS = 100 };

#define FOR_EVER UINT_MAX

struct errand {
	int (*work)(void *arg, struct err *);
	void (*drop)(void *arg);
	void *arg;
	struct ceph_link *link;
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
	struct ceph_link *link = errand->link;

	errand->drop(errand->arg);
	errand_free(errand);
	ceph_link_close(link);
}

static void *
run_errand(void *arg)
{
	struct errand *errand = arg;
	int result = errand->work(errand->arg, &errand->err);
	struct ceph_link *link;
	bool left;

	pthread_mutex_lock(&errand->mutex);
	errand->result = result;
	errand->over = true;
	left = errand->left;
	pthread_cond_signal(&errand->ended);
	pthread_mutex_unlock(&errand->mutex);
	if (!left)
		return NULL;
	link = ceph_link_hold(errand->link);
	errand_end(errand);
	ceph_link_return(link);
	ceph_link_close(link);
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

/* true: it is over; false: it is left. */
static bool
wait_for(struct errand *errand, const atomic_bool *cancel, uint64_t until_ms)
{
	scoped_lock(&errand->mutex);

	while (!errand->over && clock_ms() < until_ms &&
	       (!cancel || !atomic_load(cancel) || ceph_link_patient(errand->link)))
		clock_await(&errand->ended, &errand->mutex, clock_ms() + STEP_MS);
	errand->left = !errand->over;
	if (errand->left)
		ceph_link_leave(errand->link);
	return errand->over;
}

static struct errand *
errand_new(
    struct ceph_link *link, int (*work)(void *, struct err *), void (*drop)(void *), void *arg)
{
	struct errand *errand = calloc(1, sizeof *errand);

	if (!errand)
		return NULL;
	errand->work = work;
	errand->drop = drop;
	errand->arg = arg;
	errand->link = ceph_link_hold(link);
	pthread_mutex_init(&errand->mutex, NULL);
	pthread_cond_init(&errand->ended, NULL);
	return errand;
}

static int
leave_at(struct ceph_link *link, int (*work)(void *arg, struct err *), void (*drop)(void *arg),
    void *arg, const atomic_bool *cancel, unsigned within_ms, struct err *err)
{
	struct errand *errand = errand_new(link, work, drop, arg);
	uint64_t until_ms = within_ms == FOR_EVER ? UINT64_MAX : clock_ms() + within_ms;
	int result;

	if (!errand) {
		drop(arg);
		return err_memory(err);
	}
	if (!start(errand)) {
		errand_end(errand);
		return err_set(err, ERR_SYSTEM, "no thread to ask Ceph");
	}
	if (!wait_for(errand, cancel, until_ms)) {
		if (clock_ms() < until_ms)
			return err_set(err, ERR_CANCELLED, "cancelled: Ceph has not answered yet");
		return err_set(err, ERR_RETRY, "Ceph has not answered within %u ms", within_ms);
	}
	result = errand->result;
	if (result < 0)
		*err = errand->err;
	errand_end(errand);
	return result;
}

int
ceph_leave(struct ceph_link *link, int (*work)(void *arg, struct err *), void (*drop)(void *arg),
    void *arg, const atomic_bool *cancel, struct err *err)
{
	return leave_at(link, work, drop, arg, cancel, FOR_EVER, err);
}

int
ceph_leave_within(struct ceph_link *link, int (*work)(void *arg, struct err *),
    void (*drop)(void *arg), void *arg, const atomic_bool *cancel, unsigned ms, struct err *err)
{
	return leave_at(link, work, drop, arg, cancel, ms, err);
}
