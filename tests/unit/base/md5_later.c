/* Digests that are put off until somebody needs them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/md5_later.h"

enum { BUFFERS = 100, LONGEST = 5000, THREADS = 4 };

static uint8_t content[BUFFERS + LONGEST];

static struct span
buffer(size_t i)
{
	return (struct span){ (char *)content + i, i * 53 % LONGEST };
}

static struct md5_pool *
open_pool(void)
{
	struct md5_pool *pool;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * i >> 7 ^ i);
	assert_int_equal(md5_pool_open(&pool, &err), 0);
	return pool;
}

static void
see_digest(struct md5_later *later, size_t i)
{
	uint8_t expected[DIGEST_MD5_SIZE], found[DIGEST_MD5_SIZE];

	digest_md5(buffer(i).data, buffer(i).length, expected);
	assert_true(md5_later_get(later, found));
	assert_memory_equal(found, expected, sizeof found);
}

static void
each_gets_its_own_in_any_order(void **state)
{
	struct md5_pool *pool = open_pool();
	struct md5_later later[BUFFERS];
	size_t i, step;

	(void)state;
	for (step = 1; step < BUFFERS; step += 2) {
		if (step % 5 == 0)
			continue;
		for (i = 0; i < BUFFERS; i++)
			md5_later_add(pool, &later[i], buffer(i));
		for (i = 0; i < BUFFERS; i++)
			see_digest(&later[i * step % BUFFERS], i * step % BUFFERS);
		see_digest(&later[0], 0);
	}
	md5_pool_close(pool);
}

static void
one_that_is_needed_takes_others_along(void **state)
{
	struct md5_pool *pool = open_pool();
	struct md5_later later[BUFFERS];
	size_t best = digest_md5_best(), there = 0, i;

	(void)state;
	for (i = 0; i < BUFFERS; i++)
		md5_later_add(pool, &later[i], buffer(i));
	see_digest(&later[50], 50);
	for (i = 0; i < BUFFERS; i++)
		there += later[i].state == MD5_THERE;
	assert_int_equal(there, best);
	for (i = 0; i + 1 < best; i++)
		assert_int_equal(later[i].state, MD5_THERE);
	assert_int_equal(later[50].state, MD5_THERE);
	md5_pool_close(pool);
}

static void
what_is_told_is_compared(void **state)
{
	static const uint8_t other[DIGEST_MD5_SIZE] = { 1 };
	struct md5_pool *pool = open_pool();
	uint8_t expected[DIGEST_MD5_SIZE], found[DIGEST_MD5_SIZE];
	struct md5_later later[3];
	size_t i;

	(void)state;
	digest_md5(buffer(7).data, buffer(7).length, expected);
	for (i = 0; i < 3; i++)
		md5_later_add(pool, &later[i], buffer(7));
	md5_later_tell(&later[0], other);
	md5_later_tell(&later[1], expected);
	assert_false(md5_later_get(&later[0], found));
	assert_memory_equal(found, expected, sizeof found);
	assert_true(md5_later_get(&later[1], found));
	assert_true(md5_later_get(&later[2], found));
	md5_pool_close(pool);
}

struct crowd {
	struct md5_later later[BUFFERS];
	size_t first;
};

static void *
get_all(void *arg)
{
	struct crowd *crowd = arg;
	uint8_t found[DIGEST_MD5_SIZE];
	size_t i;

	for (i = 0; i < BUFFERS; i++)
		md5_later_get(&crowd->later[(crowd->first + i * 7) % BUFFERS], found);
	return NULL;
}

/* cmocka's checks belong to the first thread. */
static void
many_threads_may_need_them(void **state)
{
	struct md5_pool *pool = open_pool();
	struct crowd crowd = { .first = 0 };
	pthread_t threads[THREADS];
	size_t i;

	(void)state;
	for (i = 0; i < BUFFERS; i++)
		md5_later_add(pool, &crowd.later[i], buffer(i));
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_all, &crowd), 0);
	for (i = 0; i < BUFFERS; i++)
		see_digest(&crowd.later[BUFFERS - 1 - i], BUFFERS - 1 - i);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	md5_pool_close(pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_gets_its_own_in_any_order),
		cmocka_unit_test(one_that_is_needed_takes_others_along),
		cmocka_unit_test(what_is_told_is_compared),
		cmocka_unit_test(many_threads_may_need_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
