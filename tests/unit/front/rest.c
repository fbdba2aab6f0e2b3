/* The API without its server: paths, versions and bodies, on a catalogue in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "front/rest.h"
#include "job/desk.h"
#include "options/tables.h"
#include "volume/volume.h"

enum { ROWS = 70 };

struct service {
	struct core_opts core;
	struct cinderbank_opts own;
	struct catalogue *catalogue;
	struct rest rest;
	char text[8192]; /* of the last answer */
};

static const char project[] = "0c2eba2c5af04d3f9e9d0d410b371fde";

/* ROWS backups, named b00 and so on, made one second after the other. */
static void
add_rows(struct service *service)
{
	struct backup row = { .status = BACKUP_AVAILABLE };
	struct err err = ERR_INIT;
	char text[64];
	int i;

	backup_set_text(&row, BACKUP_VOLUME_ID, "5f75430a-abff-4cc7-b74e-f808234fa6c5", &err);
	backup_set_text(&row, BACKUP_PROJECT_ID, project, &err);
	for (i = 0; i < ROWS; i++) {
		snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", i);
		backup_set_text(&row, BACKUP_ID, text, &err);
		snprintf(text, sizeof text, "b%02d", i);
		backup_set_text(&row, BACKUP_DISPLAY_NAME, text, &err);
		backup_set_number(&row, BACKUP_SIZE, i % 7);
		backup_set_number(&row, BACKUP_CREATED_AT, 1000000 + i);
		assert_int_equal(catalogue_add(service->catalogue, &row, &err), 0);
	}
}

static int
open_service(void **state)
{
	static const struct catalogue_driver *const drivers[] = { &catalogue_sqlite, NULL };
	static const struct volume_driver *const volumes[] = { &volume_device, NULL };
	static const struct sql_opts sql = { .connection = "sqlite://" };
	struct service *service = calloc(1, sizeof *service);
	struct err err;

	service->core = (struct core_opts){
		.state_path = "/nowhere", .host = "here", .storage_availability_zone = "nova"
	};
	if (catalogue_open(&service->catalogue, drivers, &sql, &err) < 0)
		return -1;
	const struct desk_setup setup = { .catalogue = service->catalogue,
		.volumes = volumes,
		.core = &service->core,
		.own = &service->own,
		.cpus = 1 };
	if (desk_open(&service->rest.desk, &setup, &err) < 0)
		return -1;
	pthread_mutex_init(&service->rest.admission, NULL);
	add_rows(service);
	*state = service;
	return 0;
}

static int
close_service(void **state)
{
	struct service *service = *state;

	desk_close(service->rest.desk);
	catalogue_close(service->catalogue);
	pthread_mutex_destroy(&service->rest.admission);
	free(service);
	return 0;
}

static unsigned
ask(struct service *service, const char *method, const char *target, const char *version,
    const char *body)
{
	struct rest_call call = { .rest = &service->rest,
		.method = method,
		.target = target,
		.version = version,
		.host = "here:8776",
		.content_type = "application/json; charset=utf-8",
		.project = project,
		.body = span_of(body),
		.answer = BUF(REST_ANSWER_MAX) };

	rest_answer(&call);
	snprintf(service->text, sizeof service->text, "%s", buf_string(&call.answer));
	arena_free(call.arena);
	buf_drop(&call.answer);
	return call.status;
}

static void
paths_that_lead_nowhere_are_refused(void **state)
{
	static const struct {
		const char *target;
		unsigned status;
	} table[] = {
		{ "/v3", 302 },
		{ "/v3/", 200 },
		{ "/", 300 },
		{ "/v2/", 404 },
		{ "/v3/backups", 200 },
		{ "/v3/backups/", 404 },
		{ "/v3/abc-123/backups", 200 },
		{ "/v3/abc/", 404 },
		{ "/v3/ABC/backups", 404 },
		{ "/v3//backups", 404 },
		{ "/v3/backups/%2e%2e", 404 },
		{ "/v3/backups/a%2Fb", 404 },
		{ "/v3/backups/%00", 404 },
		{ "/v3/backups/%ff", 404 },
		{ "/v3/backups?limit=%ff", 400 },
		{ "/v3/a/b/c/d/e/f/g", 404 },
		{ "", 404 },
		{ "v3/backups", 404 },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		assert_int_equal(ask(*state, "GET", table[i].target, NULL, ""), table[i].status);
}

/* Each page begins where the one before ended, in either order, and together they are all. */
static void
pages_follow_each_other(void **state)
{
	static const char *const orders[] = { "", "&sort=name:asc", "&sort=size:desc,name" };
	struct service *service = *state;
	char target[256], seen[ROWS], last[64] = "";
	unsigned order, told;
	const char *at;

	for (order = 0; order < 3; order++) {
		memset(seen, 0, sizeof seen);
		for (last[0] = '\0', told = 0;;) {
			snprintf(target, sizeof target, "/v3/backups?limit=9%s%s%s", orders[order],
			    last[0] ? "&marker=" : "", last);
			assert_int_equal(ask(service, "GET", target, "volume 3.70", ""), 200);
			if (!strstr(service->text, "\"id\""))
				break;
			for (at = service->text; (at = strstr(at, "\"id\": \"")); told++) {
				snprintf(last, sizeof last, "%.36s", at += 7);
				assert_int_equal(seen[atoi(last + 24)]++, 0);
			}
		}
		assert_int_equal(told, ROWS);
	}
}

static void
filters_and_counts_agree(void **state)
{
	static const struct {
		const char *query, *count;
	} table[] = {
		{ "name=b07", "\"count\": 1}" },
		{ "name~=b0", "\"count\": 10}" },
		{ "size=3", "\"count\": 10}" },
		{ "status=available", "\"count\": 70}" },
		{ "status=bogus", "\"count\": 0}" },
		{ "nonsense=1", "\"count\": 0}" },
		{ "project_id=other", "\"count\": 0}" },
		{ "deleted=1", "\"count\": 0}" },
	};
	struct service *service = *state;
	char target[256];
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		snprintf(
		    target, sizeof target, "/v3/backups?with_count=1&limit=1&%s", table[i].query);
		assert_int_equal(ask(service, "GET", target, "volume 3.45", ""), 200);
		assert_non_null(strstr(service->text, table[i].count));
	}
}

static void
a_refused_update_changes_nothing(void **state)
{
	static const char target[] = "/v3/backups/00000000-0000-4000-8000-000000000000";
	static const struct {
		const char *body;
		unsigned status;
	} table[] = {
		{ "{\"backup\": {\"name\": \"x\", \"size\": 1}}", 400 },
		{ "{\"backup\": {\"name\": 5}}", 400 },
		{ "{\"backup\": null}", 400 },
		{ "{\"backup\": {\"name\": \"x\", \"metadata\": {\"a\": 5}}}", 400 },
		{ "{\"backup\": {\"name\": \"x\", \"description\": \"a\\nb\"}}", 400 },
		{ "[]", 400 },
		{ "", 400 },
	};
	struct service *service = *state;
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		assert_int_equal(
		    ask(service, "PUT", target, "volume 3.70", table[i].body), table[i].status);
		assert_int_equal(ask(service, "GET", target, NULL, ""), 200);
		assert_non_null(strstr(service->text, "\"name\": \"b00\""));
	}
}

/* ---- whatever comes ---- */

static const char first[] = "00000000-0000-4000-8000-000000000000";

/* Whatever takes a body, of something that is there where there may be. */
static const struct {
	const char *method, *path;
} writers[] = {
	{ "POST", "backups" },
	{ "POST", "backups/import_record" },
	{ "PUT", "backups/00000000-0000-4000-8000-000000000000" },
	{ "POST", "backups/00000000-0000-4000-8000-000000000000/restore" },
	{ "POST", "backups/00000000-0000-4000-8000-000000000000/action" },
	{ "POST", "volumes" },
	{ "PUT", "volumes/00000000-0000-4000-8000-000000000000" },
	{ "POST", "volumes/00000000-0000-4000-8000-000000000000/action" },
	{ "POST", "os-volume-manage" },
	{ "POST", "snapshots" },
	{ "POST", "snapshots/00000000-0000-4000-8000-000000000000/action" },
	{ "PUT", "os-quota-sets/00000000-0000-4000-8000-000000000000" },
	{ "PUT", "os-services/enable" },
	{ "PUT", "os-services/disable" },
	{ "PUT", "os-services/disable-log-reason" },
};

/* Is the last answer whole JSON? */
static bool
is_json(const struct service *service)
{
	struct json *json = NULL;
	struct err err;
	bool good = json_parse(&json, span_of(service->text), &err) == 0;

	json_free(json);
	return good;
}

static void
bodies_that_say_nothing_are_refused_on_every_route(void **state)
{
	static const char *const bodies[] = { "", "null", "[]", "5", "\"backup\"", "{", "{}",
		"{\"a\": 1}", "[[[[[[[[[[[[[[[[[[[[", "{\"a\": {}, \"b\": {}}",
		"{\"backup\": 1e999}", "\xff\xfe{}", "{\"a\": \"\xed\xa0\x80\"}",
		"{\"volume\": 99999999999999999999999}", "{\"backup\": []}", "{\"volume\": []}",
		"{\"snapshot\": \"x\"}", "{\"quota_set\": []}", "{\"quota_set\": {}}",
		"{\"restore\": []}", "{\"backup-record\": {}}", "{\"os-reset_status\": []}",
		"{\"os-reset_status\": {}}", "{\"os-extend\": {\"new_size\": -1}}",
		"{\"host\": 5, \"binary\": []}", "{\"quota_set\": {\"backups\": \"many\"}}",
		"{\"quota_set\": {\"nonsense\": 1}}", "{\"quota_set\": {\"backups\": 99999999999}}",
		"{\"host\": \"\", \"binary\": \"\"}" };
	struct service *service = *state;
	char target[128];
	size_t i, n;

	for (i = 0; i < sizeof writers / sizeof writers[0]; i++) {
		snprintf(target, sizeof target, "/v3/%s/%s", project, writers[i].path);
		for (n = 0; n < sizeof bodies / sizeof bodies[0]; n++) {
			unsigned status =
			    ask(service, writers[i].method, target, "volume 3.70", bodies[n]);

			if ((status != 400 && status != 404) || !is_json(service))
				fail_msg("%s %s: %s: %u %s", writers[i].method, target, bodies[n],
				    status, service->text);
		}
	}
	assert_int_equal(
	    ask(service, "GET", "/v3/backups?limit=1&with_count=1", "volume 3.45", ""), 200);
	assert_non_null(strstr(service->text, "\"count\": 70}"));
}

/* An answer repeats it; wherever it cuts it, the answer is a text. */
static void
names_of_any_length_are_told_in_whole_characters(void **state)
{
	static const char *const forms[] = { "{\"%s\": null}", "{\"volume\": {\"ref\": \"%s\"}}",
		"{\"volume\": {\"ref\": \"x\", \"host\": \"%s\"}}",
		"{\"volume\": {\"size\": 1, \"volume_type\": \"%s\"}}",
		"{\"os-reset_status\": {\"status\": \"%s\"}}",
		"{\"backup\": {\"volume_id\": \"%s\"}}", "{\"backup\": {\"name\": \"%s\"}}",
		"{\"quota_set\": {\"%s\": 1}}", "{\"host\": \"%s\", \"binary\": \"%s\"}" };
	struct service *service = *state;
	char name[1024], body[4096], target[128];
	size_t i, n, at;

	for (i = 0; i < sizeof writers / sizeof writers[0]; i++) {
		snprintf(target, sizeof target, "/v3/%s/%s", project, writers[i].path);
		for (n = 0; n < sizeof forms / sizeof forms[0]; n++) {
			for (at = 0; at < 3; at++) { /* a cut falls on each byte of a character */
				unsigned status;

				memset(name, 'x', at);
				for (name[at] = '\0'; strlen(name) < 3 * 250 + at;)
					strcat(name, "\xe2\x82\xac");
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
				snprintf(body, sizeof body, forms[n], name, name);
#pragma GCC diagnostic pop
				status =
				    ask(service, writers[i].method, target, "volume 3.70", body);
				if (status < 400 && strstr(body, "\"name\""))
					continue; /* a name of 250 characters is one */
				if (status < 400 || status == 500 || !is_json(service))
					fail_msg("%s %s: %s: %u %s", writers[i].method, target,
					    body, status, service->text);
			}
		}
	}
}

static void
names_that_no_column_takes_are_refused(void **state)
{
	static char target[1024], id[400];
	struct service *service = *state;

	memset(id, 'a', sizeof id - 1);
	snprintf(target, sizeof target, "/v3/%s/backups", id);
	assert_int_equal(ask(service, "GET", target, NULL, ""), 400);
	snprintf(target, sizeof target, "/v3/%s/volumes", id);
	assert_int_equal(ask(service, "POST", target, NULL, "{\"volume\": {\"size\": 1}}"), 400);
	snprintf(target, sizeof target, "/v3/os-quota-sets/%s", id);
	assert_int_equal(
	    ask(service, "PUT", target, NULL, "{\"quota_set\": {\"backups\": 1}}"), 400);
	assert_non_null(strstr(service->text, "quota_set_name has 399 characters, more than 255."));
	snprintf(target, sizeof target, "/v3/volumes/%s", id);
	assert_int_equal(ask(service, "GET", target, NULL, ""), 404);
	snprintf(target, sizeof target, "/v3/backups?marker=%s", id);
	assert_int_equal(ask(service, "GET", target, NULL, ""), 404);
}

static void
strange_paths_are_refused_on_every_collection(void **state)
{
	static const char *const collections[] = { "backups", "volumes", "snapshots",
		"os-quota-sets", "os-services", "limits", "os-availability-zone", "extensions",
		"os-volume-manage", "os-volume-transfer", "messages", "groups",
		"resource_filters" };
	static const char *const forms[] = { "/v3//%s", "/v3/%s/", "/v3/%s/a%%2fb",
		"/v3/%s/..%%2f..", "/v3/%s/%%00", "/v3/%s/%%ff", "/v3/%s/%%c3%%28", "/v3/../%s",
		"/v3/%%2e%%2e/%s", "//v3/%s", "/V3/%s", "/v3/%s/a/b/c", "/v3/%s%%2f",
		"/v3/%%00%s" };
	struct service *service = *state;
	char target[128];
	size_t i, n;

	for (i = 0; i < sizeof collections / sizeof collections[0]; i++) {
		for (n = 0; n < sizeof forms / sizeof forms[0]; n++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(target, sizeof target, forms[n], collections[i]);
#pragma GCC diagnostic pop
			if (ask(service, "GET", target, "volume 3.70", "") != 404)
				fail_msg("%s: %s", target, service->text);
		}
	}
	snprintf(target, sizeof target, "/v3/backups/%s", first);
	assert_int_equal(ask(service, "GET", target, NULL, ""), 200);
	assert_int_equal(ask(service, "TRACE", target, NULL, ""), 404);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_lead_nowhere_are_refused),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(filters_and_counts_agree),
		cmocka_unit_test(a_refused_update_changes_nothing),
		cmocka_unit_test(bodies_that_say_nothing_are_refused_on_every_route),
		cmocka_unit_test(names_of_any_length_are_told_in_whole_characters),
		cmocka_unit_test(names_that_no_column_takes_are_refused),
		cmocka_unit_test(strange_paths_are_refused_on_every_collection),
	};

	return cmocka_run_group_tests(tests, open_service, close_service);
}
