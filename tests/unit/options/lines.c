#include "options/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

/* A literal that may hold NUL bytes. */
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof literal - 1                                                        \
	}

static const struct {
	struct span text;
	const char *error; /* NULL: it is fine */
	unsigned line, column;
} texts[] = {
	{ TEXT(""), NULL, 0, 0 },
	{ TEXT("a\nb"), NULL, 0, 0 },
	{ TEXT("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n"), NULL, 0, 0 },
	{ TEXT("\xef\xbb\xbf[DEFAULT]\n"), "byte order mark: save the file as UTF-8 without it", 1,
	    1 },
	{ TEXT("a\n\xef\xbb\xbf"), NULL, 0, 0 },
	{ TEXT("a\nb\0c"), "NUL byte in a text file", 2, 2 },
	{ TEXT("a\n\xc3\xa9\xff"), "byte 0xff is not UTF-8 text", 2, 2 },
	{ TEXT("\xc3"), "byte 0xc3 is not UTF-8 text", 1, 1 },
	{ TEXT("\xc3\n"), "byte 0xc3 is not UTF-8 text", 1, 1 },
	{ TEXT("\xc3(x"), "byte 0xc3 is not UTF-8 text", 1, 1 },
	{ TEXT("\x80"), "byte 0x80 is not UTF-8 text", 1, 1 },
	{ TEXT("\xc0\xaf"), "byte 0xc0 is not UTF-8 text", 1, 1 },
	{ TEXT("\xe0\x80\xaf"), "byte 0xe0 is not UTF-8 text", 1, 1 },
	{ TEXT("\xed\xa0\x80"), "byte 0xed is not UTF-8 text", 1, 1 },
	{ TEXT("\xf4\x90\x80\x80"), "byte 0xf4 is not UTF-8 text", 1, 1 },
	{ TEXT("\xf8\x88\x80\x80\x80"), "byte 0xf8 is not UTF-8 text", 1, 1 },
};

static void
text_that_is_not_clean_is_refused_with_its_place(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		const struct lines lines = { "file", texts[i].text, 0 };
		struct err err = ERR_INIT;

		assert_int_equal(lines_check(&lines, &err), texts[i].error ? -1 : 0);
		if (!texts[i].error)
			continue;
		assert_string_equal(err.text, texts[i].error);
		assert_string_equal(err.at.file, "file");
		assert_int_equal(err.at.line, texts[i].line);
		assert_int_equal(err.at.column, texts[i].column);
	}
}

static void
a_line_has_a_ceiling(void **state)
{
	static char text[LINES_LENGTH_MAX + 1];
	struct lines lines = { "file", { text, LINES_LENGTH_MAX }, 0 };
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof text);
	assert_int_equal(lines_check(&lines, &err), 0);
	lines.rest.length++;
	assert_int_equal(lines_check(&lines, &err), -1);
	assert_string_equal(err.text, "line of more than 65536 bytes");
}

static void
lf_and_cr_and_both_end_a_line(void **state)
{
	static const char *const expected[] = { "a", "b", "", "c", "", "d" };
	struct lines lines = { "file", span_of("a\nb\r\n\nc\r\rd"), 0 };
	struct span line;
	size_t count = 0;

	(void)state;
	while (lines_next(&lines, &line)) {
		assert_true(span_equal(line, span_of(expected[count++])));
		assert_int_equal(lines.number, count);
	}
	assert_int_equal(count, 6);
}

static const struct {
	const char *text, *end, *both;
} blanks[] = {
	{ "", "", "" },
	{ "a", "a", "a" },
	{ " a b\t", " a b", "a b" },
	{ " \t\v\f\r\n", "", "" },
	{ "\xc2\xa0x\xc2\xa0\xe3\x80\x80", "\xc2\xa0x", "x" },
	{ "\xe2\x80\x83\xe2\x80\xa8x", "\xe2\x80\x83\xe2\x80\xa8x", "x" },
	{ "\x1fx\x1c", "\x1fx", "x" },
	{ "x\xc3\xa9", "x\xc3\xa9", "x\xc3\xa9" },
};

static void
blanks_are_those_of_unicode(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof blanks / sizeof *blanks; i++) {
		assert_true(
		    span_equal(lines_strip_end(span_of(blanks[i].text)), span_of(blanks[i].end)));
		assert_true(
		    span_equal(lines_strip(span_of(blanks[i].text)), span_of(blanks[i].both)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_that_is_not_clean_is_refused_with_its_place),
		cmocka_unit_test(a_line_has_a_ceiling),
		cmocka_unit_test(lf_and_cr_and_both_end_a_line),
		cmocka_unit_test(blanks_are_those_of_unicode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
