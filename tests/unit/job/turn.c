/* Whose turn it is: orders that the service must keep, without a service. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "job/turn.h"

enum { MANY = 16 };

/* The letters of projects in the order in which they come, and have their turns, one place free. */
static void
assert_order(const char *come, const char *expected)
{
	struct turns turns = { 0 };
	struct turn all[MANY] = { { 0 } };
	char names[MANY][2] = { "" }, order[MANY + 1] = "";
	size_t n = strlen(come), i;

	for (i = 0; i < n; i++) {
		names[i][0] = come[i];
		all[i].project = names[i];
		turns_wait(&turns, &all[i]);
	}
	while (turns.waiting) {
		for (i = 0; i < n && !turns_take(&turns, &all[i], 1); i++)
			;
		assert_true(i < n);
		strncat(order, names[i], 1);
		turns_leave(&turns, &all[i]);
		all[i].project = "gone";
		all[i].round = UINT64_MAX; /* it is in no list: nobody may look at it */
	}
	assert_string_equal(order, expected);
}

static void
projects_have_their_turns_one_after_the_other(void **state)
{
	(void)state;
	assert_order("aaaab", "abaaa");
	assert_order("aaabbbc", "abcabab");
	assert_order("abc", "abc");
	assert_order("aaa", "aaa");
}

static void
who_comes_later_joins_the_round_of_now(void **state)
{
	struct turns turns = { 0 };
	struct turn a[4] = { { .project = "a" }, { .project = "a" }, { .project = "a" },
		{ .project = "a" } };
	struct turn b = { .project = "b" }, nobody = { .project = NULL };
	unsigned i;

	(void)state;
	for (i = 0; i < 4; i++)
		turns_wait(&turns, &a[i]);
	assert_true(turns_take(&turns, &a[0], 1));
	turns_leave(&turns, &a[0]);
	assert_true(turns_take(&turns, &a[1], 1));
	turns_wait(&turns, &b);
	turns_wait(&turns, &nobody);
	assert_false(turns_take(&turns, &b, 1));
	turns_leave(&turns, &a[1]);
	assert_false(turns_take(&turns, &a[2], 1));
	assert_true(turns_take(&turns, &b, 1));
	turns_leave(&turns, &b);
	assert_true(turns_take(&turns, &nobody, 1));
	turns_leave(&turns, &nobody);
	assert_true(turns_take(&turns, &a[2], 1));
}

static void
places_are_counted(void **state)
{
	struct turns turns = { 0 };
	struct turn all[3] = { { .project = "a" }, { .project = "a" }, { .project = "a" } };
	unsigned i;

	(void)state;
	for (i = 0; i < 3; i++)
		turns_wait(&turns, &all[i]);
	assert_true(turns_take(&turns, &all[0], 2));
	assert_true(turns_take(&turns, &all[1], 2));
	assert_false(turns_take(&turns, &all[2], 2));
	assert_true(turns_take(&turns, &all[2], 0)); /* no limit */
	assert_int_equal(turns.placed, 3);
	for (i = 0; i < 3; i++)
		turns_leave(&turns, &all[i]);
	turns_leave(&turns, &all[0]);
	assert_int_equal(turns.placed + turns.waiting, 0);
	assert_null(turns.first);
}

static void
who_gives_up_waiting_holds_up_nobody(void **state)
{
	struct turns turns = { 0 };
	struct turn one = { .project = "a" }, other = { .project = "b" };

	(void)state;
	turns_wait(&turns, &one);
	turns_wait(&turns, &other);
	assert_false(turns_take(&turns, &other, 1));
	turns_leave(&turns, &one);
	assert_true(turns_take(&turns, &other, 1));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(projects_have_their_turns_one_after_the_other),
		cmocka_unit_test(who_comes_later_joins_the_round_of_now),
		cmocka_unit_test(places_are_counted),
		cmocka_unit_test(who_gives_up_waiting_holds_up_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
