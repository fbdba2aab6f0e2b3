/*
 * What every store owes to the jobs above it.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "fake/faulty.h"
#include "fake/memory.h"
#include "fake/scratch.h"
#include "options/tables.h"
#include "store/store.h"

enum { THREADS = 8, EACH = 24, MANY = 200, TEXT_MAX = 4 * 1024 * 1024 };

struct bench {
	const struct store_driver *driver;
	char root[SCRATCH_PATH];
	struct file_opts opts;
	struct fault fault;
	struct faulty_opts faulty;
	struct swift_opts swift;
	char folder[512], share[512], mount_options[64]; /* of nfs */
	struct store *store;
	struct location at;
};

static const struct store_driver *driver;     /* of the suite that runs */
static const char *swift_auth = "SWIFT_AUTH"; /* the variable with the URL to log in at */

static struct backup
some_backup(void)
{
	struct backup backup = { .created_at = 1767323045 };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb", &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4", &err);
	return backup;
}

/* A container of its own for each test; the server is thrown away as a whole. */
static struct swift_opts
swift_opts(const char *container)
{
	return (struct swift_opts){
		.auth = SWIFT_AUTH_SINGLE_USER,
		.auth_version = "1",
		.auth_url = getenv(swift_auth),
		.user = getenv("SWIFT_USER"),
		.key = getenv("SWIFT_KEY"),
		.catalog_info = "object-store:swift:publicURL",
		.container = container,
		.availability_zone = "nova",
		.object_size = 65536,
		.block_size = 4096,
		.retry_attempts = 3,
		.create_containers = true,
	};
}

/* A folder of its own below the export for each test, and a share that ends there. */
static void
nfs_opts(struct bench *bench)
{
	const char *name = strrchr(bench->root, '/');

	snprintf(bench->folder, sizeof bench->folder, "%s%s", getenv("NFS_DIR"), name);
	assert_int_equal(mkdir(bench->folder, 0777), 0);
	snprintf(bench->share, sizeof bench->share, "%s:/backup%s", getenv("NFS_SERVER"), name);
	snprintf(bench->mount_options, sizeof bench->mount_options, "port=%s,mountport=%s",
	    getenv("NFS_PORT"), getenv("NFS_MOUNT_PORT"));
	bench->opts.share = bench->share;
	bench->opts.mount_options = bench->mount_options;
}

static int
setup(void **state)
{
	static struct bench bench;
	struct backup backup = some_backup();
	const void *opts = &bench.opts;
	struct err err;

	bench = (struct bench){ .driver = driver };
	scratch_make(bench.root);
	bench.opts = (struct file_opts){
		.posix_path = bench.root,
		.file_size = 65536,
		.sha_block_size_bytes = 4096,
		.create_containers = true,
	};
	bench.faulty = (struct faulty_opts){ &fake_memory, &bench.opts, &bench.fault };
	bench.swift = swift_opts(strrchr(bench.root, '/') + 1);
	if (driver == &fake_faulty)
		opts = &bench.faulty;
	if (strcmp(driver->name, "swift") == 0)
		opts = &bench.swift;
	if (strcmp(driver->name, "nfs") == 0)
		nfs_opts(&bench);
	*state = &bench;
	if (store_open(&bench.store, driver, opts, &err) == 0 &&
	    store_place(bench.store, &backup, &bench.at, &err) == 0 &&
	    store_begin(bench.store, &bench.at, &err) == 0)
		return 0;
	print_error("%s\n", err.text);
	return -1;
}

static int
teardown(void **state)
{
	struct bench *bench = *state;

	store_close(bench->store);
	scratch_remove(bench->root);
	if (bench->folder[0])
		scratch_remove(bench->folder);
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
put_segment(struct bench *bench, const struct location *at, uint32_t number, const char *text)
{
	struct segment segment = { .number = number, .packed = span_of(text) };
	struct err err = ERR_INIT;

	good(store_write(bench->store, at, &segment, &err), &err);
}

static void
see_segment(struct bench *bench, const struct location *at, uint32_t number, const char *text)
{
	scoped(buf_drop) struct buf packed = BUF(4096);
	struct segment segment = { .number = number };
	struct err err = ERR_INIT;

	good(store_read(bench->store, at, &segment, 0, &packed, &err), &err);
	assert_true(span_equal(buf_span(&packed), span_of(text)));
}

static void
put_document(struct bench *bench, const struct location *at, const char *name, const char *text)
{
	struct document *document = NULL;
	struct err err = ERR_INIT;

	good(store_create(bench->store, at, name, &document, &err), &err);
	good(store_append(document, span_of(text), &err), &err);
	good(store_commit(document, &err), &err);
}

/* text NULL: there is none. */
static void
see_document(struct bench *bench, const struct location *at, const char *name, const char *text)
{
	scoped(buf_drop) struct buf found = BUF(4096);
	struct err err = ERR_INIT;
	int result = store_load(bench->store, at, name, 0, &found, &err);

	good(result, &err);
	assert_int_equal(result, text != NULL);
	if (text)
		assert_string_equal(buf_string(&found), text);
}

struct tally {
	size_t count;
	uint64_t length;
	const char *prefix;
};

static int
count_name(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct tally *tally = arg;

	(void)err;
	assert_int_equal(strncmp(name, tally->prefix, strlen(tally->prefix)), 0);
	tally->count++;
	tally->length += length;
	return 0;
}

static void
see_names(struct bench *bench, const struct location *at, size_t count, uint64_t length)
{
	struct tally tally = { 0, 0, at->prefix };
	struct err err = ERR_INIT;

	good(store_list(bench->store, at, count_name, &tally, &err), &err);
	assert_int_equal(tally.count, count);
	assert_int_equal(tally.length, length);
}

/* A location in the same container whose prefix goes on where the other's ends. */
static struct location
neighbour_of(const struct location *at, const char *more)
{
	struct location neighbour = *at;

	snprintf(neighbour.prefix, sizeof neighbour.prefix, "%.200s%s", at->prefix, more);
	return neighbour;
}

/* ---- segments ---- */

static void
good_store_passes_its_check(void **state)
{
	struct bench *bench = *state;
	struct err err = ERR_INIT;
	struct store_room room;

	good(store_check(bench->store, &err), &err);
	assert_int_equal(bench->store->object_size, 65536);
	assert_int_equal(bench->store->block_size, 4096);
	good(store_room(bench->store, &room, &err), &err);
	assert_true(room.free <= room.total);
}

static void
segment_comes_back_as_it_was_written(void **state)
{
	struct bench *bench = *state;
	struct err err = ERR_INIT;

	put_segment(bench, &bench->at, 1, "one");
	put_segment(bench, &bench->at, 100000, "many");
	good(store_seal(bench->store, &bench->at, &err), &err);
	see_segment(bench, &bench->at, 1, "one");
	see_segment(bench, &bench->at, 100000, "many");
}

static void
segment_written_again_is_replaced(void **state)
{
	struct bench *bench = *state;

	put_segment(bench, &bench->at, 1, "the first and longer one");
	put_segment(bench, &bench->at, 1, "second");
	see_segment(bench, &bench->at, 1, "second");
	see_names(bench, &bench->at, 1, 6);
}

static void
read_goes_on_where_it_is_told(void **state)
{
	scoped(buf_drop) struct buf packed = BUF(5);
	struct bench *bench = *state;
	struct segment segment = { .number = 7 };
	struct err err = ERR_INIT;
	const char *const parts[] = { "01234", "56789", "ab", "" };
	uint64_t offset = 0;
	size_t i;

	put_segment(bench, &bench->at, 7, "0123456789ab");
	for (i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		buf_clear(&packed);
		good(store_read(bench->store, &bench->at, &segment, offset, &packed, &err), &err);
		assert_true(span_equal(buf_span(&packed), span_of(parts[i])));
		offset += packed.length;
	}
	good(store_read(bench->store, &bench->at, &segment, 1u << 20, &packed, &err), &err);
	assert_int_equal(packed.length, 0);
}

static void
read_appends_to_what_is_there(void **state)
{
	scoped(buf_drop) struct buf packed = BUF(6);
	struct bench *bench = *state;
	struct segment segment = { .number = 7 };
	struct err err = ERR_INIT;

	put_segment(bench, &bench->at, 7, "0123456789ab");
	buf_text(&packed, "had");
	good(store_read(bench->store, &bench->at, &segment, 9, &packed, &err), &err);
	assert_string_equal(buf_string(&packed), "had9ab");
}

static void
missing_object_is_not_found(void **state)
{
	scoped(buf_drop) struct buf packed = BUF(64);
	struct bench *bench = *state;
	struct segment segment = { .number = 3 };
	struct err err = ERR_INIT;

	put_segment(bench, &bench->at, 2, "two");
	assert_int_equal(store_read(bench->store, &bench->at, &segment, 0, &packed, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, bench->at.prefix));
}

/* ---- documents ---- */

static void
absent_document_is_no_error(void **state)
{
	struct bench *bench = *state;
	struct location elsewhere = bench->at;

	see_document(bench, &bench->at, "metadata", NULL);
	snprintf(elsewhere.container, sizeof elsewhere.container, "no-such-container");
	see_document(bench, &elsewhere, "metadata", NULL);
}

static void
document_is_absent_until_commit(void **state)
{
	struct bench *bench = *state;
	struct document *document = NULL;
	struct err err = ERR_INIT;

	good(store_create(bench->store, &bench->at, "metadata", &document, &err), &err);
	good(store_append(document, span_of("all of "), &err), &err);
	see_document(bench, &bench->at, "metadata", NULL);
	see_names(bench, &bench->at, 0, 0);
	good(store_append(document, span_of("it"), &err), &err);
	good(store_commit(document, &err), &err);
	see_document(bench, &bench->at, "metadata", "all of it");
	see_names(bench, &bench->at, 1, 9);
}

static void
older_document_stays_until_commit(void **state)
{
	struct bench *bench = *state;
	struct document *document = NULL;
	struct err err = ERR_INIT;

	put_document(bench, &bench->at, "metadata", "the old and longer one");
	good(store_create(bench->store, &bench->at, "metadata", &document, &err), &err);
	good(store_append(document, span_of("new"), &err), &err);
	see_document(bench, &bench->at, "metadata", "the old and longer one");
	good(store_commit(document, &err), &err);
	see_document(bench, &bench->at, "metadata", "new");
}

static void
discard_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	struct document *document = NULL;
	struct err err = ERR_INIT;

	good(store_create(bench->store, &bench->at, "sha256file", &document, &err), &err);
	good(store_append(document, span_of("half"), &err), &err);
	store_discard(document);
	store_discard(NULL);
	see_document(bench, &bench->at, "sha256file", NULL);
	see_names(bench, &bench->at, 0, 0);
}

static void
empty_document_is_not_an_absent_one(void **state)
{
	struct bench *bench = *state;

	put_document(bench, &bench->at, "metadata", "");
	see_document(bench, &bench->at, "metadata", "");
}

static void
large_document_is_streamed_both_ways(void **state)
{
	static char text[TEXT_MAX];
	scoped(buf_drop) struct buf part = BUF(100003);
	struct bench *bench = *state;
	struct document *document = NULL;
	struct err err = ERR_INIT;
	size_t done, step, i;

	for (i = 0; i < sizeof text; i++)
		text[i] = (char)(i * 2654435761u >> 13);
	good(store_create(bench->store, &bench->at, "sha256file", &document, &err), &err);
	for (done = 0, i = 0; done < sizeof text; done += step, i++) {
		step = 1 + i * 7919 % 65536;
		step = step < sizeof text - done ? step : sizeof text - done;
		good(store_append(document, (struct span){ text + done, step }, &err), &err);
	}
	good(store_commit(document, &err), &err);
	for (done = 0; done < sizeof text; done += part.length) {
		buf_clear(&part);
		good(store_load(bench->store, &bench->at, "sha256file", done, &part, &err), &err);
		assert_in_range(part.length, 1, sizeof text - done);
		assert_memory_equal(part.data, text + done, part.length);
	}
}

/* ---- all of a backup ---- */

static void
list_names_what_belongs_and_no_more(void **state)
{
	struct bench *bench = *state;
	struct location longer = neighbour_of(&bench->at, "-00001");
	struct location dashed = neighbour_of(&bench->at, "0");

	put_segment(bench, &bench->at, 1, "one");
	put_segment(bench, &bench->at, 123456, "six");
	put_document(bench, &bench->at, "sha256file", "hash");
	put_document(bench, &bench->at, "metadata", "manifest");
	put_segment(bench, &longer, 1, "not ours");
	put_document(bench, &longer, "metadata", "not ours");
	put_segment(bench, &dashed, 1, "not ours");
	see_names(bench, &bench->at, 4, 18);
	see_names(bench, &longer, 2, 16);
}

static int
stop_at_once(void *arg, const char *name, uint64_t length, struct err *err)
{
	unsigned *calls = arg;

	(void)length;
	++*calls;
	return err_set(err, ERR_CANCELLED, "seen %s", name);
}

static void
list_ends_where_its_listener_fails(void **state)
{
	struct bench *bench = *state;
	struct err err = ERR_INIT;
	unsigned calls = 0;

	put_segment(bench, &bench->at, 1, "one");
	put_segment(bench, &bench->at, 2, "two");
	assert_int_equal(store_list(bench->store, &bench->at, stop_at_once, &calls, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_int_equal(calls, 1);
}

struct sight {
	struct location wanted[2];
	unsigned seen[2], strange;
};

static int
see_place(void *arg, const struct location *at, struct err *err)
{
	struct sight *sight = arg;
	size_t i;

	(void)err;
	for (i = 0; i < 2; i++) {
		if (strcmp(at->container, sight->wanted[i].container) == 0 &&
		    strcmp(at->prefix, sight->wanted[i].prefix) == 0) {
			sight->seen[i]++;
			return 0;
		}
	}
	/* A server may have what other tests left; a folder of its own has not. */
	sight->strange++;
	return 0;
}

static void
scan_tells_of_each_manifest_once(void **state)
{
	struct bench *bench = *state;
	struct location longer = neighbour_of(&bench->at, "-00001");
	struct location without = neighbour_of(&bench->at, "0");
	struct sight sight = { .wanted = { bench->at, longer } };
	struct err err = ERR_INIT;

	put_segment(bench, &bench->at, 1, "one");
	put_document(bench, &bench->at, "sha256file", "hash");
	put_document(bench, &bench->at, "metadata", "manifest");
	put_document(bench, &longer, "metadata", "manifest");
	put_segment(bench, &without, 1, "was never finished");
	put_document(bench, &without, "sha256file", "hash");
	good(store_scan(bench->store, see_place, &sight, &err), &err);
	assert_int_equal(sight.seen[0], 1);
	assert_int_equal(sight.seen[1], 1);
	if (strcmp(driver->name, "swift") != 0)
		assert_int_equal(sight.strange, 0);
}

static void
erase_is_idempotent(void **state)
{
	struct bench *bench = *state;
	struct err err = ERR_INIT;
	int i;

	put_segment(bench, &bench->at, 1, "one");
	put_document(bench, &bench->at, "metadata", "manifest");
	for (i = 0; i < 3; i++) {
		good(store_erase(bench->store, &bench->at, &err), &err);
		see_document(bench, &bench->at, "metadata", NULL);
		see_names(bench, &bench->at, 0, 0);
	}
	good(store_begin(bench->store, &bench->at, &err), &err);
	put_segment(bench, &bench->at, 1, "again");
	see_segment(bench, &bench->at, 1, "again");
}

static void
erase_ends_unfinished_documents(void **state)
{
	struct bench *bench = *state;
	struct document *document = NULL;
	struct err err = ERR_INIT;

	good(store_create(bench->store, &bench->at, "metadata", &document, &err), &err);
	good(store_append(document, span_of("half"), &err), &err);
	good(store_erase(bench->store, &bench->at, &err), &err);
	store_discard(document);
	good(store_begin(bench->store, &bench->at, &err), &err);
	see_document(bench, &bench->at, "metadata", NULL);
	see_names(bench, &bench->at, 0, 0);
}

static int
read_listed(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct bench *bench = arg;

	(void)name;
	(void)err;
	assert_int_equal(length, 3);
	see_segment(bench, &bench->at, 1, "one");
	return 0;
}

static void
what_is_listed_may_be_read_meanwhile(void **state)
{
	struct bench *bench = *state;
	struct err err = ERR_INIT;

	put_segment(bench, &bench->at, 1, "one");
	put_segment(bench, &bench->at, 2, "two");
	good(store_list(bench->store, &bench->at, read_listed, bench, &err), &err);
}

static void
erase_removes_many(void **state)
{
	struct bench *bench = *state;
	struct segment segment = { .packed = { "a segment", 9 } };
	unsigned long long before;
	struct err err;

	for (segment.number = 1; segment.number <= MANY; segment.number++)
		good(store_write(bench->store, &bench->at, &segment, &err), &err);
	before = bench->store->erased;
	good(store_erase(bench->store, &bench->at, &err), &err);
	see_names(bench, &bench->at, 0, 0);
	if (bench->driver->act_as)
		assert_int_equal(bench->store->erased - before, MANY);
}

static void
erase_leaves_neighbours(void **state)
{
	static const char *const more[] = { "0", "-00001", "-1", "_metadata", "_", "x" };
	struct bench *bench = *state;
	struct location neighbour;
	struct err err = ERR_INIT;
	size_t i;

	put_segment(bench, &bench->at, 1, "ours");
	for (i = 0; i < sizeof more / sizeof more[0]; i++) {
		neighbour = neighbour_of(&bench->at, more[i]);
		put_segment(bench, &neighbour, 2, "theirs");
		put_document(bench, &neighbour, "metadata", "theirs");
	}
	good(store_erase(bench->store, &bench->at, &err), &err);
	see_names(bench, &bench->at, 0, 0);
	for (i = 0; i < sizeof more / sizeof more[0]; i++) {
		neighbour = neighbour_of(&bench->at, more[i]);
		see_segment(bench, &neighbour, 2, "theirs");
		see_document(bench, &neighbour, "metadata", "theirs");
	}
}

static void
location_that_matches_too_much_is_refused(void **state)
{
	static const struct location bad[] = {
		{ "", "" },
		{ "58/2a/x", "" },
		{ "..", "backup" },
		{ "a/../../b", "backup" },
		{ "/etc", "backup" },
		{ "a//b", "backup" },
		{ "a/./b", "backup" },
		{ "a", "../backup" },
		{ "a", ".backup" },
	};
	scoped(buf_drop) struct buf text = BUF(64);
	struct bench *bench = *state;
	struct tally tally = { 0, 0, "" };
	struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(store_begin(bench->store, &bad[i], &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(store_erase(bench->store, &bad[i], &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(store_list(bench->store, &bad[i], count_name, &tally, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(store_load(bench->store, &bad[i], "metadata", 0, &text, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

/* ---- many at once ---- */

struct worker {
	struct bench *bench;
	uint32_t first;
	struct err err;
	bool failed;
};

static void *
write_and_read(void *arg)
{
	scoped(buf_drop) struct buf packed = BUF(8192);
	struct worker *worker = arg;
	struct bench *bench = worker->bench;
	uint32_t raw[512], number, i;
	struct segment segment = { .packed = { (const char *)raw, sizeof raw } };

	for (number = worker->first; number < worker->first + EACH; number++) {
		for (i = 0; i < 512; i++)
			raw[i] = number * i;
		segment.number = number;
		buf_clear(&packed);
		worker->failed |=
		    store_write(bench->store, &bench->at, &segment, &worker->err) < 0 ||
		    store_read(bench->store, &bench->at, &segment, 0, &packed, &worker->err) < 0 ||
		    !span_equal(buf_span(&packed), segment.packed);
	}
	return NULL;
}

static void
many_threads_write_and_read_at_once(void **state)
{
	struct worker workers[THREADS];
	pthread_t threads[THREADS];
	size_t i;

	for (i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .bench = *state, .first = 1 + (uint32_t)i * EACH };
		assert_int_equal(pthread_create(&threads[i], NULL, write_and_read, &workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (workers[i].failed)
			fail_msg("%s", workers[i].err.text);
	}
	see_names(
	    *state, &((struct bench *)*state)->at, THREADS * EACH, (uint64_t)THREADS * EACH * 2048);
}

/* ---- cancelled ---- */

/* The server of the suite's driver; 0: there is none that could be stopped. */
static pid_t
server_of(const struct bench *bench)
{
	bool small = strcmp(swift_auth, "SWIFT_SMALL_AUTH") == 0;
	const char *name = "server", *folder = getenv("NFS_FOLDER");
	char path[512];
	FILE *file;
	int pid = 0;

	if (strcmp(bench->driver->name, "swift") == 0) {
		folder = getenv("SWIFT_FOLDER");
		name = small ? "small" : "proxy";
	} else if (strcmp(bench->driver->name, "nfs") != 0) {
		return 0;
	}
	snprintf(path, sizeof path, "%s/%s.pid", folder ? folder : "", name);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &pid) != 1)
		fail_msg("%s: whose server is it?", path);
	fclose(file);
	return pid;
}

static void
see_result(int result, const struct err *err, bool cancelled)
{
	if (!cancelled)
		good(result, err);
	else if (result == 0 || err->kind != ERR_CANCELLED)
		fail_msg("it should be cancelled");
}

static void
use(struct store *store, const struct bench *bench, bool cancelled)
{
	const struct segment segment = { .number = 1, .packed = { "a segment", 9 } };
	scoped(buf_drop) struct buf packed = BUF(64);
	struct err err = ERR_INIT;

	see_result(store_begin(store, &bench->at, &err), &err, cancelled);
	see_result(store_write(store, &bench->at, &segment, &err), &err, cancelled);
	see_result(store_read(store, &bench->at, &segment, 0, &packed, &err), &err, cancelled);
	see_result(store_erase(store, &bench->at, &err), &err, cancelled);
	see_result(store_begin(store, &bench->at, &err), &err, cancelled);
}

/* The options of these tests have enable_progress_timer = false. */
static void
progress_is_timed_as_the_option_says(void **state)
{
	const struct bench *bench = *state;
	const struct store_user user = { .cancel = NULL };
	scoped(store_close_scoped) struct store *own = NULL;
	struct err err;

	if (!bench->driver->act_as)
		return;
	assert_int_equal(store_act_as(bench->store, &user, &own, &err), 1);
	assert_true(bench->store->untimed && own->untimed);
}

static void
cancelled_store_begins_nothing_until_it_is_not(void **state)
{
	const struct bench *bench = *state;
	atomic_bool cancel = true;
	const struct store_user user = { .cancel = &cancel };
	scoped(store_close_scoped) struct store *own = NULL;
	struct err err;

	if (!bench->driver->act_as)
		return;
	assert_int_equal(store_act_as(bench->store, &user, &own, &err), 1);
	use(own, bench, true);
	cancel = false;
	use(own, bench, false);
}

struct stall {
	pid_t server;
	atomic_bool cancel, ended;
};

static void *
cancel_in_a_while(void *arg)
{
	struct stall *stall = arg;

	clock_sleep_ms(500);
	atomic_store(&stall->cancel, true);
	/* A call that does not see it would go on. */
	clock_wait_ms(8000, &stall->ended);
	kill(stall->server, SIGCONT);
	return NULL;
}

static void
cancel_ends_a_call_to_a_server_that_hangs(void **state)
{
	const struct bench *bench = *state;
	struct stall stall = { .server = server_of(bench) };
	const struct store_user user = { .cancel = &stall.cancel };
	scoped(store_close_scoped) struct store *own = NULL;
	struct segment segment = { .packed = { "a segment", 9 } };
	pthread_t thread;
	struct err err = ERR_INIT;

	if (!stall.server)
		return;
	assert_int_equal(store_act_as(bench->store, &user, &own, &err), 1);
	use(own, bench, false); /* there are connections */
	assert_int_equal(pthread_create(&thread, NULL, cancel_in_a_while, &stall), 0);
	kill(stall.server, SIGSTOP);
	/* It may do something yet before all of it has stopped. */
	do
		segment.number++;
	while (store_write(own, &bench->at, &segment, &err) == 0);
	atomic_store(&stall.ended, true);
	pthread_join(thread, NULL);
	assert_int_equal(err.kind, ERR_CANCELLED);
	atomic_store(&stall.cancel, false);
	use(own, bench, false);
}

static bool
needs_server(const char *name)
{
	return strcmp(name, "swift") == 0 || strcmp(name, "nfs") == 0;
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Runs the suite on the driver that argv names, or on all. */
int
main(int argc, char **argv)
{
	static const struct store_driver *const drivers[] = {
		&fake_memory,
		&fake_faulty,
		&store_posix,
#ifdef WITH_SWIFT
		&store_swift,
#endif
#ifdef WITH_NFS
		&store_nfs,
#endif
	};
	const struct CMUnitTest facts[] = {
		FACT(good_store_passes_its_check),
		FACT(segment_comes_back_as_it_was_written),
		FACT(segment_written_again_is_replaced),
		FACT(read_goes_on_where_it_is_told),
		FACT(read_appends_to_what_is_there),
		FACT(missing_object_is_not_found),
		FACT(absent_document_is_no_error),
		FACT(document_is_absent_until_commit),
		FACT(older_document_stays_until_commit),
		FACT(discard_leaves_nothing),
		FACT(empty_document_is_not_an_absent_one),
		FACT(large_document_is_streamed_both_ways),
		FACT(list_names_what_belongs_and_no_more),
		FACT(list_ends_where_its_listener_fails),
		FACT(scan_tells_of_each_manifest_once),
		FACT(erase_is_idempotent),
		FACT(what_is_listed_may_be_read_meanwhile),
		FACT(erase_ends_unfinished_documents),
		FACT(erase_leaves_neighbours),
		FACT(location_that_matches_too_much_is_refused),
		FACT(many_threads_write_and_read_at_once),
		FACT(erase_removes_many),
		FACT(progress_is_timed_as_the_option_says),
		FACT(cancelled_store_begins_nothing_until_it_is_not),
		FACT(cancel_ends_a_call_to_a_server_that_hangs),
	};
	int failed = 0;
	size_t i;

	if (argc > 2)
		swift_auth = argv[2];
	if (argc > 1 && strcmp(argv[1], "swift") == 0 && !getenv(swift_auth)) {
		printf("skipped: no %s; tests/check swift starts a server\n", swift_auth);
		return 77;
	}
	if (argc > 1 && strcmp(argv[1], "nfs") == 0 && !getenv("NFS_DIR")) {
		printf("skipped: no NFS_DIR; tests/check nfs starts a server\n");
		return 77;
	}
	for (i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		driver = drivers[i];
		if (argc > 1 ? strcmp(argv[1], driver->name) != 0 : needs_server(driver->name))
			continue;
		failed += _cmocka_run_group_tests(
		    driver->name, facts, sizeof facts / sizeof facts[0], NULL, NULL);
	}
	return failed;
}
