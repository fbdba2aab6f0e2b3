/* Tells the scheduler now and then what this service can do. */
#include "front/rpc.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "job/desk.h"
#include "model/service.h"
#include "net/oslo.h"
#include "options/tables.h"

enum { REPORT_MAX = 4096, NAP_MS = 1000 };

static void
put_capabilities(struct json_writer *json, const struct front *front, bool works)
{
	scoped(buf_drop) struct buf moment = BUF(64);

	json_key(json, "capabilities");
	json_begin_object(json);
	json_member_bool(json, "backend_state", works);
	json_member_text(json, "driver_name", front->setup.driver);
	json_member_text(json, "availability_zone", desk_zone(front->setup.desk));
	json_end_object(json);
	envelope_moment(&moment, 'T');
	json_member_text(json, "timestamp", buf_string(&moment));
}

/* The same twice: older schedulers hear the one, newer ones keep the other. */
static int
report(const struct front *front, bool fanout, bool works, const char *request_id, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(REPORT_MAX);
	struct json_writer json = JSON_WRITER(&args, 0);
	const struct envelope_context context = { .request_id = request_id };
	const struct oslo_target to = { .topic = "cinder-scheduler", .fanout = fanout };
	struct envelope_request request = {
		.method = fanout ? "update_service_capabilities" : "notify_service_capabilities",
		.version = fanout ? "3.3" : "3.5",
	};

	json_begin_object(&json);
	json_member_text(&json, "service_name", "backup");
	json_member_text(&json, fanout ? "host" : "backend", front->setup.core->host);
	put_capabilities(&json, front, works);
	if (fanout)
		json_member_text(&json, "cluster_name", NULL);
	json_end_object(&json);
	if (json_check(&json, err) < 0)
		return -1;
	request.args = buf_span(&args);
	return oslo_cast(front->setup.oslo, &to, &request, &context, err);
}

static void
report_both(const struct front *front, bool works)
{
	char uuid[DIGEST_UUID_TEXT], request_id[DIGEST_UUID_TEXT + 4];
	struct err err = ERR_INIT;

	if (digest_uuid_random(uuid, &err) == 0) {
		snprintf(request_id, sizeof request_id, "req-%s", uuid);
		if (report(front, true, works, request_id, &err) == 0 &&
		    report(front, false, works, request_id, &err) == 0)
			return;
	}
	log_warning("rpc", "report to the scheduler: %s", err.text);
}

/* ---- when ---- */

static int
note_switch(void *arg, const struct service_record *service, struct err *err)
{
	struct front *front = arg;

	(void)err;
	if (strcmp(service->host, front->setup.core->host) == 0 &&
	    strcmp(service->binary, "cinder-backup") == 0)
		front->disabled = service->disabled;
	return 0;
}

/* The store works, and no operator has disabled the service, as far as is known. */
static bool
takes_work(struct front *front)
{
	uint64_t interval_ms = (uint64_t)front->setup.core->report_interval * 1000;
	struct err ignored;

	if (!front->looked_ms || clock_ms() - front->looked_ms >= interval_ms) {
		(void)desk_each_service(front->setup.desk, note_switch, front, &ignored);
		front->looked_ms = clock_ms();
	}
	return !front->disabled && desk_works(front->setup.desk);
}

/* For a second, or until somebody asks, or it is over: true. */
static bool
nap(struct front *front)
{
	const uint64_t until_ms = clock_ms() + NAP_MS;
	scoped_lock(&front->mutex);

	while (
	    !front->stop && !front->wanted && clock_await(&front->changed, &front->mutex, until_ms))
		;
	return front->stop || front->wanted;
}

/* Until it is time, somebody asks, or what was told is no longer so; false: it is over. */
static bool
wait_for_turn(struct front *front, bool told)
{
	uint64_t interval_ms =
	    (uint64_t)front->setup.core->backup_driver_stats_polling_interval * 1000;
	uint64_t until_ms = clock_ms() + interval_ms;

	while (clock_ms() < until_ms && takes_work(front) == told && !nap(front))
		;
	scoped_lock(&front->mutex);
	front->wanted = false;
	return !front->stop;
}

static void *
run(void *arg)
{
	struct front *front = arg;
	bool works;

	do {
		works = takes_work(front);
		report_both(front, works);
	} while (wait_for_turn(front, works));
	return NULL;
}

int
rpc_report_begin(struct front *front, struct err *err)
{
	int failed;

	if (!front->setup.has_scheduler)
		return 0;
	failed = pthread_create(&front->reporter, NULL, run, front);
	if (failed)
		return err_set(err, ERR_SYSTEM, "no thread for reports: %s", strerror(failed));
	front->reports = true;
	return 0;
}

static void
set(struct front *front, bool *flag)
{
	scoped_lock(&front->mutex);

	*flag = true;
	pthread_cond_broadcast(&front->changed);
}

void
rpc_report_now(struct front *front)
{
	set(front, &front->wanted);
}

void
rpc_report_end(struct front *front)
{
	if (!front->reports)
		return;
	set(front, &front->stop);
	pthread_join(front->reporter, NULL);
	front->reports = false;
}
