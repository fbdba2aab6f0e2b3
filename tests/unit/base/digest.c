#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/md5_lanes.h"
#include "base/md5_wide.h"

static const char *
sha256_text(const void *data, size_t length)
{
	static char text[2 * DIGEST_SHA256_SIZE + 1];
	uint8_t digest[DIGEST_SHA256_SIZE];

	digest_sha256(data, length, digest);
	digest_hex(digest, sizeof digest, text);
	return text;
}

static const char *
md5_text(const uint8_t digest[DIGEST_MD5_SIZE])
{
	static char text[2 * DIGEST_MD5_SIZE + 1];

	digest_hex(digest, DIGEST_MD5_SIZE, text);
	return text;
}

static void
known_digests_come_out(void **state)
{
	uint8_t md5[DIGEST_MD5_SIZE];

	(void)state;
	assert_string_equal(
	    sha256_text("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(sha256_text("abc", 3),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_md5("", 0, md5);
	assert_string_equal(md5_text(md5), "d41d8cd98f00b204e9800998ecf8427e");
	digest_md5("abc", 3, md5);
	assert_string_equal(md5_text(md5), "900150983cd24fb0d6963f7d28e17f72");
}

static void
digests_of_zeros_are_those_of_zeros(void **state)
{
	/* More lengths than are remembered, and each twice. */
	enum { LENGTHS = 40, STEP = 4999 };
	uint8_t expected[DIGEST_SHA256_SIZE], digest[DIGEST_SHA256_SIZE];
	void *zeros = calloc(1, LENGTHS * STEP);
	size_t i, length;

	(void)state;
	for (i = 0; i < 2 * LENGTHS; i++) {
		length = i % LENGTHS * STEP;
		digest_sha256(zeros, length, expected);
		digest_sha256_zeros(length, digest);
		assert_memory_equal(digest, expected, DIGEST_SHA256_SIZE);
		digest_md5(zeros, length, expected);
		digest_md5_zeros(length, digest);
		assert_memory_equal(digest, expected, DIGEST_MD5_SIZE);
	}
	free(zeros);
}

static void
zeros_of_whole_units_come_in_any_order(void **state)
{
	enum { UNIT = 512 * 1024 };
	static const size_t units[] = { 3, 1, 33, 2, 32, 31, 32 };
	uint8_t expected[DIGEST_MD5_SIZE], digest[DIGEST_MD5_SIZE];
	void *zeros = calloc(33, UNIT);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof units / sizeof units[0]; i++) {
		digest_md5(zeros, units[i] * UNIT, expected);
		digest_md5_zeros(units[i] * UNIT, digest);
		assert_memory_equal(digest, expected, DIGEST_MD5_SIZE);
	}
	free(zeros);
}

static void
many_sha256s_at_once_are_those_of_each(void **state)
{
	enum { MOST = 35 };
	static uint8_t content[70000 + MOST];
	static const size_t lengths[] = { 0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000,
		4096, 32768, 65536 + 77 };
	uint8_t found[MOST][DIGEST_SHA256_SIZE], expected[DIGEST_SHA256_SIZE], *ret[MOST];
	const uint8_t *data[MOST];
	size_t count, i, j;

	(void)state;
	for (i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * i >> 7 ^ i);
	for (i = 0; i < MOST; i++) {
		data[i] = content + i;
		ret[i] = found[i];
	}
	for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		for (count = 0; count <= MOST; count += count < 3 ? 1 : 8) {
			memset(found, 0, sizeof found);
			digest_sha256_many(data, count, lengths[i], ret);
			for (j = 0; j < count; j++) {
				digest_sha256(data[j], lengths[i], expected);
				assert_memory_equal(found[j], expected, sizeof expected);
			}
		}
	}
}

typedef void md5_many_fn(const struct span *data, size_t count, uint8_t (*ret)[DIGEST_MD5_SIZE]);

static void
narrow_md5s(const struct span *data, size_t count, uint8_t (*ret)[DIGEST_MD5_SIZE])
{
	md5_lanes(data, count, false, ret);
}

static void
wide_md5s(const struct span *data, size_t count, uint8_t (*ret)[DIGEST_MD5_SIZE])
{
	md5_lanes(data, count, true, ret);
}

/* Every number of buffers, of lengths that begin anywhere in the list, so that lanes end apart. */
static void
compare_md5s(md5_many_fn *many)
{
	enum { LENGTHS = 11, MOST = 35, LONGEST = 70001 };
	static const size_t lengths[LENGTHS] = { 0, 1, 55, 56, 63, 64, 65, 119, 120, 128, LONGEST };
	static uint8_t content[2 * LONGEST];
	uint8_t found[MOST][DIGEST_MD5_SIZE], expected[DIGEST_MD5_SIZE];
	struct span data[MOST];
	size_t count, first, i;

	for (i = 0; i < sizeof content; i++)
		content[i] = (uint8_t)(i * i >> 7 ^ i);
	for (count = 0; count <= MOST; count += count < 18 ? 1 : 8) {
		for (first = 0; first < LENGTHS; first++) {
			for (i = 0; i < count; i++)
				data[i] = (struct span){ (char *)content + i,
					lengths[(first + i * i) % LENGTHS] };
			memset(found, 0, sizeof found);
			many(data, count, found);
			for (i = 0; i < count; i++) {
				digest_md5(data[i].data, data[i].length, expected);
				assert_memory_equal(found[i], expected, DIGEST_MD5_SIZE);
			}
		}
	}
}

static void
many_md5s_at_once_are_those_of_each(void **state)
{
	(void)state;
	compare_md5s(digest_md5_many);
	compare_md5s(narrow_md5s);
}

static void
many_md5s_in_wide_registers_are_those_of_each(void **state)
{
	(void)state;
	if (!md5_wide_can()) {
		print_message("this CPU has no AVX-512\n");
		skip();
	}
	compare_md5s(wide_md5s);
}

static void
algorithms_go_by_their_names(void **state)
{
	static const char *const rows[][2] = {
		{ "md5", "900150983cd24fb0d6963f7d28e17f72" },
		{ "SHA1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};
	scoped(buf_drop) struct buf text = BUF(200);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		buf_clear(&text);
		assert_true(digest_named(rows[i][0], span_of("abc"), &text));
		assert_string_equal(buf_string(&text), rows[i][1]);
	}
	assert_true(digest_named("md5", (struct span){ NULL, 0 }, &text));
}

static void
unknown_and_retired_algorithms_are_no_digests(void **state)
{
	static const char *const names[] = { "", "md6", "shake128", "md4", "whirlpool", "null" };
	scoped(buf_drop) struct buf text = BUF(200);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		assert_false(digest_named(names[i], span_of("abc"), &text));
		assert_int_equal(text.length, 0);
	}
}

static void
pieces_make_the_same_md5(void **state)
{
	struct digest_state *md5 = digest_md5_open();
	uint8_t digest[DIGEST_MD5_SIZE];

	(void)state;
	digest_add(md5, "a", 1);
	digest_add(md5, "", 0);
	digest_add(md5, "bc", 2);
	digest_finish(md5, digest);
	assert_string_equal(md5_text(digest), "900150983cd24fb0d6963f7d28e17f72");
	digest_close(digest_md5_open());
	digest_close(NULL);
}

static void
hex_is_read_in_either_case(void **state)
{
	uint8_t bytes[3] = { 1, 2, 3 };

	(void)state;
	assert_true(digest_unhex("00fFaB", bytes, 3));
	assert_memory_equal(bytes, "\x00\xff\xab", 3);
	assert_true(digest_unhex("", bytes, 0));
}

static void
other_characters_are_no_hex(void **state)
{
	static const char *const texts[] = { "0g", "g0", "0", "", " 0", "0x", "-1", "\xff\xff",
		"/:", "@G", "`g" };
	uint8_t byte;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_false(digest_unhex(texts[i], &byte, 1));
}

static void
one_byte_anywhere_is_not_all_zero(void **state)
{
	uint8_t bytes[4097] = { 0 };
	size_t i;

	(void)state;
	assert_true(digest_all_zero(bytes, sizeof bytes));
	assert_true(digest_all_zero(bytes, 1));
	assert_true(digest_all_zero(NULL, 0));
	for (i = 0; i < sizeof bytes; i += 37) {
		bytes[i] = 1;
		assert_false(digest_all_zero(bytes, sizeof bytes));
		bytes[i] = 0;
	}
	bytes[sizeof bytes - 1] = 0x80;
	assert_false(digest_all_zero(bytes, sizeof bytes));
}

static void
random_ids_are_uuids_of_version_4(void **state)
{
	char first[DIGEST_UUID_TEXT], second[DIGEST_UUID_TEXT];
	struct err err;

	(void)state;
	assert_int_equal(digest_uuid_random(first, &err), 0);
	assert_int_equal(digest_uuid_random(second, &err), 0);
	assert_string_not_equal(first, second);
	assert_int_equal(strlen(first), 36);
	assert_int_equal(first[14], '4');
	assert_non_null(strchr("89ab", first[19]));
	assert_int_equal(first[8], '-');
	assert_int_equal(first[23], '-');
}

static void
ids_of_names_are_those_of_the_url_namespace(void **state)
{
	char id[DIGEST_UUID_TEXT];

	(void)state;
	digest_uuid_name("http://example.com/", id); /* as Python's uuid.uuid5(NAMESPACE_URL, …) */
	assert_string_equal(id, "0a300ee9-f9e4-5697-a51a-efc7fafaba67");
}

static const struct {
	const char *raw, *base64;
} pairs[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
	{ "\xff\xfe?", "//4/" } };

static void
base64_goes_both_ways(void **state)
{
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		scoped(buf_drop) struct buf text = BUF(100), raw = BUF(100);

		buf_text(&text, "+");
		buf_text(&raw, "+");
		digest_base64(span_of(pairs[i].raw), &text);
		assert_string_equal(buf_string(&text) + 1, pairs[i].base64);
		assert_int_equal(digest_unbase64(span_of(pairs[i].base64), &raw, &err), 0);
		assert_string_equal(buf_string(&raw) + 1, pairs[i].raw);
	}
}

static void
base64_may_come_in_lines(void **state)
{
	scoped(buf_drop) struct buf raw = BUF(100);
	struct err err;

	(void)state;
	assert_int_equal(digest_unbase64(span_of(" Zm9v\r\n\tYm Fy\n"), &raw, &err), 0);
	assert_string_equal(buf_string(&raw), "foobar");
}

static void
base64_of_other_characters_is_refused(void **state)
{
	static const char *const texts[] = { "Z", "Zg",
		"Zg=", "Zg===", "====", "Z===", "Zm9v!A==", "Zm=v", "=m9v", "Zg==Zm9v",
		"Zm9v\x80\x80\x80\x80", "Zm9v-_==" };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		scoped(buf_drop) struct buf raw = BUF(100);

		if (digest_unbase64(span_of(texts[i]), &raw, &err) != -1)
			fail_msg("%s is taken", texts[i]);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
base64_stays_below_the_ceiling(void **state)
{
	scoped(buf_drop) struct buf small = BUF(3);
	struct err err;

	(void)state;
	digest_base64(span_of("foobar"), &small);
	assert_int_equal(buf_check(&small, &err), -1);
	buf_clear(&small);
	assert_int_equal(digest_unbase64(span_of("Zm9vYmFy"), &small, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeros_of_whole_units_come_in_any_order),
		cmocka_unit_test(many_sha256s_at_once_are_those_of_each),
		cmocka_unit_test(many_md5s_at_once_are_those_of_each),
		cmocka_unit_test(many_md5s_in_wide_registers_are_those_of_each),
		cmocka_unit_test(known_digests_come_out),
		cmocka_unit_test(digests_of_zeros_are_those_of_zeros),
		cmocka_unit_test(algorithms_go_by_their_names),
		cmocka_unit_test(unknown_and_retired_algorithms_are_no_digests),
		cmocka_unit_test(pieces_make_the_same_md5),
		cmocka_unit_test(hex_is_read_in_either_case),
		cmocka_unit_test(other_characters_are_no_hex),
		cmocka_unit_test(one_byte_anywhere_is_not_all_zero),
		cmocka_unit_test(random_ids_are_uuids_of_version_4),
		cmocka_unit_test(ids_of_names_are_those_of_the_url_namespace),
		cmocka_unit_test(base64_goes_both_ways),
		cmocka_unit_test(base64_may_come_in_lines),
		cmocka_unit_test(base64_of_other_characters_is_refused),
		cmocka_unit_test(base64_stays_below_the_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
