/*
 * How the service is, for those who watch it: numbers in the text format of
 * Prometheus, and whether it works.  They name no project, volume or backup.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "front/front.h"
#include "front/httpd.h"
#include "job/desk.h"
#include "options/tables.h"

enum { CONNECTIONS_MAX = 16, TARGET_MAX = 4096, BODY_MAX = 4096, ANSWER_MAX = 256 * 1024 };

struct front {
	struct desk *desk;
	const struct core_opts *core;
	struct httpd *httpd;
	int64_t began_at;
};

/* ---- metrics ---- */

static void
begin_family(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(
	    out, "# HELP cinderbank_%s %s\n# TYPE cinderbank_%s %s\n", name, help, name, type);
}

/* A value of each verb, by a label beside it where there are several. */
static void
put_outcomes(struct buf *out, const struct desk_tally *tally)
{
	static const char form[] = "cinderbank_jobs_total{verb=\"%s\",outcome=\"%s\"} %llu\n";

	buf_printf(out, form, tally->verb, "done", (unsigned long long)tally->succeeded);
	buf_printf(out, form, tally->verb, "failed", (unsigned long long)tally->failed);
	buf_printf(out, form, tally->verb, "cancelled", (unsigned long long)tally->cancelled);
}

static void
put_now(struct buf *out, const struct desk_tally *tally)
{
	static const char form[] = "cinderbank_jobs{verb=\"%s\",state=\"%s\"} %u\n";

	buf_printf(out, form, tally->verb, "running", tally->running);
	buf_printf(out, form, tally->verb, "waiting", tally->waiting);
}

static void
put_seconds(struct buf *out, const struct desk_tally *tally)
{
	buf_printf(out, "cinderbank_job_seconds_total{verb=\"%s\"} %llu.%03llu\n", tally->verb,
	    (unsigned long long)(tally->ms / 1000), (unsigned long long)(tally->ms % 1000));
}

static void
put_volume_bytes(struct buf *out, const struct desk_tally *tally)
{
	buf_printf(out, "cinderbank_volume_bytes_total{verb=\"%s\"} %llu\n", tally->verb,
	    (unsigned long long)tally->volume_bytes);
}

static void
put_store_bytes(struct buf *out, const struct desk_tally *tally)
{
	buf_printf(out, "cinderbank_store_bytes_total{verb=\"%s\"} %llu\n", tally->verb,
	    (unsigned long long)tally->store_bytes);
}

static const struct {
	const char *name, *type, *help;
	void (*put)(struct buf *out, const struct desk_tally *tally);
} families[] = {
	{ "jobs_total", "counter", "Jobs that have ended, by verb and outcome.", put_outcomes },
	{ "jobs", "gauge", "Jobs that run, or wait for a place among backup_max_operations.",
	    put_now },
	{ "job_seconds_total", "counter", "Seconds from request to end, of all jobs.",
	    put_seconds },
	{ "volume_bytes_total", "counter", "Bytes of volumes that jobs are through with.",
	    put_volume_bytes },
	{ "store_bytes_total", "counter", "Bytes written to the store, or read from it.",
	    put_store_bytes },
};

static int
put_backups(struct front *front, struct buf *out, struct err *err)
{
	enum backup_status status;

	begin_family(out, "backups", "gauge", "Backups in the catalogue, by status.");
	for (status = BACKUP_CREATING; status <= BACKUP_ERROR_DELETING; status++) {
		const struct backup_filter filter = { .statuses = 1u << status };
		uint64_t count;

		if (status == BACKUP_DELETED)
			continue;
		if (desk_count(front->desk, &filter, &count, err) < 0)
			return -1;
		buf_printf(out, "cinderbank_backups{status=\"%s\"} %llu\n",
		    backup_status_name(status), (unsigned long long)count);
	}
	return 0;
}

static void
put_jobs(struct front *front, struct buf *out)
{
	size_t i;
	int verb;

	for (i = 0; i < sizeof families / sizeof families[0]; i++) {
		begin_family(out, families[i].name, families[i].type, families[i].help);
		for (verb = 0; verb < REQUEST_VERBS; verb++) {
			struct desk_tally tally;

			desk_tally(front->desk, (enum request_verb)verb, &tally);
			families[i].put(out, &tally);
		}
	}
}

/* What the catalogue does not tell is left out, and cinderbank_catalogue_up says so. */
static void
answer_metrics(struct front *front, struct httpd_answer *answer)
{
	struct buf *out = &answer->body;
	scoped(buf_drop) struct buf backups = BUF(ANSWER_MAX);
	struct err err = ERR_INIT;
	bool up = put_backups(front, &backups, &err) == 0;

	if (!up)
		log_warning("health", "metrics: %s", err.text);
	begin_family(out, "build_info", "gauge", "Always 1; the labels say what runs.");
	buf_printf(out, "cinderbank_build_info{version=\"%s\"} 1\n", CINDERBANK_VERSION);
	begin_family(out, "start_time_seconds", "gauge", "When the service began, since 1970.");
	buf_printf(out, "cinderbank_start_time_seconds %lld\n", (long long)front->began_at);
	begin_family(out, "catalogue_up", "gauge", "Whether the catalogue answers.");
	buf_printf(out, "cinderbank_catalogue_up %d\n", up);
	if (up)
		buf_add(out, backups.data, backups.length);
	begin_family(out, "max_operations", "gauge", "backup_max_operations; 0: no limit.");
	buf_printf(
	    out, "cinderbank_max_operations %lld\n", (long long)front->core->backup_max_operations);
	put_jobs(front, out);
	begin_family(out, "store_errors_total", "counter",
	    "Calls of the store that failed, each try counted.");
	buf_printf(out, "cinderbank_store_errors_total %llu\n",
	    (unsigned long long)desk_store_failures(front->desk));
	httpd_tell(answer, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	answer->status = 200;
}

/* ---- health ---- */

static void
answer_health(struct front *front, struct httpd_answer *answer)
{
	const struct backup_filter filter = { .volume_id = "-" };
	struct err err = ERR_INIT;
	uint64_t count;

	httpd_tell(answer, "Content-Type", "text/plain; charset=utf-8");
	if (desk_count(front->desk, &filter, &count, &err) < 0) {
		log_warning("health", "catalogue: %s", err.text);
		buf_printf(&answer->body, "catalogue: %s\n", err.text);
		answer->status = 503;
		return;
	}
	buf_text(&answer->body, "OK\n");
	answer->status = 200;
}

static void
refuse(struct httpd_answer *answer, unsigned status, const char *text)
{
	httpd_tell(answer, "Content-Type", "text/plain; charset=utf-8");
	buf_text(&answer->body, text);
	answer->status = status;
}

static void
handle(void *arg, const struct httpd_request *request, struct httpd_answer *answer)
{
	size_t path = strcspn(request->target, "?");
	struct front *front = arg;

	answer->body = (struct buf)BUF(ANSWER_MAX);
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		refuse(answer, 405, "only GET and HEAD\n");
	else if (strncmp(request->target, "/metrics", path) == 0 && path == strlen("/metrics"))
		answer_metrics(front, answer);
	else if (strncmp(request->target, "/healthcheck", path) == 0 &&
		 path == strlen("/healthcheck"))
		answer_health(front, answer);
	else
		refuse(answer, 404, "there are /metrics and /healthcheck\n");
}

/* ---- life ---- */

static void
health_drain(struct front *front)
{
	httpd_drain(front->httpd);
}

static void
health_stop(struct front *front)
{
	httpd_stop(front->httpd);
	free(front);
}

static int
health_start(struct front **ret, const struct front_setup *setup, struct err *err)
{
	scoped(scoped_free) struct front *front = NULL;
	struct httpd_setup server = { .name = "health",
		.option = "health_listen",
		.listen = setup->own->health_listen,
		.target_max = TARGET_MAX,
		.body_max = BODY_MAX,
		.connections_max = CONNECTIONS_MAX,
		.handler = handle };

	if (!setup->own->health_listen)
		return 0;
	front = calloc(1, sizeof *front);
	if (!front)
		return err_memory(err);
	*front =
	    (struct front){ .desk = setup->desk, .core = setup->core, .began_at = clock_now() };
	server.arg = front;
	if (httpd_start(&front->httpd, &server, err) < 0)
		return -1;
	*ret = take(&front);
	return 0;
}

const struct front_driver front_health = {
	.name = "health",
	.start = health_start,
	.drain = health_drain,
	.stop = health_stop,
};
