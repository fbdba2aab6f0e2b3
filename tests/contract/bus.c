/*
 * RPC over a real RabbitMQ: what is asked is answered, from many threads at once,
 * while the broker is there, gone and back; what is drained takes no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "net/oslo.h"
#include "options/tables.h"

enum { CALLERS = 4, CALLS = 25, CASTS = 200, PATIENCE_MS = 120000 };

#define TOPIC "bus"

/* A service, and a peer that asks it; each test has a virtual host of its own. */
struct bus {
	char vhost[64], url[512];
	struct bus_opts opts;
	struct oslo *service, *peer;
	struct oslo *answering; /* the one that serves */
	atomic_uint heard;
};

static void
control(const char *action, const char *words)
{
	char command[1024];

	snprintf(command, sizeof command, "%s %s %s %s >&2", getenv("RABBIT_SERVER"), action,
	    getenv("RABBIT_FOLDER"), words);
	if (system(command) != 0)
		fail_msg("%s", command);
}

static void
wait_for(const struct bus *bus, unsigned heard)
{
	uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (atomic_load(&bus->heard) < heard) {
		if (clock_ms() > end_ms)
			fail_msg("%u of %u were heard", atomic_load(&bus->heard), heard);
		clock_sleep_ms(20);
	}
}

/* ---- who serves ---- */

struct work {
	struct bus *bus;
	struct oslo_request *request;
};

static void *
answer(void *arg)
{
	struct work *work = arg;
	struct oslo *oslo = work->bus->answering;
	const struct envelope_failure failure = { .class_name = "InvalidBackup",
		.module = "cinder.exception",
		.text = "Invalid backup: told to",
		.reason = "told to",
		.code = 400 };

	atomic_fetch_add(&work->bus->heard, 1);
	if (strcmp(work->request->method, "fail") == 0)
		oslo_fail(oslo, work->request, &failure);
	else
		oslo_answer(oslo, work->request, span_of("{\"n\": 7}"));
	free(work);
	return NULL;
}

/* From a thread of its own, as jobs do. */
static void
serve(void *arg, struct oslo_request *request)
{
	struct work *work = malloc(sizeof *work);
	pthread_attr_t detached;
	pthread_t thread;

	*work = (struct work){ .bus = arg, .request = request };
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &detached, answer, work) != 0)
		abort();
	pthread_attr_destroy(&detached);
}

/* ---- who asks ---- */

static const struct envelope_context nobody = { .request_id =
						    "req-11111111-2222-3333-4444-555555555555" };

static int
ask(struct bus *bus, const char *method, const char *server, struct json **ret, struct err *err)
{
	const struct oslo_target to = { .topic = TOPIC, .server = server };
	const struct envelope_request request = {
		.method = method, .version = "2.0", .args = span_of("{}")
	};

	return oslo_call(bus->peer, &to, &request, &nobody, ret, err);
}

static void
cast(struct bus *bus, bool fanout)
{
	const struct oslo_target to = {
		.topic = TOPIC, .server = fanout ? NULL : "one", .fanout = fanout
	};
	const struct envelope_request request = {
		.method = "do", .version = "2.0", .args = span_of("{\"a\": [1]}")
	};
	struct err err;

	if (oslo_cast(bus->peer, &to, &request, &nobody, &err) < 0)
		fail_msg("%s", err.text);
}

/* ---- a bus ---- */

static int
set_up_with(void **state, bool durable)
{
	static unsigned count;
	struct bus *bus = calloc(1, sizeof *bus);
	uint64_t end_ms = clock_ms() + PATIENCE_MS;
	struct json *answer = NULL;
	struct err err;

	snprintf(bus->vhost, sizeof bus->vhost, "bus-%d-%u", (int)getpid(), ++count);
	snprintf(bus->url, sizeof bus->url, "%s%s", getenv("RABBIT_URL"), bus->vhost);
	control("add", bus->vhost);
	bus->opts = (struct bus_opts){ .transport_url = bus->url,
		.control_exchange = "openstack",
		.rpc_response_timeout = 1,
		.amqp_durable_queues = durable,
		.notifications_driver = "messagingv2",
		.notifications_topics = "notifications",
		.heartbeat_timeout_threshold = 60,
		.transient_queues_ttl = 1800,
		.retry_interval = 1,
		.retry_backoff = 1,
		.interval_max = 2 };
	if (oslo_open(&bus->service, &bus->opts, "one", &err) < 0 ||
	    oslo_open(&bus->peer, &bus->opts, "two", &err) < 0)
		fail_msg("%s", err.text);
	bus->answering = bus->service;
	if (oslo_serve(bus->service, TOPIC, serve, bus, &err) < 0)
		fail_msg("%s", err.text);
	while (ask(bus, "do", "one", &answer, &err) < 0) {
		if (clock_ms() > end_ms)
			fail_msg("%s", err.text);
	}
	json_free(answer);
	bus->opts.rpc_response_timeout = 60;
	atomic_store(&bus->heard, 0);
	*state = bus;
	return 0;
}

static int
set_up(void **state)
{
	return set_up_with(state, false);
}

static int
set_up_durable(void **state)
{
	return set_up_with(state, true);
}

static int
tear_down(void **state)
{
	struct bus *bus = *state;

	oslo_drain(bus->service);
	oslo_close(bus->peer);
	oslo_close(bus->service);
	control("remove", bus->vhost);
	free(bus);
	return 0;
}

/* ---- facts ---- */

struct caller {
	struct bus *bus;
	pthread_t thread;
	unsigned answered;
	struct err err;
};

static void *
call_often(void *arg)
{
	struct caller *caller = arg;
	struct json *answer;
	int64_t n;

	while (caller->answered < CALLS) {
		if (ask(caller->bus, "do", "one", &answer, &caller->err) < 0)
			break;
		if (!json_number(json_member(json_member(answer, "result"), "n"), &n) || n != 7)
			err_set(&caller->err, ERR_CORRUPT, "another answer");
		else
			caller->answered++;
		json_free(answer);
	}
	return NULL;
}

static void
calls_of_many_threads_get_their_own_answers(void **state)
{
	struct caller callers[CALLERS];
	unsigned i;

	for (i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .bus = *state };
		assert_int_equal(
		    pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
	}
	for (i = 0; i < CALLERS; i++) {
		pthread_join(callers[i].thread, NULL);
		if (callers[i].answered != CALLS)
			fail_msg("after %u: %s", callers[i].answered, callers[i].err.text);
	}
}

static void
a_failure_is_told_and_silence_is_given_up(void **state)
{
	struct bus *bus = *state;
	struct json *answer = NULL;
	struct err err;

	assert_int_equal(ask(bus, "fail", "one", &answer, &err), -1);
	assert_non_null(strstr(err.text, "InvalidBackup"));
	assert_int_equal(err.kind, ERR_INVALID);
	bus->opts.rpc_response_timeout = 1;
	assert_int_equal(ask(bus, "do", "nobody", &answer, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
}

static void
a_fanout_is_heard_and_what_comes_to_a_drained_service_waits_for_the_next(void **state)
{
	struct bus *bus = *state, next = { .opts = bus->opts };
	struct err err;

	cast(bus, true);
	wait_for(bus, 1);
	oslo_drain(bus->service);
	cast(bus, false);
	if (oslo_open(&next.service, &next.opts, "one", &err) < 0)
		fail_msg("%s", err.text);
	next.answering = next.service;
	if (oslo_serve(next.service, TOPIC, serve, &next, &err) < 0)
		fail_msg("%s", err.text);
	wait_for(&next, 1);
	assert_int_equal(atomic_load(&bus->heard), 1);
	oslo_drain(next.service);
	oslo_close(next.service);
}

static void
what_is_sent_while_the_broker_is_killed_and_comes_back_arrives(void **state)
{
	struct bus *bus = *state;
	unsigned i;

	for (i = 0; i < CASTS / 2; i++)
		cast(bus, false);
	control("kill", "");
	for (; i < CASTS; i++)
		cast(bus, false);
	control("up", "");
	wait_for(bus, CASTS);
}

int
main(void)
{
#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		FACT(calls_of_many_threads_get_their_own_answers),
		FACT(a_failure_is_told_and_silence_is_given_up),
		FACT(a_fanout_is_heard_and_what_comes_to_a_drained_service_waits_for_the_next),
		cmocka_unit_test_setup_teardown(
		    what_is_sent_while_the_broker_is_killed_and_comes_back_arrives, set_up_durable,
		    tear_down),
	};

	if (!getenv("RABBIT_URL")) {
		printf("skipped: no broker: tests/servers/rabbit up, and its env\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
