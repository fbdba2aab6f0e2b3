#include "doc/dump.h"

#include "unit/doc/parse.h"

static int
open_arena(void **state)
{
	*state = arena_new(64 << 20);
	return *state ? 0 : -1;
}

static int
close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static void
json_is_that_of_json_dumps(void **state)
{
	static const struct dump_style plain = { 0, false, false }, ascii = { 0, false, true },
				       sorted = { 0, true, false }, wide = { 2, true, true };
	static const struct {
		const struct dump_style *style;
		const char *yaml, *json;
	} rows[] = {
		{ &plain, "[]", "[]" },
		{ &plain, "{}", "{}" },
		{ &plain, "[1, 1.0, yes, ~, x]", "[1, 1.0, true, null, \"x\"]" },
		{ &plain, "[.nan, .inf, -.inf, 1.0e+22]", "[NaN, Infinity, -Infinity, 1e+22]" },
		{ &plain, "99999999999999999999", "99999999999999999999" },
		{ &plain, "{b: 1, a: [2, {}]}", "{\"b\": 1, \"a\": [2, {}]}" },
		{ &plain, "{1: a, 1.5: b, no: c, ~: d}",
		    "{\"1\": \"a\", \"1.5\": \"b\", \"false\": \"c\", \"null\": \"d\"}" },
		{ &plain, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\0\\x1f\\x7f\"",
		    "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\"" },
		{ &ascii, "\"\\x7f\\xe9\\u2028\\U0001f600~\"",
		    "\"\\u007f\\u00e9\\u2028\\ud83d\\ude00~\"" },
		{ &plain, "\"\\xe9\\u2028\\U0001f600\"",
		    "\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"" },
		{ &plain, "!!binary /w==", "\"\xef\xbf\xbd\"" },
		{ &sorted, "{b: {d: 1, c: 2}, aa: 3, a: 4, Z: 5, \xc3\xa9: 6, ~: 7, 10: 8, '': 9}",
		    "{\"\": 9, \"10\": 8, \"Z\": 5, \"a\": 4, \"aa\": 3, \"b\": {\"c\": 2, \"d\": "
		    "1}, "
		    "\"null\": 7, \"\xc3\xa9\": 6}" },
		{ &sorted,
		    "{0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff: 1, 0: 2}",
		    "{\"0\": 2, "
		    "\"115792089237316195423570985008687907853269984665640564039457584007913129"
		    "639935\": 1}" },
		{ &wide, "{b: [1, {c: []}], a: {}}",
		    "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"c\": []\n    }\n  ]\n}" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(1 << 16);

		dump_json(parse(*state, rows[i].yaml), rows[i].style, &text);
		assert_string_equal(buf_string(&text), rows[i].json);
	}
}

static void
yaml_is_block_style_and_quotes_what_needs_it(void **state)
{
	static const struct {
		const char *from, *yaml;
	} rows[] = {
		{ "x", "x\n" },
		{ "{a: {b: [c, {d: e, f: g}, [h, [i]]], j: {}}, k: []}",
		    "a:\n  b:\n    - c\n    - d: e\n      f: g\n    - - h\n      - - i\n"
		    "  j: {}\nk: []\n" },
		{ "[yes, ~, 0x1f, 1.0e+22, 1.0, .nan, -.inf]",
		    "- true\n- null\n- 31\n- 1.0e+22\n- 1.0\n- .nan\n- -.inf\n" },
		{ "['yes', '~', '', '0755', '1.0', '12:30', 1e3, '<<', '=', 2021-05-01]",
		    "- 'yes'\n- '~'\n- ''\n- '0755'\n- '1.0'\n- '12:30'\n- 1e3\n- '<<'\n- '='\n"
		    "- 2021-05-01\n" },
		{ "['a: b', 'a:', ' a', 'a ', 'a #b', '- a', '? a', 'a, b', '[a', '%x', '@x', "
		  "'it''s']",
		    "- 'a: b'\n- 'a:'\n- ' a'\n- 'a '\n- 'a #b'\n- '- a'\n- '? a'\n- 'a, b'\n- "
		    "'[a'\n"
		    "- '%x'\n- '@x'\n- it's\n" },
		{ "[cinder::backup::nfs, 192.168.1.1:/x, a/b-c_d.e, DEFAULT/a]",
		    "- cinder::backup::nfs\n- 192.168.1.1:/x\n- a/b-c_d.e\n- DEFAULT/a\n" },
		{ "{a: \"l\\nm\\n\", b: \"l\\n\\n m\", c: \"l\\n\\n\", d: \" l\\n\", e: \"\\n\"}",
		    "a: |\n  l\n  m\nb: |-\n  l\n\n   m\nc: |+\n  l\n\nd: \" l\\n\"\ne: "
		    "\"\\n\"\n" },
		{ "[\"\\t\", \"\\r\", \"\\x85\", \"\\ufeff\", \"\\xe9\", \"...\"]",
		    "- \"\\t\"\n- \"\\x0D\"\n- \"\\x85\"\n- \"\\uFEFF\"\n- '\xc3\xa9'\n- '...'\n" },
		{ "{2: a, yes: b, ~: c, '1': d}", "2: a\ntrue: b\nnull: c\n'1': d\n" },
		{ "!!binary aGk=", "!!binary 'aGk='\n" },
		{ "99999999999999999999", "99999999999999999999\n" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(1 << 16);

		dump_yaml(parse(*state, rows[i].from), &text);
		assert_string_equal(buf_string(&text), rows[i].yaml);
	}
}

/* Equal, and of the same types; a NaN is a NaN. */
static void
reads_back(struct arena *arena, const struct value *value)
{
	static const struct dump_style style = { 0, false, true };
	scoped(buf_drop) struct buf yaml = BUF(1 << 20), first = BUF(1 << 20),
				    second = BUF(1 << 20);
	const struct value *again;

	dump_yaml(value, &yaml);
	again = parse(arena, buf_string(&yaml));
	dump_json(value, &style, &first);
	dump_json(again, &style, &second);
	assert_string_equal(buf_string(&first), buf_string(&second));
	if (!strstr(buf_string(&first), "NaN") && !value_equal(value, again))
		fail_msg("%s", buf_string(&yaml));
}

static void
suite_survives_writing_and_reading(void **state)
{
	const struct value *suite = parse_file(*state, TESTS_DIR "/unit/doc/yaml.json");

	reads_back(*state, suite);
	reads_back(*state, parse_file(*state, TESTS_DIR "/unit/env/merge.json"));
	for (size_t i = 0; i < suite->list.count; i++)
		if (value_get(suite->list.items[i], "value"))
			reads_back(*state,
			    parse(*state, value_get(suite->list.items[i], "text")->text.data));
}

/* All texts of up to three of these, as values, keys and items. */
static void
awkward_texts_survive_writing_and_reading(void **state)
{
	static const char *const bits[] = { "a", " ", "\n", ":", "#", "-", "?", "'", "\"", "\\",
		"{", "]", ",", "&", "*", "!", "|", ">", "%", "@", "`", "=", "~", "<<", "0", "1",
		".", "e+", "_", "yes", "\t", "\r", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf",
		"\xc3\xa9", "\xef\xbf\xbf", "\xf0\x9f\x98\x80", "\x7f", "\x1b" };
	enum { COUNT = sizeof bits / sizeof *bits };
	struct err err;

	for (size_t i = 0; i < COUNT; i++) {
		scoped(arena_free_scoped) struct arena *arena = arena_new(64 << 20);
		struct list_builder list = { .arena = arena };
		struct map_builder map = { .arena = arena };

		for (size_t j = 0; j < COUNT * (size_t)COUNT; j++) {
			char *text = arena_printf(
			    arena, &err, "%s%s%s", bits[i], bits[j / COUNT], bits[j % COUNT]);
			const struct value *value = value_text(arena, text, &err);

			assert_int_equal(list_add(&list, value, &err), 0);
			assert_int_equal(map_set(&map, value, value, &err), 0);
		}
		reads_back(arena, list_done(&list, (struct place){ NULL, 0, 0 }, &err));
		reads_back(arena, map_done(&map, (struct place){ NULL, 0, 0 }, &err));
	}
	(void)state;
}

static void
long_keys_survive_writing_and_reading(void **state)
{
	char key[2000];
	struct map_builder map = { .arena = *state };
	const struct value *inner;
	struct err err;

	memset(key, 'k', sizeof key);
	key[sizeof key - 1] = '\0';
	assert_int_equal(map_put(&map, key, &value_true, &err), 0);
	inner = map_done(&map, (struct place){ NULL, 0, 0 }, &err);
	key[0] = '\n';
	assert_int_equal(map_put(&map, key, inner, &err), 0);
	reads_back(*state, map_done(&map, (struct place){ NULL, 0, 0 }, &err));
}

static void
full_buffer_is_remembered(void **state)
{
	static const struct dump_style style = { 2, true, true };
	const struct value *value = parse(*state, "{a: [1, 2], b: {c: \"x\\ny\"}}");
	struct err err;

	for (size_t ceiling = 1; ceiling < 20; ceiling++) {
		scoped(buf_drop) struct buf json = BUF(ceiling), yaml = BUF(ceiling);

		dump_json(value, &style, &json);
		dump_yaml(value, &yaml);
		assert_int_equal(buf_check(&json, &err), -1);
		assert_int_equal(buf_check(&yaml, &err), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_that_of_json_dumps),
		cmocka_unit_test(yaml_is_block_style_and_quotes_what_needs_it),
		cmocka_unit_test(suite_survives_writing_and_reading),
		cmocka_unit_test(awkward_texts_survive_writing_and_reading),
		cmocka_unit_test(long_keys_survive_writing_and_reading),
		cmocka_unit_test(full_buffer_is_remembered),
	};

	return cmocka_run_group_tests_name("dump", tests, open_arena, close_arena);
}
