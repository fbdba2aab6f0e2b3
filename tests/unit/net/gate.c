/* Tokens of callers, before a keystone that says what it is told. */
#include "net/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "fake/http_server.h"
#include "net/http.h"
#include "net/keystone.h"

enum {
	NOON = 1767268800, /* 2026-01-01 12:00:00 */
	SOON_MS = 2000,
	PATIENCE_MS = 60 * 1000
};

#define LOGIN                                                                                      \
	{                                                                                          \
		.status = 201, .headers = "X-Subject-Token: own\r\n",                              \
		.body = "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00.000000Z\"}}"             \
	}
#define TOKEN(expires, role)                                                                       \
	"{\"token\":{\"expires_at\":\"2026-01-01T" expires ".000000Z\",\"user\":{\"id\":\"u\"},"   \
	"\"project\":{\"id\":\"p\"},\"roles\":[{\"name\":\"member\"},{\"name\":\"" role "\"}],"    \
	"\"catalog\":[{\"type\":\"volumev3\"}]}}"

struct scene {
	struct http_server *server;
	struct http *http;
	struct gate *gate;
	struct gate_caller caller;
	struct err err;
};

static void
scene_begin(struct scene *scene, const struct http_step *steps, uint64_t call_ms)
{
	const struct http_setup setup = { .connect_ms = PATIENCE_MS, .call_ms = call_ms };
	struct keystone_login login = { .version = 3, .user = "cinder", .password = "secret" };
	static char url[128];

	*scene = (struct scene){ .err = ERR_INIT };
	scene->server = http_server_start(steps);
	snprintf(url, sizeof url, "%s/identity", http_server_url(scene->server));
	login.url = url;
	assert_int_equal(http_open(&scene->http, &setup, &scene->err), 0);
	assert_int_equal(gate_open(&scene->gate, scene->http, &login, 300, &scene->err), 0);
	clock_set(NOON);
}

static int
ask(struct scene *scene, const char *token)
{
	scene->err = (struct err)ERR_INIT;
	gate_caller_drop(&scene->caller);
	return gate_ask(scene->gate, token, &scene->caller, &scene->err);
}

static void
scene_end(struct scene *scene)
{
	gate_caller_drop(&scene->caller);
	gate_close(scene->gate);
	http_close(scene->http);
	http_server_stop(scene->server);
	clock_set(-1);
}

static void
good_token_is_asked_about_once(void **state)
{
	static const struct http_step steps[] = { LOGIN,
		{ .status = 200, .body = TOKEN("12:10:00", "Admin") },
		{ .status = 200, .body = TOKEN("12:10:00", "reader") }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, PATIENCE_MS);
	assert_int_equal(ask(&scene, "theirs"), 1);
	assert_string_equal(scene.caller.user_id, "u");
	assert_string_equal(scene.caller.project_id, "p");
	assert_true(scene.caller.admin); /* in any letter case, as oslo.policy has it */
	assert_string_equal(scene.caller.catalogue, "[{\"type\": \"volumev3\"}]");
	assert_int_equal(ask(&scene, "theirs"), 1);
	assert_string_equal(scene.caller.catalogue, "[{\"type\": \"volumev3\"}]");
	assert_int_equal(http_server_count(scene.server), 2);
	assert_non_null(strstr(
	    http_server_asked(scene.server, 1)->head, "GET /identity/v3/auth/tokens HTTP/1.1\r\n"));
	assert_non_null(
	    strstr(http_server_asked(scene.server, 1)->head, "X-Subject-Token: theirs\r\n"));
	assert_non_null(strstr(http_server_asked(scene.server, 1)->head, "X-Auth-Token: own\r\n"));
	clock_set(NOON + 301); /* the role may have been taken away since */
	assert_int_equal(ask(&scene, "theirs"), 1);
	assert_false(scene.caller.admin);
	assert_int_equal(http_server_count(scene.server), 3);
	scene_end(&scene);
}

static void
expired_token_is_refused_though_remembered(void **state)
{
	static const struct http_step steps[] = { LOGIN,
		{ .status = 200, .body = TOKEN("12:01:00", "member") }, { .status = 404 },
		{ .status = 200, .body = TOKEN("11:59:59", "member") }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, PATIENCE_MS);
	assert_int_equal(ask(&scene, "theirs"), 1);
	assert_false(scene.caller.admin);
	clock_set(NOON + 60);
	assert_int_equal(ask(&scene, "theirs"), 0);
	assert_int_equal(http_server_count(scene.server), 3);
	clock_set(NOON);
	assert_int_equal(ask(&scene, "another"), 0);
	scene_end(&scene);
}

static void
bad_token_is_asked_about_once(void **state)
{
	static const struct http_step steps[] = { LOGIN, { .status = 404 }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, PATIENCE_MS);
	assert_int_equal(ask(&scene, "bad"), 0);
	assert_int_equal(ask(&scene, "bad"), 0);
	assert_int_equal(http_server_count(scene.server), 2);
	/* What is no header is not even asked about. */
	assert_int_equal(ask(&scene, ""), 0);
	assert_int_equal(ask(&scene, "a\r\nX-Auth-Token: b"), 0);
	assert_int_equal(ask(&scene, "a b"), 0);
	assert_int_equal(http_server_count(scene.server), 2);
	scene_end(&scene);
}

static void
bad_tokens_do_not_displace_good_ones(void **state)
{
	static struct http_step steps[2100];
	struct scene scene;
	char token[32];
	unsigned i;

	(void)state;
	steps[0] = (struct http_step)LOGIN;
	steps[1] = (struct http_step){ .status = 200, .body = TOKEN("12:10:00", "member") };
	for (i = 2; i < 2099; i++)
		steps[i] = (struct http_step){ .status = 404 };
	scene_begin(&scene, steps, PATIENCE_MS);
	assert_int_equal(ask(&scene, "good"), 1);
	for (i = 0; i < 1100; i++) {
		snprintf(token, sizeof token, "bad%u", i);
		assert_int_equal(ask(&scene, token), 0);
	}
	assert_int_equal(ask(&scene, "good"), 1);
	assert_int_equal(http_server_count(scene.server), 2 + 1100);
	scene_end(&scene);
}

static void
own_token_that_is_refused_is_renewed_once(void **state)
{
	static const struct http_step steps[] = { LOGIN, { .status = 401 }, LOGIN,
		{ .status = 200, .body = TOKEN("12:10:00", "member") }, { .status = 401 }, LOGIN,
		{ .status = 401 }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, PATIENCE_MS);
	assert_int_equal(ask(&scene, "theirs"), 1);
	assert_int_equal(ask(&scene, "another"), -1);
	assert_int_equal(scene.err.kind, ERR_DENIED);
	assert_int_equal(http_server_count(scene.server), 7);
	scene_end(&scene);
}

static void
keystone_that_does_not_say_is_no_refusal(void **state)
{
	static const struct {
		struct http_step step;
		enum err_kind kind;
	} cases[] = {
		{ { .status = 500 }, ERR_RETRY },
		{ { .status = 200, .body = TOKEN("12:10:00", "member"), .act = HTTP_CUTS },
		    ERR_RETRY },
		{ { .status = 200, .act = HTTP_STALLS }, ERR_RETRY },
		{ { .status = 403 }, ERR_DENIED },
		{ { .status = 200, .body = "<html>" }, ERR_INVALID },
		{ { .status = 200, .body = "{}" }, ERR_INVALID },
		{ { .status = 200,
		      .body = "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00Z\"}}" },
		    ERR_INVALID },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct http_step steps[] = { LOGIN, cases[i].step,
			{ .status = 200, .body = TOKEN("12:10:00", "member") }, { .status = 0 } };
		struct scene scene;

		scene_begin(
		    &scene, steps, cases[i].step.act == HTTP_STALLS ? SOON_MS : PATIENCE_MS);
		assert_int_equal(ask(&scene, "theirs"), -1);
		assert_int_equal(scene.err.kind, cases[i].kind);
		assert_null(strstr(scene.err.text, "theirs"));
		assert_null(strstr(scene.err.text, "secret"));
		assert_int_equal(ask(&scene, "theirs"), 1); /* and is not remembered */
		scene_end(&scene);
	}
}

static void
documents_are_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ TOKEN("12:00:00", "x"), 0 },
		{ "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00Z\",\"user\":{\"id\":\"u\"}}}",
		    0 }, /* no project: the token is of no scope */
		{ "{\"token\":{\"expires_at\":\"soon\",\"user\":{\"id\":\"u\"}}}", -1 },
		{ "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00Z\",\"user\":{\"id\":1}}}", -1 },
		{ "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00Z\",\"user\":{\"id\":\"u\"},"
		  "\"project\":{\"id\":\"\"}}}",
		    -1 },
		{ "[]", -1 },
		{ "{\"token\":[]}", -1 },
	};
	struct gate_caller caller = { .catalogue = NULL };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(gate_read(span_of(cases[i].text), &caller, &err), cases[i].result);
		gate_caller_drop(&caller);
	}
	assert_int_equal(caller.project_id[0], '\0');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_token_is_asked_about_once),
		cmocka_unit_test(expired_token_is_refused_though_remembered),
		cmocka_unit_test(bad_token_is_asked_about_once),
		cmocka_unit_test(bad_tokens_do_not_displace_good_ones),
		cmocka_unit_test(own_token_that_is_refused_is_renewed_once),
		cmocka_unit_test(keystone_that_does_not_say_is_no_refusal),
		cmocka_unit_test(documents_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
