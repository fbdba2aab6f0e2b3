/* Requests over RPC that become requests to the desk, and what comes of them. */
#include "front/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "job/desk.h"
#include "model/object.h"
#include "net/oslo.h"

enum { CATALOGUE_MAX = 4 * 1024 * 1024, ANSWER_MAX = 4 * 1024 * 1024 };

/* ---- errands ---- */

static void
drop_errand(struct errand *errand)
{
	if (!errand)
		return;
	buf_drop(&errand->catalogue);
	free(errand);
}

/* What cinder-api raises again, and its user reads. */
void
rpc_fail(struct front *front, struct oslo_request *asked, const struct err *err)
{
	const struct log_who who = { envelope_text(asked->message, "_context_request_id"),
		envelope_text(asked->message, "_context_user_id"),
		envelope_text(asked->message, "_context_project_id") };
	char text[sizeof err->text + 32];
	const struct envelope_failure failure = { .class_name = "InvalidBackup",
		.module = "cinder.exception",
		.text = text,
		.reason = err->text,
		.code = 400 };

	snprintf(text, sizeof text, "Invalid backup: %s", err->text);
	log_write(LOG_LEVEL_WARNING, "rpc", &who, "%s: %s", asked->method, err->text);
	oslo_fail(front->setup.oslo, asked, &failure);
}

/* The caller's catalogue of services as text; NULL: none came. */
static const char *
print_catalogue(struct errand *errand, const struct json *message)
{
	const struct json *catalogue = json_member(message, "_context_service_catalog");
	struct json_writer json = JSON_WRITER(&errand->catalogue, 0);

	if (!json_count(catalogue))
		return NULL;
	json_put(&json, catalogue);
	return errand->catalogue.failed ? NULL : buf_string(&errand->catalogue);
}

/* The backup that a request is about; NULL and err filled: it names none. */
static const char *
id_of(const struct json *args, struct err *err)
{
	const struct json *object = json_member(args, "backup");
	const char *name = json_text(json_member(object, "versioned_object.name"));
	const struct json *data = object_data(
	    object, name && strcmp(name, "BackupImport") == 0 ? "BackupImport" : "Backup", err);
	const char *id = json_text(json_member(data, "id"));

	if (data && (!id || !uuid_valid(id)))
		err_set(err, ERR_INVALID, "a backup without an id");
	return id && uuid_valid(id) ? id : NULL;
}

static struct errand *
make_errand(
    struct front *front, struct oslo_request *asked, enum request_verb verb, struct err *err)
{
	struct errand *errand = calloc(1, sizeof *errand);
	const struct json *message = asked->message;

	if (!errand) {
		err_memory(err);
		return NULL;
	}
	errand->front = front;
	errand->asked = asked;
	errand->catalogue = (struct buf)BUF(CATALOGUE_MAX);
	errand->request = (struct request){
		.verb = verb,
		.adopted = true,
		.context = message,
		.request_id = envelope_text(message, "_context_request_id"),
		.user_id = envelope_text(message, "_context_user_id"),
		.project_id = envelope_text(message, "_context_project_id"),
		.token = envelope_text(message, "_context_auth_token"),
		.catalogue = print_catalogue(errand, message),
		.backup = id_of(asked->args, err),
	};
	if (!errand->request.backup) {
		drop_errand(errand);
		return NULL;
	}
	return errand;
}

/* ---- what came of it ---- */

static void
tell_end(const struct errand *errand, const struct reply *reply)
{
	bool cancelled = reply->err.kind == ERR_CANCELLED;
	bool done = reply->err.kind == ERR_NONE;

	switch (errand->request.verb) {
	case REQUEST_BACKUP:
		/* While it is creating, the volume was asked for only. */
		if ((done && reply->backup.status != BACKUP_CREATING) || cancelled)
			rpc_notify(errand, "create.end", &reply->backup);
		break;
	case REQUEST_RESTORE:
		if (done || cancelled)
			rpc_notify(errand, "restore.end", &reply->backup);
		break;
	case REQUEST_DELETE:
		if (done)
			rpc_notify(errand, "delete.end", &reply->backup);
		break;
	case REQUEST_RESET:
		if (done)
			rpc_notify(errand, "reset_status.end", &reply->backup);
		break;
	default:
		break;
	}
}

static void
answer_export(const struct errand *errand, const struct reply *reply)
{
	scoped(buf_drop) struct buf result = BUF(ANSWER_MAX);
	struct json_writer json = JSON_WRITER(&result, 0);

	json_begin_object(&json);
	json_member_text(&json, "backup_service", reply->service);
	json_member_text(&json, "backup_url", reply->record);
	json_end_object(&json);
	oslo_answer(errand->front->setup.oslo, errand->asked, buf_span(&result));
}

static void
answered(void *arg, const struct reply *reply)
{
	struct errand *errand = arg;
	struct front *front = errand->front;

	tell_end(errand, reply);
	if (reply->err.kind != ERR_NONE)
		rpc_fail(front, errand->asked, &reply->err);
	else if (errand->request.verb == REQUEST_EXPORT)
		answer_export(errand, reply);
	else
		oslo_answer(front->setup.oslo, errand->asked, span_of("null"));
	drop_errand(errand);
}

/* Hand it to the desk; start, or NULL: the event that says so. */
static void
submit(struct errand *errand, const char *start)
{
	struct front *front = errand->front;
	struct err err = ERR_INIT;

	if (start)
		rpc_notify_start(errand, start);
	if (desk_submit(front->setup.desk, &errand->request, answered, errand, &err) == 0)
		return;
	rpc_fail(front, errand->asked, &err);
	drop_errand(errand);
}

/* ---- methods ---- */

static struct errand *
make_backup(struct front *front, struct oslo_request *asked, struct err *err)
{
	struct errand *errand = make_errand(front, asked, REQUEST_BACKUP, err);

	if (!errand)
		return NULL;
	errand->request.progress = rpc_progress;
	errand->request.progress_arg = errand;
	return errand;
}

/* Nothing is begun while the store is away. */
int
rpc_create_backup(struct front *front, struct oslo_request *asked, struct err *err)
{
	struct errand *errand = make_backup(front, asked, err);

	if (!errand)
		return -1;
	if (!desk_works(front->setup.desk))
		errand->request.refusal = "Create backup aborted due to backup service is down.";
	submit(errand, "create.start");
	return 0;
}

int
rpc_continue_backup(struct front *front, struct oslo_request *asked, struct err *err)
{
	const struct json *device = json_member(asked->args, "backup_device");
	struct errand *errand;

	if (!object_data(device, "BackupDeviceInfo", err))
		return -1;
	errand = make_backup(front, asked, err);
	if (!errand)
		return -1;
	errand->request.device = device;
	submit(errand, NULL);
	return 0;
}

int
rpc_restore_backup(struct front *front, struct oslo_request *asked, struct err *err)
{
	const char *volume = json_text(json_member(asked->args, "volume_id"));
	struct errand *errand;

	if (!volume || !uuid_valid(volume))
		return err_set(err, ERR_INVALID, "a restore without a volume");
	errand = make_errand(front, asked, REQUEST_RESTORE, err);
	if (!errand)
		return -1;
	errand->request.volume = volume;
	submit(errand, "restore.start");
	return 0;
}

int
rpc_delete_backup(struct front *front, struct oslo_request *asked, struct err *err)
{
	struct errand *errand = make_errand(front, asked, REQUEST_DELETE, err);
	const struct json *object = json_member(asked->args, "backup");

	if (!errand)
		return -1;
	/* Of what was never given to a driver, nothing is in the store. */
	if (!desk_works(front->setup.desk) &&
	    json_text(json_member(json_member(object, "versioned_object.data"), "service")))
		errand->request.refusal = "Delete backup is aborted due to backup service is down.";
	submit(errand, "delete.start");
	return 0;
}

int
rpc_export_record(struct front *front, struct oslo_request *asked, struct err *err)
{
	struct errand *errand = make_errand(front, asked, REQUEST_EXPORT, err);

	if (!errand)
		return -1;
	submit(errand, NULL);
	return 0;
}

/* Not ours: the last of the hosts that are left may know the driver. */
static int
pass_on(struct front *front, struct oslo_request *asked, size_t hosts, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(ANSWER_MAX);
	struct json_writer json = JSON_WRITER(&args, 0);
	const struct json *left = json_member(asked->args, "backup_hosts");
	const struct oslo_target to = { .topic = "cinder-backup",
		.server = json_text(json_element(left, hosts - 1)) };
	struct envelope_request request = { .method = "import_record", .version = "2.0" };
	const struct envelope_context context = { .from = asked->message };
	size_t i;

	json_begin_object(&json);
	json_key(&json, "backup");
	object_put(&json, json_member(asked->args, "backup"), NULL);
	json_key(&json, "backup_service");
	json_put(&json, json_member(asked->args, "backup_service"));
	json_key(&json, "backup_url");
	json_put(&json, json_member(asked->args, "backup_url"));
	json_key(&json, "backup_hosts");
	json_begin_array(&json);
	for (i = 0; i + 1 < hosts; i++)
		json_put(&json, json_element(left, i));
	json_end_array(&json);
	json_end_object(&json);
	if (json_check(&json, err) < 0)
		return -1;
	request.args = buf_span(&args);
	if (!to.server || oslo_cast(front->setup.oslo, &to, &request, &context, err) < 0)
		return to.server ? -1 : err_set(err, ERR_INVALID, "backup_hosts: not host names");
	oslo_answer(front->setup.oslo, asked, span_of("null"));
	return 0;
}

int
rpc_import_record(struct front *front, struct oslo_request *asked, struct err *err)
{
	const char *service = json_text(json_member(asked->args, "backup_service"));
	const char *url = json_text(json_member(asked->args, "backup_url"));
	size_t hosts = json_count(json_member(asked->args, "backup_hosts"));
	struct errand *errand;

	if (!service || !url)
		return err_set(err, ERR_INVALID, "an import without a record");
	if (hosts && !backup_is_of(service, front->setup.driver))
		return pass_on(front, asked, hosts, err);
	errand = make_errand(front, asked, REQUEST_IMPORT, err);
	if (!errand)
		return -1;
	errand->request.service = service;
	errand->request.record = url;
	submit(errand, NULL);
	return 0;
}

int
rpc_reset_status(struct front *front, struct oslo_request *asked, struct err *err)
{
	const char *status = json_text(json_member(asked->args, "status"));
	struct errand *errand = make_errand(front, asked, REQUEST_RESET, err);

	if (!errand)
		return -1;
	if (backup_status_parse(status ? status : "", &errand->request.status, err) < 0) {
		drop_errand(errand);
		return -1;
	}
	submit(errand, NULL);
	return 0;
}
