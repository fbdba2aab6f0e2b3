#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/cinder.h"
#include "catalogue/cloud.h"
#include "options/tables.h"

static void
versions_are_those_of_the_release_around_us(void **state)
{
	static const struct {
		const char *release, *scheduler, *object, *volume;
		const char *rpc;
	} rows[] = {
		{ "queens", "3.10", "1.35", "3.15", "2.1" },
		{ "rocky", "3.11", "1.38", "3.16", "2.1" },
		{ "train", "3.11", "1.38", "3.16", "2.1" },
		{ "ussuri", "3.12", "1.38", "3.16", "2.2" },
		{ "wallaby", "3.12", "1.38", "3.16", "2.2" },
		{ "xena", "3.12", "1.39", "3.16", "2.2" },
		{ "yoga", "3.12", "1.39", "3.17", "2.3" },
		{ "zed", "3.12", "1.39", "3.18", "2.3" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cinder_peers peers = { .use_quota = false };
		struct cinder_versions can;

		strcpy(peers.scheduler.rpc, rows[i].scheduler);
		strcpy(peers.scheduler.object, rows[i].object);
		strcpy(peers.volume.rpc, rows[i].volume);
		strcpy(peers.volume.object, rows[i].object);
		cinder_decide(&peers, &can);
		if (strcmp(can.rpc, rows[i].rpc) != 0 || strcmp(can.object, rows[i].object) != 0)
			fail_msg("%s: %s %s", rows[i].release, can.rpc, can.object);
	}
}

static void
what_upstream_s_service_said_here_stays(void **state)
{
	struct cinder_peers peers = { .scheduler = { "3.12", "1.39" },
		.volume = { "3.19", "1.39" },
		.backup = { "2.2", "1.39" },
		.own = { "2.4", "1.39" } };
	struct cinder_versions can;

	(void)state;
	cinder_decide(&peers, &can);
	assert_string_equal(can.rpc, "2.4");
	*peers.own.rpc = '\0';
	cinder_decide(&peers, &can);
	assert_string_equal(can.rpc, "2.2");
}

static void
what_was_said_in_an_older_release_does_not(void **state)
{
	struct cinder_peers peers = { .scheduler = { "3.12", "1.39" },
		.volume = { "3.18", "1.39" },
		.own = { "2.1", "1.38" } };
	struct cinder_versions can;

	(void)state;
	cinder_decide(&peers, &can);
	assert_string_equal(can.rpc, "2.3");
	assert_string_equal(can.object, "1.39");
}

static void
without_peers_the_tables_tell(void **state)
{
	struct cinder_peers peers = { .use_quota = true };
	struct cinder_versions can;

	(void)state;
	cinder_decide(&peers, &can);
	assert_string_equal(can.object, "1.39");
	peers.use_quota = false;
	cinder_decide(&peers, &can);
	assert_string_equal(can.object, "1.38");
	assert_string_equal(can.rpc, "2.1");
}

static void
versions_are_compared_by_their_numbers(void **state)
{
	(void)state;
	assert_true(cinder_before("3.9", "3.12"));
	assert_false(cinder_before("3.12", "3.9"));
	assert_true(cinder_before("2.12", "3.0"));
	assert_false(cinder_before("1.39", "1.39"));
	assert_true(cinder_before("", "1.0"));
	assert_true(cinder_before("pike", "1.0"));
}

/* What is not cinder's database has none of its tables. */
static void
a_catalogue_of_our_own_is_no_cloud(void **state)
{
	static const struct catalogue_driver *const drivers[] = { &catalogue_sqlite, NULL };
	const struct sql_opts opts = { .connection = "sqlite://" };
	const struct cloud_message message = { "b", "p", "req-1", "013", "020", 60 };
	struct catalogue *catalogue;
	struct cloud_version version;
	struct err err;

	(void)state;
	assert_int_equal(catalogue_open(&catalogue, drivers, &opts, &err), 0);
	assert_int_equal(cloud_tell(catalogue, &message, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(cloud_versions(catalogue, "cinder-volume", &version, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	catalogue_close(catalogue);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_are_those_of_the_release_around_us),
		cmocka_unit_test(a_catalogue_of_our_own_is_no_cloud),
		cmocka_unit_test(what_upstream_s_service_said_here_stays),
		cmocka_unit_test(what_was_said_in_an_older_release_does_not),
		cmocka_unit_test(without_peers_the_tables_tell),
		cmocka_unit_test(versions_are_compared_by_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
