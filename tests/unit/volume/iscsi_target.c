#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "volume/iscsi.h"

static int
read_text(const char *text, struct iscsi_target *ret, struct err *err)
{
	struct json *json = NULL;
	int result;

	if (json_parse(&json, span_of(text), err) < 0)
		fail_msg("%s", err->text);
	result = iscsi_read_target(json, ret, err);
	json_free(json);
	return result;
}

#define ONE "\"target_portal\": \"10.0.0.1:3260\", \"target_iqn\": \"iqn.a:v\", \"target_lun\": 1"

static void
each_form_of_a_connection_is_read(void **state)
{
	static const struct {
		const char *text, *paths;
	} rows[] = {
		{ "{" ONE ", \"target_discovered\": false, \"volume_id\": \"x\"}",
		    "10.0.0.1:3260 iqn.a:v 1;" },
		{ "{\"target_portal\": \"[fd00::1]:3260\", \"target_iqn\": \"i\", \"target_lun\": "
		  "0}",
		    "[fd00::1]:3260 i 0;" },
		{ "{" ONE ", \"target_portals\": [\"10.0.0.1:3260\", \"10.0.0.2:3260\"], "
		  "\"target_iqns\": [\"iqn.a:v\", \"iqn.b:v\"], \"target_luns\": [1, 4]}",
		    "10.0.0.1:3260 iqn.a:v 1;10.0.0.2:3260 iqn.b:v 4;" },
		{ "{" ONE ", \"target_portals\": [\"10.0.0.2:3260\"]}",
		    "10.0.0.1:3260 iqn.a:v 1;10.0.0.2:3260 iqn.a:v 1;" },
		{ "{\"target_portals\": [\"h:1\"], \"target_iqns\": [\"i\"], \"target_luns\": [2]}",
		    "h:1 i 2;" },
	};
	struct iscsi_target target;
	struct err err;
	unsigned i, p;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf paths = BUF(1024);

		if (read_text(rows[i].text, &target, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		for (p = 0; p < target.n_paths; p++)
			buf_printf(&paths, "%s %s %d;", target.paths[p].portal,
			    target.paths[p].target, target.paths[p].lun);
		assert_string_equal(buf_string(&paths), rows[i].paths);
		buf_drop(&paths);
	}
}

static void
name_and_password_come_along(void **state)
{
	struct iscsi_target target;
	struct err err;

	(void)state;
	assert_int_equal(read_text("{" ONE ", \"auth_method\": \"CHAP\", \"auth_username\": \"u\", "
				   "\"auth_password\": \"p\"}",
			     &target, &err),
	    0);
	assert_string_equal(target.user, "u");
	assert_string_equal(target.password, "p");
	assert_int_equal(read_text("{" ONE "}", &target, &err), 0);
	assert_string_equal(target.user, "");
}

static void
what_names_no_volume_is_refused(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"{\"target_portal\": \"h:1\", \"target_lun\": 1}",
		"{\"target_portal\": \"h:1\", \"target_iqn\": \"i\"}",
		"{\"target_portal\": \"h\", \"target_iqn\": \"i\", \"target_lun\": 1}",
		"{\"target_portal\": \"h:1\", \"target_iqn\": \"i\", \"target_lun\": -1}",
		"{\"target_portal\": \"h:1\", \"target_iqn\": \"i\", \"target_lun\": \"1\"}",
		"{\"target_portal\": 7, \"target_iqn\": \"i\", \"target_lun\": 1}",
		"{" ONE ", \"target_portals\": [7]}",
		"{" ONE ", \"auth_method\": \"SRP\", \"auth_password\": \"hidden\"}",
	};
	struct iscsi_target target;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (read_text(rows[i], &target, &err) == 0)
			fail_msg("%s was taken", rows[i]);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, "connection of type iscsi"));
		assert_null(strstr(err.text, "hidden"));
	}
}

static void
this_host_has_a_name(void **state)
{
	char name[ISCSI_NAME_MAX];

	(void)state;
	iscsi_initiator(name);
	assert_memory_equal(name, "iqn.", 4);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_of_a_connection_is_read),
		cmocka_unit_test(name_and_password_come_along),
		cmocka_unit_test(what_names_no_volume_is_refused),
		cmocka_unit_test(this_host_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
