#include "env/merge.h"

#include "doc/dump.h"
#include "unit/env/files.h"

static const struct dump_style style = { 0, true, true };

/* The suite went through JSON: so does what is compared with it. */
static void
compare(struct files *files, const char *name, const struct value *wanted)
{
	const struct doc_loader loader = { .arena = files->arena };
	scoped(buf_drop) struct buf json = BUF(1 << 20), expected = BUF(1 << 20),
				    got = BUF(1 << 20);
	const struct value *merged;
	struct err err;

	dump_json(environment_merged(files->environment), &style, &json);
	assert_int_equal(doc_parse(&loader, buf_span(&json), name, &merged, &err), 0);
	dump_json(merged, &style, &got);
	dump_json(wanted, &style, &expected);
	if (strcmp(buf_string(&got), buf_string(&expected)) != 0)
		fail_msg(
		    "%s:\n%s\nis wanted, not\n%s", name, buf_string(&expected), buf_string(&got));
}

/* The names in quotes have to be those that the client or server told. */
static void
compare_refusal(const char *name, const char *wanted, const struct err *err)
{
	const char *first = strchr(wanted, '"'), *last = strrchr(wanted, '"');
	char quoted[64] = "";

	if (first && last - first < 60)
		snprintf(quoted, sizeof quoted, "%.*s", (int)(last - first + 1), first);
	if (!strstr(err->text, quoted) || !err->at.line)
		fail_msg("%s: \"%s\" has to be %s", name, err->text, wanted);
}

static void
run_case(struct files *files, const struct value *row, enum merge_style merge_style)
{
	bool director = merge_style == MERGE_DIRECTOR;
	const char *name = value_get(row, "name")->text.data;
	const struct value *texts = value_get(row, "files");
	const struct value *wanted = value_get(row, director ? "client" : "server");
	const struct value *refused = value_get(row, director ? "client_error" : "server_error");
	struct err err;

	files->count = 0;
	for (size_t i = 0; i < texts->list.count; i++)
		files_add(files, texts->list.items[i]->text.data);
	if (!wanted && !refused)
		return;
	if (files_load(files, merge_style, &err) < 0 && !refused)
		fail_msg("%s:%u: %s", name, err.at.line, err.text);
	else if (wanted)
		compare(files, name, wanted);
	else if (!err.text[0])
		fail_msg("%s: accepted, but %s", name, refused->text.data);
	else
		compare_refusal(name, refused->text.data, &err);
}

static void
run_suite(struct files *files, enum merge_style merge_style)
{
	const struct doc_loader loader = { .arena = files->arena };
	const struct value *suite;
	struct err err;

	assert_int_equal(doc_load(&loader, TESTS_DIR "/unit/env/merge.json", &suite, &err), 0);
	assert_int_equal(suite->list.count, 49);
	for (size_t i = 0; i < suite->list.count; i++)
		run_case(files, suite->list.items[i], merge_style);
}

static void
suite_merges_as_director_does(void **state)
{
	run_suite(*state, MERGE_DIRECTOR);
}

static void
suite_merges_as_the_server_does(void **state)
{
	run_suite(*state, MERGE_SERVER);
}

/* Flow style, the section left out: what two values of ExtraConfig come to. */
static void
values_merge_by_their_types(void **state)
{
	static const struct {
		const char *older, *newer, *merged; /* NULL: refused */
	} rows[] = {
		{ "1", "2", "2" },
		{ "a", "null", "null" },
		{ "[1]", "null", "null" },
		{ "{a: 1}", "null", "{\"a\": 1}" },
		{ "null", "{a: 1}", "{\"a\": 1}" },
		{ "{a: 1}", "{}", "{\"a\": 1}" },
		{ "5", "{}", "5" },
		{ "[1]", "{}", "[1]" },
		{ "{a: 1}", "5", "5" },
		{ "{a: 1}", "[5]", "[5]" },
		{ "{}", "{a: 1}", "{\"a\": 1}" },
		{ "{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}",
		    "{\"a\": {\"b\": 1, \"c\": 3, \"d\": 4}}" },
		{ "{a: {b: 1}}", "{a: null, c: {d: null}}",
		    "{\"a\": {\"b\": 1}, \"c\": {\"d\": null}}" },
		{ "{a: {}}", "{a: {b: 1}}", "{\"a\": {\"b\": 1}}" },
		{ "{a: {b: {}}}", "{a: {b: null}}", "{\"a\": {\"b\": {}}}" },
		{ "5", "{a: 1}", NULL },
		{ "''", "{a: 1}", NULL },
		{ "no", "{a: 1}", NULL },
		{ "[]", "{a: 1}", NULL },
		{ "{a: 5}", "{a: {b: 1}}", NULL },
		{ "{a: 5}", "{a: {b: {}}}", NULL },
	};
	struct files *files = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf json = BUF(1 << 12);
		char text[2][128];
		struct err err;

		files->count = 0;
		snprintf(text[0], sizeof *text, "parameter_defaults: {X: %s}\n", rows[i].older);
		snprintf(text[1], sizeof *text, "parameter_defaults: {X: %s}\n", rows[i].newer);
		files_add(files, text[0]);
		files_add(files, text[1]);
		if (files_load(files, MERGE_DIRECTOR, &err) < 0) {
			if (rows[i].merged)
				fail_msg("%s, %s: %s", rows[i].older, rows[i].newer, err.text);
			continue;
		}
		dump_json(
		    value_get(environment_section(files->environment, "parameter_defaults"), "X"),
		    &style, &json);
		assert_string_equal(buf_string(&json), rows[i].merged ? rows[i].merged : "refused");
	}
}

static void
map_over_text_names_both_places(void **state)
{
	struct files *files = *state;
	struct err err;

	files_add(files, "parameter_defaults:\n  ExtraConfig:\n    k: text\n");
	files_add(files, "parameter_defaults:\n  ExtraConfig:\n\n    k: {z: 1}\n");
	assert_int_equal(files_load(files, MERGE_DIRECTOR, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.at.file, files->paths[1]);
	assert_int_equal(err.at.line, 4);
	assert_int_equal(err.at.column, 8);
	assert_non_null(strstr(err.text, "parameter_defaults/ExtraConfig/k: a map cannot be merged "
					 "into the text set at "));
	assert_non_null(strstr(err.text, "e0.yaml:3:8"));
}

static void
merged_values_keep_their_places(void **state)
{
	struct files *files = *state;
	const struct value *extra;

	files_add(files, "parameter_defaults:\n  E:\n    a: 1\n    b: 2\n");
	files_add(files, "\nparameter_defaults:\n  E:\n    b: 3\n");
	files_merge(files, MERGE_DIRECTOR);
	extra = value_get(environment_section(files->environment, "parameter_defaults"), "E");
	assert_string_equal(value_get(extra, "a")->at.file, files->paths[0]);
	assert_string_equal(value_get(extra, "b")->at.file, files->paths[1]);
	assert_int_equal(value_get(extra, "b")->at.line, 4);
	assert_string_equal(value_member(extra, "b")->key->at.file, files->paths[1]);
	assert_string_equal(extra->at.file, files->paths[1]);
}

/* One strategy from the first file on; P of all files, in Python's words. */
static void
server_merges_by_strategy(void **state)
{
	static const struct {
		const char *strategy, *older, *newer, *merged; /* NULL: refused */
	} rows[] = {
		{ "overwrite", "{a: 1}", "{b: 2}", "{'b': 2}" },
		{ "unknown", "{a: 1}", "{b: 2}", "{'b': 2}" },
		{ "merge", "{a: 1, c: {d: 1}}", "{b: 2, c: {e: 2}}",
		    "{'a': 1, 'c': {'e': 2}, 'b': 2}" },
		{ "merge", "{a: 1}", "{a: null}", "{'a': 1}" },
		{ "merge", "[1]", "[2]", "[1, 2]" },
		{ "merge", "[]", "[2]", "[2]" },
		{ "merge", "x", "y", "xy" },
		{ "merge", "''", "y", "y" },
		{ "merge", "null", "{a: 1}", "{'a': 1}" },
		{ "merge", "x", "null", "x" },
		{ "deep_merge", "{k: {z: 1, s: a, l: [1], n: 1}}",
		    "{k: {y: 2, s: b, l: [2], n: 0}}",
		    "{'k': {'z': 1, 's': 'ab', 'l': [1, 2], 'n': 0, 'y': 2}}" },
		{ "deep_merge", "{k: {}, l: []}", "{k: {a: 1}, l: [1], m: x}",
		    "{'k': {'a': 1}, 'l': [1], 'm': 'x'}" },
		{ "deep_merge", "{k: {a: 1}}", "{k: null}", "{'k': {'a': 1}}" },
		{ "deep_merge", "{k: ''}", "{k: [1]}", "{'k': [1]}" },
		{ "deep_merge", "{k: 5}", "{k: [1]}", NULL },
		{ "deep_merge", "{k: 5}", "{k: x}", NULL },
		{ "merge", "1", "2", NULL },
		{ "merge", "yes", "no", NULL },
		{ "merge", "[1]", "{a: 1}", NULL },
		{ "merge", "{a: 1}", "[1]", NULL },
		{ "merge", "[1]", "x", NULL },
	};
	struct files *files = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf got = BUF(1 << 12);
		char text[2][192];
		struct err err;

		files->count = 0;
		snprintf(text[0], sizeof *text,
		    "parameters: {P: %s}\nparameter_merge_strategies: {P: %s}\n", rows[i].older,
		    rows[i].strategy);
		snprintf(text[1], sizeof *text, "parameters: {P: %s}\n", rows[i].newer);
		files_add(files, text[0]);
		files_add(files, text[1]);
		if (files_load(files, MERGE_SERVER, &err) < 0) {
			if (rows[i].merged || !strstr(err.text, "P: ") || !err.at.line)
				fail_msg("%s, %s: %s", rows[i].older, rows[i].newer, err.text);
			continue;
		}
		value_python(
		    value_get(environment_section(files->environment, "parameters"), "P"), &got);
		assert_string_equal(buf_string(&got), rows[i].merged ? rows[i].merged : "refused");
	}
}

static void
strategies_in_conflict_name_both_places(void **state)
{
	struct files *files = *state;
	struct err err;

	files_add(files, "parameters:\n  P: {a: 1}\n");
	files_add(files, "parameters: {P: {b: 1}}\nparameter_merge_strategies:\n  P: merge\n");
	assert_int_equal(files_load(files, MERGE_SERVER, &err), -1);
	assert_string_equal(err.at.file, files->paths[1]);
	assert_int_equal(err.at.line, 3);
	assert_non_null(
	    strstr(err.text, "Conflicting merge strategy 'merge' for parameter 'P': it is "
			     "'overwrite' since "));
	assert_non_null(strstr(err.text, "e0.yaml:2:3"));
}

static void
default_strategy_is_for_new_parameters_only(void **state)
{
	struct files *files = *state;
	scoped(buf_drop) struct buf got = BUF(1 << 12);

	files_add(files, "parameters: {A: [1]}\n");
	files_add(files, "parameters: {A: [2], B: [1]}\n"
			 "parameter_merge_strategies: {default: merge}\n");
	files_add(files, "parameters: {A: [3], B: [2]}\n");
	files_merge(files, MERGE_SERVER);
	value_python(environment_section(files->environment, "parameters"), &got);
	assert_string_equal(buf_string(&got), "{'A': [3], 'B': [1, 2]}");
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, files_open, files_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(suite_merges_as_director_does),
		WITH_FILES(suite_merges_as_the_server_does),
		WITH_FILES(values_merge_by_their_types),
		WITH_FILES(map_over_text_names_both_places),
		WITH_FILES(merged_values_keep_their_places),
		WITH_FILES(server_merges_by_strategy),
		WITH_FILES(strategies_in_conflict_name_both_places),
		WITH_FILES(default_strategy_is_for_new_parameters_only),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
