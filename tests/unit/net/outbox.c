/* Messages while there is no broker. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "net/outbox.h"
#include "net/transport.h"
#include "options/tables.h"

enum { TOO_LARGE = 64 * 1024 * 1024 + 1 };

static void
a_letter_that_is_too_large_is_not_said_to_wait(void **state)
{
	scoped(scoped_free) char *large = calloc(TOO_LARGE, 1);
	const struct bus_opts opts = { .control_exchange = "openstack" };
	const struct letter letter = { .kind = LETTER_TOPIC,
		.exchange = "openstack",
		.key = "k",
		.body = { large, TOO_LARGE },
		.about = "a cast" };
	struct transport transport;
	struct outbox *outbox;
	struct err err;

	(void)state;
	assert_non_null(large);
	assert_int_equal(transport_parse("rabbit://u:p@127.0.0.1:1/", &transport, &err), 0);
	assert_int_equal(outbox_open(&outbox, &transport, &opts, "test", &err), 0);
	assert_int_equal(outbox_post(outbox, &letter, &err), -1);
	assert_null(strstr(err.text, "wait for the broker"));
	outbox_close(outbox, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_that_is_too_large_is_not_said_to_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
