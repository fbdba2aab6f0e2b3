#include "net/http.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "fake/http_server.h"

enum { LARGE = 3 * 1024 * 1024, SOON_MS = 300, LATE_MS = 60 * 1000, KNOCKS = 8 };

/* One call to path of a scripted server. */
struct scene {
	struct http_server *server;
	struct http *http;
	struct http_answer answer;
	struct buf into, url;
	struct err err;
};

static void
scene_begin(struct scene *scene, const struct http_step *steps, const struct http_setup *setup)
{
	static const struct http_setup usual = { .connect_ms = 5000 };

	*scene = (struct scene){
		.answer = HTTP_ANSWER, .into = BUF(64), .url = BUF(256), .err = ERR_INIT
	};
	scene->server = http_server_start(steps);
	assert_int_equal(http_open(&scene->http, setup ? setup : &usual, &scene->err), 0);
}

static void
scene_end(struct scene *scene)
{
	http_close(scene->http);
	http_server_stop(scene->server);
	http_answer_drop(&scene->answer);
	buf_drop(&scene->into);
	buf_drop(&scene->url);
}

static int
call(struct scene *scene, struct http_request request, const char *path)
{
	buf_clear(&scene->url);
	buf_printf(&scene->url, "%s%s", http_server_url(scene->server), path);
	request.url = buf_string(&scene->url);
	return http_call(scene->http, &request, &scene->answer, &scene->err);
}

static void
status_says_what_went_wrong(void **state)
{
	static const struct {
		unsigned status;
		enum err_kind kind;
	} rows[] = {
		{ 200, ERR_NONE },
		{ 201, ERR_NONE },
		{ 204, ERR_NONE },
		{ 206, ERR_NONE },
		{ 301, ERR_INVALID },
		{ 400, ERR_INVALID },
		{ 401, ERR_DENIED },
		{ 403, ERR_DENIED },
		{ 404, ERR_NOT_FOUND },
		{ 408, ERR_RETRY },
		{ 409, ERR_CONFLICT },
		{ 412, ERR_CONFLICT },
		{ 413, ERR_NO_SPACE },
		{ 416, ERR_INVALID },
		{ 422, ERR_RETRY },
		{ 429, ERR_RETRY },
		{ 498, ERR_RETRY },
		{ 499, ERR_RETRY },
		{ 500, ERR_RETRY },
		{ 502, ERR_RETRY },
		{ 503, ERR_RETRY },
		{ 507, ERR_NO_SPACE },
	};
	const struct http_request request = { .method = "GET", .url = "http://store/v1/a" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct http_answer answer = { .status = rows[i].status, .headers = BUF(64) };
		struct err err = ERR_INIT;

		buf_printf(&answer.headers, "HTTP/1.1 %u A word", rows[i].status);
		assert_int_equal(http_check(&request, &answer, &err), rows[i].kind ? -1 : 0);
		assert_int_equal(err.kind, rows[i].kind);
		if (rows[i].kind)
			assert_non_null(strstr(err.text, "GET http://store/v1/a: "));
		http_answer_drop(&answer);
	}
}

static void
connection_is_used_again(void **state)
{
	static const struct http_step steps[] = { { .status = 200, .body = "one" },
		{ .status = 404, .body = "none" }, { .status = 200, .body = "three" },
		{ .status = 0 } };
	struct scene scene;
	size_t i;

	(void)state;
	scene_begin(&scene, steps, NULL);
	for (i = 0; i < 3; i++) {
		buf_clear(&scene.into);
		assert_int_equal(
		    call(
			&scene, (struct http_request){ .method = "GET", .into = &scene.into }, "/"),
		    0);
		assert_int_equal(scene.answer.status, steps[i].status);
		assert_int_equal(http_server_asked(scene.server, i)->connection, 1);
	}
	assert_string_equal(buf_string(&scene.into), "three");
	scene_end(&scene);
}

static void
kept_connection_that_died_is_replaced(void **state)
{
	static const struct http_step steps[] = { { .status = 200 },
		{ .status = 200, .act = HTTP_HANGS_UP }, { .status = 204 }, { .status = 0 } };
	const struct http_request request = { .method = "DELETE" };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(call(&scene, request, "/"), 0);
	assert_int_equal(call(&scene, request, "/"), 0);
	assert_int_equal(scene.answer.status, 204);
	scene_end(&scene);
}

static void
what_breaks_or_takes_too_long_may_be_tried_again(void **state)
{
	static const struct http_setup hurried = { .call_ms = SOON_MS, .call_ms_a_mib = 1 };
	static const struct http_setup stalling = { .stall_s = 1 };
	static const struct {
		struct http_step steps[2];
		const struct http_setup *setup;
	} rows[] = {
		{ { { .status = 200, .act = HTTP_HANGS_UP } }, &hurried },
		{ { { .status = 200, .body = "half of it", .act = HTTP_CUTS } }, &hurried },
		{ { { .status = 200, .body = "drop by drop", .act = HTTP_DRIPS } }, &hurried },
		{ { { .status = 200, .act = HTTP_STALLS } }, &hurried },
		{ { { .status = 200,
		      .body = "0123456789012345678901234567890",
		      .act = HTTP_DRIPS } },
		    &stalling },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct scene scene;

		scene_begin(&scene, rows[i].steps, rows[i].setup);
		assert_int_equal(
		    call(&scene, (struct http_request){ .method = "GET", .into = &scene.into },
			"/a"),
		    -1);
		assert_int_equal(scene.err.kind, ERR_RETRY);
		assert_non_null(strstr(scene.err.text, "/a: "));
		scene_end(&scene);
	}
}

/* A port whose queue is full: who knocks hears nothing. */
static int
fill_port(int held[KNOCKS], uint16_t *ret)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof at;
	size_t i;

	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 0), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	for (i = 0; i < KNOCKS; i++) {
		held[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(held[i], (struct sockaddr *)&at, sizeof at);
	}
	*ret = ntohs(at.sin_port);
	return listener;
}

/* Nobody takes the connection; somebody does, and never says a word of TLS. */
static void
connection_has_a_deadline_of_its_own(void **state)
{
	static const struct http_step silent[] = { { .status = 200, .act = HTTP_STALLS },
		{ .status = 0 } };
	static const struct http_setup setup = { .connect_ms = SOON_MS, .call_ms = LATE_MS };
	struct http_request request = { .method = "GET" };
	int held[KNOCKS], listener;
	struct scene scene;
	uint16_t port;
	char url[64];
	size_t i;

	(void)state;
	listener = fill_port(held, &port);
	for (i = 0; i < 2; i++) {
		uint64_t start = clock_ms();

		scene_begin(&scene, silent, &setup);
		if (i == 0)
			snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
		else
			snprintf(url, sizeof url, "https%s/", http_server_url(scene.server) + 4);
		request.url = url;
		assert_int_equal(http_call(scene.http, &request, &scene.answer, &scene.err), -1);
		assert_int_equal(scene.err.kind, ERR_RETRY);
		if (!strstr(scene.err.text, "imeout") && !strstr(scene.err.text, "timed out"))
			fail_msg("%s", scene.err.text);
		assert_in_range(clock_ms() - start, 0, LATE_MS / 2);
		scene_end(&scene);
	}
	for (i = 0; i < KNOCKS; i++)
		close(held[i]);
	close(listener);
}

struct canceller {
	atomic_bool cancel;
	struct http_server *server;
};

/* Once the request is there. */
static void *
cancel_soon(void *arg)
{
	struct canceller *canceller = arg;

	while (http_server_count(canceller->server) == 0)
		clock_sleep_ms(10);
	atomic_store(&canceller->cancel, true);
	return NULL;
}

static void
call_ends_when_it_is_cancelled(void **state)
{
	static const struct http_step steps[] = { { .status = 200, .act = HTTP_STALLS },
		{ .status = 200, .body = "0123456789012345678901234567890", .act = HTTP_DRIPS },
		{ .status = 0 } };
	struct canceller canceller = { .cancel = false };
	const struct http_setup setup = { .cancel = &canceller.cancel };
	struct scene scene;
	pthread_t thread;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		canceller.cancel = false;
		scene_begin(&scene, steps + i, &setup);
		canceller.server = scene.server;
		assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
		assert_int_equal(
		    call(&scene, (struct http_request){ .method = "GET", .into = &scene.into },
			"/a"),
		    -1);
		assert_int_equal(scene.err.kind, ERR_CANCELLED);
		pthread_join(thread, NULL);
		scene_end(&scene);
	}
}

static void
servers_say_when_to_come_again(void **state)
{
	static const struct {
		struct http_step steps[2];
		unsigned wait_ms;
	} rows[] = {
		{ { { .status = 429, .headers = "Retry-After: 7\r\n" } }, 7000 },
		{ { { .status = 503, .headers = "Retry-After: 86400\r\n" } }, 120000 },
		{ { { .status = 503, .headers = "Retry-After: soon\r\n" } }, 0 },
		{ { { .status = 503 } }, 0 },
	};
	struct http_request request = { .method = "GET", .url = "http://store/" };
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps, NULL);
		assert_int_equal(call(&scene, request, "/"), 0);
		assert_int_equal(http_check(&request, &scene.answer, &scene.err), -1);
		assert_int_equal(scene.err.wait_ms, rows[i].wait_ms);
		scene_end(&scene);
	}
}

static void
nobody_there_may_be_tried_again(void **state)
{
	static const struct http_step none[] = { { .status = 0 } };
	struct scene scene;
	struct http_request request = { .method = "GET", .url = "http://127.0.0.1:1/" };

	(void)state;
	scene_begin(&scene, none, NULL);
	assert_int_equal(http_call(scene.http, &request, &scene.answer, &scene.err), -1);
	assert_int_equal(scene.err.kind, ERR_RETRY);
	request.url = "file:///etc/passwd";
	assert_int_equal(http_call(scene.http, &request, &scene.answer, &scene.err), -1);
	assert_int_equal(scene.err.kind, ERR_INVALID);
	scene_end(&scene);
}

static void
errors_keep_secrets(void **state)
{
	static const struct http_step none[] = { { .status = 0 } };
	static const char *const headers[] = { "X-Auth-Key: hush", NULL };
	struct scene scene;
	const struct http_request request = { .method = "GET",
		.url = "http://me:hush@127.0.0.1:1/a/b?sig=hush",
		.headers = headers };

	(void)state;
	scene_begin(&scene, none, NULL);
	assert_int_equal(http_call(scene.http, &request, &scene.answer, &scene.err), -1);
	assert_null(strstr(scene.err.text, "hush"));
	assert_non_null(strstr(scene.err.text, "GET http://127.0.0.1:1/a/b: "));
	scene_end(&scene);
}

static void
answer_longer_than_asked_for_is_refused(void **state)
{
	static const struct http_step steps[] = {
		{ .status = 200,
		    .body =
			"0123456789012345678901234567890123456789012345678901234567890123456789" },
		{ .status = 0 }
	};
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(
	    call(&scene, (struct http_request){ .method = "GET", .into = &scene.into }, "/"), -1);
	assert_int_equal(scene.err.kind, ERR_INVALID);
	scene_end(&scene);
}

static void
header_is_found_in_any_case(void **state)
{
	static const struct http_step steps[] = {
		{ .status = 200, .headers = "x-one:  first\r\nX-Two:second \r\nX-Empty:\r\n" },
		{ .status = 0 }
	};
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(call(&scene, (struct http_request){ .method = "HEAD" }, "/"), 0);
	assert_string_equal(http_header(&scene.answer, "X-One"), "first");
	assert_non_null(strstr(http_header(&scene.answer, "x-two"), "second"));
	assert_string_equal(http_header(&scene.answer, "X-EMPTY"), "");
	assert_null(http_header(&scene.answer, "X-On"));
	scene_end(&scene);
}

/* Bytes from the alphabet; fails at a given offset. */
static int
spell(void *arg, uint64_t offset, char *data, size_t room, size_t *ret, struct err *err)
{
	const uint64_t *fail_at = arg;
	size_t i;

	if (offset + room > *fail_at)
		return err_set(err, ERR_CORRUPT, "out of letters");
	for (i = 0; i < room; i++)
		data[i] = (char)('a' + (offset + i) % 26);
	*ret = room;
	return 0;
}

static void
body_comes_from_a_source(void **state)
{
	static const struct http_step steps[] = { { .status = 201 }, { .status = 201 },
		{ .status = 0 } };
	uint64_t fail_at = UINT64_MAX;
	struct http_request request = {
		.method = "PUT", .source = spell, .source_arg = &fail_at, .length = LARGE
	};
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(call(&scene, request, "/"), 0);
	assert_int_equal(http_server_asked(scene.server, 0)->length, LARGE);
	assert_memory_equal(http_server_asked(scene.server, 0)->body, "abcdefghij", 10);
	fail_at = LARGE / 2;
	assert_int_equal(call(&scene, request, "/"), -1);
	assert_int_equal(scene.err.kind, ERR_CORRUPT);
	assert_string_equal(scene.err.text, "out of letters");
	scene_end(&scene);
}

/* A refusal must not look like a broken connection, or it would be tried again in vain. */
static void
refusal_is_seen_before_a_large_body_is_sent(void **state)
{
	static const struct http_step steps[] = { { .status = 401 }, { .status = 0 } };
	uint64_t fail_at = UINT64_MAX;
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(
	    call(&scene,
		(struct http_request){
		    .method = "PUT", .source = spell, .source_arg = &fail_at, .length = LARGE },
		"/"),
	    0);
	assert_int_equal(scene.answer.status, 401);
	assert_int_equal(http_server_asked(scene.server, 0)->length, 0);
	scene_end(&scene);
}

static void
broken_upload_may_be_tried_again(void **state)
{
	static const struct http_step steps[] = { { .status = 201, .act = HTTP_CUTS_REQUEST },
		{ .status = 0 } };
	uint64_t fail_at = UINT64_MAX;
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps, NULL);
	assert_int_equal(
	    call(&scene,
		(struct http_request){
		    .method = "PUT", .source = spell, .source_arg = &fail_at, .length = LARGE },
		"/"),
	    -1);
	assert_int_equal(scene.err.kind, ERR_RETRY);
	scene_end(&scene);
}

static void
proxies_of_the_environment_are_not_asked(void **state)
{
	static const struct http_step steps[] = { { .status = 200 }, { .status = 0 } };
	struct scene scene;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	scene_begin(&scene, steps, NULL);
	assert_int_equal(call(&scene, (struct http_request){ .method = "GET" }, "/"), 0);
	unsetenv("http_proxy");
	scene_end(&scene);
}

static void
names_are_quoted_for_a_url(void **state)
{
	struct buf text = BUF(256);

	(void)state;
	http_quote(&text, "az_ü/a b%?#&+", true);
	assert_string_equal(buf_string(&text), "az_%C3%BC/a%20b%25%3F%23%26%2B");
	buf_clear(&text);
	http_quote(&text, "a/b~c-d.e", false);
	assert_string_equal(buf_string(&text), "a%2Fb~c-d.e");
	buf_drop(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_says_what_went_wrong),
		cmocka_unit_test(connection_is_used_again),
		cmocka_unit_test(kept_connection_that_died_is_replaced),
		cmocka_unit_test(what_breaks_or_takes_too_long_may_be_tried_again),
		cmocka_unit_test(connection_has_a_deadline_of_its_own),
		cmocka_unit_test(call_ends_when_it_is_cancelled),
		cmocka_unit_test(servers_say_when_to_come_again),
		cmocka_unit_test(nobody_there_may_be_tried_again),
		cmocka_unit_test(errors_keep_secrets),
		cmocka_unit_test(answer_longer_than_asked_for_is_refused),
		cmocka_unit_test(header_is_found_in_any_case),
		cmocka_unit_test(body_comes_from_a_source),
		cmocka_unit_test(refusal_is_seen_before_a_large_body_is_sent),
		cmocka_unit_test(broken_upload_may_be_tried_again),
		cmocka_unit_test(proxies_of_the_environment_are_not_asked),
		cmocka_unit_test(names_are_quoted_for_a_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
