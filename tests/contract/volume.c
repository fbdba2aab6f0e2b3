/*
 * What every volume owes to the jobs above it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/scope.h"
#include "fake/scratch.h"
#include "options/tables.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { SIZE = 1024 * 1024 + 1536, THREADS = 6, ROUNDS = 64 };

static const struct volume_driver *const drivers[] = {
	&volume_device,
#ifdef WITH_CEPH
	&volume_rbd,
#endif
#ifdef WITH_ISCSI
	&volume_iscsi,
#endif
	NULL,
};

struct bench {
	char scratch[SCRATCH_PATH];
	struct attachment attachment;
	int loop; /* keeps the block device alive */
	struct volume *volume;
};

/* A row of the list of what the suite runs on.  prepare: 1, 0 this machine has none, -1. */
struct subject {
	const char *name;
	int (*prepare)(struct bench *);
};

static const struct subject *subject;

static int
make_file(const char *path)
{
	scoped(scoped_close) int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 || ftruncate(fd, SIZE) < 0 ? -1 : 1;
}

static int
prepare_file(struct bench *bench)
{
	char path[SCRATCH_PATH + 8];
	struct err err;

	snprintf(path, sizeof path, "%s/file", bench->scratch);
	return make_file(path) < 0 || attach_find(NULL, path, &bench->attachment, &err) < 0 ? -1
											    : 1;
}

static int
prepare_new(struct bench *bench)
{
	char path[SCRATCH_PATH + 8];
	struct err err;

	snprintf(path, sizeof path, "%s/new", bench->scratch);
	return attach_new(NULL, path, SIZE, &bench->attachment, &err) < 0 ? -1 : 1;
}

/* By a link, as /dev/vg/lv is one. */
static int
prepare_block(struct bench *bench)
{
	char path[SCRATCH_PATH + 8], device[SCRATCH_PATH];
	struct err err;

	snprintf(path, sizeof path, "%s/disk", bench->scratch);
	if (make_file(path) < 0)
		return -1;
	bench->loop = scratch_block_device(path, device);
	if (bench->loop < 0)
		return 0;
	snprintf(path, sizeof path, "%s/link", bench->scratch);
	if (symlink(device, path) < 0 || attach_find(NULL, path, &bench->attachment, &err) < 0)
		return -1;
	return strcmp(bench->attachment.path, path) == 0 ? 1 : -1;
}

#ifdef WITH_CEPH
/* A new image in a cluster of tests/servers/ceph. */
static int
prepare_new_image(struct bench *bench)
{
	static struct ceph_opts opts = { .user = "cinder" };
	char id[DIGEST_UUID_TEXT], name[64];
	struct err err;

	opts.conf = getenv("CEPH_CONF");
	if (!opts.conf)
		return 0;
	if (digest_uuid_random(id, &err) < 0)
		return -1;
	snprintf(name, sizeof name, "rbd:volumes/%s", id);
	if (attach_new(NULL, name, SIZE, &bench->attachment, &err) < 0)
		return -1;
	bench->attachment.ceph = &opts;
	return 1;
}

static int
prepare_image(struct bench *bench)
{
	scoped(volume_close_scoped) struct volume *volume = NULL;
	int prepared = prepare_new_image(bench);
	struct err err;

	if (prepared == 1 && (volume_open(&volume, drivers, &bench->attachment, true, &err) < 0 ||
				 volume_publish(volume, SIZE, &err) < 0)) {
		print_error("%s\n", err.text);
		return -1;
	}
	bench->attachment.create = false;
	return prepared;
}
#endif

#ifdef WITH_ISCSI
/* The small unit of tests/servers/iscsi, all zeros; by two portals, with a password. */
static int
prepare_unit(struct bench *bench)
{
	scoped(volume_close_scoped) struct volume *volume = NULL;
	const char *ports = getenv("ISCSI_PORTS"), *target = getenv("ISCSI_TARGET");
	struct iscsi_target *to = &bench->attachment.iscsi;
	struct extent all = { 0, SIZE };
	struct err err;

	if (!ports || !target)
		return 0;
	bench->attachment.kind = ATTACHMENT_ISCSI;
	*to = (struct iscsi_target){ .n_paths = 2, .multipath = true };
	snprintf(to->paths[0].portal, ISCSI_PORTAL_MAX, "127.0.0.1:%d", atoi(ports));
	snprintf(to->paths[1].portal, ISCSI_PORTAL_MAX, "127.0.0.1:%s", strchr(ports, ',') + 1);
	snprintf(to->paths[0].target, ISCSI_NAME_MAX, "%s", target);
	to->paths[0].lun = to->paths[1].lun = 1;
	memcpy(to->paths[1].target, to->paths[0].target, ISCSI_NAME_MAX);
	snprintf(to->user, sizeof to->user, "%s", getenv("ISCSI_USER"));
	snprintf(to->password, sizeof to->password, "%s", getenv("ISCSI_PASSWORD"));
	if (volume_open(&volume, drivers, &bench->attachment, true, &err) < 0 ||
	    volume_zero(volume, all, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 1;
}
#endif

static int
setup(void **state)
{
	static struct bench bench;
	struct err err;

	*state = &bench;
	bench = (struct bench){ .loop = -1 };
	scratch_make(bench.scratch);
	if (subject->prepare(&bench) == 1 &&
	    volume_open(&bench.volume, drivers, &bench.attachment, true, &err) == 0)
		return 0;
	print_error("%s\n", err.text);
	return -1;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	volume_close(bench->volume);
	if (bench->loop >= 0)
		close(bench->loop);
	scratch_remove(bench->scratch);
	return 0;
}

/* ---- in the words of the tests ---- */

static void
good(int result, const struct err *err)
{
	if (result < 0)
		fail_msg("%s", err->text);
}

static void
fill(struct volume *volume, uint64_t offset, size_t length, int byte)
{
	scoped(scoped_free) char *bytes = malloc(length);
	struct err err = ERR_INIT;

	memset(bytes, byte, length);
	good(volume_write(volume, offset, bytes, length, &err), &err);
}

static void
see(struct volume *volume, uint64_t offset, size_t length, int byte)
{
	scoped(scoped_free) char *found = malloc(length), *wanted = malloc(length);
	struct err err = ERR_INIT;

	memset(wanted, byte, length);
	good(volume_read(volume, offset, found, length, &err), &err);
	assert_memory_equal(found, wanted, length);
}

/* ---- facts ---- */

static void
volume_has_its_size_and_a_block(void **state)
{
	const struct bench *bench = *state;

	assert_int_equal(bench->volume->size, SIZE);
	assert_in_range(bench->volume->block, 512, 1024 * 1024);
}

static void
bytes_come_back_as_written(void **state)
{
	static const struct extent extents[] = {
		{ 0, 1 },
		{ 0, 4096 },
		{ 511, 2 },
		{ 4095, 65538 },
		{ SIZE - 1, 1 },
		{ SIZE - 5000, 5000 },
		{ 0, SIZE },
	};
	struct bench *bench = *state;
	size_t i;

	for (i = 0; i < sizeof extents / sizeof extents[0]; i++) {
		fill(bench->volume, extents[i].offset, extents[i].length, 'a' + (int)i);
		see(bench->volume, extents[i].offset, extents[i].length, 'a' + (int)i);
	}
	fill(bench->volume, 1000, 10, 'x');
	see(bench->volume, 0, 1000, 'a' + (int)i - 1);
	see(bench->volume, 1010, 1000, 'a' + (int)i - 1);
}

static int
refuse_extent(void *arg, struct extent extent, struct err *err)
{
	(void)arg;
	(void)extent;
	return err_set(err, ERR_CANCELLED, "enough");
}

static void
what_lies_outside_is_refused(void **state)
{
	static const struct extent extents[] = {
		{ SIZE, 1 },
		{ SIZE - 1, 2 },
		{ 0, SIZE + 1 },
		{ UINT64_MAX, 1 },
		{ 1, SIZE },
		{ UINT64_MAX - 1, 16 },
	};
	struct volume *volume = ((struct bench *)*state)->volume;
	static char bytes[SIZE + 1];
	struct err err;
	size_t i, length;

	for (i = 0; i < sizeof extents / sizeof extents[0]; i++) {
		length = extents[i].length;
		assert_int_equal(volume_read(volume, extents[i].offset, bytes, length, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(volume_write(volume, extents[i].offset, bytes, length, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(volume_zero(volume, extents[i], &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(
		    volume_changed(volume, NULL, extents[i], refuse_extent, NULL, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
zeroed_range_reads_as_zeros(void **state)
{
	static const struct extent extents[] = {
		{ 65536, 65536 },
		{ 1, 1 },
		{ 4095, 8193 },
		{ SIZE - 700, 700 },
		{ 300000, 0 },
		{ 0, SIZE },
	};
	struct volume *volume = ((struct bench *)*state)->volume;
	struct extent range;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof extents / sizeof extents[0]; i++) {
		range = extents[i];
		fill(volume, 0, SIZE, 'f');
		good(volume_zero(volume, range, &err), &err);
		see(volume, range.offset, range.length, 0);
		see(volume, 0, range.offset, 'f');
		see(volume, range.offset + range.length, SIZE - range.offset - range.length, 'f');
	}
}

struct seen {
	uint64_t end;
	uint8_t bytes[SIZE];
};

static int
mark_extent(void *arg, struct extent extent, struct err *err)
{
	struct seen *seen = arg;

	(void)err;
	assert_true(extent.length > 0);
	assert_true(extent.offset >= seen->end);
	memset(seen->bytes + extent.offset, 1, extent.length);
	seen->end = extent.offset + extent.length;
	return 0;
}

/* Data may be told of where there is none, never the reverse; upwards, inside the range. */
static void
changed_leaves_out_only_zeros(void **state)
{
	static const struct extent ranges[] = { { 0, SIZE }, { 300000, 300000 }, { SIZE - 1, 1 },
		{ 500000, 0 } };
	static const char *const since[] = { NULL, "some-snapshot" };
	struct volume *volume = ((struct bench *)*state)->volume;
	static struct seen seen;
	struct err err;
	size_t i, s;
	uint64_t at;

	fill(volume, 262144, 70000, 'd');
	fill(volume, SIZE - 512, 512, 'e');
	for (i = 0; i < 2 * (sizeof ranges / sizeof ranges[0]); i++) {
		s = i % 2;
		seen = (struct seen){ .end = ranges[i / 2].offset };
		good(volume_changed(volume, since[s], ranges[i / 2], mark_extent, &seen, &err),
		    &err);
		assert_true(seen.end <= ranges[i / 2].offset + ranges[i / 2].length);
		for (at = ranges[i / 2].offset; at < ranges[i / 2].offset + ranges[i / 2].length;
		     at++) {
			if (!seen.bytes[at])
				see(volume, at, 1, 0);
		}
	}
}

static void
listener_ends_changed(void **state)
{
	struct volume *volume = ((struct bench *)*state)->volume;
	struct extent all = { 0, SIZE };
	struct err err;

	fill(volume, 0, 4096, 'd');
	assert_int_equal(volume_changed(volume, NULL, all, refuse_extent, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
}

static void
flushed_bytes_are_there_after_reopening(void **state)
{
	struct bench *bench = *state;
	struct err err;

	fill(bench->volume, 5, 100000, 'k');
	good(volume_flush(bench->volume, &err), &err);
	good(volume_publish(bench->volume, SIZE, &err), &err);
	volume_close(take(&bench->volume));
	bench->attachment.create = false;
	good(volume_open(&bench->volume, drivers, &bench->attachment, false, &err), &err);
	assert_int_equal(bench->volume->size, SIZE);
	see(bench->volume, 0, 5, 0);
	see(bench->volume, 5, 100000, 'k');
}

struct worker {
	struct volume *volume;
	int number;
	bool failed;
	struct err err;
};

static void *
write_and_read(void *arg)
{
	struct worker *worker = arg;
	char bytes[1000], again[1000];
	uint64_t offset;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		offset = (uint64_t)(i * THREADS + worker->number) * sizeof bytes;
		memset(bytes, worker->number + i, sizeof bytes);
		worker->failed |=
		    volume_write(worker->volume, offset, bytes, sizeof bytes, &worker->err) < 0 ||
		    volume_read(worker->volume, offset, again, sizeof again, &worker->err) < 0 ||
		    memcmp(bytes, again, sizeof again) != 0;
	}
	return NULL;
}

static void
calls_may_overlap(void **state)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		workers[i] =
		    (struct worker){ ((struct bench *)*state)->volume, i, false, ERR_INIT };
		assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (workers[i].failed)
			fail_msg("%s", workers[i].err.text);
	}
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static struct volume_look
look(const struct attachment *at)
{
	struct volume_look seen;
	struct err err = ERR_INIT;

	good(volume_look(drivers, at, &seen, 1, &err), &err);
	return seen;
}

/* A snapshot is what the volume was, and not in the way of its end. */
static void
keep_and_forget(struct attachment at)
{
	scoped(volume_close_scoped) struct volume *volume = NULL;
	struct err err = ERR_INIT;

	snprintf(at.snapshot, sizeof at.snapshot, "kept");
	assert_int_equal(volume_snapshot(drivers, &at, &err), 1);
	assert_int_equal(volume_snapshot(drivers, &at, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	at.snapshot[0] = '\0';
	good(volume_open(&volume, drivers, &at, true, &err), &err);
	assert_true(look(&at).used);
	fill(volume, 0, 4096, 'b');
	volume_close(take(&volume));
	assert_int_equal(volume_remove(drivers, &at, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	snprintf(at.snapshot, sizeof at.snapshot, "kept");
	good(volume_open(&volume, drivers, &at, false, &err), &err);
	see(volume, 0, 4096, 'a');
	volume_close(take(&volume));
	good(volume_remove(drivers, &at, &err), &err);
	good(volume_remove(drivers, &at, &err), &err);
	assert_false(look(&at).there);
}

static void
whole_volume_is_looked_at_grown_and_removed(void **state)
{
	struct bench *bench = *state;
	const struct volume_driver *driver = bench->volume->driver;
	struct attachment at = bench->attachment;
	struct err err = ERR_INIT;

	fill(bench->volume, 0, 4096, 'a');
	good(volume_publish(bench->volume, SIZE, &err), &err);
	volume_close(take(&bench->volume));
	at.create = false;
	if (!driver->look) {
		assert_int_equal(volume_look(drivers, &at, NULL, 1, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		return;
	}
	assert_true(look(&at).there && !look(&at).used);
	assert_int_equal(look(&at).size, SIZE);
	if (driver->snapshot)
		keep_and_forget(at);
	else
		assert_int_equal(volume_snapshot(drivers, &at, &err), 0);
	if (volume_grow(drivers, &at, 2 * SIZE, &err) < 0) {
		assert_int_equal(err.kind, ERR_INVALID); /* a block device stays as it is */
		assert_int_equal(volume_remove(drivers, &at, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		return;
	}
	assert_int_equal(look(&at).size, 2 * SIZE);
	good(volume_grow(drivers, &at, SIZE, &err), &err);
	assert_int_equal(look(&at).size, 2 * SIZE);
	good(volume_remove(drivers, &at, &err), &err);
	good(volume_remove(drivers, &at, &err), &err);
	assert_false(look(&at).there);
}

/* Those that backups have left behind, one each. */
static void
volume_of_many_backups_is_removed(void **state)
{
	enum { BACKUPS = 70 };
	struct bench *bench = *state;
	const struct volume_driver *driver = bench->volume->driver;
	struct attachment at = bench->attachment;
	struct err err = ERR_INIT;
	int i;

	if (!driver->snapshot)
		skip();
	good(volume_publish(bench->volume, SIZE, &err), &err);
	volume_close(take(&bench->volume));
	at.create = false;
	for (i = 0; i < BACKUPS; i++) {
		snprintf(at.snapshot, sizeof at.snapshot, "backup.%d.snap.1", i);
		assert_int_equal(volume_snapshot(drivers, &at, &err), 1);
	}
	at.snapshot[0] = '\0';
	good(volume_remove(drivers, &at, &err), &err);
	assert_false(look(&at).there);
}

static bool
has_subject(const struct subject *wanted)
{
	struct bench bench = { .loop = -1 };
	int result;

	scratch_make(bench.scratch);
	result = wanted->prepare(&bench);
	if (bench.loop >= 0)
		close(bench.loop);
	scratch_remove(bench.scratch);
	return result != 0;
}

/* Runs the suite on the subject that argv names, or on all; 77: this machine has none such. */
int
main(int argc, char **argv)
{
	static const struct subject subjects[] = {
		{ "file", prepare_file },
		{ "new", prepare_new },
		{ "block", prepare_block },
#ifdef WITH_CEPH
		{ "image", prepare_image },
		{ "new-image", prepare_new_image },
#endif
#ifdef WITH_ISCSI
		{ "unit", prepare_unit },
#endif
	};
	const struct CMUnitTest facts[] = {
		FACT(volume_has_its_size_and_a_block),
		FACT(bytes_come_back_as_written),
		FACT(what_lies_outside_is_refused),
		FACT(zeroed_range_reads_as_zeros),
		FACT(changed_leaves_out_only_zeros),
		FACT(listener_ends_changed),
		FACT(flushed_bytes_are_there_after_reopening),
		FACT(calls_may_overlap),
		FACT(volume_of_many_backups_is_removed),
		FACT(whole_volume_is_looked_at_grown_and_removed),
	};
	int failed = 0;
	size_t i;

	for (i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
		subject = &subjects[i];
		if (argc > 1 && strcmp(argv[1], subject->name) != 0)
			continue;
		if (!has_subject(subject)) {
			print_message("skipped: %s: this machine has no loop devices, no CEPH_CONF "
				      "leads to a cluster, or no ISCSI_TARGET to a target\n",
			    subject->name);
			if (argc > 1)
				return 77;
			continue;
		}
		failed += _cmocka_run_group_tests(
		    subject->name, facts, sizeof facts / sizeof facts[0], NULL, NULL);
	}
	return failed;
}
