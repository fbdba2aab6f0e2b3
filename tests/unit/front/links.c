/* Connections of a server that are slow: pairs of sockets, of which the far end sees who is cut
 * off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "front/links.h"

enum { MOST = 3, LONG_MS = 3600 * 1000 };

struct caller {
	int near, far;
	struct link *link;
};

static void
call(struct links *links, struct caller *ret)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	*ret = (struct caller){ .near = pair[0], .far = pair[1] };
	ret->link = links_add(links, ret->near);
	assert_non_null(ret->link);
	clock_sleep_ms(2); /* so that each came at another time */
}

static void
leave(struct links *links, struct caller *caller)
{
	links_remove(links, caller->link);
	close(caller->near);
	close(caller->far);
}

static bool
is_cut(const struct caller *caller)
{
	char byte;

	return recv(caller->far, &byte, 1, MSG_DONTWAIT) == 0;
}

static void
wait_for_cut(const struct caller *caller)
{
	while (!is_cut(caller))
		clock_sleep_ms(10);
}

/* Three are connected; one more comes. */
static void
assert_room(const enum link_state states[MOST], int expected)
{
	struct caller callers[MOST + 1];
	struct links links;
	struct err err;
	int i;

	assert_int_equal(links_open(&links, MOST, LONG_MS, &err), 0);
	for (i = 0; i < MOST; i++) {
		call(&links, &callers[i]);
		links_set(&links, callers[i].link, states[i]);
	}
	call(&links, &callers[MOST]);
	for (i = 0; i <= MOST; i++)
		assert_int_equal(is_cut(&callers[i]), i == expected);
	for (i = 0; i <= MOST; i++)
		leave(&links, &callers[i]);
	links_close(&links);
}

static void
who_has_been_slow_for_longest_makes_room(void **state)
{
	static const struct {
		enum link_state states[MOST];
		int expected; /* -1: nobody */
	} rows[] = {
		{ { LINK_ASKING, LINK_ASKING, LINK_ASKING }, 0 },
		{ { LINK_WAITING, LINK_ASKING, LINK_ASKING }, 1 },
		{ { LINK_LISTENING, LINK_ASKING, LINK_ASKING }, 0 },
		{ { LINK_WAITING, LINK_WAITING, LINK_LISTENING }, 2 },
		{ { LINK_WAITING, LINK_WAITING, LINK_WAITING }, -1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_room(rows[i].states, rows[i].expected);
}

static void
who_asks_or_listens_too_long_is_cut_off(void **state)
{
	struct caller asks, listens, waits;
	struct links links;
	struct err err;

	(void)state;
	assert_int_equal(links_open(&links, MOST, 1, &err), 0);
	call(&links, &waits);
	links_set(&links, waits.link, LINK_WAITING);
	call(&links, &asks);
	call(&links, &listens);
	links_set(&links, listens.link, LINK_LISTENING);
	wait_for_cut(&asks);
	wait_for_cut(&listens);
	assert_false(is_cut(&waits));
	leave(&links, &asks);
	leave(&links, &listens);
	leave(&links, &waits);
	links_close(&links);
}

/* A server that ends has let its last answers be heard, but waits for nobody who does not listen.
 */
static void
the_end_waits_for_answers(void **state)
{
	struct caller caller;
	struct links links;
	uint64_t began_ms;
	struct err err;

	(void)state;
	assert_int_equal(links_open(&links, MOST, LONG_MS, &err), 0);
	call(&links, &caller);
	links_wait(&links, LONG_MS);
	links_set(&links, caller.link, LINK_LISTENING);
	began_ms = clock_ms();
	links_wait(&links, 50);
	assert_true(clock_ms() - began_ms >= 50);
	links_set(&links, caller.link, LINK_ASKING);
	links_wait(&links, LONG_MS);
	leave(&links, &caller);
	links_close(&links);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_been_slow_for_longest_makes_room),
		cmocka_unit_test(who_asks_or_listens_too_long_is_cut_off),
		cmocka_unit_test(the_end_waits_for_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
