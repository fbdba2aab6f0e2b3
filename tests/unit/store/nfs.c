/*
 * What the NFS store does before it reaches a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/err.h"
#include "options/tables.h"
#include "store/store.h"

static unsigned masks;

/* What it is for a moment, it is for every thread that makes a file then. */
mode_t __wrap_umask(mode_t mask);
mode_t
__wrap_umask(mode_t mask)
{
	mode_t __real_umask(mode_t mask);

	masks++;
	return __real_umask(mask);
}

static void
job_does_not_touch_the_umask(void **state)
{
	const struct file_opts opts = { .share = "127.0.0.1:/backups",
		.mount_options = "",
		.file_size = 32768,
		.sha_block_size_bytes = 32768 };
	const struct store_user user = { .project_id = "p" };
	struct store *store, *own;
	unsigned before;
	struct err err;

	(void)state;
	assert_int_equal(store_open(&store, &store_nfs, &opts, &err), 0);
	before = masks;
	assert_int_equal(store_act_as(store, &user, &own, &err), 1);
	assert_int_equal(masks, before);
	store_close(own);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(job_does_not_touch_the_umask),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
