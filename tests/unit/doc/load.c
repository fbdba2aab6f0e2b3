#include "doc/load.h"

#include <stdlib.h>
#include <unistd.h>

#include "doc/number.h"
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

/* The suite writes numbers, bytes, lists and maps as {type: content}. */
static bool
is_as_written(const struct value *value, const struct value *wanted)
{
	scoped(buf_drop) struct buf text = BUF(1 << 16);
	const struct value *parts;

	if (wanted->type != VALUE_MAP)
		return value->type == wanted->type && value_equal(value, wanted);
	parts = wanted->map.members[0].value;
	value_python(value, &text);
	if (value_get(wanted, "int"))
		return value->type == VALUE_INTEGER && value_is_text(parts, buf_string(&text));
	if (value_get(wanted, "float"))
		return value->type == VALUE_FLOAT && value_is_text(parts, buf_string(&text));
	if (value_get(wanted, "bytes"))
		return value->type == VALUE_TEXT && value->binary &&
		       strcmp(buf_string(&text), "b'hello'") == 0;
	if (value_get(wanted, "list")) {
		if (value->type != VALUE_LIST || value->list.count != parts->list.count)
			return false;
		for (size_t i = 0; i < value->list.count; i++)
			if (!is_as_written(value->list.items[i], parts->list.items[i]))
				return false;
		return true;
	}
	if (value->type != VALUE_MAP || value->map.count != parts->list.count)
		return false;
	for (size_t i = 0; i < value->map.count; i++) {
		const struct value *const *pair = parts->list.items[i]->list.items;

		if (!is_as_written(value->map.members[i].key, pair[0]) ||
		    !is_as_written(value->map.members[i].value, pair[1]))
			return false;
	}
	return true;
}

static void
suite_reads_as_heat_reads_it(void **state)
{
	const struct value *suite = parse_file(*state, TESTS_DIR "/unit/doc/yaml.json");

	assert_int_equal(suite->list.count, 37);
	for (size_t i = 0; i < suite->list.count; i++) {
		const struct value *row = suite->list.items[i];
		const struct value *text = value_get(row, "text"), *line = value_get(row, "line");

		if (line)
			assert_int_equal(refusal(*state, text->text).at.line, line->integer);
		else if (!is_as_written(parse(*state, text->text.data), value_get(row, "value")))
			fail_msg("%s", text->text.data);
	}
}

/* str() says the type too, once the value stands in a list. */
static void
plain_texts_have_the_types_of_yaml_1_1(void **state)
{
	static const struct {
		const char *yaml, *python;
	} rows[] = {
		{ "yes Yes YES no No NO", "True True True False False False" },
		{ "on On ON off Off OFF", "True True True False False False" },
		{ "true True TRUE false False FALSE", "True True True False False False" },
		{ "yEs nO oN tRUE YeS TRUe", "'yEs' 'nO' 'oN' 'tRUE' 'YeS' 'TRUe'" },
		{ "y n Y N", "'y' 'n' 'Y' 'N'" },
		{ "~ null Null NULL", "None None None None" },
		{ "nULL None none", "'nULL' 'None' 'none'" },
		{ "0 -0 +1 0755 08 0o17", "0 0 1 493 '08' '0o17'" },
		{ "0x1F 0X1F 0b11 -0b101 0xfg", "31 '0X1F' 3 -5 '0xfg'" },
		{ "1_000 _1 1_ 0_ +_1 +", "1000 '_1' 1 0 '+_1' '+'" },
		{ "+-1 -- 1- 1-2", "'+-1' '--' '1-' '1-2'" },
		{ "12:30 12:5 12:60 60:00", "750 725 '12:60' 3600" },
		{ "99:99 190:20:30 0:1 1:222", "'99:99' 685230 '0:1' '1:222'" },
		{ "192.168.122.1:/x 1:2:3", "'192.168.122.1:/x' 3723" },
		{ "1.0 .5 5. 1_0.5 ._5", "1.0 0.5 5.0 10.5 '._5'" },
		{ "1e3 1.0e3 1.0e+3 1.E-1", "'1e3' '1.0e3' 1000.0 0.1" },
		{ "+.5 -.5 -1.5 .5e+1 .", "'+.5' '-.5' -1.5 5.0 '.'" },
		{ ".inf -.INF +.Inf .iNF", "inf -inf inf '.iNF'" },
		{ ".nan .NaN .NAN -.nan", "nan nan nan '-.nan'" },
		{ "1:2.5 -1:30.5 1:60.5", "62.5 -90.5 '1:60.5'" },
		{ "1e400 1.0e+400 1.2.3", "'1e400' inf '1.2.3'" },
		{ "2021-05-01 2001-12-14t21:59:43.10-05:00",
		    "'2021-05-01' '2001-12-14t21:59:43.10-05:00'" },
		{ "9223372036854775807 9223372036854775808",
		    "9223372036854775807 9223372036854775808" },
		{ "a::b ::e <<x =x", "'a::b' '::e' '<<x' '=x'" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf yaml = BUF(1 << 10), text = BUF(1 << 10);
		char *words = arena_text(*state, rows[i].yaml, &(struct err)ERR_INIT), *rest;

		for (char *word = strtok_r(words, " ", &rest); word;
		     word = strtok_r(NULL, " ", &rest))
			buf_printf(&yaml, "- %s\n", word);
		value_python(parse(*state, buf_string(&yaml)), &text);
		words = arena_text(*state, buf_string(&text) + 1, &(struct err)ERR_INIT);
		words[strlen(words) - 1] = '\0';
		for (char *comma = words; (comma = strchr(comma, ','));)
			memmove(comma, comma + 1, strlen(comma));
		assert_string_equal(words, rows[i].python);
	}
}

static void
tags_and_merges_are_those_of_the_safe_loader(void **state)
{
	static const struct {
		const char *yaml, *python;
	} rows[] = {
		{ "", "None" },
		{ "# nothing\n", "None" },
		{ "---\n", "None" },
		{ "--- a\n...\n", "a" },
		{ "\xef\xbb\xbf"
		  "a: 1\n",
		    "{'a': 1}" },
		{ "[!!str 1, !!str ~, !!int '0x1f', !!float '1e3', !!bool YeS, !!null x]",
		    "['1', '~', 31, 1000.0, True, None]" },
		{ "[! '12', ! 12, !!timestamp 2021-05-01]", "[12, 12, '2021-05-01']" },
		{ "!!map {a: !!seq [1]}", "{'a': [1]}" },
		{ "! {a: ! [1]}", "{'a': [1]}" },
		{ "!!set {a, b}", "{'a': None, 'b': None}" },
		{ "!!omap [x: 1, y: 2]", "[['x', 1], ['y', 2]]" },
		{ "!!pairs [x: 1, x: 2]", "[['x', 1], ['x', 2]]" },
		{ "!!binary |\n  aGVs\n  bG8=\n", "b'hello'" },
		{ "%TAG !e! tag:yaml.org,2002:\n---\n!e!str 5\n", "5" },
		{ "{=: 4, '<<': 5}", "{'=': 4, '<<': 5}" },
		{ "{1: a, true: b, 1.0: c, '1': d}", "{1: 'c', '1': 'd'}" },
		{ "- &a {p: 1, q: 2}\n- {<<: *a, q: 3, r: 4}\n",
		    "[{'p': 1, 'q': 2}, {'p': 1, 'q': 3, 'r': 4}]" },
		{ "{z: 1, <<: {a: 1, z: 2}}", "{'a': 1, 'z': 1}" },
		{ "{<<: [{a: 1}, {a: 2, b: 3}]}", "{'a': 1, 'b': 3}" },
		{ "{<<: {a: 1}, <<: {a: 2}}", "{'a': 2}" },
		{ "{<<: {}, a: 1}", "{'a': 1}" },
		{ "{<<: [], a: 1}", "{'a': 1}" },
		{ "- &a [1]\n- *a\n- &b x\n- {*b : *b}\n", "[[1], [1], 'x', {'x': 'x'}]" },
		{ "a: >\n x\n   y\n z\nb: |+\n x\n\nc: |-\n x\n", "{'a': 'x\\n  y\\nz\\n', "
								  "'b': 'x\\n\\n', 'c': 'x'}" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(1 << 10);

		value_python(parse(*state, rows[i].yaml), &text);
		if (strcmp(buf_string(&text), rows[i].python) != 0)
			fail_msg(
			    "%s\nis %s\nnot %s", rows[i].yaml, buf_string(&text), rows[i].python);
	}
}

static void
errors_name_the_place_and_the_reason(void **state)
{
	static const struct {
		const char *yaml;
		unsigned line, column;
		const char *words;
	} rows[] = {
		{ "a: 1\n\tb: 2\n", 2, 1, "found a tab character that violates indentation" },
		{ "a: [1, 2\n", 2, 1, "that begins in line 1" },
		{ "a: @x\n", 1, 4, "found character '@' that cannot start any token" },
		{ "# \xc3\xa9\n\xc3\xa9: `x`\n", 2, 4, "found character '`' that cannot start" },
		{ "\xef\xbb\xbf"
		  "a: @x\n",
		    1, 4, "found character '@'" },
		{ "\xff\xfe@", 1, 3, "incomplete UTF-16 character" },
		{ "a:\n\tb: 1\n", 2, 1, "found a tab where a value or key begins" },
		{ "\xc3\xa9: *no\n", 1, 4, "found undefined alias no" },
		{ "a: &x 1\nb: &x 2\n", 2, 4, "which line 1 has already" },
		{ "a:\n- &x [*x]\n", 2, 7, "alias x stands inside of what it names" },
		{ "a: 1\n---\nb: 2\n", 2, 1, "expected a single document" },
		{ "a: !no x\n", 1, 4, "could not determine a constructor for the tag '!no'" },
		{ "- !!python/name:os.system\n", 1, 3, "tag:yaml.org,2002:python/name:os.system" },
		{ "- =\n", 1, 3, "tag:yaml.org,2002:value" },
		{ "- <<\n", 1, 3, "tag:yaml.org,2002:merge" },
		{ "a:\n  ? [k]\n  : v\n", 2, 5, "found unhashable key: a list" },
		{ "{{a: 1}: 2}", 1, 2, "found unhashable key: a map" },
		{ "{<<: 5}", 1, 6, "but found integer" },
		{ "{<<: [{a: 1}, x]}", 1, 15, "but found text" },
		{ "!!str [a]", 1, 1, "!!str: expected a scalar, but found a sequence" },
		{ "!!map [a]", 1, 1, "expected a mapping, but found a sequence" },
		{ "!!seq {a: 1}", 1, 1, "expected a sequence, but found a mapping" },
		{ "- !!omap [x: 1, y]", 1, 17, "expected a mapping of length 1" },
		{ "- !!int x", 1, 3, "'x' is not an integer" },
		{ "- !!float \"\\n\"", 1, 3, "this text is not a number" },
		{ "- !!bool maybe", 1, 3, "'maybe' is not a boolean" },
		{ "- 0b_", 1, 3, "'0b_' is not an integer" },
		{ "- !!binary a", 1, 3, "failed to decode base64 data" },
		{ "a: \xff\n", 1, 4, "invalid leading UTF-8 octet" },
		{ "# \xc3\xa9\n\xc3\xa9\xe2\x82", 2, 2, "incomplete UTF-8 octet sequence" },
		{ "a: \x01", 1, 4, "control characters are not allowed" },
		{ "a: \"\\ud800\"", 1, 7, "invalid Unicode character escape code" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = refusal(*state, span_of(rows[i].yaml));

		if (!strstr(err.text, rows[i].words) || err.at.line != rows[i].line ||
		    err.at.column != rows[i].column)
			fail_msg(
			    "%s\n%u:%u: %s", rows[i].yaml, err.at.line, err.at.column, err.text);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
utf16_is_read_too(void **state)
{
	static const char good[] = { '\xfe', '\xff', 0, 'a', 0, ':', 0, ' ', 0, '\xe9' };
	static const char bad[] = { '\xff', '\xfe', 'a', 0, ':', 0, ' ', 0, '@', 0 };
	const struct doc_loader loader = { .arena = *state };
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(
	    doc_parse(&loader, (struct span){ good, sizeof good }, "test", &value, &err), 0);
	assert_true(value_is_text(value_get(value, "a"), "\xc3\xa9"));
	err = refusal(*state, (struct span){ bad, sizeof bad });
	assert_string_equal(err.text, "found character that cannot start any token");
	assert_int_equal(err.at.column, 4);
}

static void
keys_and_values_know_their_places(void **state)
{
	const struct value *root = parse(*state, "# c\na:\n  - 1\n  - {b: x}\n");
	const struct member *a = value_member(root, "a");
	const struct member *b = value_member(a->value->list.items[1], "b");

	assert_int_equal(root->at.line, 2);
	assert_int_equal(a->key->at.line, 2);
	assert_int_equal(a->value->at.line, 3);
	assert_int_equal(a->value->at.column, 3);
	assert_int_equal(b->key->at.line, 4);
	assert_int_equal(b->key->at.column, 6);
	assert_int_equal(b->value->at.column, 9);
	assert_string_equal(b->value->at.file, "test");
}

static void
add_note(void *arg, struct place at, const char *text)
{
	buf_printf(arg, "%u:%u %s\n", at.line, at.column, text);
}

static void
duplicate_keys_are_told_of(void **state)
{
	scoped(buf_drop) struct buf notes = BUF(1 << 10);
	const struct doc_loader loader = { *state, add_note, &notes };
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(
	    doc_parse(&loader, span_of("a: 1\nb: {c: 1, <<: {c: 2, d: 3}, d: 4}\na: 2\n"), "test",
		&value, &err),
	    0);
	assert_int_equal(value_get(value, "a")->integer, 2);
	assert_string_equal(buf_string(&notes),
	    "3:1 key a is set twice: this one wins, the one in line 1, column 1 is lost\n");
}

static void
files_are_read_and_named(void **state)
{
	const struct doc_loader loader = { .arena = *state };
	char path[] = "/tmp/cinderbank-load-XXXXXX", name[sizeof path];
	const struct value *value;
	struct err err = ERR_INIT;
	int fd = mkstemp(path);

	memcpy(name, path, sizeof path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: [\n", 5), 5);
	assert_int_equal(doc_load(&loader, name, &value, &err), -1);
	name[0] = '\0';
	assert_string_equal(err.at.file, path);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(doc_load(&loader, path, &value, &err), 0);
	assert_int_equal(value->type, VALUE_NULL);
	close(fd);
	unlink(path);
	assert_int_equal(doc_load(&loader, path, &value, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(doc_load(&loader, "/", &value, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suite_reads_as_heat_reads_it),
		cmocka_unit_test(plain_texts_have_the_types_of_yaml_1_1),
		cmocka_unit_test(tags_and_merges_are_those_of_the_safe_loader),
		cmocka_unit_test(errors_name_the_place_and_the_reason),
		cmocka_unit_test(utf16_is_read_too),
		cmocka_unit_test(keys_and_values_know_their_places),
		cmocka_unit_test(duplicate_keys_are_told_of),
		cmocka_unit_test(files_are_read_and_named),
	};

	return cmocka_run_group_tests_name("load", tests, open_arena, close_arena);
}
