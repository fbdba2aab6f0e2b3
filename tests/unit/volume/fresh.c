/*
 * On a file system that cannot make a file without a name: the linker puts
 * these in front of the system's calls.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "fake/scratch.h"
#include "volume/fresh.h"

static struct {
	bool no_tmpfile, no_renameat2, no_fsync, no_proc;
} lacking;

static char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8];

int __real_openat64(int dir, const char *name, int flags, ...);
int __wrap_openat64(int dir, const char *name, int flags, ...);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_access(const char *name, int mode);
int __wrap_access(const char *name, int mode);
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int
__wrap_openat64(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	va_start(args, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(args, mode_t);
	va_end(args);
	if (lacking.no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat64(dir, name, flags, mode);
}

int
__wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	if (!lacking.no_renameat2)
		return __real_renameat2(from_dir, from, to_dir, to, flags);
	errno = EINVAL;
	return -1;
}

int
__wrap_access(const char *name, int mode)
{
	if (!lacking.no_proc || strncmp(name, "/proc", 5) != 0)
		return __real_access(name, mode);
	errno = ENOENT;
	return -1;
}

int
__wrap_fsync(int fd)
{
	if (!lacking.no_fsync)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

static int
setup(void **state)
{
	(void)state;
	memset(&lacking, 0, sizeof lacking);
	lacking.no_tmpfile = true;
	scratch_make(scratch);
	snprintf(path, sizeof path, "%s/file", scratch);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

static size_t
count_entries(void)
{
	DIR *listing = opendir(scratch);
	size_t count = 0;

	while (readdir(listing))
		count++;
	closedir(listing);
	return count - 2;
}

static int
create(struct fresh *fresh, int *ret_fd)
{
	struct err err = ERR_INIT;

	*fresh = (struct fresh)FRESH_INIT;
	if (fresh_create(fresh, path, ret_fd, &err) < 0)
		fail_msg("%s", err.text);
	return *ret_fd;
}

static void
hidden_name_lasts_until_it_is_published(void **state)
{
	struct err err = ERR_INIT;
	struct fresh fresh;
	int fd, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		lacking.no_renameat2 = i == 1;
		lacking.no_tmpfile = i < 2;
		lacking.no_proc = i == 2;
		create(&fresh, &fd);
		assert_int_equal(count_entries(), 1);
		assert_int_equal(access(path, F_OK), -1);
		assert_int_equal(fresh_publish(&fresh, fd, &err), 0);
		assert_int_equal(access(path, F_OK), 0);
		assert_int_equal(count_entries(), 1);
		fresh_drop(&fresh);
		close(fd);
		assert_int_equal(unlink(path), 0);
	}
}

static void
dropped_file_leaves_nothing(void **state)
{
	struct fresh fresh;
	int fd;

	(void)state;
	create(&fresh, &fd);
	fresh_drop(&fresh);
	fresh_drop(&fresh);
	close(fd);
	assert_int_equal(count_entries(), 0);
}

static void
taken_name_is_a_conflict(void **state)
{
	struct err err = ERR_INIT;
	struct fresh fresh;
	int fd, other, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		lacking.no_tmpfile = i < 2;
		lacking.no_renameat2 = i == 1;
		create(&fresh, &fd);
		other = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		assert_true(other >= 0);
		assert_int_equal(fresh_publish(&fresh, fd, &err), -1);
		assert_int_equal(err.kind, ERR_CONFLICT);
		fresh_drop(&fresh);
		close(fd);
		close(other);
		assert_int_equal(count_entries(), 1);
		assert_int_equal(unlink(path), 0);
	}
}

static void
leftovers_of_a_crash_go_and_those_in_use_stay(void **state)
{
	struct fresh fresh, second;
	char crashed[PATH_MAX];
	int fd, second_fd;

	(void)state;
	snprintf(crashed, sizeof crashed, "%s/.cinderbank-crashed.partial", scratch);
	fd = open(crashed, O_WRONLY | O_CREAT, 0600);
	close(fd);
	create(&fresh, &fd);
	assert_int_equal(access(crashed, F_OK), -1);
	create(&second, &second_fd);
	close(open(crashed, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(count_entries(), 3);
	fresh_sweep(path);
	fresh_sweep("/no/such/directory/file");
	assert_int_equal(count_entries(), 2);
	fresh_drop(&fresh);
	fresh_drop(&second);
	close(fd);
	close(second_fd);
}

static void
name_that_may_not_last_is_an_error(void **state)
{
	struct err err = ERR_INIT;
	struct fresh fresh;
	int fd, i;

	(void)state;
	for (i = 0; i < 2; i++) {
		lacking.no_tmpfile = i == 0;
		create(&fresh, &fd);
		lacking.no_fsync = true;
		assert_int_equal(fresh_publish(&fresh, fd, &err), -1);
		assert_int_equal(err.kind, ERR_SYSTEM);
		fresh_drop(&fresh);
		close(fd);
		assert_int_equal(count_entries(), 0);
		lacking.no_fsync = false;
	}
}

static void
place_that_takes_no_file_is_an_error(void **state)
{
	static const char *const paths[] = { "/proc/1/file", "/dev/null/file",
		"/no/such/directory/file" };
	struct fresh fresh = FRESH_INIT;
	struct err err;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < 2 * sizeof paths / sizeof paths[0]; i++) {
		lacking.no_tmpfile = i % 2;
		assert_int_equal(fresh_create(&fresh, paths[i / 2], &fd, &err), -1);
		fresh_drop(&fresh);
	}
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(hidden_name_lasts_until_it_is_published),
		FACT(dropped_file_leaves_nothing),
		FACT(taken_name_is_a_conflict),
		FACT(leftovers_of_a_crash_go_and_those_in_use_stay),
		FACT(name_that_may_not_last_is_an_error),
		FACT(place_that_takes_no_file_is_an_error),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
