#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void
setting_fills_and_returns_minus_one(void **state)
{
	struct err err = { .kind = ERR_RETRY, .sys = 5, .at = { "old", 1, 2 } };

	(void)state;
	assert_int_equal(err_set(&err, ERR_CORRUPT, "object %d: %s", 7, "cut"), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(err.sys, 0);
	assert_null(err.at.file);
	assert_string_equal(err.text, "object 7: cut");
}

static void
place_is_remembered(void **state)
{
	struct place at = { "a.yaml", 3, 9 };
	struct err err;

	(void)state;
	assert_int_equal(err_at(&err, at, ERR_INVALID, "no %s", "key"), -1);
	assert_string_equal(err.at.file, "a.yaml");
	assert_int_equal(err.at.line, 3);
	assert_int_equal(err.at.column, 9);
	assert_int_equal(err_wrap(&err, "environment"), -1);
	assert_int_equal(err.at.line, 3);
}

static void
system_errors_become_kinds(void **state)
{
	static const struct {
		int sys;
		enum err_kind kind;
	} rows[] = {
		{ ENOENT, ERR_NOT_FOUND },
		{ ENOTDIR, ERR_NOT_FOUND },
		{ EEXIST, ERR_CONFLICT },
		{ ENOSPC, ERR_NO_SPACE },
		{ EDQUOT, ERR_NO_SPACE },
		{ EACCES, ERR_DENIED },
		{ EPERM, ERR_DENIED },
		{ EROFS, ERR_DENIED },
		{ EINVAL, ERR_INVALID },
		{ EAGAIN, ERR_RETRY },
		{ ETIMEDOUT, ERR_RETRY },
		{ ENOMEM, ERR_SYSTEM },
		{ EIO, ERR_SYSTEM },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		errno = rows[i].sys;
		assert_int_equal(err_sys(&err, "file %s", "x"), -1);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(err.sys, rows[i].sys);
		assert_memory_equal(err.text, "file x: ", 8);
		assert_true(strlen(err.text) > 8);
	}
}

static void
wrapping_puts_the_name_before(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	err_sys(&err, "open");
	assert_int_equal(err_wrap(&err, "backup %s", "b1"), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(err.sys, ENOENT);
	assert_string_equal(err.text, "backup b1: open: No such file or directory");
}

static void
long_texts_are_cut(void **state)
{
	char text[2 * sizeof((struct err *)0)->text];
	struct err err;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	err_set(&err, ERR_INVALID, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	errno = EIO;
	err_sys(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void
every_kind_has_a_name(void **state)
{
	int kind;

	(void)state;
	for (kind = ERR_NONE; kind <= ERR_SYSTEM; kind++)
		assert_true(strlen(err_kind_name((enum err_kind)kind)) > 0);
	assert_string_equal(err_kind_name(ERR_NO_SPACE), "no space");
}

static void
no_memory_is_a_system_error(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_memory(&err), -1);
	assert_int_equal(err.kind, ERR_SYSTEM);
	assert_string_equal(err.text, "out of memory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_fills_and_returns_minus_one),
		cmocka_unit_test(place_is_remembered),
		cmocka_unit_test(system_errors_become_kinds),
		cmocka_unit_test(wrapping_puts_the_name_before),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(every_kind_has_a_name),
		cmocka_unit_test(no_memory_is_a_system_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
