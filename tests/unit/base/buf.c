#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"

static void
pieces_come_together_with_a_nul_behind(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(1000);
	struct err err;

	(void)state;
	assert_string_equal(buf_string(&buf), "");
	buf_text(&buf, "one");
	buf_byte(&buf, ' ');
	buf_printf(&buf, "%d%s", 2, "");
	buf_add(&buf, " three", 3);
	buf_add(&buf, NULL, 0);
	assert_string_equal(buf_string(&buf), "one 2 th");
	assert_int_equal(buf.length, 8);
	assert_int_equal(buf_check(&buf, &err), 0);
}

static void
ceiling_is_met_to_the_byte(void **state)
{
	static const size_t ceilings[] = { 1, 2, 255, 256, 257, 1000, 65536 };
	struct err err;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof ceilings / sizeof *ceilings; i++) {
		scoped(buf_drop) struct buf buf = BUF(ceilings[i]);

		for (j = 0; j < ceilings[i]; j++)
			buf_byte(&buf, 'x');
		assert_int_equal(buf_check(&buf, &err), 0);
		assert_int_equal(buf.length, ceilings[i]);
		buf_byte(&buf, 'x');
		assert_int_equal(buf_check(&buf, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(buf.length, ceilings[i]);
	}
}

static void
after_a_failure_nothing_is_added_until_it_is_cleared(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(4);

	(void)state;
	buf_text(&buf, "abc");
	buf_text(&buf, "de");
	buf_text(&buf, "f");
	assert_true(buf.failed);
	assert_string_equal(buf_string(&buf), "abc");
	buf_clear(&buf);
	buf_text(&buf, "f");
	assert_false(buf.failed);
	assert_string_equal(buf_string(&buf), "f");
}

static void
formats_count_against_the_ceiling(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(4);

	(void)state;
	buf_printf(&buf, "%d", 12345);
	assert_true(buf.failed);
	buf_clear(&buf);
	buf_printf(&buf, "%d", 1234);
	assert_string_equal(buf_string(&buf), "1234");
}

static void
reserved_room_is_filled_by_the_caller(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(100);
	char *room;

	(void)state;
	buf_text(&buf, "ab");
	room = buf_reserve(&buf, 98);
	assert_non_null(room);
	memset(room, 'c', 98);
	buf.length += 98;
	assert_int_equal(buf_span(&buf).length, 100);
	assert_int_equal(buf_span(&buf).data[99], 'c');
	assert_null(buf_reserve(&buf, 1));
	assert_true(buf.failed);
}

static void
absurd_lengths_are_refused(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(100);

	(void)state;
	assert_null(buf_reserve(&buf, SIZE_MAX));
	buf_clear(&buf);
	buf_text(&buf, "x");
	assert_null(buf_reserve(&buf, SIZE_MAX - 1));
}

static void
a_ceiling_may_be_without_measure(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(SIZE_MAX);

	(void)state;
	buf_text(&buf, "x");
	assert_false(buf.failed);
	assert_null(buf_reserve(&buf, SIZE_MAX - 1));
	assert_true(buf.failed);
}

static void
a_dropped_buf_may_be_used_again(void **state)
{
	struct buf buf = BUF(10);

	(void)state;
	buf_text(&buf, "old");
	buf_drop(&buf);
	assert_int_equal(buf.ceiling, 10);
	assert_string_equal(buf_string(&buf), "");
	buf_text(&buf, "new");
	assert_string_equal(buf_string(&buf), "new");
	buf_drop(&buf);
	buf_drop(&buf);
}

static void
cleared_text_is_empty(void **state)
{
	scoped(buf_drop) struct buf buf = BUF(10);

	(void)state;
	buf_text(&buf, "old");
	buf_clear(&buf);
	assert_string_equal(buf_string(&buf), "");
	assert_int_equal(buf_span(&buf).length, 0);
}

static void
spans_are_equal_by_content(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = { { "", "", true }, { "a", "a", true }, { "a", "b", false },
		{ "a", "ab", false }, { "", "a", false } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(span_equal(span_of(rows[i].a), span_of(rows[i].b)), rows[i].equal);
	assert_true(span_equal((struct span){ NULL, 0 }, span_of("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_come_together_with_a_nul_behind),
		cmocka_unit_test(ceiling_is_met_to_the_byte),
		cmocka_unit_test(after_a_failure_nothing_is_added_until_it_is_cleared),
		cmocka_unit_test(formats_count_against_the_ceiling),
		cmocka_unit_test(reserved_room_is_filled_by_the_caller),
		cmocka_unit_test(absurd_lengths_are_refused),
		cmocka_unit_test(a_ceiling_may_be_without_measure),
		cmocka_unit_test(a_dropped_buf_may_be_used_again),
		cmocka_unit_test(cleared_text_is_empty),
		cmocka_unit_test(spans_are_equal_by_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
