#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "catalogue/url.h"

static void
each_form_names_its_file(void **state)
{
	static const struct {
		const char *text, *path;
		int wait_ms;
	} rows[] = {
		{ "sqlite:////var/lib/cinder/cinderbank.sqlite",
		    "/var/lib/cinder/cinderbank.sqlite", 10000 },
		{ "sqlite:///cinder.sqlite", "cinder.sqlite", 10000 },
		{ "sqlite:///:memory", ":memory", 10000 },
		{ "sqlite://", "", 10000 },
		{ "sqlite:///", "", 10000 },
		{ "sqlite:///:memory:", "", 10000 },
		{ "sqlite:////a%20b/c d?timeout=3", "/a%20b/c d", 3000 },
		{ "sqlite://?timeout=0", "", 0 },
	};
	struct url url;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(url_parse(rows[i].text, &url, &err), 0);
		assert_string_equal(url.path, rows[i].path);
		assert_int_equal(url.wait_ms, rows[i].wait_ms);
	}
}

static void
what_makes_no_sense_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "sqlite:/var/lib/c.sqlite", "must begin with sqlite://" },
		{ "sqlite", "must begin with sqlite://" },
		{ "sqlite://var/lib/c.sqlite", "four slashes" },
		{ "sqlite:////c?mode=ro", "only ?timeout=" },
		{ "sqlite:////c?timeout=", "0 to 3600 whole seconds" },
		{ "sqlite:////c?timeout=-1", "0 to 3600 whole seconds" },
		{ "sqlite:////c?timeout=1.5", "0 to 3600 whole seconds" },
		{ "sqlite:////c?timeout=99999999999999999999", "0 to 3600 whole seconds" },
	};
	struct url url;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(url_parse(rows[i].text, &url, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, rows[i].says));
	}
}

static void
a_path_longer_than_the_system_takes_is_refused(void **state)
{
	char text[PATH_MAX + 100];
	struct url url;
	struct err err;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memcpy(text, "sqlite:////", 11);
	assert_int_equal(url_parse(text, &url, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_names_its_file),
		cmocka_unit_test(what_makes_no_sense_is_refused_with_a_reason),
		cmocka_unit_test(a_path_longer_than_the_system_takes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
