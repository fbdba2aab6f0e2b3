/* value_python() of doc/value.h. */
#include "unit/doc/parse.h"

static void
texts_are_those_of_str(void **state)
{
	static const struct {
		const char *yaml, *text;
	} rows[] = {
		{ "493", "493" },
		{ "yes", "True" },
		{ "no", "False" },
		{ "~", "None" },
		{ "1.10", "1.1" },
		{ "1.0e+16", "1e+16" },
		{ "[.inf, -.inf, .nan]", "[inf, -inf, nan]" },
		{ "it's", "it's" },
		{ "''", "" },
		{ "[]", "[]" },
		{ "{}", "{}" },
		{ "[1, x]", "[1, 'x']" },
		{ "[1, [~, true]]", "[1, [None, True]]" },
		{ "{b: 1}", "{'b': 1}" },
		{ "{b: 1, 1: {c: []}}", "{'b': 1, 1: {'c': []}}" },
		{ "[it's]", "[\"it's\"]" },
		{ "['say \"it''s\"']", "['say \"it\\'s\"']" },
		{ "['\"']", "['\"']" },
		{ "['\\']", "['\\\\']" },
		{ "[\"a\\nb\\tc\\rd\\0\\e\"]", "['a\\nb\\tc\\rd\\x00\\x1b']" },
		{ "[\"\\x7f\\x85\\xa0\\u00ad\\u00e9\"]", "['\\x7f\\x85\\xa0\\xad\xc3\xa9']" },
		{ "[\"\\u200b\\u2028\\ufeff\\ue000\"]", "['\\u200b\\u2028\\ufeff\\ue000']" },
		{ "[\"\\U0001f600\\U000e0001\"]", "['\xf0\x9f\x98\x80\\U000e0001']" },
		{ "!!binary aGk=", "b'hi'" },
		{ "!!binary /wAn", "b\"\\xff\\x00'\"" },
		{ "99999999999999999999", "99999999999999999999" },
	};
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(1 << 10);

		value_python(parse(arena, rows[i].yaml), &text);
		assert_string_equal(buf_string(&text), rows[i].text);
	}
}

static void
octets_that_are_no_utf8_are_replaced(void **state)
{
	static const char *const texts[] = { "a\x80z", "a\xc3z", "a\xc0\x80z", "a\xed\xa0\x80z",
		"a\xf5\x80\x80\x80z", "a\xe2\x82" };
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		scoped(buf_drop) struct buf text = BUF(1 << 10);
		struct list_builder list = { .arena = arena };

		assert_int_equal(list_add(&list, value_text(arena, texts[i], &err), &err), 0);
		value_python(list_done(&list, (struct place){ NULL, 0, 0 }, &err), &text);
		assert_memory_equal(buf_string(&text), "['a\xef\xbf\xbd", 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_those_of_str),
		cmocka_unit_test(octets_that_are_no_utf8_are_replaced),
	};

	return cmocka_run_group_tests_name("python", tests, NULL, NULL);
}
