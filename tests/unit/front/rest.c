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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_that_lead_nowhere_are_refused),
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(filters_and_counts_agree),
		cmocka_unit_test(a_refused_update_changes_nothing),
	};

	return cmocka_run_group_tests(tests, open_service, close_service);
}
