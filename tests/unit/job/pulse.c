/* Whether a store works is known: at once, when it goes, and when it is back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "fake/scratch.h"
#include "job/pulse.h"
#include "options/tables.h"
#include "store/store.h"

enum { PATIENCE_MS = 60000 };

struct stage {
	char dir[SCRATCH_PATH], folder[SCRATCH_PATH + 16], aside[SCRATCH_PATH + 16];
	struct file_opts opts;
	struct store *store;
};

static int
set_up(void **state)
{
	static struct stage stage;
	struct err err;

	scratch_make(stage.dir);
	snprintf(stage.folder, sizeof stage.folder, "%s/store", stage.dir);
	snprintf(stage.aside, sizeof stage.aside, "%s/aside", stage.dir);
	stage.opts = (struct file_opts){ .posix_path = stage.folder,
		.file_size = 65536,
		.sha_block_size_bytes = 32768,
		.create_containers = true };
	if (store_open(&stage.store, &store_posix, &stage.opts, &err) < 0)
		fail_msg("%s", err.text);
	*state = &stage;
	return 0;
}

static int
tear_down(void **state)
{
	struct stage *stage = *state;

	store_close(stage->store);
	scratch_remove(stage->dir);
	return 0;
}

/* A file is where the folder was. */
static void
hide(const struct stage *stage)
{
	(void)rename(stage->folder, stage->aside);
	close(open(stage->folder, O_CREAT | O_WRONLY, 0600));
}

static void
show(const struct stage *stage)
{
	unlink(stage->folder);
	(void)rename(stage->aside, stage->folder);
}

static void
wait_for(struct pulse *pulse, bool works)
{
	uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (pulse_works(pulse) != works) {
		if (clock_ms() > end_ms)
			fail_msg("works: not %d", works);
		clock_sleep_ms(10);
	}
}

static void
what_works_is_known_at_once_and_what_goes_and_comes_is_seen(void **state)
{
	struct stage *stage = *state;
	struct pulse *pulse;
	struct err err;

	assert_int_equal(pulse_begin(&pulse, stage->store, 1, &err), 0);
	assert_true(pulse_works(pulse));
	hide(stage);
	wait_for(pulse, false);
	show(stage);
	wait_for(pulse, true);
	pulse_end(pulse);
}

static void
what_is_away_at_first_does_not_work_until_it_comes(void **state)
{
	struct stage *stage = *state;
	struct pulse *pulse;
	struct err err;

	hide(stage);
	assert_int_equal(pulse_begin(&pulse, stage->store, 1, &err), 0);
	assert_false(pulse_works(pulse));
	show(stage);
	wait_for(pulse, true);
	pulse_end(pulse);
}

static void
an_end_waits_for_no_interval(void **state)
{
	struct stage *stage = *state;
	struct pulse *pulse;
	struct err err;

	assert_int_equal(pulse_begin(&pulse, stage->store, 3600, &err), 0);
	pulse_end(pulse);
	pulse_end(NULL);
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		FACT(what_works_is_known_at_once_and_what_goes_and_comes_is_seen),
		FACT(what_is_away_at_first_does_not_work_until_it_comes),
		FACT(an_end_waits_for_no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
