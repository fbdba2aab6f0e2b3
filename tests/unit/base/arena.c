#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

enum { MIB = 1024 * 1024 };

static void
what_is_handed_out_is_zeroed_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 3, 16, 17, 1000, 16384, 16385, 70000, 5, 200000, 1 };
	scoped(arena_free_scoped) struct arena *arena = arena_new(MIB);
	char *parts[sizeof sizes / sizeof *sizes];
	struct err err;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		parts[i] = arena_alloc(arena, sizes[i], &err);
		assert_non_null(parts[i]);
		assert_int_equal((uintptr_t)parts[i] % _Alignof(max_align_t), 0);
		for (j = 0; j < sizes[i]; j++)
			assert_int_equal(parts[i][j], 0);
		memset(parts[i], (int)i + 1, sizes[i]);
	}
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (j = 0; j < sizes[i]; j++)
			assert_int_equal(parts[i][j], i + 1);
	}
}

static void
many_small_things_fit_into_few_blocks(void **state)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(MIB);
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		assert_non_null(arena_alloc(arena, 16, &err));
	assert_int_equal(arena_used(arena), 160000);
}

static void
over_the_ceiling_is_an_error(void **state)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(MIB);
	struct err err;

	(void)state;
	assert_null(arena_alloc(arena, MIB + 1, &err));
	assert_int_equal(err.kind, ERR_INVALID);
	assert_null(arena_alloc(arena, SIZE_MAX, &err));
	assert_null(arena_alloc(arena, SIZE_MAX - 7, &err));
	assert_non_null(arena_alloc(arena, MIB, &err));
	assert_null(arena_alloc(arena, 1, &err));
	assert_string_equal(err.text, "input needs more than 1 MiB of memory");
}

static void
arrays_are_guarded_against_overflow(void **state)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(MIB);
	struct err err;

	(void)state;
	assert_null(arena_array(arena, SIZE_MAX / 8 + 2, 8, &err));
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_non_null(arena_array(arena, 100, 8, &err));
	assert_non_null(arena_array(arena, 0, 8, &err));
}

static void
texts_end_with_a_nul(void **state)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(MIB);
	struct err err;

	(void)state;
	assert_string_equal(arena_copy(arena, "abcdef", 3, &err), "abc");
	assert_string_equal(arena_copy(arena, NULL, 0, &err), "");
	assert_string_equal(arena_text(arena, "text", &err), "text");
	assert_string_equal(arena_printf(arena, &err, "%s-%05d", "vol", 42), "vol-00042");
	assert_string_equal(arena_printf(arena, &err, "%s", ""), "");
	assert_null(arena_copy(arena, "x", SIZE_MAX, &err));
	assert_int_equal(err.kind, ERR_INVALID);
}

static void
freeing_nothing_is_fine(void **state)
{
	(void)state;
	arena_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_handed_out_is_zeroed_aligned_and_apart),
		cmocka_unit_test(many_small_things_fit_into_few_blocks),
		cmocka_unit_test(over_the_ceiling_is_an_error),
		cmocka_unit_test(arrays_are_guarded_against_overflow),
		cmocka_unit_test(texts_end_with_a_nul),
		cmocka_unit_test(freeing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
