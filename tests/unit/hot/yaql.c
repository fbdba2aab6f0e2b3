/* Expressions and what the original makes of them. */
#include "unit/hot/template.h"

static const struct value *
call(struct fixture *f, const struct value *expression, const struct value *data)
{
	struct map_builder args = { .arena = f->arena }, yaql = { .arena = f->arena },
			   output = { .arena = f->arena }, section = { .arena = f->arena },
			   body = { .arena = f->arena };
	struct place at = { .file = "test.yaml", .line = 1, .column = 1 };
	const struct value *version = value_text(f->arena, "queens", &f->err), *result = NULL;

	map_put(&args, "expression", expression, &f->err);
	map_put(&args, "data", data, &f->err);
	map_put(&yaql, "yaql", map_done(&args, at, &f->err), &f->err);
	map_put(&output, "value", map_done(&yaql, at, &f->err), &f->err);
	map_put(&section, "v", map_done(&output, at, &f->err), &f->err);
	map_put(&body, "heat_template_version", version, &f->err);
	map_put(&body, "outputs", map_done(&section, at, &f->err), &f->err);
	if (hot_evaluate_document(
		&f->world, map_done(&body, at, &f->err), "test.yaml", NULL, &result, &f->err) < 0)
		return NULL;
	return value_get(result, "v");
}

static void
every_expression_is_what_the_original_makes_of_it(void **state)
{
	struct fixture *f = *state;
	const struct value *file, *cases;
	size_t wrong = 0;

	assert_int_equal(doc_load(&f->loader, TESTS_DIR "/unit/hot/yaql.json", &file, &f->err), 0);
	cases = value_get(file, "cases");
	assert_in_range(cases->list.count, 200, 1000);
	for (size_t i = 0; i < cases->list.count; i++) {
		const struct value *test = cases->list.items[i];
		const struct value *expression = value_get(test, "expression");
		const struct value *want = value_get(test, "value");
		const struct value *got = call(f, expression, value_get(file, "data"));
		const char *texts[] = { got ? as_json(f, got) : "an error",
			want ? as_json(f, want) : "an error" };

		if (strcmp(texts[0], texts[1]) != 0) {
			wrong++;
			print_error("%s\n  %s\n  not %s\n  %s\n", expression->text.data, texts[0],
			    texts[1], got ? "" : f->err.text);
		}
	}
	assert_int_equal(wrong, 0);
}

static void
errors_name_what_is_not_known(void **state)
{
	static const char *const tests[][2] = {
		{ "nosuch(1)", "Unknown function \"nosuch\"" },
		{ "$.data.nosuch()", "Unknown method \"nosuch\" for receiver" },
		{ "$.data.where(1, 2, 3)", "No method \"where\" for receiver" },
		{ "1 +", "Bad expression: Parse error: unexpected end of statement" },
		{ "$.data ~ 1",
		    "Bad expression: Lexical error: illegal character '~' at position 7" },
		{ "(1))", "Bad expression: Parse error: unexpected ')' at position 3 of (1))" },
		{ "$.data.zz", "there is no key 'zz'" },
		{ "[1].first().x", "Unknown function \"#property#x\" of a" },
		{ "regex('(')", "regex(\"(\"): missing closing parenthesis" },
		{ "regex('\\\\K')", "bad escape \\K" },
		{ "str([1].select($))", "str() of an iterator is not known here" },
		{ "'\xc3\xa4'.toUpper()", "toUpper() knows ASCII letters only" },
		{ "[1].repeat()", "repeat() needs a number of times" },
		{ "1 -> 2", "what stands before -> must be let(...) or with(...)" },
		{ "9223372036854775807 + 1", "integer overflow" },
		{ "range(1000000)", "range(): more than" },
		{ "1 mod 0", "integer division or modulo by zero" },
		{ "[1, ]", "Parse error: unexpected ']'" },
		{ "12x", "Lexical error" },
		{ "true + true", "No function \"#operator_+\" matches supplied arguments" },
		{ "1 =~ 2", "No function \"#operator_=~\" matches supplied arguments" },
		{ "'a' =~ '('", "missing closing parenthesis" },
		{ "1.5 / 0", "float division by zero" },
		{ "'{0} {1}'.format(1)", "has no argument for a brace" },
		{ "'{'.format()", "has no argument for a brace" },
		{ "'}'.format()", "has no argument for a brace" },
		{ "int([1])", "int() of a list" },
		{ "float(x)", "could not convert string to float" },
		{ "abs(-9223372036854775807 - 1)", "integer overflow" },
		{ "(-9223372036854775807 - 1) / -1", "integer overflow" },
		{ "dict([[[1], 2]])", "dict(): a list cannot be a key" },
		{ "dict([1])", "dict(): item 0 is no list of a key and a value" },
		{ "range(1, 2, 0)", "the step is zero" },
		{ "[1].skip(-1)", "skip(): negative count" },
		{ "'a'.replace('', b)", "empty text to replace" },
		{ "'a'.replace({'' => b})", "empty text to replace" },
		{ "regex('(a+)+$').search('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab')",
		    "match limit" },
		{ "regex(a).replace(a, '\\\\2')", "invalid group reference" },
		{ "regex('(*UTF)a')", "nothing to repeat" },
		{ "'a' * 1000000", "more than 100000 times" },
		{ "{a => 1, 2}", "No function \"#map\" matches supplied arguments" },
		{ "$.data[1, 2, 3]", "No function \"#indexer\" matches supplied arguments" },
		{ "$.data.(1)", "No function \"#operator_.\" matches supplied arguments" },
		{ "[a => 1]", "a rule with => stands where a value is needed" },
		{ "with(a => 1) -> 1", "No function \"with\" matches supplied arguments" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct value *expression = value_text(f->arena, tests[i][0], &f->err);

		if (call(f, expression, parsed(f, "{a: 1}")) || !strstr(f->err.text, tests[i][1]))
			fail_msg("%s: %s", tests[i][0], f->err.text);
		assert_int_equal(f->err.at.line, 1);
	}
}

/* What the original has in other releases, or gives in a form that JSON has not. */
static void
older_functions_work_too(void **state)
{
	static const char *const tests[][2] = {
		{ "'{0}-{1}-{0}'.format(a, 1.5)", "\"a-1.5-a\"" },
		{ "'{}{{}}{}'.format(null, true)", "\"None{}True\"" },
		{ "'\\u20ac\\U0001f600'.len()", "2" },
		{ "not 0.0", "true" },
		{ "not {}", "true" },
		{ "1.5 - 1", "0.5" },
		{ "1.5 < 2", "true" },
		{ "list([1].where(true) + [2])", "[1, 2]" },
		{ "'\xe2\x82\xac'.trim('\xe2\x82\xac')", "\"\"" },
		{ "$.data.keys()", "[\"a\"]" },
		{ "$.data.items()", "[[\"a\", 1]]" },
		{ "[1, 2, 3].zip([4], [5, 6])", "[[1, 4, 5]]" },
		{ "'abc'.substring(-9, 2)", "\"ab\"" },
		{ "'abc'.indexOf(c, -2)", "2" },
		{ "int(true) + int(3)", "4" },
		{ "abs(-1.5)", "1.5" },
		{ "regex(a).replace(banana, '[\\\\g<0>\\\\t]', 2)", "\"b[a\\t]n[a\\t]na\"" },
		{ "range(9223372036854775806, 9223372036854775807)", "[9223372036854775806]" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct value *expression = value_text(f->arena, tests[i][0], &f->err);
		const struct value *got = call(f, expression, parsed(f, "{a: 1}"));

		if (!got)
			fail_msg("%s: %s", tests[i][0], f->err.text);
		assert_string_equal(as_json(f, got), tests[i][1]);
	}
}

static void
expressions_without_end_are_refused(void **state)
{
	static const char *const parts[] = { "(", "[", "-", "$.a.", "not ", "'x'+", "1->" };
	struct fixture *f = *state;
	struct buf text = BUF(1 << 20);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		buf_clear(&text);
		for (unsigned n = 0; n < 5000; n++)
			buf_text(&text, parts[i]);
		buf_text(&text, "1");
		assert_null(call(f, value_span(f->arena, buf_span(&text), &f->err), &value_null));
	}
	buf_drop(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    every_expression_is_what_the_original_makes_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_name_what_is_not_known, setup, teardown),
		cmocka_unit_test_setup_teardown(older_functions_work_too, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    expressions_without_end_are_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
