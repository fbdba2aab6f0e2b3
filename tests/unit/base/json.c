#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

/* ---- trees ---- */

static void
every_kind_is_told(void **state)
{
	static const struct {
		const char *text;
		enum json_kind kind;
	} rows[] = {
		{ "null", JSON_IS_NULL },
		{ "true", JSON_IS_BOOL },
		{ "false", JSON_IS_BOOL },
		{ "-7", JSON_IS_NUMBER },
		{ "1.0", JSON_IS_REAL },
		{ "1e3", JSON_IS_REAL },
		{ "\"\"", JSON_IS_TEXT },
		{ " {} ", JSON_IS_OBJECT },
		{ "[]", JSON_IS_ARRAY },
	};
	struct json *root;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(json_parse(&root, span_of(rows[i].text), &err), 0);
		assert_int_equal(json_kind(root), rows[i].kind);
		json_free(root);
	}
}

static void
bad_documents_are_refused(void **state)
{
	static const char *const texts[] = { "", " ", "{", "{]", "[1,]", "{\"a\":}", "{'a': 1}",
		"{\"a\" 1}", "nul", "01", "+1", "1x", "\"", "\"\x01\"", "\"\\x\"", "\"\xff\"",
		"\"\xc0\x80\"", "\"\xed\xa0\x80\"", "\"\\u0000\"", "\"\\ud800\"",
		"9223372036854775808", "[1] 2", "NaN", "Infinity" };
	struct json *root = NULL;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (json_parse(&root, span_of(texts[i]), &err) != -1)
			fail_msg("%s is taken", texts[i]);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_memory_equal(err.text, "byte ", 5);
		assert_null(root);
	}
	assert_int_equal(json_parse(&root, (struct span){ NULL, 0 }, &err), -1);
	assert_int_equal(json_parse(&root, (struct span){ "1\0", 2 }, &err), -1);
}

static void
absurd_depth_is_refused(void **state)
{
	struct json *root = NULL;
	char text[100000];
	struct err err;

	(void)state;
	memset(text, '[', sizeof text);
	assert_int_equal(json_parse(&root, (struct span){ text, sizeof text }, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

static int
count_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	char *keys = arg;

	strcat(keys, key);
	return json_kind(value) == JSON_IS_NULL ? err_set(err, ERR_CONFLICT, "%s is null", key) : 0;
}

static void
members_and_elements_are_found(void **state)
{
	static const char text[] =
	    "{\"b\": [1, \"x\", true], \"a\": 2, \"a\": 3, \"n\": null, \"z\": 1}";
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *list;
	char keys[16] = "";
	int64_t number = 0;
	struct err err;
	bool truth = false;

	(void)state;
	assert_int_equal(json_parse(&root, span_of(text), &err), 0);
	assert_int_equal(json_count(root), 4);
	list = json_member(root, "b");
	assert_int_equal(json_count(list), 3);
	assert_true(json_number(json_element(list, 0), &number));
	assert_int_equal(number, 1);
	assert_string_equal(json_text(json_element(list, 1)), "x");
	assert_true(json_truth(json_element(list, 2), &truth));
	assert_true(truth);
	assert_true(json_number(json_member(root, "a"), &number)); /* the last one counts */
	assert_int_equal(number, 3);
	assert_int_equal(json_each(root, count_member, keys, &err), -1);
	assert_string_equal(keys, "ban");
	assert_string_equal(err.text, "n is null");
}

static void
absent_values_are_empty(void **state)
{
	scoped(json_free_scoped) struct json *root = NULL;
	int64_t number = 7;
	struct err err;
	bool truth = true;

	(void)state;
	assert_int_equal(json_parse(&root, span_of("{\"t\": \"7\"}"), &err), 0);
	assert_null(json_member(root, "u"));
	assert_null(json_member(NULL, "u"));
	assert_null(json_member(json_member(root, "t"), "u"));
	assert_null(json_element(root, 0));
	assert_null(json_element(NULL, 0));
	assert_null(json_text(NULL));
	assert_null(json_text(root));
	assert_int_equal(json_count(NULL), 0);
	assert_int_equal(json_kind(NULL), JSON_IS_NULL);
	assert_int_equal(json_each(NULL, count_member, NULL, &err), 0);
	assert_false(json_number(json_member(root, "t"), &number));
	assert_false(json_truth(NULL, &truth));
	assert_int_equal(number, 7);
	assert_true(truth);
	json_free(NULL);
}

/* ---- writer ---- */

static void
texts_are_quoted_as_python_quotes_them(void **state)
{
	static const struct {
		const char *text, *quoted;
	} rows[] = {
		{ "", "\"\"" },
		{ "plain text ~/", "\"plain text ~/\"" },
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"" },
		{ "\xc3\xa9\xe2\x82\xac", "\"\\u00e9\\u20ac\"" },
		{ "\xef\xbf\xbf", "\"\\uffff\"" },
		{ "\xf0\x90\x80\x80", "\"\\ud800\\udc00\"" },
		{ "a\xf0\x9f\x98\x80z", "\"a\\ud83d\\ude00z\"" },
		{ "\xf4\x8f\xbf\xbf", "\"\\udbff\\udfff\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf out = BUF(100);

		assert_true(json_quote(&out, span_of(rows[i].text)));
		assert_string_equal(buf_string(&out), rows[i].quoted);
	}
}

static void
what_is_not_utf8_is_not_quoted(void **state)
{
	static const char *const texts[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3",
		"\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xe2\x82", "\xed\xa0\x80", "\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf", "\xf0\x9f\x98", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xf8\x88\x80", "\xff", "good until \xfe" };
	scoped(buf_drop) struct buf out = BUF(100);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof *texts; i++) {
		assert_false(json_quote(&out, span_of(texts[i])));
		assert_int_equal(out.length, 0);
	}
}

static void
a_nul_within_a_span_is_escaped(void **state)
{
	scoped(buf_drop) struct buf out = BUF(100);

	(void)state;
	assert_true(json_quote(&out, (struct span){ "a\0b", 3 }));
	assert_string_equal(buf_string(&out), "\"a\\u0000b\"");
}

static void
write_sample(struct json_writer *json)
{
	json_begin_object(json);
	json_member_text(json, "text", "t");
	json_member_text(json, "null", NULL);
	json_member_number(json, "number", INT64_MIN);
	json_member_bool(json, "bool", false);
	json_key(json, "list");
	json_begin_array(json);
	json_put_bool(json, true);
	json_put_null(json);
	json_begin_object(json);
	json_end_object(json);
	json_begin_array(json);
	json_end_array(json);
	json_begin_array(json);
	json_put_real(json, 0.5);
	json_end_array(json);
	json_end_array(json);
	json_end_object(json);
}

static void
documents_have_pythons_blanks(void **state)
{
	static const char one_line[] =
	    "{\"text\": \"t\", \"null\": null, \"number\": -9223372036854775808, "
	    "\"bool\": false, \"list\": [true, null, {}, [], [0.5]]}";
	static const char indented[] =
	    "{\n  \"text\": \"t\",\n  \"null\": null,\n  \"number\": -9223372036854775808,\n"
	    "  \"bool\": false,\n  \"list\": [\n    true,\n    null,\n    {},\n    [],\n"
	    "    [\n      0.5\n    ]\n  ]\n}";
	scoped(buf_drop) struct buf out = BUF(1000);
	struct json_writer plain = JSON_WRITER(&out, 0), pretty = JSON_WRITER(&out, 2);
	struct err err;

	(void)state;
	write_sample(&plain);
	assert_int_equal(json_check(&plain, &err), 0);
	assert_string_equal(buf_string(&out), one_line);
	buf_clear(&out);
	write_sample(&pretty);
	assert_int_equal(json_check(&pretty, &err), 0);
	assert_string_equal(buf_string(&out), indented);
}

static void
deep_levels_are_indented_all_the_way(void **state)
{
	scoped(buf_drop) struct buf out = BUF(10000);
	struct json_writer json = JSON_WRITER(&out, 2);
	int i;

	(void)state;
	for (i = 0; i < 40; i++)
		json_begin_array(&json);
	json_put_number(&json, 1);
	assert_int_equal(strspn(strrchr(buf_string(&out), '\n') + 1, " "), 80);
}

static void
reals_are_printed_as_python_prints_them(void **state)
{
	static const struct {
		double real;
		const char *text;
	} rows[] = { { 0.0, "0.0" }, { -0.0, "-0.0" }, { 1.0, "1.0" }, { 0.1, "0.1" },
		{ 1.5e-4, "0.00015" }, { 0.0001, "0.0001" }, { 0.00001, "1e-05" },
		{ 1e15, "1000000000000000.0" }, { 1e16, "1e+16" },
		{ 123456789012345680.0, "1.2345678901234568e+17" },
		{ 9007199254740993.0, "9007199254740992.0" }, { -12345.678, "-12345.678" },
		{ 1e300, "1e+300" }, { 5e-324, "5e-324" }, { 1.0 / 3, "0.3333333333333333" } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf out = BUF(100);
		struct json_writer json = JSON_WRITER(&out, 0);

		json_put_real(&json, rows[i].real);
		assert_string_equal(buf_string(&out), rows[i].text);
	}
}

static void
a_parsed_tree_is_printed_again(void **state)
{
	static const char text[] = "{\"z\": [1, -2.5, true, false, null], \"a\": {\"\\u00e9\": "
				   "\"\\ud83d\\ude00\"}, \"e\": {}}";
	scoped(json_free_scoped) struct json *root = NULL;
	scoped(buf_drop) struct buf out = BUF(1000);
	struct json_writer json = JSON_WRITER(&out, 0);
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&root, span_of(text), &err), 0);
	json_put(&json, root);
	assert_int_equal(json_check(&json, &err), 0);
	assert_string_equal(buf_string(&out), text);
}

static void
failures_are_remembered_to_the_end(void **state)
{
	scoped(buf_drop) struct buf out = BUF(100), small = BUF(5);
	struct json_writer json = JSON_WRITER(&out, 0), full = JSON_WRITER(&small, 0);
	struct err err;

	(void)state;
	json_begin_object(&json);
	json_member_text(&json, "a", "\xff");
	json_member_text(&json, "b", "good");
	json_end_object(&json);
	assert_int_equal(json_check(&json, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.text, "text is not UTF-8");
	json_put_text(&full, "longer");
	assert_int_equal(json_check(&full, &err), -1);
}

static void
keys_must_be_utf8_too(void **state)
{
	scoped(buf_drop) struct buf out = BUF(100);
	struct json_writer json = JSON_WRITER(&out, 0);
	struct err err;

	(void)state;
	json_begin_object(&json);
	json_member_number(&json, "\xff", 1);
	json_end_object(&json);
	assert_int_equal(json_check(&json, &err), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_told),
		cmocka_unit_test(bad_documents_are_refused),
		cmocka_unit_test(absurd_depth_is_refused),
		cmocka_unit_test(members_and_elements_are_found),
		cmocka_unit_test(absent_values_are_empty),
		cmocka_unit_test(texts_are_quoted_as_python_quotes_them),
		cmocka_unit_test(what_is_not_utf8_is_not_quoted),
		cmocka_unit_test(a_nul_within_a_span_is_escaped),
		cmocka_unit_test(documents_have_pythons_blanks),
		cmocka_unit_test(deep_levels_are_indented_all_the_way),
		cmocka_unit_test(reals_are_printed_as_python_prints_them),
		cmocka_unit_test(a_parsed_tree_is_printed_again),
		cmocka_unit_test(failures_are_remembered_to_the_end),
		cmocka_unit_test(keys_must_be_utf8_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
