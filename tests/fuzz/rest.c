/*
 * A method, a target, headers and a body, on a service that has one backup, one
 * volume and one snapshot of the project abc, and no place for any more.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "front/rest.h"
#include "job/desk.h"
#include "net/gate.h"
#include "options/tables.h"
#include "volume/volume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROJECT "abc"
#define ONE_BACKUP "11111111-1111-4111-8111-111111111111"
#define ONE_VOLUME "22222222-2222-4222-8222-222222222222"
#define ONE_SNAPSHOT "33333333-3333-4333-8333-333333333333"

static struct rest rest;
static struct catalogue *catalogue;

static void
open_service(void)
{
	static const struct catalogue_driver *const drivers[] = { &catalogue_sqlite, NULL };
	static const struct volume_driver *const volumes[] = { &volume_device, NULL };
	static const struct sql_opts sql = { .connection = "sqlite://" };
	static const struct core_opts core = { .state_path = "/dev/null/nowhere",
		.host = "here",
		.storage_availability_zone = "nova" };
	static const struct cinderbank_opts own = { .volumes_dir = "/dev/null/volumes" };
	struct desk_setup setup = { .volumes = volumes, .core = &core, .own = &own, .cpus = 1 };
	struct err err = ERR_INIT;

	if (catalogue_open(&setup.catalogue, drivers, &sql, &err) < 0 ||
	    desk_open(&rest.desk, &setup, &err) < 0)
		abort();
	pthread_mutex_init(&rest.admission, NULL);
	catalogue = setup.catalogue;
}

static void
add_volume(enum volume_kind kind, const char *id)
{
	struct volume_record record = { .kind = kind,
		.project_id = PROJECT,
		.name = "n",
		.location = "volume-" ONE_VOLUME,
		.status = VOLUME_AVAILABLE,
		.size = 1 };
	struct err err;

	strcpy(record.id, id);
	if (kind == SNAPSHOT)
		strcpy(record.volume_id, ONE_VOLUME);
	(void)catalogue->driver->local->add(catalogue, &record, NULL, NULL, &err);
}

/* What is there already stays as it is. */
static void
furnish(void)
{
	struct backup backup = { .status = BACKUP_AVAILABLE };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, ONE_BACKUP, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, ONE_VOLUME, &err);
	backup_set_text(&backup, BACKUP_PROJECT_ID, PROJECT, &err);
	backup_set_text(&backup, BACKUP_HOST, "here", &err);
	backup_set_number(&backup, BACKUP_SIZE, 1);
	(void)catalogue_add(catalogue, &backup, &err);
	(void)catalogue_beat(catalogue, "here", "nova", &err);
	add_volume(VOLUME, ONE_VOLUME);
	add_volume(SNAPSHOT, ONE_SNAPSHOT);
}

/* Tokens say what they are: "=member", "=admin", "=system" without a project, "=away". */
static int
ask(struct gate *gate, const char *token, struct gate_caller *ret, struct err *err)
{
	(void)gate;
	if (strcmp(token, "=away") == 0)
		return err_set(err, ERR_RETRY, "nobody answers");
	*ret = (struct gate_caller){ .user_id = "u", .admin = strcmp(token, "=member") != 0 };
	if (strcmp(token, "=system") != 0)
		strcpy(ret->project_id, PROJECT);
	return ret->admin && strcmp(token, "=admin") != 0 && ret->project_id[0] ? 0 : 1;
}

/* The next line, or NULL for an empty one. */
static const char *
take_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (end)
		*end = '\0';
	*text = end ? end + 1 : line + strlen(line);
	return *line ? line : NULL;
}

/* Lines: method, target, microversion, token; the rest is the body. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rest_call call = { .rest = &rest, .host = "here", .answer = BUF(REST_ANSWER_MAX) };
	char *copy = malloc(size + 1), *at = copy;
	struct json *answer = NULL;
	struct err err = ERR_INIT;

	if (!copy || size > REST_BODY_MAX) {
		free(copy);
		return 0;
	}
	memcpy(copy, data, size);
	copy[size] = '\0';
	if (!rest.desk)
		open_service();
	furnish();
	call.method = take_line(&at);
	call.target = take_line(&at);
	call.version = take_line(&at);
	call.token = take_line(&at);
	rest.ask = call.token && call.token[0] == '=' ? ask : NULL;
	call.body = (struct span){ at, size - (size_t)(at - copy) };
	/* The server hands on texts in UTF-8 only. */
	if (call.method && call.target &&
	    (!call.version || json_utf8_valid(span_of(call.version))) &&
	    (!call.token || json_utf8_valid(span_of(call.token)))) {
		rest_answer(&call);
		if (call.status < 200 || call.status > 503)
			abort();
		if (!call.kind && call.answer.length &&
		    json_parse(&answer, buf_span(&call.answer), &err) < 0)
			abort();
	}
	while (!desk_idle(rest.desk))
		clock_sleep_ms(1);
	json_free(answer);
	arena_free(call.arena);
	buf_drop(&call.answer);
	free(copy);
	return 0;
}
