/* Where new volumes are put. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "job/desk.h"
#include "job/shelf.h"
#include "options/tables.h"

#define ID "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb"

static void
volumes_and_snapshots_are_placed(void **state)
{
	struct cinderbank_opts own = { .volumes_dir = "/v" };
	const struct desk_setup setup = { .own = &own };
	struct volume_record volume = { .kind = VOLUME, .id = ID };
	struct volume_record snapshot = { .kind = SNAPSHOT, .id = ID };
	struct err err;

	(void)state;
	assert_int_equal(shelf_place(&setup, &volume, NULL, &err), 0);
	assert_string_equal(volume.location, "volume-" ID);
	assert_int_equal(shelf_place(&setup, &snapshot, &volume, &err), 0);
	assert_string_equal(snapshot.location, "snapshot-" ID);
	own.volumes_pool = "p";
	assert_int_equal(shelf_place(&setup, &volume, NULL, &err), 0);
	assert_string_equal(volume.location, "rbd:p/volume-" ID);
	assert_int_equal(shelf_place(&setup, &snapshot, &volume, &err), 0);
	assert_string_equal(snapshot.location, "rbd:p/volume-" ID "@snapshot-" ID);
}

static void
names_that_do_not_fit_are_refused(void **state)
{
	char pool[300] = "";
	struct cinderbank_opts own = { .volumes_dir = "/v", .volumes_pool = pool };
	const struct desk_setup setup = { .own = &own };
	struct volume_record volume = { .kind = VOLUME, .id = ID };
	struct volume_record snapshot = { .kind = SNAPSHOT, .id = ID };
	struct err err;

	(void)state;
	memset(pool, 'p', 207);
	assert_int_equal(shelf_place(&setup, &volume, NULL, &err), 0);
	assert_int_equal(shelf_place(&setup, &snapshot, &volume, &err), -1);
	assert_non_null(strstr(err.text, "too long for a snapshot"));
	memset(pool, 'p', 208);
	assert_int_equal(shelf_place(&setup, &volume, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_non_null(strstr(err.text, "volumes_pool"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volumes_and_snapshots_are_placed),
		cmocka_unit_test(names_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
