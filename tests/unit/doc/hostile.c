/* doc/load.h against input that is made to hurt. */
#include <stdio.h>

#include "unit/doc/parse.h"

/* A text of many parts: a start, the same part over and over, an end. */
static void
repeat(struct buf *ret, const char *start, const char *part, size_t count, const char *end)
{
	buf_text(ret, start);
	for (size_t i = 0; i < count; i++)
		buf_text(ret, part);
	buf_text(ret, end);
}

static void
refused(const struct buf *text, const char *words, unsigned line)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(32 << 20);
	struct err err = refusal(arena, buf_span(text));

	if (!strstr(err.text, words) || err.at.line != line)
		fail_msg("%u: %s", err.at.line, err.text);
}

static void
repeated_parts_end_in_an_error(void **state)
{
	static const struct {
		const char *start, *part;
		size_t count;
		const char *end, *words;
		unsigned line;
	} rows[] = {
		{ "", "[", 100000, "", "nested deeper than 200", 1 },
		{ "", "[\n", 100000, "", "nested deeper than 200", 201 },
		{ "", "{a: ", 100000, "", "nested deeper than 200", 1 },
		{ "", "- ", 100000, "", "nested deeper than 200", 1 },
		{ "", "? ", 100000, "", "nested deeper than 200", 1 },
		{ "a: 1", "1", 100000, "", "not an integer", 1 },
		{ "a: &a {x: 1, y: 2}\nb:\n", "- *a\n", 1000000, "", "aliases are written out",
		    798917 },
		{ "a: &a {x: 1, y: 2}\nb: {<<: [", "*a,", 1000000, "]}", "aliases are written", 2 },
		{ "a: &a '", "0123456789", 100000,
		    "'\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,"
		    "*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,"
		    "*a,*"
		    "a,"
		    "*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,"
		    "*a]",
		    "aliases are written out", 2 },
		{ "", "# ten bytes\n", 1500000, "", "file of more than 16 MiB", 1 },
		{ "[", "1,", 400000, "]", "more than 32 MiB", 1 },
		{ "", "---\n", 1000000, "", "expected a single document", 2 },
		{ "%YAML 1.1\n", "%TAG !a! tag:x,\n", 100000, "", "more than 64 %TAG", 65 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(32 << 20);

		repeat(&text, rows[i].start, rows[i].part, rows[i].count, rows[i].end);
		refused(&text, rows[i].words, rows[i].line);
	}
}

static void
alias_bomb_ends_in_an_error(void **state)
{
	scoped(buf_drop) struct buf text = BUF(1 << 16);

	(void)state;
	buf_text(&text, "a0: &a0 x\n");
	for (int i = 1; i < 30; i++) {
		buf_printf(&text, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			buf_printf(&text, "*a%d,", i - 1);
		buf_text(&text, "]\n");
	}
	refused(&text, "once its aliases are written out", 8);
}

static void
many_keys_and_anchors_are_read_at_once(void **state)
{
	enum { COUNT = 50000 };
	scoped(arena_free_scoped) struct arena *arena = arena_new(64 << 20);
	scoped(buf_drop) struct buf text = BUF(16 << 20);
	const struct value *value;

	(void)state;
	for (int i = 0; i < COUNT; i++)
		buf_printf(&text, "key%d: &anchor%d %d\n", i, i, i);
	for (int i = 0; i < COUNT; i++)
		buf_printf(&text, "alias%d: *anchor%d\n", i, i);
	value = parse(arena, buf_string(&text));
	assert_int_equal(value->map.count, 2 * COUNT);
	assert_int_equal(value_get(value, "alias49999")->integer, 49999);
}

static void
depth_that_is_allowed_is_read(void **state)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);
	scoped(buf_drop) struct buf text = BUF(1 << 10);
	const struct value *value;
	size_t depth = 0;

	(void)state;
	repeat(&text, "", "[", 200, "");
	repeat(&text, "", "]", 200, "");
	for (value = parse(arena, buf_string(&text)); value->list.count; depth++)
		value = value->list.items[0];
	assert_int_equal(depth, 199);
}

/* Whatever ceiling stops it, there is an error with a place, and no half value. */
static void
every_ceiling_of_memory_ends_in_an_error(void **state)
{
	static const char text[] =
	    "a: &a {b: [1, 1.5, yes, ~, text], c: !!binary aGk=}\n"
	    "d: {<<: *a, e: 99999999999999999999, f: 1, g: 2, h: 3, i: 4, j: 5, k: 6, l: 7}\n"
	    "m: !!omap [n: 1]\no: !!set {p}\n";
	size_t ceiling;
	struct err err = ERR_INIT;
	int status = -1;

	(void)state;
	for (ceiling = 0; status < 0; ceiling += 16) {
		scoped(arena_free_scoped) struct arena *arena = arena_new(ceiling);
		const struct doc_loader loader = { .arena = arena };
		const struct value *value = NULL;

		status = doc_parse(&loader, span_of(text), "test", &value, &err);
		assert_int_equal(status == 0, value != NULL);
		if (status == 0)
			break;
		assert_int_equal(err.kind, ERR_INVALID);
		assert_true(err.at.line >= 1 && err.at.line <= 4);
		if (!strstr(err.text, "needs more than"))
			fail_msg("%s", err.text);
	}
	assert_in_range(ceiling, 1000, 20000);
}

/* No prefix of a good file does harm; what a cut download leaves. */
static void
every_cut_of_a_file_is_read_or_refused(void **state)
{
	static const char text[] = "%YAML 1.1\n---\n# \xc3\xa9\na: &x {b: [1, 'q', \"\\u00e9\"]}\n"
				   "c: |+\n  l\n\nd: >-\n  f\n? e\n: *x\n<<: *x\n...\n";
	scoped(arena_free_scoped) struct arena *arena = arena_new(8 << 20);
	const struct doc_loader loader = { .arena = arena };
	const struct value *value;
	struct err err;

	(void)state;
	for (size_t length = 0; length < sizeof text; length++)
		if (doc_parse(&loader, (struct span){ text, length }, "test", &value, &err) < 0)
			assert_true(err.at.line > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_parts_end_in_an_error),
		cmocka_unit_test(alias_bomb_ends_in_an_error),
		cmocka_unit_test(many_keys_and_anchors_are_read_at_once),
		cmocka_unit_test(depth_that_is_allowed_is_read),
		cmocka_unit_test(every_ceiling_of_memory_ends_in_an_error),
		cmocka_unit_test(every_cut_of_a_file_is_read_or_refused),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
