#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "front/text.h"

static void
what_could_command_a_terminal_is_spelt_out(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{ "plain name", "plain name" },
		{ "", "" },
		{ "a\nb\tc\rd", "a\\nb\\tc\\x0dd" },
		{ "\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07" },
		{ "del\x7f", "del\\x7f" },
		{ "c1 \xc2\x9b", "c1 \\u009b" },
		{ "\xe2\x80\xae"
		  "gpj.exe",
		    "\\u202egpj.exe" },
		{ "line\xe2\x80\xa8two", "line\\u2028two" },
		{ "\xe5\x82\x99\xe4\xbb\xbd \xc3\xa4 \xf0\x9f\x92\xbe",
		    "\xe5\x82\x99\xe4\xbb\xbd \xc3\xa4 \xf0\x9f\x92\xbe" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xc0\xaf \xed\xa0\x80 \xf5", "\\xc0\\xaf \\xed\\xa0\\x80 \\xf5" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf shown = BUF(1024);

		text_add(&shown, rows[i].text);
		assert_string_equal(buf_string(&shown), rows[i].shown);
	}
}

static void
width_counts_columns_not_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} rows[] = {
		{ "", 0 },
		{ "name", 4 },
		{ "\xc3\xa4", 1 },
		{ "\xe5\x82\x99\xe4\xbb\xbd", 4 },
		{ "a\xcc\x88", 1 },
		{ "\xf0\x9f\x92\xbe", 2 },
		{ "\xff", 1 },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(text_width(rows[i].text), rows[i].width);
}

static void
lines_break_between_words(void **state)
{
	static const struct {
		const char *text;
		size_t indent, width;
		const char *lines;
	} rows[] = {
		{ "one two three", 0, 7, "one two\nthree\n" },
		{ "one two three", 2, 9, "  one two\n  three\n" },
		{ "a verylongword b", 0, 5, "a\nverylongword\nb\n" },
		{ "  blanks   between ", 1, 40, " blanks between\n" },
		{ "", 4, 10, "\n" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf lines = BUF(1024);

		text_wrap(&lines, rows[i].text, rows[i].indent, rows[i].width);
		assert_string_equal(buf_string(&lines), rows[i].lines);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_could_command_a_terminal_is_spelt_out),
		cmocka_unit_test(width_counts_columns_not_bytes),
		cmocka_unit_test(lines_break_between_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
