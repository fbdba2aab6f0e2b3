#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>

struct mail {
	pthread_mutex_t mutex;
	pthread_cond_t came;
	bool here;
};

static void
time_stands_still_when_set(void **state)
{
	int64_t before, now;

	(void)state;
	clock_set(1767323045);
	assert_int_equal(clock_now(), 1767323045);
	clock_set(0);
	assert_int_equal(clock_now(), 0);
	clock_set(-1);
	before = time(NULL); /* which may be a tick behind */
	now = clock_now();
	assert_in_range(now, before, time(NULL) + 1);
}

static void
milliseconds_pass(void **state)
{
	uint64_t start = clock_ms();

	(void)state;
	clock_sleep_ms(3);
	assert_true(clock_ms() - start >= 2);
}

static void
a_wait_ends_when_it_is_cancelled(void **state)
{
	atomic_bool cancel = false;

	(void)state;
	assert_true(clock_wait_ms(1, NULL));
	assert_true(clock_wait_ms(1, &cancel));
	cancel = true;
	assert_false(clock_wait_ms(60 * 60 * 1000, &cancel));
	assert_false(clock_wait_ms(0, &cancel));
}

static void *
set_and_signal(void *arg)
{
	struct mail *mail = arg;

	pthread_mutex_lock(&mail->mutex);
	mail->here = true;
	pthread_cond_signal(&mail->came);
	pthread_mutex_unlock(&mail->mutex);
	return NULL;
}

static void
a_condition_is_awaited_no_longer_than_told(void **state)
{
	struct mail mail = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	const uint64_t until_ms = clock_ms() + 20;
	pthread_t postman;

	(void)state;
	pthread_mutex_lock(&mail.mutex);
	while (clock_await(&mail.came, &mail.mutex, until_ms))
		;
	assert_true(clock_ms() >= until_ms);
	assert_false(clock_await(&mail.came, &mail.mutex, 0));
	assert_int_equal(pthread_create(&postman, NULL, set_and_signal, &mail), 0);
	while (!mail.here)
		assert_true(clock_await(&mail.came, &mail.mutex, clock_ms() + 600 * 1000));
	pthread_mutex_unlock(&mail.mutex);
	pthread_join(postman, NULL);
}

static void
moments_are_printed_in_utc(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	clock_format(1767323045, "%Y-%m-%d %H:%M:%S+00:00", text);
	assert_string_equal(text, "2026-01-02 03:04:05+00:00");
	clock_format(0, "%Y%m%d%H%M%S", text);
	assert_string_equal(text, "19700101000000");
	clock_format(0, "%A %B %A %B %A %B %A %B %A %B", text);
	assert_string_equal(text, "");
}

static void
moments_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "2026-01-02 03:04:05", 1767323045 },
		{ "2026-01-02T03:04:05", 1767323045 },
		{ "2026-01-02T03:04:05Z", 1767323045 },
		{ "2026-01-02 03:04:05+00:00", 1767323045 },
		{ "2026-01-02T03:04:05.000000", 1767323045 },
		{ "2026-01-02T03:04:05.999999+00:00", 1767323045 },
		{ "1970-01-01 00:00:00", 0 },
		{ "2024-02-29 12:00:00", 1709208000 },
	};
	int64_t seconds;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(clock_parse(rows[i].text, &seconds), 1);
		assert_int_equal(seconds, rows[i].seconds);
	}
}

static void
what_is_no_moment_is_not_read(void **state)
{
	static const char *const texts[] = { "", "2026", "2026-01-02", "2026-01-02 ", "now",
		"2026-01-02 03:04", "2026-01-02_03:04:05", "2026-13-02 03:04:05",
		"2026-01-32 03:04:05", "2026-01-02 25:04:05", "2026-01-02 03:04:05+02:00",
		"2026-01-02 03:04:05 UTC", "2026-01-02 03:04:05Zx", "2026-02-30 00:00:00",
		"2025-02-29 00:00:00", "2026-01-02 03:04:05." };
	int64_t seconds = 7;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (clock_parse(texts[i], &seconds) != 0)
			fail_msg("%s is taken", texts[i]);
		assert_int_equal(seconds, 7);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_stands_still_when_set),
		cmocka_unit_test(milliseconds_pass),
		cmocka_unit_test(a_wait_ends_when_it_is_cancelled),
		cmocka_unit_test(a_condition_is_awaited_no_longer_than_told),
		cmocka_unit_test(moments_are_printed_in_utc),
		cmocka_unit_test(moments_are_read),
		cmocka_unit_test(what_is_no_moment_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
