#include "role/munge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "doc/load.h"

static void
values_become_lines_as_puppet_writes_them(void **state)
{
	static const struct {
		const char *yaml;
		bool boolean, map;
		enum munged kind;
		const char *line;
		bool cut;
	} cases[] = {
		{ "true", false, false, MUNGED_LINE, "True", false },
		{ "'tRuE'", false, false, MUNGED_LINE, "True", false },
		{ "'yes'", false, false, MUNGED_LINE, "yes", false },
		{ "'yes'", true, false, MUNGED_LINE, "True", false },
		{ "'no'", true, false, MUNGED_LINE, "False", false },
		{ "42", true, false, MUNGED_LINE, "True", false },
		{ "0.5", true, false, MUNGED_LINE, "False", false },
		{ "'-1'", true, false, MUNGED_LINE, "False", false },
		{ "[]", true, false, MUNGED_LINE, "True", false },
		{ "1", true, false, MUNGED_LINE, "True", false },
		{ "1", false, false, MUNGED_LINE, "1", false },
		{ "0755", false, false, MUNGED_LINE, "493", false },
		{ "2.0", false, false, MUNGED_LINE, "2.0", false },
		{ "'  a  b '", false, false, MUNGED_LINE, "a  b", false },
		{ "''", false, false, MUNGED_LINE, "", false },
		{ "\"a\\nb\"", false, false, MUNGED_LINE, "a", true },
		{ "[a, b]", false, false, MUNGED_LINE, "a", true },
		{ "[a]", false, false, MUNGED_LINE, "a", false },
		{ "[]", false, false, MUNGED_UNSET, NULL, false },
		{ "~", false, false, MUNGED_UNSET, NULL, false },
		{ "<SERVICE DEFAULT>", false, false, MUNGED_ABSENT, NULL, false },
		{ "\"a\\tb\"", false, false, MUNGED_TAB, NULL, false },
		{ "\"\\tb\"", false, false, MUNGED_TAB, NULL, false },
		{ "[a, \"b\\tc\"]", false, false, MUNGED_TAB, NULL, false },
		{ "\"a\\tb\\nok\"", false, false, MUNGED_LINE, "a\tb", true },
		{ "{a: 1}", false, false, MUNGED_LINE, "{\"a\"=>1}", false },
		{ "{a: [~, true, 'x#{y}\"', 1.0e+20]}", false, false, MUNGED_LINE,
		    "{\"a\"=>[nil, true, \"x\\#{y}\\\"\", 1.0e+20]}", false },
		{ "[[1, x], b]", false, false, MUNGED_LINE, "[1, \"x\"]", true },
		{ "1000000000000000.0", false, false, MUNGED_LINE, "1.0e+15", false },
		{ "-0.00001", false, false, MUNGED_LINE, "-1.0e-05", false },
		{ "{a: INFO, b: WARN}", false, true, MUNGED_LINE, "a=INFO,b=WARN", false },
	};
	struct arena *arena = arena_new(1 << 20);
	struct doc_loader loader = { .arena = arena };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct munge munge = {
			.arena = arena, .boolean = cases[i].boolean, .map = cases[i].map
		};
		const struct value *value;
		enum munged kind = MUNGED_UNSET;
		const char *line = NULL;
		bool cut = false;
		struct err err = ERR_INIT;

		assert_int_equal(
		    doc_parse(&loader, span_of(cases[i].yaml), "case", &value, &err), 0);
		assert_int_equal(munge_value(&munge, value, &kind, &line, &cut, &err), 0);
		assert_int_equal(kind, cases[i].kind);
		if (cases[i].line)
			assert_string_equal(line, cases[i].line);
		assert_int_equal(cut, cases[i].cut);
	}
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_lines_as_puppet_writes_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
