#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "fake/scratch.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { SIZE = 4 * 1024 * 1024 };

static const struct volume_driver *const drivers[] = { &volume_device, NULL };
static char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8];

static int
setup(void **state)
{
	(void)state;
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

static void
make_file(uint64_t size)
{
	scoped(scoped_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
}

static uint64_t new_size = SIZE;

static int
open_path(struct volume **ret, bool create, bool writable, struct err *err)
{
	struct attachment attachment = {
		.kind = ATTACHMENT_PATH, .create = create, .size = new_size
	};

	snprintf(attachment.path, sizeof attachment.path, "%s", path);
	return volume_open(ret, drivers, &attachment, writable, err);
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
count_extent(void *arg, struct extent extent, struct err *err)
{
	uint64_t *bytes = arg;

	(void)err;
	*bytes += extent.length;
	return 0;
}

static uint64_t
bytes_changed(struct volume *volume)
{
	struct extent all = { 0, volume->size };
	uint64_t bytes = 0;
	struct err err;

	assert_int_equal(volume_changed(volume, NULL, all, count_extent, &bytes, &err), 0);
	return bytes;
}

/* ---- facts ---- */

static void
what_is_no_volume_is_refused_by_name(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct volume *volume;
	struct err err;
	int fd;

	(void)state;
	snprintf(path, sizeof path, "%s/fifo", scratch);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(open_path(&volume, false, false, &err), -1);
	assert_non_null(strstr(err.text, "fifo: is a FIFO"));
	snprintf(path, sizeof path, "%s/sock", scratch);
	snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	close(fd);
	assert_int_equal(open_path(&volume, false, true, &err), -1);
	assert_non_null(strstr(err.text, "is a socket"));
	snprintf(path, sizeof path, "%s", scratch);
	assert_int_equal(open_path(&volume, false, false, &err), -1);
	assert_non_null(strstr(err.text, "is a directory"));
	snprintf(path, sizeof path, "/dev/zero");
	assert_int_equal(open_path(&volume, false, false, &err), -1);
	assert_non_null(strstr(err.text, "is a character device"));
	assert_int_equal(err.kind, ERR_INVALID);
	snprintf(path, sizeof path, "%s/none", scratch);
	assert_int_equal(open_path(&volume, false, false, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void
volume_without_bytes_is_refused(void **state)
{
	struct volume *volume;
	struct err err;

	(void)state;
	make_file(0);
	assert_int_equal(open_path(&volume, false, false, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_non_null(strstr(err.text, "has no bytes"));
	assert_int_equal(unlink(path), 0);
	new_size = 0;
	assert_int_equal(open_path(&volume, true, true, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	new_size = UINT64_MAX;
	assert_int_equal(open_path(&volume, true, true, &err), -1);
	assert_non_null(strstr(err.text, "bytes long"));
	new_size = SIZE;
	assert_int_equal(count_entries(), 0);
}

static void
created_volume_has_no_name_until_it_is_published(void **state)
{
	struct volume *volume;
	struct err err = ERR_INIT;
	struct stat found;

	(void)state;
	assert_int_equal(open_path(&volume, true, true, &err), 0);
	assert_true(volume->zeroed);
	assert_int_equal(volume->size, SIZE);
	assert_int_equal(volume_write(volume, 100, "text", 4, &err), 0);
	assert_int_equal(count_entries(), 0);
	assert_int_equal(volume_publish(volume, 1001, &err), 0);
	volume_close(volume);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_size, 1001);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(count_entries(), 1);
}

static void
volume_that_is_not_published_vanishes(void **state)
{
	struct volume *volume;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(open_path(&volume, true, true, &err), 0);
	volume_close(volume);
	volume_close(NULL);
	assert_int_equal(count_entries(), 0);
}

static void
name_that_is_taken_is_a_conflict(void **state)
{
	struct volume *volume;
	struct err err;
	struct stat found;

	(void)state;
	assert_int_equal(open_path(&volume, true, true, &err), 0);
	make_file(5);
	assert_int_equal(volume_publish(volume, SIZE, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	volume_close(volume);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_size, 5);
	assert_int_equal(open_path(&volume, true, true, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
}

static void
publishing_an_old_volume_changes_nothing(void **state)
{
	struct volume *volume;
	struct err err = ERR_INIT;
	struct stat found;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, true, &err), 0);
	assert_int_equal(volume_publish(volume, 1, &err), 0);
	volume_close(volume);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_size, SIZE);
}

static void
holes_are_not_told_of(void **state)
{
	struct volume *volume;
	struct err err = ERR_INIT;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, true, &err), 0);
	assert_int_equal(bytes_changed(volume), 0);
	assert_int_equal(volume_write(volume, SIZE / 2, "text", 4, &err), 0);
	assert_in_range(bytes_changed(volume), 4, 65536);
	assert_int_equal(
	    volume_zero(volume, (struct extent){ SIZE / 2 - 65536, 2 * 65536 }, &err), 0);
	assert_int_equal(bytes_changed(volume), 0);
	volume_close(volume);
}

static void
only_a_file_that_is_one_hole_is_zeroed(void **state)
{
	struct volume *volume;
	struct err err = ERR_INIT;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, true, &err), 0);
	assert_true(volume->zeroed);
	assert_int_equal(volume_write(volume, SIZE - 1, "x", 1, &err), 0);
	volume_close(volume);
	assert_int_equal(open_path(&volume, false, true, &err), 0);
	assert_false(volume->zeroed);
	volume_close(volume);
}

static void
volume_that_shrinks_while_it_is_read_is_an_error(void **state)
{
	struct volume *volume;
	char bytes[100];
	struct err err;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, false, &err), 0);
	make_file(50);
	assert_int_equal(volume_read(volume, 0, bytes, sizeof bytes, &err), -1);
	assert_non_null(strstr(err.text, "ends at 50 instead of 4194304"));
	volume_close(volume);
}

static void
bytes_that_were_cut_off_are_no_hole(void **state)
{
	const struct extent range = { SIZE / 2, SIZE / 2 };
	struct volume *volume;
	struct err err = ERR_INIT;
	uint64_t bytes = 0;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, false, &err), 0);
	make_file(50);
	assert_int_equal(volume_changed(volume, NULL, range, count_extent, &bytes, &err), -1);
	assert_non_null(strstr(err.text, "ends at 50 instead of 4194304"));
	volume_close(volume);
}

static void
block_device_in_use_is_read_but_not_written(void **state)
{
	char device[SCRATCH_PATH];
	scoped(scoped_close) int loop = -1;
	scoped(scoped_close) int user = -1;
	struct volume *volume;
	struct err err = ERR_INIT;

	(void)state;
	make_file(SIZE);
	loop = scratch_block_device(path, device);
	if (loop < 0)
		skip();
	user = open(device, O_RDONLY | O_EXCL | O_CLOEXEC);
	snprintf(path, sizeof path, "%s", device);
	assert_int_equal(open_path(&volume, false, true, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_non_null(strstr(err.text, "is in use"));
	assert_int_equal(open_path(&volume, false, false, &err), 0);
	assert_int_equal(volume->size, SIZE);
	volume_close(volume);
}

static void
read_only_volume_takes_no_writes(void **state)
{
	struct extent range = { 0, 4096 };
	struct volume *volume;
	struct err err;

	(void)state;
	make_file(SIZE);
	assert_int_equal(open_path(&volume, false, false, &err), 0);
	assert_int_equal(volume_write(volume, 0, "x", 1, &err), -1);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(volume_zero(volume, range, &err), -1);
	volume_close(volume);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(what_is_no_volume_is_refused_by_name),
		FACT(volume_without_bytes_is_refused),
		FACT(created_volume_has_no_name_until_it_is_published),
		FACT(volume_that_is_not_published_vanishes),
		FACT(name_that_is_taken_is_a_conflict),
		FACT(publishing_an_old_volume_changes_nothing),
		FACT(holes_are_not_told_of),
		FACT(only_a_file_that_is_one_hole_is_zeroed),
		FACT(volume_that_shrinks_while_it_is_read_is_an_error),
		FACT(bytes_that_were_cut_off_are_no_hole),
		FACT(block_device_in_use_is_read_but_not_written),
		FACT(read_only_volume_takes_no_writes),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
