/* Links to Ceph without a cluster: who shares them, and what is left to itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <semaphore.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/ceph.h"
#include "options/tables.h"

static struct ceph_opts cinder = { .conf = "/a/ceph.conf", .user = "cinder" };
static struct ceph_opts other = { .conf = "/a/ceph.conf", .user = "other" };

static void
one_job_has_one_link(void **state)
{
	const struct ceph_cluster elsewhere = { .monitors = "127.0.0.1" };
	atomic_bool job = false, neighbour = false;
	struct ceph_link *shared = ceph_link_share(&cinder, &job);
	struct ceph_link *same = ceph_link_open(&cinder, NULL, &job);
	struct ceph_link *others[] = {
		ceph_link_open(&cinder, NULL, &neighbour),
		ceph_link_open(&cinder, NULL, NULL),
		ceph_link_open(&other, NULL, &job),
		ceph_link_open(&cinder, &elsewhere, &job),
	};
	size_t i;

	(void)state;
	assert_ptr_equal(same, shared);
	for (i = 0; i < sizeof others / sizeof others[0]; i++) {
		assert_ptr_not_equal(others[i], shared);
		ceph_link_close(others[i]);
	}
	ceph_link_unshare(shared);
	others[0] = ceph_link_open(&cinder, NULL, &job);
	assert_ptr_not_equal(others[0], same);
	ceph_link_close(others[0]);
	ceph_link_close(same);
}

/* A call that takes as long as the test likes. */
struct slow {
	sem_t go, over;
	int dropped;
};

static int
wait_for_go(void *arg, struct err *err)
{
	struct slow *slow = arg;

	while (sem_wait(&slow->go) < 0)
		;
	return err_set(err, ERR_NOT_FOUND, "it came to nothing");
}

static void
drop(void *arg)
{
	struct slow *slow = arg;

	slow->dropped++;
	sem_post(&slow->over);
}

static void
slow_init(struct slow *slow)
{
	sem_init(&slow->go, 0, 0);
	sem_init(&slow->over, 0, 0);
	slow->dropped = 0;
}

static void
answers_are_waited_for(void **state)
{
	struct ceph_link *link = ceph_link_open(&cinder, NULL, NULL);
	atomic_bool cancel = false;
	struct err err = ERR_INIT;
	struct slow slow;

	(void)state;
	slow_init(&slow);
	sem_post(&slow.go);
	assert_int_equal(ceph_leave(link, wait_for_go, drop, &slow, &cancel, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(slow.dropped, 1);
	assert_true(ceph_link_settle(link));
	ceph_link_close(link);
}

static void
who_is_cancelled_leaves_and_the_link_knows(void **state)
{
	struct ceph_link *link = ceph_link_open(&cinder, NULL, NULL);
	atomic_bool cancel = true;
	struct err err = ERR_INIT;
	uint64_t since_ms;
	struct slow slow;

	(void)state;
	slow_init(&slow);
	assert_int_equal(ceph_leave(link, wait_for_go, drop, &slow, &cancel, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_int_equal(slow.dropped, 0);
	/* All its patience went into the first call. */
	assert_false(ceph_link_patient(link));
	assert_false(ceph_link_settle(link));
	assert_false(ceph_settled());
	sem_post(&slow.go);
	while (sem_wait(&slow.over) < 0)
		;
	assert_int_equal(slow.dropped, 1);
	for (since_ms = clock_ms(); !ceph_settled() && clock_ms() - since_ms < 60000;)
		clock_sleep_ms(1);
	assert_true(ceph_link_settle(link));
	ceph_link_close(link);
}

static void
what_takes_too_long_is_left_and_not_called_cancelled(void **state)
{
	struct ceph_link *link = ceph_link_open(&cinder, NULL, NULL);
	atomic_bool cancel = false;
	struct err err = ERR_INIT;
	struct slow slow;

	(void)state;
	slow_init(&slow);
	assert_int_equal(ceph_leave_within(link, wait_for_go, drop, &slow, &cancel, 20, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_string_equal(err.text, "Ceph has not answered within 20 ms");
	sem_post(&slow.go);
	while (sem_wait(&slow.over) < 0)
		;
	assert_true(ceph_link_settle(link));
	ceph_link_close(link);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_job_has_one_link),
		cmocka_unit_test(answers_are_waited_for),
		cmocka_unit_test(who_is_cancelled_leaves_and_the_link_knows),
		cmocka_unit_test(what_takes_too_long_is_left_and_not_called_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
