/* transport_url, in every form that oslo.messaging takes, and what is wrong with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/transport.h"

static struct transport
good(const char *url)
{
	struct transport transport;
	struct err err = ERR_INIT;

	if (transport_parse(url, &transport, &err) < 0)
		fail_msg("%s: %s", url, err.text);
	return transport;
}

static void
all_parts_are_read(void **state)
{
	struct transport t = good("rabbit://us%65r:p%40%3A%2F%25@host.example:5671/v%2Fh");

	(void)state;
	assert_int_equal(t.n_brokers, 1);
	assert_string_equal(t.brokers[0].host, "host.example");
	assert_int_equal(t.brokers[0].port, 5671);
	assert_string_equal(t.brokers[0].user, "user");
	assert_string_equal(t.brokers[0].password, "p@:/%");
	assert_string_equal(t.vhost, "v/h");
}

static void
what_is_left_out_has_a_default(void **state)
{
	static const char *const urls[] = { "rabbit://h", "kombu://h/", "rabbit://h//" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		struct transport t = good(urls[i]);

		assert_int_equal(t.n_brokers, 1);
		assert_string_equal(t.brokers[0].host, "h");
		assert_int_equal(t.brokers[0].port, 5672);
		assert_string_equal(t.brokers[0].user, "guest");
		assert_string_equal(t.brokers[0].password, "guest");
		assert_string_equal(t.vhost, "/");
		assert_false(t.has_ssl);
	}
}

static void
several_hosts_share_what_only_the_first_has(void **state)
{
	struct transport t = good("rabbit://u:p@a:1,,v:@[2001:db8::1]:2,[::1],d,/x");

	(void)state;
	assert_int_equal(t.n_brokers, 4);
	assert_string_equal(t.brokers[1].host, "2001:db8::1");
	assert_int_equal(t.brokers[1].port, 2);
	assert_string_equal(t.brokers[1].user, "v");
	assert_string_equal(t.brokers[1].password, "");
	assert_string_equal(t.brokers[2].host, "::1");
	assert_int_equal(t.brokers[2].port, 5672);
	assert_string_equal(t.brokers[2].user, "u");
	assert_string_equal(t.brokers[3].password, "p");
	assert_string_equal(t.vhost, "x");
}

static void
a_query_turns_tls_on(void **state)
{
	struct transport t =
	    good("rabbit://u:p@h:1/v?ssl=True&heartbeat=3&ssl_ca_file=%2Fetc%2Fca.pem");

	(void)state;
	assert_true(t.has_ssl && t.ssl);
	assert_string_equal(t.ssl_ca_file, "/etc/ca.pem");
	assert_string_equal(t.ssl_key_file, "");
	t = good("rabbit://h/?ssl=0");
	assert_true(t.has_ssl && !t.ssl);
}

static void
what_is_wrong_is_named_and_no_password_told(void **state)
{
	static const struct {
		const char *url, *says;
	} wrong[] = {
		{ "", "begins with neither" },
		{ "amqps://u:secret@h/", "begins with neither" },
		{ "rabbit://", "names no host" },
		{ "rabbit://u:secret@", "names no host" },
		{ "rabbit://,", "names no host" },
		{ "rabbit://u:secret@:1,", "names no host" },
		{ "rabbit://u:secret@h:0/", "host h has no valid port" },
		{ "rabbit://u:secret@h:65536/", "host h has no valid port" },
		{ "rabbit://u:secret@h:5x/", "host h has no valid port" },
		{ "rabbit://u:secret@[::1/", "no ] behind" },
		{ "rabbit://u:secret@[::1]5672/", "no : behind" },
		{ "rabbit://u:secret%00@h/", "holds a NUL" },
		{ "rabbit://a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q/", "more than 16 hosts" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct transport t;
		struct err err = ERR_INIT;

		assert_int_equal(transport_parse(wrong[i].url, &t, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.text, wrong[i].says) || strstr(err.text, "secret"))
			fail_msg("%s: %s", wrong[i].url, err.text);
	}
}

static void
long_parts_are_refused_and_not_cut(void **state)
{
	char url[1024];
	struct transport t;
	struct err err = ERR_INIT;

	(void)state;
	snprintf(url, sizeof url, "rabbit://%0300d@h/", 1);
	assert_int_equal(transport_parse(url, &t, &err), -1);
	assert_non_null(strstr(err.text, "a user is too long"));
	snprintf(url, sizeof url, "rabbit://h/%0300d", 1);
	assert_int_equal(transport_parse(url, &t, &err), -1);
	assert_non_null(strstr(err.text, "the virtual host is too long"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_parts_are_read),
		cmocka_unit_test(what_is_left_out_has_a_default),
		cmocka_unit_test(several_hosts_share_what_only_the_first_has),
		cmocka_unit_test(a_query_turns_tls_on),
		cmocka_unit_test(what_is_wrong_is_named_and_no_password_told),
		cmocka_unit_test(long_parts_are_refused_and_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
