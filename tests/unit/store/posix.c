/*
 * The posix store on disks that fail: the linker puts these in front of the
 * system's calls.  Call n fails, for each n, once or from then on for ever, as
 * if the process were killed there.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake/scratch.h"
#include "options/tables.h"
#include "store/store.h"

enum { SEGMENTS = 3 };

static struct {
	unsigned calls, fail_at; /* fail_at 0: never */
	bool dead;               /* and all calls after it */
	bool slow;               /* one byte at a time */
	int sys;
} disk;

static char root[SCRATCH_PATH];
static struct store *store;
static struct location at;

/* ---- the disk ---- */

static bool
fails(void)
{
	unsigned call = ++disk.calls;

	if (!disk.fail_at || (disk.dead ? call < disk.fail_at : call != disk.fail_at))
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

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(int, mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, fstat64, (int fd, struct stat64 *state), (fd, state))
WRAP(ssize_t, write, (int fd, const void *from, size_t length),
    (fd, from, disk.slow &&length ? 1 : length))
WRAP(ssize_t, pread64, (int fd, void *to, size_t length, off64_t offset),
    (fd, to, disk.slow &&length ? 1 : length, offset))

int __wrap_fsync(int fd);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);

/* Nothing here survives a real crash, so it need not wait for a real disk. */
int
__wrap_fsync(int fd)
{
	(void)fd;
	return fails() ? -1 : 0;
}

DIR *
__wrap_fdopendir(int fd)
{
	return fails() ? NULL : __real_fdopendir(fd);
}

static mode_t
mode_from(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int
__wrap_open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_from(flags, args);
	va_end(args);
	return fails() ? -1 : __real_open64(path, flags, mode);
}

int
__wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_from(flags, args);
	va_end(args);
	return fails() ? -1 : __real_openat64(dir, path, flags, mode);
}

static void
heal(void)
{
	memset(&disk, 0, sizeof disk);
}

static void
wound(unsigned fail_at, int sys, bool dead)
{
	heal();
	disk.fail_at = fail_at;
	disk.sys = sys;
	disk.dead = dead;
}

/* ---- a backup ---- */

static int
setup(void **state)
{
	struct file_opts opts = { .posix_path = root,
		.file_size = 65536,
		.sha_block_size_bytes = 4096,
		.create_containers = true };
	struct backup backup = { .created_at = 1767323045 };
	struct err err;

	(void)state;
	heal();
	scratch_make(root);
	backup_set_text(&backup, BACKUP_ID, "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb", &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4", &err);
	if (store_open(&store, &store_posix, &opts, &err) < 0)
		return -1;
	store->backoff_ms = 0;
	return store_place(store, &backup, &at, &err);
}

static int
teardown(void **state)
{
	(void)state;
	heal();
	store_close(store);
	scratch_remove(root);
	return 0;
}

static void
good(int result, const struct err *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static int
save_document(const char *name, struct err *err)
{
	struct document *document;

	if (store_create(store, &at, name, &document, err) < 0)
		return -1;
	if (store_append(document, span_of("two "), err) < 0 ||
	    store_append(document, span_of("parts"), err) < 0) {
		store_discard(document);
		return -1;
	}
	return store_commit(document, err);
}

static int
make_backup(struct err *err)
{
	struct segment segment = { .packed = span_of("segment") };

	if (store_begin(store, &at, err) < 0)
		return -1;
	for (segment.number = 1; segment.number <= SEGMENTS; segment.number++) {
		if (store_write(store, &at, &segment, err) < 0)
			return -1;
	}
	if (store_seal(store, &at, err) < 0 || save_document("sha256file", err) < 0)
		return -1;
	return save_document("metadata", err);
}

static int
read_backup(struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(256);
	struct segment segment = { .number = 1 };
	int found;

	for (; segment.number <= SEGMENTS; segment.number++) {
		if (store_read(store, &at, &segment, 0, &text, err) < 0)
			return -1;
	}
	found = store_load(store, &at, "sha256file", 0, &text, err);
	if (found > 0)
		found = store_load(store, &at, "metadata", 0, &text, err);
	if (found < 0)
		return -1;
	assert_int_equal(found, 1);
	assert_string_equal(buf_string(&text), "segmentsegmentsegmenttwo partstwo parts");
	return 0;
}

static bool
has_manifest(void)
{
	scoped(buf_drop) struct buf text = BUF(256);
	struct err err = ERR_INIT;
	int found = store_load(store, &at, "metadata", 0, &text, &err);

	good(found, &err);
	return found;
}

/* Remove it, and see that nothing stays, not even a directory. */
static void
erase_all(void)
{
	struct err err = ERR_INIT;
	struct dirent *entry;
	DIR *listing;

	good(store_erase(store, &at, &err), &err);
	listing = opendir(root);
	while ((entry = readdir(listing))) {
		if (entry->d_name[0] != '.')
			fail_msg("%s is left", entry->d_name);
	}
	closedir(listing);
}

static unsigned
count_calls(int (*act)(struct err *))
{
	struct err err = ERR_INIT;

	heal();
	good(act(&err), &err);
	return disk.calls;
}

/* ---- facts ---- */

static void
failing_call_ends_the_backup_and_leaves_no_manifest(void **state)
{
	static const struct {
		int sys;
		enum err_kind kind;
		const char *says;
	} rows[] = {
		{ ENOSPC, ERR_NO_SPACE, "No space left on device" },
		{ EDQUOT, ERR_NO_SPACE, "Disk quota exceeded" },
		{ EROFS, ERR_DENIED, "Read-only file system" },
		{ EACCES, ERR_DENIED, "Permission denied" },
		{ EIO, ERR_SYSTEM, "Input/output error" },
	};
	unsigned n, calls = count_calls(make_backup);
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	erase_all();
	assert_in_range(calls, 50, 500);
	for (n = 1; n <= calls; n++) {
		i = n % (sizeof rows / sizeof rows[0]);
		wound(n, rows[i].sys, false);
		assert_int_equal(make_backup(&err), -1);
		heal();
		assert_int_equal(err.kind, rows[i].kind);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_non_null(strstr(err.text, at.container));
		assert_in_range(strlen(err.text), 1, COLUMN_TEXT_MAX - 1); /* a fail_reason */
		assert_false(has_manifest());
		erase_all();
	}
}

static void
manifest_after_a_crash_means_that_all_is_there(void **state)
{
	unsigned n, whole = 0, calls = count_calls(make_backup);
	struct err err = ERR_INIT;

	(void)state;
	erase_all();
	for (n = 1; n <= calls; n++) {
		wound(n, EIO, true);
		assert_int_equal(make_backup(&err), -1);
		heal();
		if (has_manifest()) {
			good(read_backup(&err), &err);
			whole++;
		}
		erase_all();
	}
	assert_in_range(whole, 1, 3);
}

static void
stale_handle_is_overcome_where_nothing_is_half_done(void **state)
{
	unsigned n, lost = 0, calls = count_calls(make_backup);
	struct err err = ERR_INIT;

	(void)state;
	erase_all();
	for (n = 1; n <= calls; n++) {
		wound(n, ESTALE, false);
		if (make_backup(&err) < 0) {
			assert_int_equal(err.kind, ERR_SYSTEM);
			lost++;
		} else {
			good(read_backup(&err), &err);
		}
		heal();
		erase_all();
	}
	/* Two documents: two writes, two syncs, a rename each. */
	assert_int_equal(lost, 10);
}

static void
erase_that_fails_is_gone_on_with(void **state)
{
	struct err err = ERR_INIT;
	unsigned n, calls;

	(void)state;
	good(make_backup(&err), &err);
	heal();
	erase_all();
	calls = disk.calls;
	for (n = 1; n <= calls; n++) {
		heal();
		good(make_backup(&err), &err);
		wound(n, EIO, n % 2);
		assert_int_equal(store_erase(store, &at, &err), -1);
		assert_int_equal(err.kind, ERR_SYSTEM);
		heal();
		if (has_manifest())
			good(read_backup(&err), &err);
		erase_all();
	}
}

static void
failing_read_is_an_error_not_an_end(void **state)
{
	struct err err = ERR_INIT;
	unsigned n, calls;

	(void)state;
	good(make_backup(&err), &err);
	calls = count_calls(read_backup);
	for (n = 1; n <= calls; n++) {
		wound(n, EIO, false);
		assert_int_equal(read_backup(&err), -1);
		assert_int_equal(err.kind, ERR_SYSTEM);
	}
}

static void
short_and_interrupted_transfers_go_on(void **state)
{
	struct err err = ERR_INIT;
	unsigned n, interrupted = 0;

	(void)state;
	disk.slow = true;
	good(make_backup(&err), &err);
	good(read_backup(&err), &err);
	for (n = 1; n <= 40; n++) {
		wound(n, EINTR, false);
		disk.slow = true;
		if (read_backup(&err) == 0)
			interrupted++;
	}
	assert_in_range(interrupted, 20, 40);
}

static void
stored_files_are_the_groups_and_hidden_ones_never_stay(void **state)
{
	char path[sizeof root + 2 * COLUMN_TEXT_MAX + 32];
	struct err err = ERR_INIT;
	struct stat found;

	(void)state;
	good(make_backup(&err), &err);
	snprintf(path, sizeof path, "%s/%s/%s-00001", root, at.container, at.prefix);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0660);
	snprintf(path, sizeof path, "%s/%s/%s_metadata", root, at.container, at.prefix);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0660);
	snprintf(path, sizeof path, "%s/%s", root, at.container);
	assert_int_equal(stat(path, &found), 0);
	assert_int_equal(found.st_mode & 07777, 0770);
}

static void
what_is_no_file_is_not_read(void **state)
{
	static const char *const names[] = { "-00001", "-00002", "-00003" };
	char path[sizeof root + 2 * COLUMN_TEXT_MAX + 32];
	scoped(buf_drop) struct buf text = BUF(256);
	struct segment segment = { .number = 1 };
	struct err err = ERR_INIT;
	int i;

	(void)state;
	good(store_begin(store, &at, &err), &err);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s/%s%s", root, at.container, at.prefix, names[i]);
		assert_int_equal(i == 0   ? symlink("/etc/passwd", path)
				 : i == 1 ? mkfifo(path, 0600)
					  : mkdir(path, 0700),
		    0);
	}
	for (; segment.number <= 3; segment.number++) {
		assert_int_equal(store_read(store, &at, &segment, 0, &text, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_non_null(strstr(err.text, "is not a regular file"));
	}
}

static void
shared_and_old_containers_stay(void **state)
{
	static const char *const containers[] = { "nightly", "", "a/b" };
	struct err err = ERR_INIT;
	char path[sizeof root + 32];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof containers / sizeof containers[0]; i++) {
		snprintf(at.container, sizeof at.container, "%s", containers[i]);
		good(make_backup(&err), &err);
		good(read_backup(&err), &err);
		good(store_erase(store, &at, &err), &err);
		assert_false(has_manifest());
		snprintf(path, sizeof path, "%s/%s", root, containers[i]);
		assert_int_equal(access(path, F_OK), 0);
		if (containers[i][0])
			assert_int_equal(rmdir(path), 0);
	}
}

static void
container_is_not_made_where_that_is_forbidden(void **state)
{
	struct file_opts opts = {
		.posix_path = root, .file_size = 65536, .sha_block_size_bytes = 4096
	};
	struct store *strict;
	struct err err = ERR_INIT;

	(void)state;
	good(store_open(&strict, &store_posix, &opts, &err), &err);
	assert_int_equal(store_begin(strict, &at, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "backup_create_containers is false"));
	good(store_begin(store, &at, &err), &err);
	good(store_begin(strict, &at, &err), &err);
	store_close(strict);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(failing_call_ends_the_backup_and_leaves_no_manifest),
		FACT(manifest_after_a_crash_means_that_all_is_there),
		FACT(stale_handle_is_overcome_where_nothing_is_half_done),
		FACT(erase_that_fails_is_gone_on_with),
		FACT(failing_read_is_an_error_not_an_end),
		FACT(short_and_interrupted_transfers_go_on),
		FACT(stored_files_are_the_groups_and_hidden_ones_never_stay),
		FACT(what_is_no_file_is_not_read),
		FACT(shared_and_old_containers_stay),
		FACT(container_is_not_made_where_that_is_forbidden),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
