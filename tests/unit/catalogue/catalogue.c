#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "options/tables.h"

static void
a_connection_that_nobody_understands_keeps_its_password(void **state)
{
	static const struct catalogue_driver *const drivers[] = { &catalogue_sqlite, NULL };
	static const struct {
		const char *connection, *says;
	} rows[] = {
		{ "mysql+pymysql://cinder:secret@db/cinder",
		    "\"mysql+pymysql\"; this build has sqlite" },
		{ "sqlite3:////c", "\"sqlite3\"" },
		{ "cinder:secret@db", "no driver for \"cinder\"" },
		{ "secret", "no driver for \"\"" },
		{ "", "no driver for \"\"" },
		{ NULL, "no driver for \"\"" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sql_opts opts = { .connection = rows[i].connection };
		struct catalogue *catalogue;
		struct err err;

		assert_int_equal(catalogue_open(&catalogue, drivers, &opts, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, rows[i].says));
		assert_null(strstr(err.text, "secret"));
	}
}

static void
closing_nothing_is_fine(void **state)
{
	(void)state;
	catalogue_close(NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_that_nobody_understands_keeps_its_password),
		cmocka_unit_test(closing_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
