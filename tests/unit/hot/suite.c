/* Every case of a suite of small templates, against what Heat itself makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "doc/dump.h"
#include "doc/load.h"
#include "hot/template.h"

enum { ARENA_MAX = 64 << 20 };

/* Cases that JSON cannot hold, as YAML. */
static const struct {
	const char *name, *text;
} spelled[] = {
	{ "str_replace-int-key",
	    "heat_template_version: queens\n"
	    "outputs: {v: {value: {str_replace: {template: a1b, params: {1: X}}}}}\n" },
};

/* Errors that Heat words as Python or YAML does: what ours must say instead. */
static const struct {
	const char *name, *text;
} reworded[] = {
	{ "map_merge-not-map", "Incorrect arguments: Items to merge must be maps." },
	{ "str_replace-int-key", "param placeholders must be strings" },
	{ "repeat-int-items", "replace() argument 2 must be str, not int" },
	{ "yaql-extra-key", "\"yaql\" syntax should be yaql:" },
	{ "p-type-unknown", "Invalid type (str)" },
	{ "c-pattern-int-value", "expected string or bytes-like object, got a" },
	{ "if-string-param-as-condition", "Invalid condition \"true\"" },
	{ "cond-string-def",
	    "Condition validation error: The definition of condition \"a\" is invalid: true" },
	{ "t-tab", "found a tab" },
};

struct fixture {
	struct arena *arena;
	struct doc_loader loader;
	struct err err;
};

static const struct value *
text(struct fixture *f, const char *string)
{
	const struct value *value = value_text(f->arena, string, &f->err);

	assert_non_null(value);
	return value;
}

static const struct value *
one(struct fixture *f, const char *key, const struct value *value)
{
	struct map_builder map = { .arena = f->arena };
	struct place nowhere = { 0 };

	assert_int_equal(map_put(&map, key, value, &f->err), 0);
	return map_done(&map, nowhere, &f->err);
}

static int
parse(struct fixture *f, const char *yaml, const struct value **ret)
{
	return doc_parse(&f->loader, span_of(yaml), "template", ret, &f->err);
}

/* The template that a case describes. */
static int
template_of(struct fixture *f, const struct value *test, const struct value **ret)
{
	static const char *const sections[][2] = { { "params", "parameters" },
		{ "conditions", "conditions" } };
	const struct value *raw = value_get(test, "raw"), *version = value_get(test, "version");
	struct map_builder map = { .arena = f->arena };
	struct place nowhere = { 0 };

	for (size_t i = 0; i < sizeof(spelled) / sizeof(spelled[0]); i++)
		if (value_is_text(value_get(test, "name"), spelled[i].name))
			return parse(f, spelled[i].text, ret);
	if (raw)
		return parse(f, raw->text.data, ret);
	if (!version)
		version = text(f, "queens");
	assert_int_equal(map_put(&map, "heat_template_version", version, &f->err), 0);
	for (size_t i = 0; i < 2; i++) {
		const struct value *section = value_get(test, sections[i][0]);

		if (section)
			assert_int_equal(map_put(&map, sections[i][1], section, &f->err), 0);
	}
	assert_int_equal(map_put(&map, "outputs",
			     one(f, "v", one(f, "value", value_get(test, "value"))), &f->err),
	    0);
	*ret = map_done(&map, nowhere, &f->err);
	assert_non_null(*ret);
	return 0;
}

static int
evaluate(struct fixture *f, const struct value *test, const struct value **ret)
{
	const struct value *env = value_get(test, "env"), *template, *outputs;
	struct hot_world world = { .loader = &f->loader };

	if (env) {
		world.parameters = value_get(env, "parameters");
		world.parameter_defaults = value_get(env, "parameter_defaults");
	}
	if (template_of(f, test, &template) < 0 ||
	    hot_evaluate_document(&world, template, "template", NULL, &outputs, &f->err) < 0)
		return -1;
	*ret = value_get(outputs, "v");
	assert_non_null(*ret);
	return 0;
}

/* Heat's sentence without the path in front of it. */
static const char *
wanted(const char *name, const struct value *message)
{
	static const char *const paths[] = { "outputs.", "conditions.", "Value." };
	const char *sentence = message->text.data;

	for (size_t i = 0; i < sizeof(reworded) / sizeof(reworded[0]); i++)
		if (strcmp(name, reworded[i].name) == 0)
			return reworded[i].text;
	for (size_t i = 0; i < 3; i++)
		if (strncmp(sentence, paths[i], strlen(paths[i])) == 0)
			return strstr(sentence, ": ") + 2;
	return sentence;
}

static size_t
check_case(struct fixture *f, const struct value *test, const struct value *expected)
{
	const struct dump_style style = { .sorted = true };
	struct buf got = BUF(ARENA_MAX), want = BUF(ARENA_MAX);
	const char *name = value_get(test, "name")->text.data;
	const struct value *value = NULL;
	size_t wrong = 0;

	assert_true(value_is_text(value_get(expected, "name"), name));
	if (evaluate(f, test, &value) < 0) {
		const char *sentence = value_get(expected, "message")
					   ? wanted(name, value_get(expected, "message"))
					   : "a value";

		wrong = strstr(f->err.text, sentence) == NULL;
		if (wrong)
			print_error("%s: %s\n  not: %s\n", name, f->err.text, sentence);
	} else {
		dump_json(value, &style, &got);
		if (value_get(expected, "value"))
			dump_json(value_get(expected, "value"), &style, &want);
		wrong = strcmp(buf_string(&got), buf_string(&want)) != 0;
		if (wrong)
			print_error("%s: %s\n  not: %s\n", name, buf_string(&got),
			    want.length ? buf_string(&want) : "an error");
	}
	buf_drop(&got);
	buf_drop(&want);
	return wrong;
}

static void
every_case_is_what_heat_makes_of_it(void **state)
{
	struct fixture f = { .arena = arena_new(ARENA_MAX) };
	const struct value *cases, *expected;
	size_t wrong = 0;

	(void)state;
	f.loader.arena = f.arena;
	assert_int_equal(doc_load(&f.loader, TESTS_DIR "/unit/hot/cases.json", &cases, &f.err), 0);
	assert_int_equal(
	    doc_load(&f.loader, TESTS_DIR "/unit/hot/expected.json", &expected, &f.err), 0);
	assert_int_equal(cases->list.count, expected->list.count);
	for (size_t i = 0; i < cases->list.count; i++)
		wrong += check_case(&f, cases->list.items[i], expected->list.items[i]);
	assert_int_equal(wrong, 0);
	arena_free(f.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_case_is_what_heat_makes_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
