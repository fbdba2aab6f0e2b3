#include "engine/pipeline.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

enum { STAGES = 5, SLOTS_MAX = 8, ITEMS = 60, NEVER = -1 };

struct item {
	int number;
	unsigned passed; /* bit n: stage n had it */
};

/* What a run is to do, and what was seen of it. */
struct scene {
	int items, fail_stage, fail_number, slow_number, cancel_number;
	int fail_too; /* a later item that fails in an earlier stage */
	atomic_bool cancel, failed;
	atomic_int alive, alive_max, at_once, at_once_max;
	atomic_int seen[STAGES]; /* how many items each stage had */
	int next[STAGES];        /* what an ordered stage expects */
	atomic_int out_of_order, after_failure;
};

static void
raise_max(atomic_int *max, int value)
{
	int old = atomic_load(max);

	while (old < value && !atomic_compare_exchange_weak(max, &old, value))
		;
}

/* What fails right behind it has done so, and the pipeline has had time to hear of it. */
static void
be_slow(const struct scene *scene, const struct item *item)
{
	while (scene->fail_number == item->number + 1 && !atomic_load(&scene->failed))
		clock_sleep_ms(1);
	clock_sleep_ms(100);
}

static int
step(struct scene *scene, struct item *item, int stage, struct err *err)
{
	atomic_fetch_add(&scene->seen[stage], 1);
	item->passed |= 1u << stage;
	if (scene->cancel_number == item->number && stage == 2)
		atomic_store(&scene->cancel, true);
	if (scene->slow_number == item->number && stage == 1)
		be_slow(scene, item);
	if (scene->fail_stage == stage && scene->fail_number == item->number) {
		atomic_store(&scene->failed, true);
		return err_set(err, ERR_RETRY, "item %d in stage %d", item->number, stage);
	}
	if (scene->fail_too == item->number && stage == 1)
		return err_set(err, ERR_RETRY, "item %d in stage 1", item->number);
	return 0;
}

static int
in_order(struct scene *scene, struct item *item, int stage, struct err *err)
{
	scene->out_of_order += scene->next[stage]++ != item->number;
	return step(scene, item, stage, err);
}

static int
fill(void *arg, void *slot, struct err *err)
{
	struct scene *scene = arg;
	struct item *item = slot;

	if (scene->next[0] == scene->items)
		return 1;
	*item = (struct item){ .number = scene->next[0] };
	raise_max(&scene->alive_max, atomic_fetch_add(&scene->alive, 1) + 1);
	return in_order(scene, item, 0, err);
}

static int
together(void *arg, void *slot, struct err *err)
{
	struct scene *scene = arg;
	int result;

	raise_max(&scene->at_once_max, atomic_fetch_add(&scene->at_once, 1) + 1);
	clock_sleep_ms(1);
	result = step(scene, slot, 1, err);
	atomic_fetch_sub(&scene->at_once, 1);
	return result;
}

static int
second(void *arg, void *slot, struct err *err)
{
	return in_order(arg, slot, 2, err);
}

static int
third(void *arg, void *slot, struct err *err)
{
	return step(arg, slot, 3, err);
}

static int
last(void *arg, void *slot, struct err *err)
{
	struct scene *scene = arg;
	struct item *item = slot;
	int result = in_order(scene, item, 4, err);

	scene->after_failure += scene->fail_stage != NEVER && item->number > scene->fail_number;
	scene->out_of_order += item->passed != 31;
	atomic_fetch_sub(&scene->alive, 1);
	return result;
}

static int
play(struct scene *scene, size_t n_slots, struct err *err)
{
	static const struct stage stages[STAGES] = {
		{ .name = "fill", .run = fill, .threads = 1 },
		{ .name = "together", .run = together, .threads = 3 },
		{ .name = "second", .run = second, .threads = 1 },
		{ .name = "third", .run = third, .threads = 2 },
		{ .name = "last", .run = last, .threads = 1 },
	};
	struct item slots[SLOTS_MAX];
	const struct pipeline pipeline = { stages, STAGES, slots, n_slots, sizeof *slots,
		&scene->cancel };

	return pipeline_run(&pipeline, scene, err);
}

static struct scene
quiet(void)
{
	return (struct scene){ .items = ITEMS,
		.fail_stage = NEVER,
		.fail_number = NEVER,
		.slow_number = NEVER,
		.cancel_number = NEVER,
		.fail_too = NEVER };
}

static void
every_slot_passes_every_stage_in_order(void **state)
{
	static const size_t slots[] = { 1, 2, 3, SLOTS_MAX };
	struct scene scene;
	struct err err;
	size_t i;
	int stage;

	(void)state;
	for (i = 0; i < sizeof slots / sizeof *slots; i++) {
		scene = quiet();
		scene.slow_number = 7;
		assert_int_equal(play(&scene, slots[i], &err), 0);
		for (stage = 0; stage < STAGES; stage++)
			assert_int_equal(scene.seen[stage], ITEMS);
		assert_int_equal(scene.out_of_order, 0);
	}
}

static void
no_more_slots_than_there_are_are_alive(void **state)
{
	static const size_t slots[] = { 1, 4 };
	struct scene scene;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene = quiet();
		assert_int_equal(play(&scene, slots[i], &err), 0);
		assert_true(scene.alive_max <= (int)slots[i]);
	}
}

static void
middle_stages_run_side_by_side(void **state)
{
	struct scene scene = quiet();
	struct err err;

	(void)state;
	assert_int_equal(play(&scene, SLOTS_MAX, &err), 0);
	assert_in_range(scene.at_once_max, 2, 3);
}

static void
nothing_to_fill_is_no_error(void **state)
{
	struct scene scene = quiet();
	struct err err;

	(void)state;
	scene.items = 0;
	assert_int_equal(play(&scene, 3, &err), 0);
	assert_int_equal(scene.seen[1], 0);
}

static void
failure_in_any_stage_ends_the_run(void **state)
{
	static const size_t slots[] = { 1, SLOTS_MAX };
	char expected[64];
	struct scene scene;
	struct err err;
	size_t i;
	int stage;

	(void)state;
	for (stage = 0; stage < STAGES; stage++) {
		for (i = 0; i < 2; i++) {
			scene = quiet();
			scene.fail_stage = stage;
			scene.fail_number = 9;
			snprintf(expected, sizeof expected, "item 9 in stage %d", stage);
			assert_int_equal(play(&scene, slots[i], &err), -1);
			assert_int_equal(err.kind, ERR_RETRY);
			assert_string_equal(err.text, expected);
			assert_int_equal(scene.after_failure, 0);
			assert_int_equal(scene.seen[4], stage == 4 ? 10 : 9);
		}
	}
}

static void
first_failure_in_order_of_filling_wins(void **state)
{
	struct scene scene;
	struct err err;
	int slow;

	(void)state;
	for (slow = 4; slow <= 5; slow++) { /* the one fails after the other */
		scene = quiet();
		scene.fail_stage = 1;
		scene.fail_number = 4;
		scene.fail_too = 5;
		scene.slow_number = slow;
		assert_int_equal(play(&scene, SLOTS_MAX, &err), -1);
		assert_string_equal(err.text, "item 4 in stage 1");
		assert_int_equal(scene.seen[4], 4);
	}
}

static void
cancel_after_a_failure_still_tells_the_failure(void **state)
{
	struct scene scene = quiet();
	struct err err;

	(void)state;
	scene.fail_stage = 1;
	scene.fail_number = 4;
	scene.slow_number = scene.cancel_number = 3; /* comes to stage 2 when item 4 has failed */
	assert_int_equal(play(&scene, SLOTS_MAX, &err), -1);
	assert_string_equal(err.text, "item 4 in stage 1");
	assert_int_equal(scene.seen[4], 3);
}

static void
cancel_ends_the_run_soon(void **state)
{
	static const int numbers[] = { 0, 5, ITEMS - 1 };
	struct scene scene;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		scene = quiet();
		scene.cancel_number = numbers[i];
		assert_int_equal(play(&scene, SLOTS_MAX, &err), -1);
		assert_int_equal(err.kind, ERR_CANCELLED);
		assert_true(scene.seen[3] <= numbers[i] + 2);
	}
}

static void
cancelled_before_it_begins_nothing_is_filled(void **state)
{
	struct scene scene = quiet();
	struct err err;

	(void)state;
	scene.cancel = true;
	assert_int_equal(play(&scene, 2, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_int_equal(scene.seen[0], 0);
}

/* The flag may change at any moment, also while nobody looks. */
static void *
cancel_later(void *arg)
{
	struct scene *scene = arg;

	clock_sleep_ms(1);
	atomic_store(&scene->cancel, true);
	return NULL;
}

static void
cancel_from_outside_joins_all_threads(void **state)
{
	struct scene scene;
	pthread_t thread;
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		scene = quiet();
		scene.items = 1000000;
		assert_int_equal(pthread_create(&thread, NULL, cancel_later, &scene), 0);
		assert_int_equal(play(&scene, 2, &err), -1);
		assert_int_equal(err.kind, ERR_CANCELLED);
		pthread_join(thread, NULL);
	}
}

static void
two_stages_and_one_slot_suffice(void **state)
{
	static const struct stage stages[] = {
		{ .name = "fill", .run = fill, .threads = 1 },
		{ .name = "second", .run = second, .threads = 1 },
	};
	struct scene scene = quiet();
	struct item slot;
	struct err err;
	const struct pipeline pipeline = { stages, 2, &slot, 1, sizeof slot, NULL };

	(void)state;
	scene.next[2] = 0;
	assert_int_equal(pipeline_run(&pipeline, &scene, &err), 0);
	assert_int_equal(scene.seen[2], ITEMS);
	assert_int_equal(scene.out_of_order, 0);
}

/* Item 0 stays until all others are through. */
static int
outwait(void *arg, void *slot, struct err *err)
{
	struct scene *scene = arg;
	const struct item *item = slot;

	while (item->number == 0 && scene->seen[1] < scene->items - 1)
		clock_sleep_ms(1);
	return step(arg, slot, 1, err);
}

static void
a_last_stage_without_order_is_not_held_up(void **state)
{
	static const struct stage stages[] = {
		{ .name = "fill", .run = fill, .threads = 1 },
		{ .name = "outwait", .run = outwait, .threads = 2 },
	};
	struct scene scene = quiet();
	struct item slots[3];
	const struct pipeline pipeline = { stages, 2, slots, 3, sizeof *slots, NULL };
	struct err err;

	(void)state;
	assert_int_equal(pipeline_run(&pipeline, &scene, &err), 0);
	assert_int_equal(scene.seen[1], ITEMS);
}

/* With stacks larger than any memory no thread starts. */
static void
a_thread_that_cannot_start_is_an_error(void **state)
{
	struct scene scene = quiet();
	pthread_attr_t before, huge;
	struct err err;
	int result;

	(void)state;
	assert_int_equal(pthread_getattr_default_np(&before), 0);
	pthread_attr_init(&huge);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 47), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	result = play(&scene, 2, &err);
	pthread_setattr_default_np(&before);
	pthread_attr_destroy(&huge);
	pthread_attr_destroy(&before);
	assert_int_equal(result, -1);
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_string_equal(err.text, "cannot start a thread");
	assert_int_equal(scene.seen[0], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_slot_passes_every_stage_in_order),
		cmocka_unit_test(no_more_slots_than_there_are_are_alive),
		cmocka_unit_test(middle_stages_run_side_by_side),
		cmocka_unit_test(nothing_to_fill_is_no_error),
		cmocka_unit_test(failure_in_any_stage_ends_the_run),
		cmocka_unit_test(first_failure_in_order_of_filling_wins),
		cmocka_unit_test(cancel_after_a_failure_still_tells_the_failure),
		cmocka_unit_test(cancel_ends_the_run_soon),
		cmocka_unit_test(cancelled_before_it_begins_nothing_is_filled),
		cmocka_unit_test(cancel_from_outside_joins_all_threads),
		cmocka_unit_test(two_stages_and_one_slot_suffice),
		cmocka_unit_test(a_last_stage_without_order_is_not_held_up),
		cmocka_unit_test(a_thread_that_cannot_start_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
