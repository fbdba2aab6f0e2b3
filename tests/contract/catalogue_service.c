/*
 * What catalogue.h promises of services, asked of a driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "contract/catalogue_world.h"

struct told {
	struct service_record services[4];
	unsigned count, stop_at;
};

static int
note(void *arg, const struct service_record *service, struct err *err)
{
	struct told *told = arg;

	(void)err;
	assert_true(told->count < 4);
	told->services[told->count++] = *service;
	return told->count == told->stop_at ? 7 : 0;
}

static struct told
ask(struct catalogue *catalogue)
{
	struct told told = { .count = 0 };
	struct err err = ERR_INIT;

	assert_int_equal(catalogue_each_service(catalogue, note, &told, &err), 0);
	return told;
}

static void
a_service_that_beats_is_told_of(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct told told = ask(catalogue);
	struct err err = ERR_INIT;

	assert_int_equal(told.count, 0);
	assert_int_equal(catalogue_beat(catalogue, "one", NULL, &err), 0);
	assert_int_equal(catalogue_beat(catalogue, "two", NULL, &err), 0);
	clock_set(NOW + 30);
	assert_int_equal(catalogue_beat(catalogue, "two", NULL, &err), 0);
	told = ask(catalogue);
	assert_int_equal(told.count, 2);
	assert_string_equal(told.services[0].host, "one");
	assert_string_equal(told.services[0].binary, "cinder-backup");
	assert_string_equal(told.services[0].disabled_reason, "");
	assert_false(told.services[0].disabled);
	assert_int_equal(told.services[0].seen_at, NOW);
	assert_int_equal(told.services[1].seen_at, NOW + 30);
	told = (struct told){ .stop_at = 1 };
	assert_int_equal(catalogue_each_service(catalogue, note, &told, &err), 7);
	assert_int_equal(told.count, 1);
}

static void
a_service_is_turned_off_and_on_and_is_no_younger_for_it(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct err err = ERR_INIT;
	struct told told;

	assert_int_equal(catalogue_beat(catalogue, "one", NULL, &err), 0);
	assert_int_equal(catalogue_beat(catalogue, "two", NULL, &err), 0);
	clock_set(NOW + 100);
	assert_int_equal(
	    catalogue_turn(catalogue, "two", "cinder-backup", true, "caf\xc3\xa9", &err), 1);
	told = ask(catalogue);
	assert_false(told.services[0].disabled);
	assert_true(told.services[1].disabled);
	assert_string_equal(told.services[1].disabled_reason, "caf\xc3\xa9");
	assert_int_equal(told.services[1].seen_at, NOW);
	/* Once more is as good, and a beat does not turn it on. */
	assert_int_equal(catalogue_turn(catalogue, "two", "cinder-backup", true, NULL, &err), 1);
	assert_int_equal(catalogue_beat(catalogue, "two", NULL, &err), 0);
	assert_true(ask(catalogue).services[1].disabled);
	/* Its reason stays, as in cinder. */
	assert_int_equal(catalogue_turn(catalogue, "two", "cinder-backup", false, NULL, &err), 1);
	told = ask(catalogue);
	assert_false(told.services[1].disabled);
	assert_string_equal(told.services[1].disabled_reason, "caf\xc3\xa9");
}

static void
what_is_not_there_is_not_turned(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct err err = ERR_INIT;

	assert_int_equal(catalogue_beat(catalogue, "one", NULL, &err), 0);
	assert_int_equal(catalogue_turn(catalogue, "two", "cinder-backup", true, NULL, &err), 0);
	assert_int_equal(catalogue_turn(catalogue, "one", "cinder-volume", true, NULL, &err), 0);
	assert_false(ask(catalogue).services[0].disabled);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(a_service_that_beats_is_told_of),
		FACT(a_service_is_turned_off_and_on_and_is_no_younger_for_it),
		FACT(what_is_not_there_is_not_turned),
	};

	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
