/*
 * The wrappers: how often they try, what they say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "fake/faulty.h"
#include "fake/memory.h"
#include "fake/scratch.h"
#include "options/tables.h"
#include "store/image.h"
#include "store/store.h"

static const struct file_opts opts = { .file_size = 65536, .sha_block_size_bytes = 4096 };
static const struct location at = { "c", "backup" };
static struct fault fault;
static struct store *store;

static int
setup(void **state)
{
	struct faulty_opts faulty = { &fake_memory, &opts, &fault };
	struct err err;

	(void)state;
	fault = (struct fault){ .kind = ERR_RETRY };
	return store_open(&store, &fake_faulty, &faulty, &err);
}

static int
teardown(void **state)
{
	(void)state;
	store_close(store);
	return 0;
}

static struct backup
some_backup(void)
{
	struct backup backup = { .created_at = 1767323045 };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb", &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4", &err);
	return backup;
}

static int
ignore_name(void *arg, const char *name, uint64_t length, struct err *err)
{
	(void)name;
	(void)length;
	(void)err;
	++*(unsigned *)arg;
	return 0;
}

/* Each verb once, up to the first that fails; the text that comes back into ret. */
static int
do_everything(struct buf *ret, struct err *err)
{
	struct segment segment = { .number = 1, .packed = { "segment", 7 } };
	struct backup backup = some_backup();
	struct document *document = NULL;
	struct location placed;
	unsigned names = 0;

	if (store_check(store, err) < 0 || store_place(store, &backup, &placed, err) < 0 ||
	    store_begin(store, &at, err) < 0 || store_write(store, &at, &segment, err) < 0 ||
	    store_seal(store, &at, err) < 0 ||
	    store_create(store, &at, "metadata", &document, err) < 0)
		return -1;
	if (store_append(document, span_of("man"), err) < 0 ||
	    store_append(document, span_of("ifest"), err) < 0) {
		store_discard(document);
		return -1;
	}
	if (store_commit(document, err) < 0 || store_read(store, &at, &segment, 0, ret, err) < 0 ||
	    store_load(store, &at, "metadata", 0, ret, err) < 0 ||
	    store_list(store, &at, ignore_name, &names, err) < 0 ||
	    store_erase(store, &at, err) < 0)
		return -1;
	assert_int_equal(names, 2);
	return 0;
}

static void
call_that_may_be_tried_again_is(void **state)
{
	scoped(buf_drop) struct buf text = BUF(64);
	struct err err = ERR_INIT;
	unsigned n, calls;

	(void)state;
	assert_int_equal(do_everything(&text, &err), 0);
	calls = fault.calls;
	for (n = 1; n <= 2 * calls; n++) {
		fault = (struct fault){ .kind = ERR_RETRY, .fail_at = (n + 1) / 2, .late = n % 2 };
		buf_clear(&text);
		/* Names that were told cannot be told again. */
		if (do_everything(&text, &err) < 0 && !(n % 2 && strstr(err.text, ": list:")))
			fail_msg("call %u: %s", fault.fail_at, err.text);
		assert_string_equal(buf_string(&text), "segmentmanifest");
	}
}

/* For good, or for the last time. */
static void
call_that_fails_for_good_is_not_tried_again(void **state)
{
	scoped(buf_drop) struct buf text = BUF(64);
	unsigned n, calls, last;
	struct err err;

	(void)state;
	assert_int_equal(do_everything(&text, &err), 0);
	calls = fault.calls;
	for (n = 1; n <= 2 * calls; n++) {
		last = n > calls;
		store->tries = last ? 1 : 9;
		fault = (struct fault){ .kind = last ? ERR_RETRY : ERR_DENIED };
		fault.fail_at = last ? n - calls : n;
		buf_clear(&text);
		assert_int_equal(do_everything(&text, &err), -1);
		assert_int_equal(fault.calls, fault.fail_at);
		assert_int_equal(err.kind, fault.kind);
		assert_int_equal(strncmp(err.text, "faulty store", 12), 0);
		if (fault.fail_at > 2)
			assert_int_equal(strncmp(err.text, "faulty store, c: ", 17), 0);
	}
}

static void
each_call_is_traced(void **state)
{
	static const char *const calls[] = { "DEBUG cinderbank.store.faulty [-] write c/backup",
		"-00001: done in" };
	char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8], found[8192] = "";
	scoped(buf_drop) struct buf text = BUF(64);
	scoped(scoped_fclose) FILE *file = NULL;
	struct err err;
	size_t i;

	(void)state;
	scratch_make(scratch);
	snprintf(path, sizeof path, "%s/log", scratch);
	assert_int_equal(log_open(path, LOG_LEVEL_DEBUG, &err), 0);
	assert_int_equal(do_everything(&text, &err), 0);
	log_close();
	log_open(NULL, LOG_LEVEL_WARNING, &err);
	file = fopen(path, "r");
	assert_true(fread(found, 1, sizeof found - 1, file) > 0);
	for (i = 0; i < 2; i++)
		assert_non_null(strstr(found, calls[i]));
	scratch_remove(scratch);
}

/* Fails every call. */
static int
always_away(struct store *unused, struct err *err)
{
	(void)unused;
	fault.calls++;
	return err_set(err, ERR_RETRY, "away");
}

static void
tries_end_and_waits_double(void **state)
{
	const struct store_driver away = { .name = "away", .check = always_away };
	struct store lost = { .driver = &away, .tries = 4, .backoff_ms = 5 };
	uint64_t start_ms = clock_ms();
	struct err err;

	(void)state;
	assert_int_equal(store_check(&lost, &err), -1);
	assert_int_equal(fault.calls, 4);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_string_equal(err.text, "away store: away");
	assert_true(clock_ms() - start_ms >= 5 + 10 + 20 - 2);
}

/* ---- what a cancel meets in a wait ---- */

static struct document kept;
static unsigned discarded;

static int
commit_later(struct document *document, struct err *err)
{
	assert_ptr_equal(document, &kept);
	return err_set(err, ERR_RETRY, "later");
}

static void
count_discard(struct document *document)
{
	assert_ptr_equal(document, &kept);
	discarded++;
}

static void
cancel_in_a_wait_keeps_no_document(void **state)
{
	const struct store_driver late = {
		.name = "late", .commit = commit_later, .discard = count_discard
	};
	atomic_bool cancel = true;
	struct store busy = { .driver = &late, .tries = 4, .backoff_ms = 60000, .cancel = &cancel };
	struct err err;

	(void)state;
	kept = (struct document){ .store = &busy, .at = at };
	discarded = 0;
	assert_int_equal(store_commit(&kept, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_int_equal(discarded, 1);
	atomic_store(&cancel, false);
	busy.tries = 1;
	assert_int_equal(store_commit(&kept, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_int_equal(discarded, 2);
}

static int
erase_later(struct store *unused, const struct backup *row, struct err *err)
{
	(void)unused;
	(void)row;
	fault.calls++;
	return err_set(err, ERR_RETRY, "later");
}

static void
image_is_tried_for_as_a_segment_is(void **state)
{
	const struct store_image_driver images = { .erase = erase_later };
	const struct store_driver late = { .name = "late", .images = &images };
	atomic_bool cancel = false;
	atomic_ullong failures = 0;
	struct store busy = { .driver = &late,
		.tries = 2,
		.backoff_ms = 1,
		.cancel = &cancel,
		.failures = &failures };
	struct backup row = some_backup();
	struct err err;

	(void)state;
	assert_int_equal(store_image_erase(&busy, &row, &err), -1);
	assert_int_equal(fault.calls, 2);
	assert_int_equal(failures, 2);
	assert_string_equal(err.text, "late store: later");
	busy.backoff_ms = 2000;
	atomic_store(&cancel, true);
	assert_int_equal(store_image_erase(&busy, &row, &err), -1);
	assert_int_equal(fault.calls, 3);
	assert_int_equal(err.kind, ERR_CANCELLED);
}

static void
store_without_tries_is_asked_once(void **state)
{
	const struct store_driver away = { .name = "away", .check = always_away };
	struct store lost = { .driver = &away };
	struct err err;

	(void)state;
	assert_int_equal(store_check(&lost, &err), -1);
	assert_int_equal(fault.calls, 1);
}

/* Tells of one name, then breaks. */
static int
half_a_list(struct store *unused, const struct location *where, store_name_fn *fn, void *arg,
    struct err *err)
{
	(void)unused;
	(void)where;
	return fn(arg, "backup-00001", 7, err) < 0 ? -1 : err_set(err, ERR_RETRY, "torn");
}

static void
no_name_is_told_twice(void **state)
{
	const struct store_driver torn = { .name = "torn", .list = half_a_list };
	struct store lost = { .driver = &torn, .tries = 9 };
	unsigned names = 0;
	struct err err;

	(void)state;
	assert_int_equal(store_list(&lost, &at, ignore_name, &names, &err), -1);
	assert_int_equal(names, 1);
	assert_int_equal(err.kind, ERR_RETRY);
}

static void
location_without_prefix_reaches_no_driver(void **state)
{
	struct segment segment = { .number = 1 };
	struct location bad = { "c", "" };
	scoped(buf_drop) struct buf text = BUF(64);
	struct document *document;
	unsigned names = 0;
	struct err err;

	(void)state;
	assert_int_equal(store_begin(store, &bad, &err), -1);
	assert_int_equal(store_seal(store, &bad, &err), -1);
	assert_int_equal(store_write(store, &bad, &segment, &err), -1);
	assert_int_equal(store_read(store, &bad, &segment, 0, &text, &err), -1);
	assert_int_equal(store_create(store, &bad, "metadata", &document, &err), -1);
	assert_int_equal(store_load(store, &bad, "metadata", 0, &text, &err), -1);
	assert_int_equal(store_list(store, &bad, ignore_name, &names, &err), -1);
	assert_int_equal(store_erase(store, &bad, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_int_equal(fault.calls, 0);
}

static void
store_that_cannot_be_opened_is_named(void **state)
{
	struct file_opts relative = {
		.posix_path = "backup", .file_size = 1, .sha_block_size_bytes = 1
	};
	struct file_opts uneven = { .posix_path = "/b", .file_size = 9, .sha_block_size_bytes = 2 };
	struct file_opts none = { .file_size = 1, .sha_block_size_bytes = 1 };
	struct store *opened;
	struct err err;

	(void)state;
	assert_int_equal(store_open(&opened, &store_posix, &relative, &err), -1);
	assert_string_equal(
	    err.text, "posix store: backup_posix_path backup: an absolute path is wanted");
	assert_int_equal(store_open(&opened, &store_posix, &none, &err), -1);
	assert_int_equal(store_open(&opened, &store_posix, &uneven, &err), -1);
	assert_non_null(strstr(err.text, "multiple"));
	store_close(NULL);
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest facts[] = {
		FACT(call_that_may_be_tried_again_is),
		FACT(call_that_fails_for_good_is_not_tried_again),
		FACT(each_call_is_traced),
		FACT(tries_end_and_waits_double),
		FACT(cancel_in_a_wait_keeps_no_document),
		FACT(image_is_tried_for_as_a_segment_is),
		FACT(store_without_tries_is_asked_once),
		FACT(no_name_is_told_twice),
		FACT(location_without_prefix_reaches_no_driver),
		FACT(store_that_cannot_be_opened_is_named),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
