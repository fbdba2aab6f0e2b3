/*
 * Files and block devices whose calls fail: the linker puts these in front of
 * the system's calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
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
#include "volume/attach.h"
#include "volume/volume.h"

enum { SIZE = 1024 * 1024 };

static const struct volume_driver *const drivers[] = { &volume_device, NULL };
static char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8];

static struct {
	unsigned calls, fail_at; /* fail_at 0: never */
	int sys;
	bool slow; /* transfers one byte at a time */
} disk;

static bool
fails(void)
{
	if (++disk.calls != disk.fail_at)
		return false;
	errno = disk.sys;
	return true;
}

#define WRAP(type, name, parameters, arguments)                                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails() ? (type)-1 : __real_##name arguments;                               \
	}

WRAP(off64_t, lseek64, (int fd, off64_t offset, int whence), (fd, offset, whence))
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size))
WRAP(int, fstat64, (int fd, struct stat64 *state), (fd, state))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fallocate64, (int fd, int mode, off64_t offset, off64_t length),
    (fd, mode, offset, length))
WRAP(int, ioctl, (int fd, unsigned long request, void *arg), (fd, request, arg))
WRAP(ssize_t, pread64, (int fd, void *to, size_t length, off64_t offset),
    (fd, to, disk.slow ? 1 : length, offset))
WRAP(ssize_t, pwrite64, (int fd, const void *from, size_t length, off64_t offset),
    (fd, from, disk.slow ? 1 : length, offset))

static int
setup(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof disk);
	scratch_make(scratch);
	snprintf(path, sizeof path, "%s/file", scratch);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	memset(&disk, 0, sizeof disk);
	scratch_remove(scratch);
	return 0;
}

static int
ignore_extent(void *arg, struct extent extent, struct err *err)
{
	(void)arg;
	(void)extent;
	(void)err;
	return 0;
}

/* Each verb once, up to the first that fails. */
static int
use_volume(bool create, struct err *err)
{
	struct attachment attachment = { .kind = ATTACHMENT_PATH, .create = create, .size = SIZE };
	scoped(volume_close_scoped) struct volume *volume = NULL;
	struct extent all = { 0, SIZE }, some = { 4096, 8192 };
	char bytes[64];

	snprintf(attachment.path, sizeof attachment.path, "%s", path);
	if (volume_open(&volume, drivers, &attachment, true, err) < 0 ||
	    volume_write(volume, 1000, "0123456789", 10, err) < 0 ||
	    volume_read(volume, 995, bytes, 20, err) < 0)
		return -1;
	assert_memory_equal(bytes,
	    "\0\0\0\0\0"
	    "0123456789\0\0\0\0\0",
	    20);
	if (volume_changed(volume, NULL, all, ignore_extent, NULL, err) < 0 ||
	    volume_zero(volume, some, err) < 0 || volume_flush(volume, err) < 0)
		return -1;
	return volume_publish(volume, SIZE, err);
}

/* Runs it with every call failing in turn; skip: those that nobody has to notice. */
static void
see_failures(bool create, int sys, unsigned skip)
{
	struct err err = ERR_INIT;
	unsigned n, calls, unnoticed = 0;

	assert_int_equal(use_volume(create, &err), 0);
	calls = disk.calls;
	for (n = 1; n <= calls; n++) {
		if (create)
			unlink(path);
		memset(&disk, 0, sizeof disk);
		disk.fail_at = n;
		disk.sys = sys;
		if (use_volume(create, &err) == 0) {
			unnoticed++;
			continue;
		}
		assert_int_equal(err.kind, ERR_SYSTEM);
		assert_non_null(strstr(err.text, "Input/output error"));
		assert_non_null(strstr(err.text, path));
		if (create)
			assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(unnoticed, skip);
}

static void
failing_call_on_a_new_file_is_an_error(void **state)
{
	(void)state;
	see_failures(true, EIO, 0);
}

/* Whether the file is one hole: if that cannot be told, it is not. */
static void
failing_call_on_a_file_is_an_error(void **state)
{
	(void)state;
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(truncate(path, SIZE), 0);
	see_failures(false, EIO, 1);
}

static void
failing_call_on_a_block_device_is_an_error(void **state)
{
	scoped(scoped_close) int loop = -1;
	char device[SCRATCH_PATH];

	(void)state;
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(truncate(path, SIZE), 0);
	loop = scratch_block_device(path, device);
	if (loop < 0)
		skip();
	snprintf(path, sizeof path, "%s", device);
	disk.calls = 0;
	see_failures(false, EIO, 0);
}

/* EINVAL from SEEK_DATA and from zeroing: the file system does not know such things. */
static void
what_a_file_system_cannot_do_is_done_without(void **state)
{
	struct err err = ERR_INIT;
	unsigned n, calls;

	(void)state;
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(truncate(path, SIZE), 0);
	assert_int_equal(use_volume(false, &err), 0);
	calls = disk.calls;
	for (n = 1; n <= calls; n++) {
		memset(&disk, 0, sizeof disk);
		disk.fail_at = n;
		disk.sys = EOPNOTSUPP;
		if (use_volume(false, &err) == 0)
			continue;
		disk.fail_at = n;
		disk.calls = 0;
		disk.sys = EINVAL;
		if (use_volume(false, &err) == 0)
			continue;
		assert_null(strstr(err.text, "holes"));
		assert_null(strstr(err.text, "zero"));
	}
}

static void
short_and_interrupted_transfers_go_on(void **state)
{
	struct err err = ERR_INIT;
	unsigned n, calls, done = 0;

	(void)state;
	close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(truncate(path, SIZE), 0);
	disk.slow = true;
	assert_int_equal(use_volume(false, &err), 0);
	calls = disk.calls;
	for (n = 1; n <= calls; n++) {
		memset(&disk, 0, sizeof disk);
		disk.slow = true;
		disk.fail_at = n;
		disk.sys = EINTR;
		done += use_volume(false, &err) == 0;
	}
	assert_in_range(done, 30, calls);
}

/* So that no crash makes a volume shorter than its row says, or brings one back. */
static void
what_is_done_to_a_whole_file_is_on_the_disk(void **state)
{
	struct attachment file = { .kind = ATTACHMENT_PATH };
	struct err err = ERR_INIT;
	struct stat seen;
	unsigned n;

	(void)state;
	snprintf(file.path, sizeof file.path, "%s", path);
	for (n = 1; n <= 4; n++) {
		close(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
		memset(&disk, 0, sizeof disk);
		disk.fail_at = n;
		disk.sys = EIO;
		/* Look, make it longer, sync. */
		assert_int_equal(volume_grow(drivers, &file, SIZE, &err), n <= 3 ? -1 : 0);
		if (n <= 3)
			assert_non_null(strstr(err.text, path));
	}
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(seen.st_size, SIZE);
	memset(&disk, 0, sizeof disk);
	assert_int_equal(volume_grow(drivers, &file, SIZE / 2, &err), 0);
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(seen.st_size, SIZE);
	/* Sync its directory. */
	disk.calls = 0;
	disk.fail_at = 1;
	disk.sys = EIO;
	assert_int_equal(volume_remove(drivers, &file, &err), -1);
	assert_int_equal(volume_remove(drivers, &file, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(failing_call_on_a_new_file_is_an_error),
		FACT(failing_call_on_a_file_is_an_error),
		FACT(failing_call_on_a_block_device_is_an_error),
		FACT(what_is_done_to_a_whole_file_is_on_the_disk),
		FACT(what_a_file_system_cannot_do_is_done_without),
		FACT(short_and_interrupted_transfers_go_on),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
