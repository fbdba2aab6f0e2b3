#include "net/keystone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "fake/http_server.h"
#include "net/http.h"

enum { NOON = 1767268800 }; /* 2026-01-01 12:00:00 */

#define V3_CATALOGUE                                                                               \
	"[{\"type\":\"identity\",\"endpoints\":[]},{\"type\":\"object-store\",\"endpoints\":["     \
	"{\"interface\":\"admin\",\"region\":\"One\",\"url\":\"http://admin\"},"                   \
	"{\"interface\":\"public\",\"region\":\"One\",\"url\":\"http://one\"},"                    \
	"{\"interface\":\"public\",\"region\":\"Two\",\"url\":\"http://two\"},"                    \
	"{\"interface\":\"public\",\"region_id\":\"Three\",\"url\":\"http://three\"}]}]"
#define V2_CATALOGUE                                                                               \
	"[{\"type\":\"object-store\",\"endpoints\":["                                              \
	"{\"region\":\"One\",\"publicURL\":\"http://one\",\"adminURL\":\"http://admin\"},"         \
	"{\"region\":\"Two\",\"publicURL\":\"http://two\"}]}]"

static const struct http_step v3_steps[] = {
	{ .status = 201,
	    .headers = "X-Subject-Token: first\r\n",
	    .body = "{\"token\":{\"expires_at\":\"2026-01-01T13:00:00.000000Z\",\"catalog\":" //
	    V3_CATALOGUE "}}" },
	{ .status = 201, .headers = "X-Subject-Token: second\r\n", .body = "{\"token\":{}}" },
	{ .status = 0 },
};
static const struct http_step v2_steps[] = {
	{ .status = 200,
	    .body =
		"{\"access\":{\"token\":{\"id\":\"first\",\"expires\":\"2026-01-01T13:00:00Z\"},"
		"\"serviceCatalog\":" V2_CATALOGUE "}}" },
	{ .status = 200, .body = "{\"access\":{\"token\":{\"id\":\"second\"}}}" },
	{ .status = 0 },
};

struct scene {
	struct http_server *server;
	struct http *http;
	struct keystone *keystone;
	char url[128];
	struct err err;
};

static void
scene_begin(struct scene *scene, const struct http_step *steps, struct keystone_login login,
    const char *path)
{
	static const struct http_setup setup = { .connect_ms = 5000 };

	*scene = (struct scene){ .err = ERR_INIT };
	scene->server = http_server_start(steps);
	snprintf(scene->url, sizeof scene->url, "%s%s", http_server_url(scene->server), path);
	login.url = scene->url;
	assert_int_equal(http_open(&scene->http, &setup, &scene->err), 0);
	assert_int_equal(keystone_open(&scene->keystone, scene->http, &login, &scene->err), 0);
	clock_set(NOON);
}

static void
scene_end(struct scene *scene)
{
	keystone_close(scene->keystone);
	http_close(scene->http);
	http_server_stop(scene->server);
	clock_set(-1);
}

static void
see_token(struct scene *scene, const char *expected)
{
	struct buf token = BUF(256);

	if (keystone_token(scene->keystone, &token, &scene->err) < 0)
		fail_msg("%s", scene->err.text);
	assert_string_equal(buf_string(&token), expected);
	buf_drop(&token);
}

static void
login_is_sent_as_its_version_has_it(void **state)
{
	static const struct {
		const struct http_step *steps;
		struct keystone_login login;
		const char *path, *asked, *body;
	} rows[] = {
		{ v3_steps,
		    { .version = 3,
			.user = "cinder",
			.password = "pa\"ss",
			.user_domain = "U",
			.project_domain = "P",
			.project = "service" },
		    "", "POST /v3/auth/tokens HTTP",
		    "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": "
		    "{\"user\": "
		    "{\"name\": \"cinder\", \"password\": \"pa\\\"ss\", \"domain\": {\"name\": "
		    "\"U\"}}}}, "
		    "\"scope\": {\"project\": {\"name\": \"service\", \"domain\": {\"name\": "
		    "\"P\"}}}}}" },
		{ v3_steps, { .version = 3, .user = "u", .password = "p" }, "/identity/v3/",
		    "POST /identity/v3/auth/tokens HTTP",
		    "{\"auth\": {\"identity\": {\"methods\": [\"password\"], \"password\": "
		    "{\"user\": "
		    "{\"name\": \"u\", \"password\": \"p\", \"domain\": {\"id\": "
		    "\"default\"}}}}}}" },
		{ v2_steps, { .version = 2, .user = "u", .password = "p", .project = "t" }, "/",
		    "POST /v2.0/tokens HTTP",
		    "{\"auth\": {\"passwordCredentials\": {\"username\": \"u\", \"password\": "
		    "\"p\"}, "
		    "\"tenantName\": \"t\"}}" },
		{ v2_steps, { .version = 2, .user = "u", .password = "p" }, "/v2.0",
		    "POST /v2.0/tokens HTTP",
		    "{\"auth\": {\"passwordCredentials\": {\"username\": \"u\", \"password\": "
		    "\"p\"}}}" },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct http_asked *asked;

		scene_begin(&scene, rows[i].steps, rows[i].login, rows[i].path);
		see_token(&scene, "first");
		asked = http_server_asked(scene.server, 0);
		assert_memory_equal(asked->head, rows[i].asked, strlen(rows[i].asked));
		assert_string_equal(asked->body, rows[i].body);
		scene_end(&scene);
	}
}

static void
token_is_kept_until_it_is_about_to_expire(void **state)
{
	static const struct http_step *const scripts[] = { v3_steps, v2_steps };
	struct scene scene;
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct keystone_login login = { .version = 3 - i, .user = "u", .password = "p" };

		scene_begin(&scene, scripts[i], login, "");
		see_token(&scene, "first");
		clock_set(NOON + 3600 - 61);
		see_token(&scene, "first");
		assert_int_equal(http_server_count(scene.server), 1);
		clock_set(NOON + 3600 - 59);
		see_token(&scene, "second");
		scene_end(&scene);
	}
}

static void
refused_token_is_not_handed_out_again(void **state)
{
	struct keystone_login login = { .version = 3, .user = "u", .password = "p" };
	struct scene scene;

	(void)state;
	scene_begin(&scene, v3_steps, login, "");
	see_token(&scene, "first");
	keystone_forget(scene.keystone, "another");
	see_token(&scene, "first");
	keystone_forget(scene.keystone, "first");
	see_token(&scene, "second");
	scene_end(&scene);
}

static void
refusal_names_the_user_and_not_the_password(void **state)
{
	static const struct {
		struct http_step steps[2];
		enum err_kind kind;
	} rows[] = {
		{ { { .status = 401 } }, ERR_DENIED },
		{ { { .status = 503 } }, ERR_RETRY },
		{ { { .status = 404 } }, ERR_NOT_FOUND },
		{ { { .status = 201, .body = "<html>" } }, ERR_INVALID },
		{ { { .status = 201, .body = "{}" } }, ERR_INVALID },
	};
	struct keystone_login login = { .version = 3, .user = "somebody", .password = "hush" };
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf token = BUF(256);

		scene_begin(&scene, rows[i].steps, login, "");
		assert_int_equal(keystone_token(scene.keystone, &token, &scene.err), -1);
		assert_int_equal(scene.err.kind, rows[i].kind);
		assert_null(strstr(scene.err.text, "hush"));
		assert_non_null(strstr(scene.err.text, scene.url));
		scene_end(&scene);
		buf_drop(&token);
	}
}

static void
endpoint_is_chosen_by_type_interface_and_region(void **state)
{
	static const struct {
		const char *catalogue;
		struct keystone_choice choice;
		const char *expected; /* or a part of the error */
		bool found;
	} rows[] = {
		{ V3_CATALOGUE, { "object-store", "publicURL", NULL }, "http://one", true },
		{ V3_CATALOGUE, { "object-store", "public", "Two" }, "http://two", true },
		{ V3_CATALOGUE, { "object-store", "public", "Three" }, "http://three", true },
		{ V3_CATALOGUE, { "object-store", "public", "Nowhere" }, "http://one", true },
		{ V3_CATALOGUE, { "object-store", "adminURL", "Two" }, "http://admin", true },
		{ V3_CATALOGUE, { "object-store", "internalURL", NULL }, "no internalURL endpoint",
		    false },
		{ V3_CATALOGUE, { "volumev3", "public", NULL }, "no service of type volumev3",
		    false },
		{ V3_CATALOGUE, { "identity", "public", NULL },
		    "no public endpoint of type identity", false },
		{ V2_CATALOGUE, { "object-store", "public", NULL }, "http://one", true },
		{ V2_CATALOGUE, { "object-store", "publicURL", "Two" }, "http://two", true },
		{ V2_CATALOGUE, { "object-store", "adminURL", "Two" }, "http://admin", true },
		{ "{}", { "object-store", "publicURL", NULL }, "no service", false },
		{ "[1, null, {\"type\": 5}]", { "object-store", "publicURL", NULL }, "no service",
		    false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json *catalogue = NULL;
		struct buf url = BUF(256);
		struct err err = ERR_INIT;
		int result;

		assert_int_equal(json_parse(&catalogue, span_of(rows[i].catalogue), &err), 0);
		result = keystone_endpoint(catalogue, &rows[i].choice, &url, &err);
		assert_int_equal(result, rows[i].found ? 0 : -1);
		if (rows[i].found)
			assert_string_equal(buf_string(&url), rows[i].expected);
		else
			assert_non_null(strstr(err.text, rows[i].expected));
		buf_drop(&url);
		json_free(catalogue);
	}
}

static void
login_brings_the_catalogue(void **state)
{
	static const struct keystone_choice choice = { "object-store", "public", "Two" };
	static const struct http_step *const scripts[] = { v3_steps, v2_steps };
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct keystone_login login = { .version = 3 - i, .user = "u", .password = "p" };
		struct buf url = BUF(256);
		struct scene scene;

		scene_begin(&scene, scripts[i], login, "");
		assert_int_equal(keystone_find(scene.keystone, &choice, &url, &scene.err), 0);
		assert_string_equal(buf_string(&url), "http://two");
		scene_end(&scene);
		buf_drop(&url);
	}
}

static void
login_lacks_nothing(void **state)
{
	static const struct {
		struct keystone_login login;
		const char *lacking;
	} rows[] = {
		{ { .version = 3, .user = "u", .password = "p" }, "the URL" },
		{ { .url = "http://k", .version = 3, .password = "p" }, "the user" },
		{ { .url = "http://k", .version = 3, .user = "u" }, "the password" },
	};
	struct keystone *keystone;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(keystone_open(&keystone, NULL, &rows[i].login, &err), -1);
		assert_non_null(strstr(err.text, rows[i].lacking));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login_is_sent_as_its_version_has_it),
		cmocka_unit_test(token_is_kept_until_it_is_about_to_expire),
		cmocka_unit_test(refused_token_is_not_handed_out_again),
		cmocka_unit_test(refusal_names_the_user_and_not_the_password),
		cmocka_unit_test(endpoint_is_chosen_by_type_interface_and_region),
		cmocka_unit_test(login_brings_the_catalogue),
		cmocka_unit_test(login_lacks_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
