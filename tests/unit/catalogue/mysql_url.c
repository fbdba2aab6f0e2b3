#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "catalogue/mysql_url.h"

static void
each_form_names_its_server(void **state)
{
	static const struct {
		const char *text, *user, *password, *host, *database;
		unsigned port;
	} rows[] = {
		{ "mysql+pymysql://cinder:lab@127.0.0.1/cinder", "cinder", "lab", "127.0.0.1",
		    "cinder", 3306 },
		{ "mysql://cinder@db:3307/cinder", "cinder", "", "db", "cinder", 3307 },
		{ "mysql+mysqldb://db/cinder?", "", "", "db", "cinder", 3306 },
		{ "mysql+pymysql://c%40d:a%3A%2f%25@h/c%20d", "c@d", "a:/%", "h", "c d", 3306 },
		{ "mysql+pymysql://c:100%25%zz%4@h/d", "c", "100%%zz%4", "h", "d", 3306 },
		{ "mysql+pymysql://c:a/b?c#d+e@h/d", "c", "a/b?c#d+e", "h", "d", 3306 },
		{ "mysql+pymysql://c:a:b@h/d", "c", "a:b", "h", "d", 3306 },
		{ "mysql+pymysql://c:p@[2001:db8::1]:3308/d", "c", "p", "2001:db8::1", "d", 3308 },
		{ "mysql+pymysql://c:p@[::1]/d", "c", "p", "::1", "d", 3306 },
		{ "mysql+pymysql://c:p@/d?unix_socket=/run/s", "c", "p", "", "d", 3306 },
	};
	struct mysql_url url;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (mysql_url_parse(rows[i].text, NULL, &url, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.text);
		assert_string_equal(url.user, rows[i].user);
		assert_string_equal(url.password, rows[i].password);
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.database, rows[i].database);
		assert_int_equal(url.port, rows[i].port);
	}
}

static void
what_follows_the_question_mark_is_taken(void **state)
{
	static const char text[] =
	    "mysql+pymysql://c:p@h/d?charset=utf8&read_default_file=/etc/my.cnf.d/tripleo.cnf&"
	    "read_default_group=tripleo&unix_socket=%2Frun%2Fmysqld+1.sock&read_timeout=7&"
	    "bind_address=10.0.0.1&ssl_ca=/etc/ca.pem";
	struct mysql_url url;
	struct err err;

	(void)state;
	assert_int_equal(mysql_url_parse(text, "write_timeout=9&connect_timeout=1", &url, &err), 0);
	assert_string_equal(url.default_file, "/etc/my.cnf.d/tripleo.cnf");
	assert_string_equal(url.default_group, "tripleo");
	assert_string_equal(url.socket, "/run/mysqld 1.sock");
	assert_string_equal(url.bind_address, "10.0.0.1");
	assert_string_equal(url.ssl_ca, "/etc/ca.pem");
	assert_true(url.tls);
	assert_int_equal(url.verify, MYSQL_CHECK_UNSAID);
	assert_int_equal(url.read_timeout, 7);
	assert_int_equal(url.write_timeout, 9);
	assert_int_equal(url.connect_timeout, 1);
}

static void
every_wait_has_an_end_unasked(void **state)
{
	struct mysql_url url;
	struct err err;

	(void)state;
	assert_int_equal(mysql_url_parse("mysql://h/d", NULL, &url, &err), 0);
	assert_int_equal(url.connect_timeout, 10);
	assert_int_equal(url.read_timeout, 60);
	assert_int_equal(url.write_timeout, 30);
	assert_false(url.tls);
}

static void
a_certificate_is_checked_as_told(void **state)
{
	static const struct {
		const char *query;
		bool tls;
		enum mysql_check verify;
	} rows[] = {
		{ "ssl=true", true, MYSQL_CHECK_UNSAID },
		{ "ssl_ca=/a&ssl_verify=false", true, MYSQL_CHECK_NO },
		{ "ssl_ca=/a&ssl_check_hostname=False", true, MYSQL_CHECK_NO },
		{ "ssl_verify_cert=true&ssl_verify_identity=false", false, MYSQL_CHECK_NO },
		{ "ssl_verify_identity=1&ssl_ca=/a", true, MYSQL_CHECK_YES },
		{ "ssl_ca=/a&ssl_disabled=true", false, MYSQL_CHECK_UNSAID },
	};
	struct mysql_url url;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(mysql_url_parse("mysql://h/d", rows[i].query, &url, &err), 0);
		assert_int_equal(url.tls, rows[i].tls);
		assert_int_equal(url.verify, rows[i].verify);
	}
}

static void
what_makes_no_sense_is_refused_without_its_password(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "mysql", "must begin with" },
		{ "mysqlx://c:hidden@h/d", "must begin with" },
		{ "mysql+pymysql://c:hidden@h", "names no database" },
		{ "mysql+pymysql://c:hidden@h/", "names no database" },
		{ "mysql+pymysql://c:hidden@h?charset=utf8", "names no database" },
		{ "mysql+pymysql://c:hidden@h:0/d", "1 to 65535" },
		{ "mysql+pymysql://c:hidden@h:65536/d", "1 to 65535" },
		{ "mysql+pymysql://c:hidden@h:/d", "1 to 65535" },
		{ "mysql+pymysql://c:hidden@h:12ab/d", "1 to 65535" },
		{ "mysql+pymysql://c:hidden@[::1/d", "no ]" },
		{ "mysql+pymysql://c:hidden%00@h/d", "password is too long" },
		{ "mysql+pymysql://c:hidden@h/d?pool=3", "\"pool\"" },
		{ "mysql+pymysql://c:hidden@h/d?read_timeout=soon", "whole seconds" },
		{ "mysql+pymysql://c:hidden@h/d?read_timeout=0", "whole seconds" },
		{ "mysql+pymysql://c:hidden@h/d?ssl_verify=perhaps", "true or false" },
	};
	struct mysql_url url;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(mysql_url_parse(rows[i].text, NULL, &url, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.text, rows[i].says) || strstr(err.text, "hidden"))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_names_its_server),
		cmocka_unit_test(what_follows_the_question_mark_is_taken),
		cmocka_unit_test(every_wait_has_an_end_unasked),
		cmocka_unit_test(a_certificate_is_checked_as_told),
		cmocka_unit_test(what_makes_no_sense_is_refused_without_its_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
