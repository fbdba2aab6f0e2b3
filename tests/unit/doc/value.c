#include "doc/value.h"

#include <stdio.h>

#include "unit/doc/parse.h"

static int
open_arena(void **state)
{
	*state = arena_new(256 << 20);
	return *state ? 0 : -1;
}

static int
close_arena(void **state)
{
	arena_free(*state);
	return 0;
}

static void
equality_is_that_of_python(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "1", "1.0", true },
		{ "1", "true", true },
		{ "0", "false", true },
		{ "-0.0", "0", true },
		{ "2", "true", false },
		{ "1", "'1'", false },
		{ "null", "0", false },
		{ "null", "''", false },
		{ ".nan", ".nan", false },
		{ "9223372036854775807", "9223372036854775808", false },
		{ "9223372036854775807", "9223372036854775808.0", false },
		{ "9223372036854775808", "9223372036854775808.0", true },
		{ "-9223372036854775808", "-9223372036854775808.0", true },
		{ "100000000000000000000", "100000000000000000000.0", true },
		{ "100000000000000000000.0", "100000000000000000001", false },
		{ "0x100000000000000000000", "1208925819614629174706176", true },
		{ "!!binary YQ==", "a", false },
		{ "!!binary YQ==", "!!binary YQ==", true },
		{ "[1, [2]]", "[1.0, [2]]", true },
		{ "[1]", "[1, 2]", false },
		{ "[1, 2]", "[2, 1]", false },
		{ "{a: 1, b: 2}", "{b: 2, a: 1}", true },
		{ "{a: 1}", "{a: 2}", false },
		{ "{a: 1}", "{b: 1}", false },
		{ "{a: 1}", "{a: 1, b: 1}", false },
		{ "{1: x}", "{'1': x}", false },
		{ "{1: x}", "{true: x}", true },
		{ "{}", "[]", false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct value *a = parse(*state, rows[i].a), *b = parse(*state, rows[i].b);

		if (value_equal(a, b) != rows[i].equal || value_equal(b, a) != rows[i].equal)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
	}
}

static void
same_nan_in_a_list_is_equal(void **state)
{
	const struct value *value = parse(*state, "[&n .nan, *n]");
	struct list_builder list = { .arena = *state };
	struct err err;

	assert_false(value_equal(value->list.items[0], value->list.items[1]));
	assert_int_equal(list_add(&list, value->list.items[0], &err), 0);
	assert_int_equal(list_add(&list, value->list.items[1], &err), 0);
	assert_true(value_equal(value, list_done(&list, value->at, &err)));
}

static void
digits_stay_only_where_int64_ends(void **state)
{
	static const struct {
		const char *digits;
		int64_t integer;
		bool kept;
	} rows[] = {
		{ "0", 0, false },
		{ "9223372036854775807", INT64_MAX, false },
		{ "9223372036854775808", INT64_MAX, true },
		{ "-9223372036854775808", INT64_MIN, false },
		{ "-9223372036854775809", INT64_MIN, true },
	};
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct value *value = value_digits(*state, rows[i].digits, &err);

		assert_int_equal(value->integer, rows[i].integer);
		assert_int_equal(value->digits != NULL, rows[i].kept);
		if (value->digits)
			assert_string_equal(value->digits, rows[i].digits);
	}
}

static void
set_key_keeps_its_position(void **state)
{
	struct map_builder map = { .arena = *state };
	const struct value *value;
	struct err err;

	assert_int_equal(map_put(&map, "b", &value_null, &err), 0);
	assert_int_equal(map_put(&map, "a", &value_true, &err), 0);
	assert_int_equal(map_put(&map, "b", &value_false, &err), 0);
	value = map_done(&map, (struct place){ "x", 1, 1 }, &err);
	assert_int_equal(value->map.count, 2);
	assert_true(value_is_text(value->map.members[0].key, "b"));
	assert_ptr_equal(value->map.members[0].value, &value_false);
	assert_ptr_equal(value_get(value, "a"), &value_true);
	assert_null(value_get(value, "c"));
	assert_null(value_get(&value_true, "c"));
	assert_null(value_member(NULL, "c"));
}

static void
key_of_another_type_stays_but_place_follows(void **state)
{
	const struct value *value = parse(*state, "1: a\ntrue: b\n'k': 1\nk: 2\n");

	assert_int_equal(value->map.count, 2);
	assert_int_equal(value->map.members[0].key->type, VALUE_INTEGER);
	assert_true(value_is_text(value->map.members[0].value, "b"));
	assert_int_equal(value->map.members[1].key->at.line, 4);
}

static void
large_map_finds_every_key(void **state)
{
	enum { COUNT = 20000 };
	struct map_builder map = { .arena = *state }, copy = { .arena = *state };
	const struct value *value, *key;
	char name[32];
	struct err err;

	for (int64_t i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "key %d", (int)i);
		assert_int_equal(map_put(&map, name, value_integer(*state, i, &err), &err), 0);
		key = value_number(*state, (double)i, &err);
		assert_int_equal(map_set(&map, key, &value_null, &err), 0);
	}
	value = map_done(&map, (struct place){ NULL, 0, 0 }, &err);
	assert_int_equal(map_copy(&copy, value, &err), 0);
	assert_int_equal(copy.count, 2 * COUNT);
	for (int64_t i = 0; i < COUNT; i++) {
		snprintf(name, sizeof name, "key %d", (int)i);
		assert_int_equal(value_get(value, name)->integer, i);
		key = value_integer(*state, i, &err);
		assert_ptr_equal(value_find(value, key)->value, &value_null);
		assert_ptr_equal(map_find(&copy, key)->value, &value_null);
	}
	assert_null(value_get(value, "key"));
}

static void
another_place_leaves_the_first_alone(void **state)
{
	const struct value *first = parse(*state, "a"), *second;
	struct err err;

	second = value_at(*state, first, (struct place){ "other", 7, 9 }, &err);
	assert_true(value_equal(first, second));
	assert_int_equal(second->at.line, 7);
	assert_int_equal(first->at.line, 1);
}

static void
full_arena_is_an_error_everywhere(void **state)
{
	struct arena *arena = arena_new(0);
	struct list_builder list = { .arena = arena };
	struct map_builder map = { .arena = arena };
	struct place nowhere = { NULL, 0, 0 };
	struct err err = ERR_INIT;

	(void)state;
	assert_null(value_text(arena, "x", &err));
	assert_null(value_binary(arena, span_of("x"), &err));
	assert_null(value_integer(arena, 1, &err));
	assert_null(value_digits(arena, "1", &err));
	assert_null(value_number(arena, 1, &err));
	assert_null(value_at(arena, &value_null, nowhere, &err));
	assert_int_equal(list_add(&list, &value_null, &err), -1);
	assert_null(list_done(&list, nowhere, &err));
	assert_int_equal(map_set(&map, &value_null, &value_null, &err), -1);
	assert_int_equal(map_put(&map, "x", &value_null, &err), -1);
	assert_null(map_done(&map, nowhere, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	arena_free(arena);
}

static void
each_type_has_a_name(void **state)
{
	static const char *const names[] = { "null", "boolean", "integer", "float", "text", "list",
		"map" };

	(void)state;
	for (int type = VALUE_NULL; type <= VALUE_MAP; type++)
		assert_string_equal(value_type_name((enum value_type)type), names[type]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equality_is_that_of_python),
		cmocka_unit_test(same_nan_in_a_list_is_equal),
		cmocka_unit_test(digits_stay_only_where_int64_ends),
		cmocka_unit_test(set_key_keeps_its_position),
		cmocka_unit_test(key_of_another_type_stays_but_place_follows),
		cmocka_unit_test(large_map_finds_every_key),
		cmocka_unit_test(another_place_leaves_the_first_alone),
		cmocka_unit_test(full_arena_is_an_error_everywhere),
		cmocka_unit_test(each_type_has_a_name),
	};

	return cmocka_run_group_tests_name("value", tests, open_arena, close_arena);
}
