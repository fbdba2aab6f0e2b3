/* Notifications about backups, with the payload that upstream gives them. */
#include "front/rpc.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "job/desk.h"
#include "net/oslo.h"
#include "options/tables.h"

enum { PAYLOAD_MAX = 64 * 1024 };

/* Columns under the names they have there. */
static const struct {
	const char *name;
	enum backup_field field;
} members[] = {
	{ "tenant_id", BACKUP_PROJECT_ID },
	{ "user_id", BACKUP_USER_ID },
	{ "availability_zone", BACKUP_AVAILABILITY_ZONE },
	{ "backup_id", BACKUP_ID },
	{ "host", BACKUP_HOST },
	{ "display_name", BACKUP_DISPLAY_NAME },
	{ "created_at", BACKUP_CREATED_AT },
	{ "status", BACKUP_STATUS },
	{ "volume_id", BACKUP_VOLUME_ID },
	{ "size", BACKUP_SIZE },
	{ "service_metadata", BACKUP_SERVICE_METADATA },
	{ "service", BACKUP_SERVICE },
	{ "fail_reason", BACKUP_FAIL_REASON },
	{ "parent_id", BACKUP_PARENT_ID },
	{ "num_dependent_backups", BACKUP_NUM_DEPENDENT_BACKUPS },
	{ "snapshot_id", BACKUP_SNAPSHOT_ID },
};

static void
put_column(struct json_writer *json, const struct backup *row, enum backup_field field)
{
	char moment[CLOCK_TEXT];

	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		json_put_text(json, backup_text(row, field));
		break;
	case COLUMN_STATUS:
		json_put_text(json, backup_status_name(row->status));
		break;
	case COLUMN_TIME:
		clock_format(backup_number(row, field), "%Y-%m-%dT%H:%M:%S+00:00", moment);
		json_put_text(json, backup_has(row, field) ? moment : NULL);
		break;
	default:
		json_put_number(json, backup_number(row, field));
	}
}

static void
begin(struct json_writer *json, const struct backup *row)
{
	size_t i;

	json_begin_object(json);
	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		json_key(json, members[i].name);
		put_column(json, row, members[i].field);
	}
}

static void
send(const struct errand *errand, const char *event, struct json_writer *json)
{
	const struct front_setup *setup = &errand->front->setup;
	char name[64], publisher[300];
	struct envelope_notification notification = { .publisher = publisher, .event = name };
	const struct envelope_context context = { .from = errand->asked->message };
	struct err err = ERR_INIT;

	json_end_object(json);
	notification.payload = buf_span(json->out);
	snprintf(name, sizeof name, "backup.%s", event);
	snprintf(publisher, sizeof publisher, "backup.%s", setup->core->host);
	if (json_check(json, &err) < 0 ||
	    oslo_notify(setup->oslo, &notification, &context, &err) < 0)
		log_warning("rpc", "notification %s: %s", name, err.text);
}

void
rpc_notify(const struct errand *errand, const char *event, const struct backup *row)
{
	scoped(buf_drop) struct buf payload = BUF(PAYLOAD_MAX);
	struct json_writer json = JSON_WRITER(&payload, 0);

	begin(&json, row);
	send(errand, event, &json);
}

/* Of the times of an object, the zone is spelt otherwise. */
static void
put_member(struct json_writer *json, const struct json *value, enum column_type type)
{
	scoped(buf_drop) struct buf moment = BUF(64);
	const char *text = json_text(value);

	if (type == COLUMN_TIME && text) {
		buf_printf(&moment, "%.*s+00:00", (int)strcspn(text, "Z"), text);
		json_put_text(json, buf_string(&moment));
	} else if (value) {
		json_put(json, value);
	} else {
		json_put_null(json);
	}
}

void
rpc_notify_start(const struct errand *errand, const char *event)
{
	scoped(buf_drop) struct buf payload = BUF(PAYLOAD_MAX);
	struct json_writer json = JSON_WRITER(&payload, 0);
	const struct json *object = json_member(errand->asked->args, "backup");
	const struct json *data = json_member(object, "versioned_object.data");
	size_t i;

	json_begin_object(&json);
	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		const struct backup_column *column = &backup_columns[members[i].field];

		json_key(&json, members[i].name);
		put_member(&json, json_member(data, column->name), column->type);
	}
	send(errand, event, &json);
}

/* ---- progress ---- */

/* At the beginning, after so many objects, after so much time, and at the end. */
static bool
is_due(const struct errand *errand, const struct progress *progress, uint64_t now)
{
	const struct core_opts *core = errand->front->setup.core;
	uint32_t objects = progress->objects - errand->told_objects;

	return !errand->told || (progress->total && progress->done == progress->total) ||
	       objects >= (uint64_t)core->backup_object_number_per_notification ||
	       (!progress->untimed &&
		   now - errand->told_ms >= (uint64_t)core->backup_timer_interval * 1000);
}

void
rpc_progress(void *arg, const struct progress *progress)
{
	scoped(buf_drop) struct buf payload = BUF(PAYLOAD_MAX);
	struct json_writer json = JSON_WRITER(&payload, 0);
	struct errand *errand = arg;
	const struct backup *row = &errand->row;
	uint64_t now = clock_ms();

	struct err ignored = ERR_INIT;

	if (progress->erasing || !is_due(errand, progress, now))
		return;
	/* Where it is stored is known since the data moves; a small one is made by now. */
	if (!errand->told)
		(void)desk_backup(
		    errand->front->setup.desk, errand->request.backup, &errand->row, &ignored);
	errand->row.status = BACKUP_CREATING;
	errand->told = true;
	errand->told_ms = now;
	errand->told_objects = progress->objects;
	begin(&json, row);
	json_member_number(&json, "id", (int64_t)progress->objects + 1);
	json_member_text(&json, "prefix", backup_text(row, BACKUP_SERVICE_METADATA));
	json_member_text(&json, "volume_meta", NULL);
	json_key(&json, "backup_percent");
	json_put_real(&json,
	    progress->total ? (double)(progress->done * 10000 / progress->total) / 100.0 : 0.0);
	send(errand, "createprogress", &json);
}
