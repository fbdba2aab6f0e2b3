/* What every codec owes its callers: one suite, run on each of them. */
#include "engine/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "format/manifest.h"

enum { SIZE_MAX_TESTED = 300 * 1000, BOMB = 8 * 1024 * 1024, GUARD = 0xa5 };

static const struct codec *codec; /* under test */

static void
drop_unpacker(struct unpacker **unpacker)
{
	if (*unpacker)
		codec->unpacker_close(*unpacker);
}

/* ---- contents ---- */

static void
zeros(char *out, size_t length)
{
	memset(out, 0, length);
}

static void
words(char *out, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		out[i] = "the quick brown fox "[(i + i / 777) % 20];
}

static void
noise(char *out, size_t length)
{
	uint64_t state = 88172645463325252u;
	size_t i;

	for (i = 0; i < length; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		out[i] = (char)(state >> 32);
	}
}

static void
both(char *out, size_t length)
{
	noise(out, length / 2);
	words(out + length / 2, length - length / 2);
}

static const struct pattern {
	const char *name;
	void (*make)(char *out, size_t length);
} patterns[] = { { "zeros", zeros }, { "words", words }, { "noise", noise }, { "both", both } };

static const size_t sizes[] = { 1, 2, 511, 4096, 32768, 32769, 65536, 131073, SIZE_MAX_TESTED };

/* ---- packing and unpacking whole contents ---- */

/* Length of the packed form; 0: stored raw. */
static size_t
pack(enum codec_level level, const char *raw, size_t length, char *packed)
{
	struct packer *packer = NULL;
	size_t packed_length = 0;
	struct err err;
	int result;

	assert_int_equal(codec->packer_open(&packer, level, &err), 0);
	result = codec->pack(
	    packer, (struct span){ raw, length }, packed, length - 1, &packed_length, &err);
	codec->packer_close(packer);
	assert_in_range(result, 0, 1);
	if (result)
		assert_in_range(packed_length, 1, length - 1);
	return result ? packed_length : 0;
}

/*
 * Unpack a stream through windows of these sizes, into out of room bytes with
 * a guard behind.  1 it ended, 0 it did not, -1.
 */
static int
unpack(struct span *packed, size_t in_window, size_t out_window, char *out, size_t room,
    size_t *ret_length, struct err *err)
{
	scoped(drop_unpacker) struct unpacker *unpacker = NULL;
	struct span window = { packed->data, 0 };
	size_t length, done = 0, offered, space;
	bool ended = false;

	assert_int_equal(codec->unpacker_open(&unpacker, err), 0);
	out[room] = (char)GUARD;
	do {
		if (!window.length)
			window.length = packed->length < in_window ? packed->length : in_window;
		offered = window.length;
		space = room - done < out_window ? room - done : out_window;
		if (codec->unpack(unpacker, &window, out + done, space, &length, &ended, err) < 0)
			return -1;
		assert_true(length <= space && window.length <= offered);
		assert_ptr_equal(window.data, packed->data + offered - window.length);
		packed->data = window.data;
		packed->length -= offered - window.length;
		done += length;
	} while ((length || offered > window.length) && done < room);
	if (!ended && codec->unpack(unpacker, packed, out + done, 0, &length, &ended, err) < 0)
		return -1;
	assert_int_equal((unsigned char)out[room], GUARD);
	*ret_length = done;
	return ended;
}

static char *
room_for(size_t length)
{
	char *room = malloc(length);

	assert_non_null(room);
	return room;
}

/* Some content of length bytes, as a stream of the codec. */
static struct span
make_stream(void (*make)(char *out, size_t length), size_t length, char *raw, char *packed)
{
	size_t packed_length;

	make(raw, length);
	if (codec == &codec_none)
		return (struct span){ raw, length };
	packed_length = pack(CODEC_DEFAULT, raw, length, packed);
	assert_true(packed_length > 0);
	return (struct span){ packed, packed_length };
}

static void
what_was_packed_comes_back(void **state)
{
	scoped(scoped_free) char *raw = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *packed = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *out = room_for(SIZE_MAX_TESTED + 1);
	size_t i, j, length;
	struct span stream;
	struct err err;
	int level;

	(void)state;
	for (level = CODEC_FAST; level <= CODEC_BEST; level++) {
		for (i = 0; i < sizeof patterns / sizeof *patterns; i++) {
			for (j = 0; j < sizeof sizes / sizeof *sizes; j++) {
				patterns[i].make(raw, sizes[j]);
				stream = (struct span){ packed,
					pack((enum codec_level)level, raw, sizes[j], packed) };
				if (!stream.length)
					continue;
				assert_int_equal(
				    unpack(&stream, 65536, 32768, out, sizes[j], &length, &err), 1);
				assert_int_equal(stream.length, 0);
				assert_int_equal(length, sizes[j]);
				assert_memory_equal(out, raw, length);
			}
		}
	}
}

static void
a_whole_stream_comes_back_at_once_or_is_left_to_pieces(void **state)
{
	enum { LENGTH = 20000 };
	static const int stream_extras[] = { 0, 0, 0, -1, 1 }, out_extras[] = { 0, -1, 1, 0, 0 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(LENGTH + 1);
	scoped(scoped_free) char *out = room_for(LENGTH + 1);
	scoped(drop_unpacker) struct unpacker *unpacker = NULL;
	struct span stream;
	struct err err;
	size_t i;

	(void)state;
	if (!codec->unpack_whole)
		return;
	stream = make_stream(both, LENGTH, raw, packed);
	for (i = 0; i < sizeof out_extras / sizeof *out_extras; i++) {
		size_t length = (size_t)(LENGTH + out_extras[i]);
		struct span some = { stream.data,
			stream.length + (size_t)(ptrdiff_t)stream_extras[i] };
		bool good = !stream_extras[i] && !out_extras[i];

		drop_unpacker(&unpacker);
		assert_int_equal(codec->unpacker_open(&unpacker, &err), 0);
		assert_true(codec->unpack_whole(unpacker, some, out, length) == good);
		if (good)
			assert_memory_equal(out, raw, LENGTH);
	}
}

static void
packing_pays_or_is_not_done(void **state)
{
	scoped(scoped_free) char *raw = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *packed = room_for(SIZE_MAX_TESTED);
	int level;

	(void)state;
	for (level = CODEC_FAST; level <= CODEC_BEST; level++) {
		noise(raw, SIZE_MAX_TESTED);
		assert_int_equal(pack((enum codec_level)level, raw, SIZE_MAX_TESTED, packed), 0);
		assert_int_equal(pack((enum codec_level)level, raw, 1, packed), 0);
		zeros(raw, SIZE_MAX_TESTED);
		if (codec == &codec_none)
			assert_int_equal(
			    pack((enum codec_level)level, raw, SIZE_MAX_TESTED, packed), 0);
		else
			assert_in_range(
			    pack((enum codec_level)level, raw, SIZE_MAX_TESTED, packed), 1, 5000);
	}
}

static void
a_packer_serves_again_after_it_found_no_room(void **state)
{
	scoped(scoped_free) char *raw = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *packed = room_for(SIZE_MAX_TESTED);
	size_t first = 0, again = 0;
	struct packer *packer;
	struct span text;
	struct err err;

	(void)state;
	if (codec == &codec_none)
		return;
	words(raw, SIZE_MAX_TESTED);
	text = (struct span){ raw, SIZE_MAX_TESTED };
	assert_int_equal(codec->packer_open(&packer, CODEC_DEFAULT, &err), 0);
	assert_int_equal(codec->pack(packer, text, packed, text.length - 1, &first, &err), 1);
	assert_int_equal(codec->pack(packer, text, packed, first - 1, &again, &err), 0);
	assert_int_equal(codec->pack(packer, text, packed, text.length - 1, &again, &err), 1);
	assert_int_equal(first, again);
	codec->packer_close(packer);
}

static void
windows_may_be_of_any_size(void **state)
{
	static const size_t windows[][2] = { { 1, 1 }, { 1, 100000 }, { 100000, 1 }, { 7, 13 } };
	enum { LENGTH = 20000 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(LENGTH);
	scoped(scoped_free) char *out = room_for(LENGTH + 1);
	struct span stream;
	size_t i, length;
	struct err err;

	(void)state;
	for (i = 0; i < sizeof windows / sizeof *windows; i++) {
		stream = make_stream(both, LENGTH, raw, packed);
		assert_int_equal(
		    unpack(&stream, windows[i][0], windows[i][1], out, LENGTH, &length, &err), 1);
		assert_int_equal(length, LENGTH);
		assert_memory_equal(out, raw, LENGTH);
	}
}

static void
a_stream_cut_short_does_not_end(void **state)
{
	enum { LENGTH = 3000 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(LENGTH);
	scoped(scoped_free) char *out = room_for(LENGTH + 1);
	struct span stream, whole;
	size_t cut, length;
	struct err err;

	(void)state;
	if (codec == &codec_none) /* whose end is that of its object */
		return;
	whole = make_stream(words, LENGTH, raw, packed);
	for (cut = 0; cut < whole.length; cut++) {
		stream = (struct span){ whole.data, cut };
		assert_int_equal(unpack(&stream, 64, LENGTH, out, LENGTH, &length, &err), 0);
	}
}

static void
a_flipped_bit_does_no_harm(void **state)
{
	enum { LENGTH = 3000 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(LENGTH);
	scoped(scoped_free) char *out = room_for(LENGTH + 1);
	struct span stream, whole;
	size_t bit, length;
	struct err err;
	int result;

	(void)state;
	whole = make_stream(words, LENGTH, raw, packed);
	if (codec == &codec_none)
		return;
	for (bit = 0; bit < 8 * whole.length; bit++) {
		packed[bit / 8] = (char)(packed[bit / 8] ^ 1 << bit % 8);
		stream = whole;
		result = unpack(&stream, 1000, 1000, out, LENGTH, &length, &err);
		if (result < 0)
			assert_int_equal(err.kind, ERR_CORRUPT);
		else if (codec != &codec_zstd && result == 1 &&
			 length == LENGTH) /* zstd has no sum */
			assert_memory_equal(out, raw, LENGTH);
		packed[bit / 8] = (char)(packed[bit / 8] ^ 1 << bit % 8);
	}
}

static void
a_bomb_fills_no_more_than_its_room(void **state)
{
	enum { ROOM = 4096 };
	scoped(scoped_free) char *raw = room_for(BOMB);
	scoped(scoped_free) char *packed = room_for(BOMB);
	char out[ROOM + 1];
	struct span stream;
	size_t length;
	struct err err;

	(void)state;
	stream = make_stream(zeros, BOMB, raw, packed);
	assert_int_equal(unpack(&stream, 65536, 65536, out, ROOM, &length, &err), 0);
	assert_int_equal(length, ROOM);
}

static void
what_follows_the_end_is_left_alone(void **state)
{
	enum { LENGTH = 5000 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(2 * LENGTH);
	scoped(scoped_free) char *out = room_for(LENGTH + 2);
	static const size_t windows[] = { 1, 100000 };
	struct span stream, whole;
	size_t i, length;
	struct err err;

	(void)state;
	if (codec == &codec_none)
		return;
	whole = make_stream(words, LENGTH, raw, packed);
	memcpy(packed + whole.length, whole.data, whole.length); /* as good a stream as the first */
	for (i = 0; i < 2; i++) {
		stream = (struct span){ whole.data, 2 * whole.length };
		assert_int_equal(
		    unpack(&stream, windows[i], 1000, out, LENGTH + 1, &length, &err), 1);
		assert_int_equal(length, LENGTH);
		assert_int_equal(stream.length, whole.length);
	}
}

static void
what_is_no_stream_is_corrupt(void **state)
{
	/* Text, a gzip header, a zlib header that wants a dictionary, a zstd frame with a huge
	 * window. */
	static const struct span texts[] = {
		{ "no stream of any kind", 21 },
		{ "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00", 12 },
		{ "\x78\xbb\x00\x00\x00\x01\x03\x00", 8 },
		{ "\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00", 9 },
	};
	struct span stream;
	size_t i, length;
	char out[101];
	struct err err;

	(void)state;
	if (codec == &codec_none)
		return;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		stream = texts[i];
		assert_int_equal(unpack(&stream, 100, 100, out, 100, &length, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

/* What upstream's modules ask of a stream before they read it. */
static void
streams_begin_as_upstream_expects(void **state)
{
	enum { LENGTH = 5000 };
	scoped(scoped_free) char *raw = room_for(LENGTH);
	scoped(scoped_free) char *packed = room_for(LENGTH);
	struct span stream = make_stream(words, LENGTH, raw, packed);

	(void)state;
	if (codec == &codec_zlib) {
		assert_int_equal(stream.data[0], 0x78); /* not the 1f of gzip */
		assert_int_equal(((uint8_t)stream.data[0] << 8 | (uint8_t)stream.data[1]) % 31, 0);
	} else if (codec == &codec_bz2) {
		assert_memory_equal(stream.data, "BZh9", 4);
	} else if (codec == &codec_zstd) {
		assert_memory_equal(stream.data, "\x28\xb5\x2f\xfd", 4);
		assert_true(stream.data[4] & 0xe0); /* has the field of the content's size */
	}
}

static void
a_bench_packs_as_its_packers_do(void **state)
{
	scoped(packers_close_scoped) struct packers *packers = NULL;
	scoped(scoped_free) char *raw = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *packed = room_for(SIZE_MAX_TESTED);
	size_t length = 0, expected;
	struct err err;

	(void)state;
	words(raw, SIZE_MAX_TESTED);
	expected = pack(CODEC_DEFAULT, raw, SIZE_MAX_TESTED, packed);
	assert_int_equal(packers_open(&packers, codec, CODEC_DEFAULT, 2, SIZE_MAX_TESTED, &err), 0);
	assert_int_equal(packers_pack(packers, raw, SIZE_MAX_TESTED, &length, &err), expected > 0);
	assert_int_equal(length, expected);
	assert_memory_equal(raw, packed, expected);
}

static void
what_does_not_shrink_stays_as_it_is(void **state)
{
	scoped(packers_close_scoped) struct packers *packers = NULL;
	scoped(scoped_free) char *raw = room_for(SIZE_MAX_TESTED);
	scoped(scoped_free) char *before = room_for(SIZE_MAX_TESTED);
	size_t length = 0;
	struct err err;

	(void)state;
	noise(raw, SIZE_MAX_TESTED);
	noise(before, SIZE_MAX_TESTED);
	assert_int_equal(packers_open(&packers, codec, CODEC_DEFAULT, 1, SIZE_MAX_TESTED, &err), 0);
	assert_int_equal(packers_pack(packers, raw, SIZE_MAX_TESTED, &length, &err), 0);
	assert_memory_equal(raw, before, SIZE_MAX_TESTED);
	assert_int_equal(packers_pack(packers, raw, 1, &length, &err), 0);
}

static void
zeros_have_a_form_without_being_packed(void **state)
{
	static const size_t lengths[] = { 1, 2, 257, 258, 259, 260, 517, 4096, 65520, 65521, 65522,
		SIZE_MAX_TESTED };
	scoped(scoped_free) char *out = room_for(SIZE_MAX_TESTED + 1);
	scoped(drop_unpacker) struct unpacker *at_once = NULL;
	char packed[2 * SIZE_MAX_TESTED / 258 + 100];
	struct span stream;
	size_t length, made, i, j;
	struct err err;

	(void)state;
	for (i = 0; codec->pack_zeros && i < sizeof lengths / sizeof lengths[0]; i++) {
		length = codec->pack_zeros(lengths[i], packed, sizeof packed);
		assert_in_range(length, 1, lengths[i] / 1000 + 90);
		assert_int_equal(codec->pack_zeros(lengths[i], packed, length - 1), 0);
		assert_int_equal(codec->pack_zeros(lengths[i], packed, length), length);
		stream = (struct span){ packed, length };
		memset(out, 1, SIZE_MAX_TESTED);
		assert_int_equal(
		    unpack(&stream, SIZE_MAX, SIZE_MAX, out, lengths[i], &made, &err), 1);
		assert_int_equal(made, lengths[i]);
		assert_int_equal(stream.length, 0);
		for (j = 0; j < made; j++)
			assert_int_equal(out[j], 0);
		drop_unpacker(&at_once);
		assert_int_equal(codec->unpacker_open(&at_once, &err), 0);
		assert_true(
		    codec->unpack_whole(at_once, (struct span){ packed, length }, out, lengths[i]));
	}
}

/* Folders of one row share no code: so the names that manifests take are compared here. */
static void
manifests_know_the_codec(void **state)
{
	static const char *const names[] = { "none", "zlib", "gzip", "bz2", "bzip2", "zstd" };
	size_t i;

	(void)state;
	assert_string_equal(manifest_codec(codec->name), codec->name);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		assert_non_null(codec_find(names[i]));
		assert_string_equal(manifest_codec(names[i]), names[i]);
	}
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest suite[] = {
		cmocka_unit_test(what_was_packed_comes_back),
		cmocka_unit_test(a_whole_stream_comes_back_at_once_or_is_left_to_pieces),
		cmocka_unit_test(packing_pays_or_is_not_done),
		cmocka_unit_test(a_packer_serves_again_after_it_found_no_room),
		cmocka_unit_test(windows_may_be_of_any_size),
		cmocka_unit_test(a_stream_cut_short_does_not_end),
		cmocka_unit_test(a_flipped_bit_does_no_harm),
		cmocka_unit_test(a_bomb_fills_no_more_than_its_room),
		cmocka_unit_test(what_follows_the_end_is_left_alone),
		cmocka_unit_test(what_is_no_stream_is_corrupt),
		cmocka_unit_test(streams_begin_as_upstream_expects),
		cmocka_unit_test(a_bench_packs_as_its_packers_do),
		cmocka_unit_test(what_does_not_shrink_stays_as_it_is),
		cmocka_unit_test(zeros_have_a_form_without_being_packed),
		cmocka_unit_test(manifests_know_the_codec),
	};

	codec = argc == 2 ? codec_find(argv[1]) : NULL;
	if (!codec) {
		fprintf(stderr, "usage: %s none|zlib|bz2|zstd\n", argv[0]);
		return 2;
	}
	return cmocka_run_group_tests_name(codec->name, suite, NULL, NULL);
}
