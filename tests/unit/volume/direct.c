/* What goes past the page cache, and what does not; the linker stands in for a disk that refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "fake/scratch.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { PAGE = 4096, SIZE = 4 * 1024 * 1024, PAGES = SIZE / PAGE };

static const struct volume_driver *const drivers[] = { &volume_device, NULL };
static char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8];
static uint8_t *bytes;
static int refuse;      /* errno of direct writes; 0: they may be */
static unsigned direct; /* writes that were */

ssize_t __real_pwrite64(int fd, const void *from, size_t length, off64_t offset);
ssize_t __wrap_pwrite64(int fd, const void *from, size_t length, off64_t offset);

ssize_t
__wrap_pwrite64(int fd, const void *from, size_t length, off64_t offset)
{
	if (!(fcntl(fd, F_GETFL) & O_DIRECT))
		return __real_pwrite64(fd, from, length, offset);
	direct++;
	errno = refuse;
	return refuse ? -1 : __real_pwrite64(fd, from, length, offset);
}

static int
setup(void **state)
{
	int fd;
	size_t i;

	(void)state;
	setenv("TMPDIR", "/var/tmp", 0); /* a disk, and no memory */
	scratch_make(scratch);
	snprintf(path, sizeof path, "%s/file", scratch);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		return -1;
	close(fd);
	bytes = aligned_alloc(PAGE, SIZE);
	for (i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 24);
	refuse = 0;
	direct = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(bytes);
	scratch_remove(scratch);
	return 0;
}

static void
write_range(size_t start, size_t end)
{
	struct attachment attachment = { .kind = ATTACHMENT_PATH };
	scoped(volume_close_scoped) struct volume *volume = NULL;
	struct err err = ERR_INIT;

	snprintf(attachment.path, sizeof attachment.path, "%s", path);
	assert_int_equal(volume_open(&volume, drivers, &attachment, true, &err), 0);
	assert_int_equal(volume_write(volume, start, bytes + start, end - start, &err), 0);
	assert_int_equal(volume_flush(volume, &err), 0);
}

static uint8_t *
map_file(void)
{
	scoped(scoped_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *ret = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

	assert_true(ret != MAP_FAILED);
	return ret;
}

/* start to end is what was written, and nothing else is. */
static void
see_range(size_t start, size_t end)
{
	uint8_t *found = map_file();
	size_t i;

	assert_memory_equal(found + start, bytes + start, end - start);
	for (i = 0; i < SIZE; i++)
		assert_true((i >= start && i < end) || found[i] == 0);
	munmap(found, SIZE);
}

static size_t
pages_in_memory(void)
{
	unsigned char resident[PAGES];
	uint8_t *file = map_file();
	size_t count = 0, i;

	assert_int_equal(mincore(file, SIZE, resident), 0);
	munmap(file, SIZE);
	for (i = 0; i < PAGES; i++)
		count += resident[i] & 1;
	return count;
}

/* Is that folder on a disk that can be written to without a copy in memory? */
static bool
knows_direct_writes(void)
{
	scoped(scoped_close) int fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	struct statfs disk;

	if (fd >= 0 && statfs(path, &disk) == 0 && disk.f_type != TMPFS_MAGIC &&
	    __real_pwrite64(fd, bytes, PAGE, 0) == PAGE)
		return true;
	printf("%s: no direct writes on this file system\n", scratch);
	return false;
}

/* ---- facts ---- */

static void
long_writes_leave_nothing_in_memory(void **state)
{
	(void)state;
	if (!knows_direct_writes())
		skip();
	write_range(0, SIZE);
	assert_int_equal(direct, 1);
	assert_int_equal(pages_in_memory(), 0);
	see_range(0, SIZE);
}

static void
any_range_is_written_as_asked(void **state)
{
	static const size_t ranges[][2] = { { 0, SIZE }, { PAGE, SIZE - PAGE }, { PAGE, SIZE - 1 },
		{ 1, SIZE }, { 0, PAGE }, { 0, 1024 * 1024 - 1 }, { 0, 1024 * 1024 },
		{ 2 * PAGE, 2 * PAGE + 1024 * 1024 + 512 }, { SIZE - 1, SIZE } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		assert_int_equal(truncate(path, 0), 0);
		assert_int_equal(truncate(path, SIZE), 0);
		write_range(ranges[i][0], ranges[i][1]);
		see_range(ranges[i][0], ranges[i][1]);
	}
}

static void
short_writes_are_left_to_the_kernel(void **state)
{
	(void)state;
	write_range(0, 1024 * 1024 - PAGE);
	assert_int_equal(direct, 0);
}

static void
what_a_disk_refuses_is_written_as_usual(void **state)
{
	(void)state;
	for (refuse = EINVAL; refuse; refuse = refuse == EINVAL ? ENOSPC : 0) {
		write_range(0, SIZE);
		see_range(0, SIZE);
	}
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(long_writes_leave_nothing_in_memory),
		FACT(any_range_is_written_as_asked),
		FACT(short_writes_are_left_to_the_kernel),
		FACT(what_a_disk_refuses_is_written_as_usual),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
