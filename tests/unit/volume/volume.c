#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "base/tray.h"
#include "fake/scratch.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { SIZE = 1024 * 1024 };

/* A driver that has nothing but what is required. */
struct plain {
	struct volume volume;
	uint8_t bytes[SIZE];
	size_t writes;
};

static bool
plain_claims(const struct attachment *attachment)
{
	return attachment->kind == ATTACHMENT_PATH;
}

static const struct volume_driver plain_driver;

static int
plain_open(struct volume **ret, const struct attachment *attachment, bool writable, struct err *err)
{
	struct plain *plain = calloc(1, sizeof *plain);

	(void)attachment;
	(void)writable;
	(void)err;
	plain->volume = (struct volume){ .driver = &plain_driver, .size = SIZE, .block = 512 };
	memset(plain->bytes, 'p', SIZE);
	*ret = &plain->volume;
	return 0;
}

static int
plain_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	(void)err;
	memcpy(out, ((struct plain *)volume)->bytes + offset, length);
	return 0;
}

static int
plain_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	(void)err;
	((struct plain *)volume)->writes++;
	memcpy(((struct plain *)volume)->bytes + offset, data, length);
	return 0;
}

static int
plain_flush(struct volume *volume, struct err *err)
{
	(void)volume;
	(void)err;
	return 0;
}

static void
plain_close(struct volume *volume)
{
	free(volume);
}

static const struct volume_driver plain_driver = {
	.name = "plain",
	.claims = plain_claims,
	.open = plain_open,
	.read = plain_read,
	.write = plain_write,
	.flush = plain_flush,
	.close = plain_close,
};

static const struct volume_driver *const drivers[] = { &plain_driver, NULL };

static struct volume *
open_plain(void)
{
	struct attachment attachment = { .kind = ATTACHMENT_PATH, .path = "/plain" };
	struct volume *volume = NULL;
	struct err err;

	assert_int_equal(volume_open(&volume, drivers, &attachment, true, &err), 0);
	return volume;
}

static void
volume_that_no_driver_claims_is_refused(void **state)
{
	struct attachment attachment;
	struct volume *volume;
	struct err err;

	(void)state;
	assert_int_equal(attach_find(NULL, "rbd:pool/image", &attachment, &err), 0);
	assert_int_equal(volume_open(&volume, drivers, &attachment, false, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.text, "volume rbd:pool/image: no driver of this build claims it");
}

static int
remember_extent(void *arg, struct extent extent, struct err *err)
{
	(void)err;
	*(struct extent *)arg = extent;
	return 7;
}

static void
driver_that_knows_no_changes_has_all_changed(void **state)
{
	struct volume *volume = open_plain();
	struct extent range = { 100, 5000 }, told = { 0, 0 };
	struct err err;

	(void)state;
	assert_int_equal(volume_changed(volume, NULL, range, remember_extent, &told, &err), 7);
	assert_int_equal(told.offset, 100);
	assert_int_equal(told.length, 5000);
	volume_close(volume);
}

static void
driver_without_zero_is_written_zeros(void **state)
{
	struct extent range = { 10, SIZE - 20 };
	struct volume *volume = open_plain();
	uint8_t bytes[12];
	struct err err;

	(void)state;
	assert_int_equal(volume_zero(volume, range, &err), 0);
	assert_true(((struct plain *)volume)->writes > 1);
	assert_int_equal(volume_read(volume, 0, bytes, 12, &err), 0);
	assert_memory_equal(bytes, "pppppppppp\0\0", 12);
	assert_int_equal(volume_read(volume, SIZE - 12, bytes, 12, &err), 0);
	assert_memory_equal(bytes, "\0\0pppppppppp", 12);
	volume_close(volume);
}

static void
driver_without_trays_reads_and_writes(void **state)
{
	scoped(tray_drop_scoped) struct tray *tray = tray_new(8);
	struct volume *volume = open_plain();
	struct err err;

	(void)state;
	assert_int_equal(volume_read_tray(volume, 4, tray, 4, &err), 0);
	assert_memory_equal(tray->bytes, "pppp", 4);
	memcpy(tray->bytes + 4, "tray", 4);
	assert_int_equal(volume_write_tray(volume, 100, tray, 4, 4, &err), 0);
	assert_memory_equal(((struct plain *)volume)->bytes + 99, "ptrayp", 6);
	assert_int_equal(volume_read_tray(volume, SIZE - 1, tray, 2, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	volume_close(volume);
}

static void
driver_without_publish_always_had_its_name(void **state)
{
	struct volume *volume = open_plain();
	struct err err;

	(void)state;
	assert_int_equal(volume_publish(volume, 1, &err), 0);
	assert_int_equal(volume->size, SIZE);
	volume_close(volume);
}

static void
each_call_is_traced(void **state)
{
	char scratch[SCRATCH_PATH], path[SCRATCH_PATH + 8], found[8192] = "", byte;
	scoped(scoped_fclose) FILE *file = NULL;
	struct volume *volume;
	struct err err;

	(void)state;
	scratch_make(scratch);
	snprintf(path, sizeof path, "%s/log", scratch);
	assert_int_equal(log_open(path, LOG_LEVEL_DEBUG, &err), 0);
	volume = open_plain();
	assert_int_equal(volume_read(volume, 7, &byte, 1, &err), 0);
	assert_int_equal(volume_read(volume, SIZE, &byte, 1, &err), -1);
	volume_close(volume);
	log_close();
	log_open(NULL, LOG_LEVEL_WARNING, &err);
	file = fopen(path, "r");
	assert_true(fread(found, 1, sizeof found - 1, file) > 0);
	assert_non_null(strstr(found, "DEBUG cinderbank.volume.plain [-] read 7+1: done in"));
	assert_non_null(strstr(found, "read 1048576+1: read 1 bytes at 1048576: the volume has"));
	scratch_remove(scratch);
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(volume_that_no_driver_claims_is_refused),
		cmocka_unit_test(driver_that_knows_no_changes_has_all_changed),
		cmocka_unit_test(driver_without_zero_is_written_zeros),
		cmocka_unit_test(driver_without_trays_reads_and_writes),
		cmocka_unit_test(driver_without_publish_always_had_its_name),
		cmocka_unit_test(each_call_is_traced),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
