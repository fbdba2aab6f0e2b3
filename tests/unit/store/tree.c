#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "fake/scratch.h"
#include "store/tree.h"

enum { ROUNDS = 300, THREADS = 4 };

static char scratch[SCRATCH_PATH], root[SCRATCH_PATH + 16];

static int
setup(void **state)
{
	(void)state;
	scratch_make(scratch);
	snprintf(root, sizeof root, "%s/a/root", scratch);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

static void
good(int result, const struct err *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static mode_t
mode_of(const char *path)
{
	char full[SCRATCH_PATH + 64];
	struct stat state;

	snprintf(full, sizeof full, "%s/%s", root, path);
	assert_int_equal(stat(full, &state), 0);
	return state.st_mode & 07777;
}

static bool
exists(const char *path)
{
	char full[SCRATCH_PATH + 64];

	snprintf(full, sizeof full, "%s/%s", root, path);
	return access(full, F_OK) == 0;
}

static void
only_the_last_part_gets_its_own_mode(void **state)
{
	mode_t mask = umask(027);
	struct err err = ERR_INIT;

	(void)state;
	good(tree_make(root, "x/y/z", &err), &err);
	umask(mask);
	assert_int_equal(mode_of("x"), 0750);
	assert_int_equal(mode_of("x/y"), 0750);
	assert_int_equal(mode_of("x/y/z"), 0770);
	assert_int_equal(mode_of(""), 0750);
}

static void
directory_that_was_there_keeps_its_mode(void **state)
{
	char path[SCRATCH_PATH + 32];
	struct err err = ERR_INIT;

	(void)state;
	good(tree_make(root, "", &err), &err);
	snprintf(path, sizeof path, "%s/x", root);
	assert_int_equal(mkdir(path, 0700), 0);
	good(tree_make(root, "x", &err), &err);
	assert_int_equal(mode_of("x"), 0700);
}

static void
missing_path_is_absent_and_missing_root_is_an_error(void **state)
{
	struct err err = ERR_INIT;
	int fd = -1;

	(void)state;
	assert_int_equal(tree_open(root, "x", &fd, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	good(tree_make(root, "x/y", &err), &err);
	assert_int_equal(tree_open(root, "x/z", &fd, &err), 0);
	assert_int_equal(tree_open(root, "q/z", &fd, &err), 0);
	assert_int_equal(fd, -1);
	assert_int_equal(tree_open(root, "x/y", &fd, &err), 1);
	close(fd);
	assert_int_equal(tree_open(root, "", &fd, &err), 1);
	close(fd);
}

static void
links_and_files_are_no_way_down(void **state)
{
	static const char *const paths[] = { "link", "link/etc", "x/up", "x/up/root", "file",
		"file/x" };
	char path[SCRATCH_PATH + 32];
	struct err err = ERR_INIT;
	size_t i;
	int fd;

	(void)state;
	good(tree_make(root, "x", &err), &err);
	snprintf(path, sizeof path, "%s/link", root);
	assert_int_equal(symlink("/", path), 0);
	snprintf(path, sizeof path, "%s/x/up", root);
	assert_int_equal(symlink("../..", path), 0);
	snprintf(path, sizeof path, "%s/file", root);
	fclose(fopen(path, "w"));
	for (i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		assert_int_equal(tree_open(root, paths[i], &fd, &err), -1);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(tree_make(root, paths[i], &err), -1);
		assert_int_equal(err.kind, ERR_DENIED);
	}
}

static void
prune_stops_at_what_is_not_empty(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	good(tree_make(root, "x/y/z", &err), &err);
	good(tree_make(root, "x/other", &err), &err);
	good(tree_prune(root, "x/y/z", &err), &err);
	assert_false(exists("x/y"));
	assert_true(exists("x/other"));
	good(tree_prune(root, "x/y/z", &err), &err);
	good(tree_prune(root, "x", &err), &err);
	assert_true(exists("x"));
	good(tree_prune(root, "x/other", &err), &err);
	assert_false(exists("x"));
	assert_true(exists(""));
}

static void *
make_and_prune(void *arg)
{
	struct err *err = arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (tree_make(root, "x/y/z", err) < 0)
			return err;
		if (tree_prune(root, "x/y/z", err) < 0)
			return err;
	}
	return NULL;
}

static void
making_and_pruning_get_along(void **state)
{
	pthread_t threads[THREADS];
	struct err errs[THREADS] = { ERR_INIT };
	void *failed;
	size_t i;

	(void)state;
	good(tree_make(root, "", &errs[0]), &errs[0]);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, make_and_prune, &errs[i]);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		/* Beaten at every try: said so, and may be tried again. */
		if (failed && errs[i].kind != ERR_RETRY)
			fail_msg("%s", errs[i].text);
	}
}

static void
check_sees_what_is_missing(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	good(tree_check(root, true, 1, &err), &err);
	assert_false(exists(""));
	assert_int_equal(tree_check(root, false, 1, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(tree_check(root, true, UINT64_MAX, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	good(tree_make(root, "", &err), &err);
	good(tree_check(root, false, 1, &err), &err);
	assert_int_equal(tree_check("/proc/1", false, 1, &err), -1);
	assert_int_equal(tree_check("/proc/1/x/y", true, 1, &err), -1);
	assert_int_equal(tree_check("/dev/null", true, 1, &err), -1);
}

static int
stop_at_dot(void *arg, int dir, const char *name, struct err *err)
{
	(void)dir;
	(void)err;
	++*(int *)arg;
	return strcmp(name, ".") == 0 ? 5 : 0;
}

static void
listing_ends_where_its_listener_says(void **state)
{
	struct err err = ERR_INIT;
	int fd = -1, calls = 0;

	(void)state;
	good(tree_make(root, "", &err), &err);
	assert_int_equal(tree_open(root, "", &fd, &err), 1);
	assert_int_equal(tree_each(fd, stop_at_dot, &calls, &err), 5);
	assert_in_range(calls, 1, 2);
	close(fd);
}

static void
stale_handle_may_be_tried_again(void **state)
{
	struct err err;

	(void)state;
	errno = ESTALE;
	assert_int_equal(tree_sys(&err, "read %d", 7), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_string_equal(err.text, "read 7: Stale file handle");
	errno = EROFS;
	assert_int_equal(tree_sys(&err, "write"), -1);
	assert_int_equal(err.kind, ERR_DENIED);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(only_the_last_part_gets_its_own_mode),
		FACT(directory_that_was_there_keeps_its_mode),
		FACT(missing_path_is_absent_and_missing_root_is_an_error),
		FACT(links_and_files_are_no_way_down),
		FACT(prune_stops_at_what_is_not_empty),
		FACT(making_and_pruning_get_along),
		FACT(check_sees_what_is_missing),
		FACT(listing_ends_where_its_listener_says),
		FACT(stale_handle_may_be_tried_again),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
