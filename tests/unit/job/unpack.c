#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"
#include "fake/memory.h"
#include "job/job.h"
#include "job/unpack.h"
#include "options/tables.h"
#include "store/store.h"

enum { SIZE = 1400 * 1024 + 77, WINDOW = 1 << 20 }; /* several windows, if it does not shrink */

static const struct codec *const codecs[] = { &codec_none, &codec_zlib, &codec_bz2, &codec_zstd };

static uint8_t content[SIZE];

struct object {
	struct store *store;
	struct location at;
	struct segment segment;
	struct job job;
	struct desk_setup setup;
	char *packed;
};

/* Store content by a codec, changed by extra bytes (negative: cut off). */
static void
object_open(struct object *object, const struct codec *codec, int extra)
{
	struct file_opts file = { .posix_path = "/",
		.file_size = 4096,
		.sha_block_size_bytes = 4096,
		.create_containers = true };
	struct packers *packers;
	size_t length = SIZE;
	struct err err;

	*object = (struct object){ .at = { "container", "prefix" } };
	assert_int_equal(store_open(&object->store, &fake_memory, &file, &err), 0);
	assert_int_equal(store_begin(object->store, &object->at, &err), 0);
	object->packed = calloc(1, SIZE + 1000); /* for an extra that makes it longer */
	assert_int_equal(packers_open(&packers, codec, CODEC_DEFAULT, 1, SIZE, &err), 0);
	memcpy(object->packed, content, SIZE);
	assert_int_equal(
	    packers_pack(packers, object->packed, SIZE, &length, &err), codec != &codec_none);
	packers_close(packers);
	object->segment = (struct segment){ .number = 1,
		.length = SIZE,
		.codec = codec->name,
		.packed = { object->packed, length + (size_t)(ptrdiff_t)extra } };
	assert_int_equal(store_write(object->store, &object->at, &object->segment, &err), 0);
	object->setup.store = object->store;
	object->job.setup = &object->setup;
}

static void
object_close(struct object *object)
{
	store_close(object->store);
	free(object->packed);
}

/* Read it all in odd pieces, and its end. */
static int
read_all(struct object *object, struct err *err)
{
	static uint8_t found[SIZE + 1];
	scoped(unpack_close_scoped) struct unpack *unpack = NULL;
	size_t done, piece = 1;

	if (unpack_open(&unpack, &object->job, WINDOW, err) < 0 ||
	    unpack_begin(unpack, &object->at, &object->segment, err) < 0)
		return -1;
	for (done = 0; done < SIZE; done += piece, piece = piece * 3 + 7) {
		if (piece > SIZE - done)
			piece = SIZE - done;
		if (unpack_read(unpack, found + done, piece, err) < 0)
			return -1;
	}
	assert_memory_equal(found, content, SIZE);
	return unpack_end(unpack, err);
}

static void
make_content(bool noise)
{
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < SIZE; i++) {
		seed = seed * 1103515245 + 12345;
		content[i] = noise ? (uint8_t)(seed >> 25) : (uint8_t)(i / 1000);
	}
}

static void
objects_of_any_size_pass_a_fixed_window(void **state)
{
	struct object object;
	struct err err;
	size_t i, noise;

	(void)state;
	for (noise = 0; noise < 2; noise++) {
		make_content(noise);
		for (i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
			object_open(&object, codecs[i], 0);
			assert_int_equal(read_all(&object, &err), 0);
			object_close(&object);
		}
	}
}

static void
an_object_that_is_cut_or_grew_is_corrupt(void **state)
{
	static const int extras[] = { -1, -2000, 1, 1000 };
	struct object object;
	struct err err;
	size_t i, j;

	(void)state;
	make_content(true);
	for (i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
		for (j = 0; j < sizeof extras / sizeof extras[0]; j++) {
			object_open(&object, codecs[i], extras[j]);
			assert_int_equal(read_all(&object, &err), -1);
			assert_int_equal(err.kind, ERR_CORRUPT);
			assert_non_null(strstr(err.text, "prefix-00001"));
			object_close(&object);
		}
	}
}

/* Read it all at once, through a window of so many stored bytes. */
static int
read_at_once(struct object *object, size_t window, struct err *err)
{
	static uint8_t found[SIZE + 1];
	scoped(unpack_close_scoped) struct unpack *unpack = NULL;

	memset(found, 0, SIZE);
	if (unpack_open(&unpack, &object->job, window, err) < 0 ||
	    unpack_begin(unpack, &object->at, &object->segment, err) < 0 ||
	    unpack_read(unpack, found, SIZE, err) < 0 || unpack_end(unpack, err) < 0)
		return -1;
	assert_memory_equal(found, content, SIZE);
	return 0;
}

static void
what_is_read_at_once_is_as_good_and_as_bad(void **state)
{
	static const size_t windows[] = { SIZE / 3, 2 * SIZE };
	static const int extras[] = { 0, -1, 1 };
	struct object object;
	struct err err;
	size_t i, j, k;

	(void)state;
	make_content(true);
	for (i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
		for (j = 0; j < sizeof extras / sizeof extras[0]; j++) {
			object_open(&object, codecs[i], extras[j]);
			object.segment.length = SIZE;
			for (k = 0; k < sizeof windows / sizeof windows[0]; k++) {
				assert_int_equal(
				    read_at_once(&object, windows[k], &err), extras[j] ? -1 : 0);
				assert_true(!extras[j] || err.kind == ERR_CORRUPT);
			}
			object_close(&object);
		}
	}
}

static void
an_object_that_is_longer_than_told_is_corrupt(void **state)
{
	scoped(unpack_close_scoped) struct unpack *unpack = NULL;
	struct object object;
	struct err err;
	size_t i;
	uint8_t some[101];

	(void)state;
	make_content(false);
	for (i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
		object_open(&object, codecs[i], 0);
		unpack_close(take(&unpack));
		assert_int_equal(unpack_open(&unpack, &object.job, WINDOW, &err), 0);
		assert_int_equal(unpack_begin(unpack, &object.at, &object.segment, &err), 0);
		assert_int_equal(unpack_read(unpack, some, sizeof some - 1, &err), 0);
		assert_int_equal(unpack_end(unpack, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		object_close(&object);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_of_any_size_pass_a_fixed_window),
		cmocka_unit_test(an_object_that_is_cut_or_grew_is_corrupt),
		cmocka_unit_test(what_is_read_at_once_is_as_good_and_as_bad),
		cmocka_unit_test(an_object_that_is_longer_than_told_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
