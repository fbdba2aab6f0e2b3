#include "options/opt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct sample {
	const char *text, *url, *secret, *list;
	bool truth;
	int64_t count, bytes;
	double rate;
	int colour, mode;
};

static const struct choice colours[] = { { "red", 1 }, { "crimson", 1 }, { "blue", 2 }, { 0 } };

#define ROW(kind, field, ...)                                                                      \
	{                                                                                          \
		.name = #field, OPT_##kind(struct sample, field), __VA_ARGS__                      \
	}

static const struct opt text_row = ROW(TEXT, text, .section = "group"), url_row = ROW(URI, url, ),
			list_row = ROW(LIST, list, ), truth_row = ROW(BOOL, truth, ),
			secret_row = ROW(TEXT, secret, .flags = OPT_SECRET),
			count_row = ROW(INTEGER, count, .min = -5, .max = 2000),
			wide_row = ROW(INTEGER, count, ),
			bytes_row = ROW(BYTES, bytes, .min = 0, .max = INT64_MAX),
			rate_row = ROW(FLOAT, rate, .min = 0, .max = 100),
			colour_row = ROW(CHOICE, colour, .choices = colours),
			mode_row = ROW(
			    CHOICE, mode, .choices = colours, .flags = OPT_ANY_CASE | OPT_SECRET);

static const struct {
	const struct opt *row;
	const char *text;
	const char *printed; /* NULL: refused */
	const char *error;
} values[] = {
	{ &text_row, "any = \"thing\"", "any = \"thing\"", NULL },
	{ &text_row, "", "", NULL },
	{ &list_row, "a\nb", "a\nb", NULL },
	{ &truth_row, "true", "True", NULL },
	{ &truth_row, "1", "True", NULL },
	{ &truth_row, "On", "True", NULL },
	{ &truth_row, "YES", "True", NULL },
	{ &truth_row, "FALSE", "False", NULL },
	{ &truth_row, "0", "False", NULL },
	{ &truth_row, "off", "False", NULL },
	{ &truth_row, "no", "False", NULL },
	{ &truth_row, "", NULL, "truth = \"\": must be one of true, 1, on, yes, false" },
	{ &truth_row, "t", NULL, "truth = \"t\": must be" },
	{ &truth_row, "y", NULL, "truth = \"y\": must be" },
	{ &truth_row, "2", NULL, "truth = \"2\": must be" },
	{ &count_row, "12", "12", NULL },
	{ &count_row, "+12", "12", NULL },
	{ &count_row, "-5", "-5", NULL },
	{ &count_row, "007", "7", NULL },
	{ &count_row, "1_000", "1000", NULL },
	{ &count_row, " 12\t", "12", NULL },
	{ &count_row, "", "0", NULL },
	{ &count_row, "-6", NULL, "must be at least -5" },
	{ &count_row, "2001", NULL, "must be at most 2000" },
	{ &count_row, "0x10", NULL, "count = \"0x10\": must be a whole number" },
	{ &count_row, "64k", NULL, "must be a whole number" },
	{ &count_row, "1e3", NULL, "must be a whole number" },
	{ &count_row, "5.0", NULL, "must be a whole number" },
	{ &count_row, "_1", NULL, "must be a whole number" },
	{ &count_row, "1_", NULL, "must be a whole number" },
	{ &count_row, "1__0", NULL, "must be a whole number" },
	{ &count_row, "+_1", NULL, "must be a whole number" },
	{ &count_row, "+ 5", NULL, "must be a whole number" },
	{ &count_row, "-", NULL, "must be a whole number" },
	{ &count_row, "one", NULL, "must be a whole number" },
	{ &count_row, "1111111111111111111111111111111111111111111111111111111111111111", NULL,
	    "must be a whole number" },
	{ &wide_row, "9223372036854775807", "9223372036854775807", NULL },
	{ &wide_row, "-9223372036854775808", "-9223372036854775808", NULL },
	{ &wide_row, "9223372036854775808", NULL, "is out of range" },
	{ &wide_row, "-9223372036854775809", NULL, "is out of range" },
	{ &wide_row, "99999999999999999999", NULL, "is out of range" },
	{ &bytes_row, "65536", "65536", NULL },
	{ &bytes_row, "64k", NULL, "bytes = \"64k\": must be a whole number; for 64k write 65536" },
	{ &bytes_row, "2 GiB", NULL, "for 2 GiB write 2147483648" },
	{ &bytes_row, "1TB", NULL, "for 1TB write 1099511627776" },
	{ &bytes_row, "9999999999999999t", NULL, "must be a whole number of bytes" },
	{ &bytes_row, "99999999999999999999k", NULL, "is out of range" },
	{ &bytes_row, "64kg", NULL, "must be a whole number of bytes" },
	{ &bytes_row, "64q", NULL, "must be a whole number of bytes" },
	{ &rate_row, "1.5", "1.5", NULL },
	{ &rate_row, ".5", "0.5", NULL },
	{ &rate_row, "5.", "5", NULL },
	{ &rate_row, "1e1", "10", NULL },
	{ &rate_row, "1_0.2", "10.2", NULL },
	{ &rate_row, "", "0", NULL },
	{ &rate_row, "-1", NULL, "must be at least 0" },
	{ &rate_row, "100.5", NULL, "must be at most 100" },
	{ &rate_row, "1e999", NULL, "must be a number" },
	{ &rate_row, "nan", NULL, "must be a number" },
	{ &rate_row, "0x1", NULL, "must be a number" },
	{ &rate_row, "1e", NULL, "must be a number" },
	{ &rate_row, "--", NULL, "must be a number" },
	{ &rate_row, "1_.0", NULL, "must be a number" },
	{ &colour_row, "red", "red", NULL },
	{ &colour_row, "crimson", "red", NULL },
	{ &colour_row, "blue", "blue", NULL },
	{ &colour_row, "Blue", NULL, "must be one of red, crimson, blue; did you mean blue" },
	{ &colour_row, "bleu", NULL, "colour = \"bleu\": must be one of red, crimson, blue; did" },
	{ &colour_row, "mauve", NULL, "must be one of red, crimson, blue" },
	{ &colour_row, "", NULL, "must be one of red" },
	{ &mode_row, "BLUE", "blue", NULL },
	{ &mode_row, "bleu", NULL, "mode: must be one of red, crimson, blue" },
	{ &url_row, "https://host", "https://host", NULL },
	{ &url_row, "mysql+pymysql://u:p@host/d", "mysql+pymysql://u:p@host/d", NULL },
	{ &url_row, "http://[::1]:80/x", "http://[::1]:80/x", NULL },
	{ &url_row, "http://u:p@/x", NULL, "must name a host" },
	{ &url_row, "", NULL, "must be a URL" },
	{ &url_row, "host/path", NULL, "must be a URL" },
	{ &url_row, "http:/host", NULL, "must be a URL" },
	{ &url_row, "1http://host", NULL, "must be a URL" },
	{ &url_row, "http://", NULL, "must name a host" },
	{ &url_row, "file:///path", NULL, "must name a host" },
	{ &url_row, "http://:80/", NULL, "must name a host" },
	{ &url_row, "http://h x/", NULL, "has a host name that cannot be" },
	{ &url_row, "http://[::1/", NULL, "has a host name that cannot be" },
};

static void
values_follow_the_rules_of_oslo(void **state)
{
	struct arena *arena = arena_new(1 << 20);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof values / sizeof *values; i++) {
		scoped(buf_drop) struct buf printed = BUF(1000);
		struct sample sample = { 0 };
		struct err err = ERR_INIT;
		int parsed = opt_parse(values[i].row, values[i].text, &sample, arena, &err);

		assert_int_equal(parsed, opt_check(values[i].row, values[i].text, &err));
		if (parsed < 0 && values[i].error && strstr(err.text, values[i].error))
			continue;
		if (parsed < 0 || !values[i].printed)
			fail_msg("%s = %s: %s", values[i].row->name, values[i].text, err.text);
		opt_print_secret(values[i].row, &sample, &printed);
		assert_string_equal(buf_string(&printed), values[i].printed);
	}
	arena_free(arena);
}

static void
a_section_is_named_where_it_is_not_default(void **state)
{
	static const struct opt row = ROW(INTEGER, count, .section = "group");
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(opt_check(&row, "x", &err), -1);
	assert_string_equal(err.text, "[group] count = \"x\": must be a whole number");
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(opt_section(&row), "group");
	assert_string_equal(opt_section(&count_row), "DEFAULT");
}

static void
secrets_are_neither_printed_nor_quoted(void **state)
{
	static const struct opt row = ROW(URI, secret, .flags = OPT_SECRET);
	scoped(buf_drop) struct buf printed = BUF(100);
	const struct sample sample = { .secret = "hunter2" };
	struct err err = ERR_INIT;

	(void)state;
	opt_print(&secret_row, &sample, &printed);
	assert_string_equal(buf_string(&printed), "***");
	assert_int_equal(opt_check(&row, "hunter2", &err), -1);
	assert_string_equal(err.text, "secret: must be a URL, as in https://host/path");
}

static void
null_prints_as_nothing(void **state)
{
	scoped(buf_drop) struct buf printed = BUF(100);
	const struct sample sample = { 0 };

	(void)state;
	opt_print(&text_row, &sample, &printed);
	opt_print(&secret_row, &sample, &printed);
	opt_print(&colour_row, &sample, &printed);
	assert_string_equal(buf_string(&printed), "");
}

static void
long_and_odd_values_are_cut_in_errors(void **state)
{
	char text[300];
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[1] = '\n';
	text[sizeof text - 1] = '\0';
	assert_int_equal(opt_check(&count_row, text, &err), -1);
	assert_non_null(strstr(err.text, "count = \"x xxx"));
	assert_non_null(strstr(err.text, "xxx...\": must be a whole number"));
}

static void
a_full_arena_is_an_error(void **state)
{
	struct arena *arena = arena_new(8);
	struct sample sample;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(opt_parse(&text_row, "more than eight bytes", &sample, arena, &err), -1);
	arena_free(arena);
}

static void
letter_case_of_a_section_counts_for_default_alone(void **state)
{
	(void)state;
	assert_true(opt_same_section("DEFAULT", "DEFAULT"));
	assert_true(opt_same_section("Database", "database"));
	assert_false(opt_same_section("default", "DEFAULT"));
	assert_false(opt_same_section("DEFAULT", "Default"));
	assert_false(opt_same_section("database", "cinderbank"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_follow_the_rules_of_oslo),
		cmocka_unit_test(a_section_is_named_where_it_is_not_default),
		cmocka_unit_test(secrets_are_neither_printed_nor_quoted),
		cmocka_unit_test(null_prints_as_nothing),
		cmocka_unit_test(long_and_odd_values_are_cut_in_errors),
		cmocka_unit_test(a_full_arena_is_an_error),
		cmocka_unit_test(letter_case_of_a_section_counts_for_default_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
