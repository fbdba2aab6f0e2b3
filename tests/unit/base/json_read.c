#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"

static const struct json_limits limits = { .depth_max = 4, .text_max = 100 };

/* A document in memory, given in pieces of so many bytes. */
struct pieces {
	struct span text;
	size_t size;
};

static int
give(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const struct pieces *pieces = arg;
	size_t left = pieces->text.length - (size_t)offset, room = ret->ceiling - ret->length;

	(void)err;
	if (!pieces->text.data)
		return 0;
	left = left < pieces->size ? left : pieces->size;
	buf_add(ret, pieces->text.data + offset, left < room ? left : room);
	return 1;
}

/* Print the tokens of a document into ret, one letter each.  0 or -1. */
static int
read_tokens(struct span text, size_t size, struct buf *ret, struct err *err)
{
	static const char letters[] = { [JSON_TOKEN_NULL] = 'n',
		[JSON_TOKEN_BOOL] = 'b',
		[JSON_TOKEN_NUMBER] = 'i',
		[JSON_TOKEN_REAL] = 'r',
		[JSON_TOKEN_TEXT] = 't',
		[JSON_TOKEN_KEY] = 'k',
		[JSON_TOKEN_OBJECT] = '{',
		[JSON_TOKEN_OBJECT_END] = '}',
		[JSON_TOKEN_ARRAY] = '[',
		[JSON_TOKEN_ARRAY_END] = ']' };
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct pieces pieces = { text, size };
	struct json_token token;
	int result = json_reader_open(&reader, give, &pieces, &limits, err);

	assert_int_equal(result, 1);
	while ((result = json_next(reader, &token, err)) > 0) {
		buf_printf(ret, "%c%u", letters[token.kind], token.depth);
		if (token.kind == JSON_TOKEN_KEY || token.kind == JSON_TOKEN_TEXT)
			buf_printf(ret, "(%s)", token.text.data);
		if (token.kind == JSON_TOKEN_NUMBER)
			buf_printf(ret, "(%lld)", (long long)token.number);
		if (token.kind == JSON_TOKEN_BOOL)
			buf_printf(ret, "(%d)", token.truth);
	}
	return result;
}

static void
tokens_come_in_order_however_they_are_cut(void **state)
{
	static const char text[] = " {\"a\": [1, -2, true, false, null, 1.5, \"x\\u00e9\\n\"], "
				   "\"\": {}, \"b\": -9223372036854775808}\n";
	static const char expected[] =
	    "{0k1(a)[1i2(1)i2(-2)b2(1)b2(0)n2r2t2(x\xc3\xa9\n)]1k1(){1}1k1(b)"
	    "i1(-9223372036854775808)}0";
	struct err err;
	size_t size;

	(void)state;
	for (size = 1; size < sizeof text; size++) {
		scoped(buf_drop) struct buf out = BUF(1000);

		assert_int_equal(read_tokens(span_of(text), size, &out, &err), 0);
		assert_string_equal(buf_string(&out), expected);
	}
}

struct widths {
	size_t length, asked[8], count;
};

/* Blanks, and a number at the end. */
static int
give_blanks(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	struct widths *widths = arg;
	size_t room = ret->ceiling - ret->length, left = widths->length - (size_t)offset, i;

	(void)err;
	assert_in_range(widths->count, 0, 7);
	widths->asked[widths->count++] = room;
	for (i = 0; i < room && i < left; i++)
		buf_byte(ret, offset + i == widths->length - 1 ? '7' : ' ');
	return 1;
}

static void
a_long_document_is_asked_for_in_wider_windows(void **state)
{
	enum { KIB = 1024 };
	static const struct json_limits wide = {
		.depth_max = 4, .text_max = 1024 * KIB, .window_max = 256 * KIB
	};
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct widths widths = { .length = 600 * KIB };
	struct json_token token;
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give_blanks, &widths, &wide, &err), 1);
	assert_int_equal(json_next(reader, &token, &err), 1);
	assert_int_equal(token.number, 7);
	assert_int_equal(json_next(reader, &token, &err), 0);
	assert_int_equal(widths.asked[0], 64 * KIB);
	assert_int_equal(widths.asked[1], 128 * KIB);
	assert_int_equal(widths.asked[2], 256 * KIB);
	assert_int_equal(widths.asked[3], 256 * KIB);
}

static void
a_document_may_be_a_single_value(void **state)
{
	static const char *const rows[][2] = { { "7", "i0(7)" }, { "\"t\"", "t0(t)" },
		{ " null ", "n0" }, { "9223372036854775807", "i0(9223372036854775807)" },
		{ "9223372036854775808", "r0" }, { "-9223372036854775809", "r0" }, { "1E5", "r0" },
		{ "-0", "i0(0)" } };
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf out = BUF(100);

		assert_int_equal(read_tokens(span_of(rows[i][0]), 1, &out, &err), 0);
		assert_string_equal(buf_string(&out), rows[i][1]);
	}
}

static void
bad_documents_are_corrupt_at_a_byte(void **state)
{
	static const struct {
		struct span text;
		const char *why;
	} rows[] = {
		{ { "", 0 }, "byte 0: parse error: premature EOF" },
		{ { "[1", 2 }, "byte 2: parse error: premature EOF" },
		{ { "[1]]", 4 }, "trailing garbage" },
		{ { "{\"a\" 1}", 7 }, "byte 6: parse error" },
		{ { "[01]", 4 }, "byte 3: parse error" },
		{ { "[nul]", 5 }, "byte 4: lexical error" },
		{ { "[\"\x01\"]", 5 }, "lexical error" },
		{ { "[\"\xff\"]", 5 }, "byte 3: lexical error" },
		{ { "[\"\xc0\x80\"]", 6 }, "UTF-8" },
		{ { "[\"\xed\xa0\x80\"]", 7 }, "UTF-8" },
		{ { "[\"\\u0000\"]", 10 }, "NUL" },
		{ { "[1\0]", 4 }, "lexical error" },
		{ { "\xef\xbb\xbf[]", 5 }, "byte 1: lexical error" },
		{ { "[/* c */]", 9 }, "lexical error" },
		{ { "[[[[[]]]]]", 10 }, "within each other" },
	};
	struct err err;
	size_t i, size;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (size = 1; size < 20; size += 9) {
			scoped(buf_drop) struct buf out = BUF(100);

			assert_int_equal(read_tokens(rows[i].text, size, &out, &err), -1);
			assert_int_equal(err.kind, ERR_CORRUPT);
			if (!strstr(err.text, rows[i].why))
				fail_msg("row %zu: %s", i, err.text);
		}
	}
}

static void
texts_are_bounded(void **state)
{
	scoped(buf_drop) struct buf text = BUF(1 << 20), out = BUF(1000);
	struct err err;
	int i;

	(void)state;
	buf_text(&text, "[\"");
	for (i = 0; i < 100; i++)
		buf_byte(&text, 'x');
	buf_text(&text, "\"]");
	assert_int_equal(read_tokens(buf_span(&text), 1000, &out, &err), 0);
	buf_clear(&text);
	buf_text(&text, "[\"");
	for (i = 0; i < 101; i++)
		buf_byte(&text, 'x');
	buf_text(&text, "\"]");
	assert_int_equal(read_tokens(buf_span(&text), 1000, &out, &err), -1);
	assert_string_equal(err.text, "byte 104: text is too long");
	buf_clear(&text);
	buf_text(&text, "[\"");
	for (i = 0; i < 1000000; i++)
		buf_byte(&text, 'x'); /* a text without end is given up long before */
	assert_int_equal(read_tokens(buf_span(&text), 60000, &out, &err), -1);
	assert_true(strtoul(err.text + strlen("byte "), NULL, 10) < 20000);
}

static void
absent_document_is_no_error(void **state)
{
	struct pieces pieces = { { NULL, 0 }, 1 };
	struct json_reader *reader = NULL;
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give, &pieces, &limits, &err), 0);
	assert_null(reader);
	json_reader_close(NULL);
}

/* A source that ends with what arg says behind its first piece. */
static int
give_once(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	if (offset)
		return *(const int *)arg ? err_set(err, ERR_RETRY, "connection reset") : 0;
	buf_text(ret, "[1, ");
	return 1;
}

static void
a_source_that_fails_keeps_failing(void **state)
{
	static const struct {
		int result;
		enum err_kind kind;
	} rows[] = { { -1, ERR_RETRY }, { 0, ERR_NOT_FOUND } };
	struct json_token token;
	struct err err;
	size_t i, again;

	(void)state;
	for (i = 0; i < 2; i++) {
		scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
		int result = rows[i].result;

		assert_int_equal(json_reader_open(&reader, give_once, &result, &limits, &err), 1);
		assert_int_equal(json_next(reader, &token, &err), 1);
		assert_int_equal(json_next(reader, &token, &err), 1);
		for (again = 0; again < 3; again++) {
			err = (struct err)ERR_INIT;
			assert_int_equal(json_next(reader, &token, &err), -1);
			assert_int_equal(err.kind, rows[i].kind);
		}
	}
}

static int
give_too_much(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	size_t i;

	(void)arg;
	(void)offset;
	(void)err;
	for (i = 0; i < 100000; i++)
		buf_byte(ret, ' ');
	return 1;
}

static void
a_source_that_gives_more_than_fits_is_an_error(void **state)
{
	struct json_reader *reader = NULL;
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give_too_much, NULL, &limits, &err), -1);
	assert_null(reader);
}

static void
values_are_passed_over(void **state)
{
	static const char text[] =
	    "{\"a\": [[{\"b\": 1}], 2], \"c\": 3, \"d\": {\"e\": [4]}, \"f\": 5}";
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct pieces pieces = { { text, sizeof text - 1 }, 3 };
	struct json_token token;
	char keys[8] = "";
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give, &pieces, &limits, &err), 1);
	assert_int_equal(json_next(reader, &token, &err), 1);
	while (json_next(reader, &token, &err) == 1 && token.kind == JSON_TOKEN_KEY) {
		strcat(keys, token.text.data);
		assert_int_equal(json_skip(reader, &err), 0);
	}
	assert_string_equal(keys, "acdf");
	assert_int_equal(token.kind, JSON_TOKEN_OBJECT_END);
	assert_int_equal(token.end, sizeof text - 1);
	assert_int_equal(json_next(reader, &token, &err), 0);
	assert_int_equal(json_skip(reader, &err), 0);
}

static void
a_list_is_left_from_within(void **state)
{
	static const char text[] = "[[1, [2, 3], {\"a\": []}], 4]";
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct pieces pieces = { { text, sizeof text - 1 }, 3 };
	struct json_token token = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give, &pieces, &limits, &err), 1);
	while (token.number != 2)
		assert_int_equal(json_next(reader, &token, &err), 1);
	assert_int_equal(json_leave(reader, 1, &err), 0);
	assert_int_equal(json_next(reader, &token, &err), 1);
	assert_int_equal(token.number, 4);
}

static void
skipping_meets_the_errors_that_reading_meets(void **state)
{
	static const char text[] = "[[1, 2}";
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct pieces pieces = { { text, sizeof text - 1 }, 100 };
	struct json_token token;
	struct err err;

	(void)state;
	assert_int_equal(json_reader_open(&reader, give, &pieces, &limits, &err), 1);
	assert_int_equal(json_next(reader, &token, &err), 1);
	assert_int_equal(json_skip(reader, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(json_leave(reader, 0, &err), -1);
	assert_int_equal(json_skip(reader, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_come_in_order_however_they_are_cut),
		cmocka_unit_test(a_long_document_is_asked_for_in_wider_windows),
		cmocka_unit_test(a_document_may_be_a_single_value),
		cmocka_unit_test(bad_documents_are_corrupt_at_a_byte),
		cmocka_unit_test(texts_are_bounded),
		cmocka_unit_test(absent_document_is_no_error),
		cmocka_unit_test(a_source_that_fails_keeps_failing),
		cmocka_unit_test(a_source_that_gives_more_than_fits_is_an_error),
		cmocka_unit_test(values_are_passed_over),
		cmocka_unit_test(a_list_is_left_from_within),
		cmocka_unit_test(skipping_meets_the_errors_that_reading_meets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
