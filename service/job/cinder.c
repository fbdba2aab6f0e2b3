/* Volumes of a cloud: how they are lent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "job/job.h"
#include "model/object.h"
#include "net/oslo.h"
#include "volume/connection.h"

static struct cinder *
cinder_of(struct lender *lender)
{
	return (struct cinder *)lender;
}

void
cinder_drop_terms(struct terms *terms)
{
	if (!terms)
		return;
	json_free(terms->row);
	json_free(terms->answer);
	buf_drop(&terms->object);
	free(terms);
}

/* ---- who asks ---- */

static void
set_context(const struct job *job, struct envelope_context *ret)
{
	bool restores = job->request->verb == REQUEST_RESTORE;

	*ret = (struct envelope_context){
		.from = job->request->context,
		.request_id = job->request->request_id,
		.resource_id = job->request->backup,
		.action = { restores ? "015" : "013",
		    restores ? "restore backup" : "create backup" },
	};
}

struct terms *
cinder_make_terms(struct cinder *cinder, const struct job *job, struct loan *loan, struct err *err)
{
	struct terms *terms = calloc(1, sizeof *terms);

	if (!terms) {
		err_memory(err);
		return NULL;
	}
	set_context(job, &terms->context);
	terms->object = (struct buf)BUF(VOLUME_TEXT_MAX);
	terms->remote = (struct remote){
		.setup = &cinder->setup,
		.context = &terms->context,
		.connector = buf_span(&cinder->connector),
	};
	loan->terms = terms;
	return terms;
}

/* ---- rows ---- */

const char *
cinder_text(const struct json *row, const char *key)
{
	const char *text = json_text(json_member(row, key));

	return text ? text : "";
}

const struct json *
cinder_asked(const struct job *job)
{
	const struct json *backup =
	    json_member(json_member(job->request->context, "args"), "backup");

	return json_member(backup, "versioned_object.data");
}

int
cinder_read_row(
    struct cinder *cinder, enum cloud_kind kind, const char *id, struct json **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(VOLUME_TEXT_MAX);
	int found = cloud_row(cinder->setup.catalogue, kind, id, &text, err);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_NOT_FOUND, "%s %s is not in cinder's database",
		    kind == CLOUD_VOLUME ? "volume" : "snapshot", id);
	return json_parse(ret, buf_span(&text), err);
}

int
cinder_is_modern(struct cinder *cinder, struct err *err)
{
	struct cloud_version version;

	if (cloud_versions(cinder->setup.catalogue, "cinder-volume", &version, err) < 0)
		return -1;
	return envelope_compatible(version.object[0] ? version.object : "1.39", "1.39");
}

void
cinder_set_host(struct remote *remote, const struct json *volume)
{
	const char *cluster = cinder_text(volume, "cluster_name");

	snprintf(remote->host, sizeof remote->host, "%s",
	    cluster[0] ? cluster : cinder_text(volume, "host"));
}

static void
set_id(char ret[UUID_TEXT], const char *id)
{
	snprintf(ret, UUID_TEXT, "%.36s", uuid_valid(id) ? id : "");
}

/* ---- the volume's metadata ---- */

static void
put_section(struct json_writer *json, const char *key, const struct json *pairs)
{
	if (!json_count(pairs))
		return;
	json_key(json, key);
	json_put(json, pairs);
}

static int
copy_column(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct json_writer *json = arg;

	(void)err;
	/* What hangs on the row has sections of its own. */
	if (json_kind(value) == JSON_IS_OBJECT || json_kind(value) == JSON_IS_ARRAY ||
	    strcmp(key, "volume_type") == 0)
		return 0;
	json_key(json, key);
	json_put(json, value);
	return 0;
}

static int
describe(const struct cinder *cinder, const struct json *row, struct buf *ret, struct err *err)
{
	struct json_writer json = JSON_WRITER(ret, 0);

	json_begin_object(&json);
	json_member_number(&json, "version", cinder->setup.core->backup_metadata_version);
	json_key(&json, "volume-base-metadata");
	json_begin_object(&json);
	if (json_each(row, copy_column, &json, err) < 0)
		return -1;
	json_end_object(&json);
	put_section(&json, "volume-metadata", json_member(row, "volume_metadata"));
	put_section(&json, "volume-glance-metadata", json_member(row, "volume_glance_metadata"));
	json_end_object(&json);
	return json_check(&json, err);
}

/* ---- lend ---- */

/* With the device connected, what has to be opened. */
static int
connect_device(struct cinder *cinder, struct terms *terms, struct loan *loan, struct err *err)
{
	scoped(json_free_scoped) struct json *answer = NULL;
	const struct json *info;
	const char *user;

	/* From here on it may be connected, whatever the answer says. */
	terms->connected = true;
	if (cinder_connect(&terms->remote, &answer, err) < 0)
		return -1;
	info = json_member(answer, "result");
	if (connection_read(info, &loan->device, err) < 0)
		return -1;
	loan->device.iscsi.multipath = cinder->setup.core->use_multipath_for_image_xfer;
	loan->device.iscsi.tries = (unsigned)cinder->setup.core->num_volume_device_scan_tries;
	user = json_text(json_member(json_member(info, "data"), "auth_username"));
	if (loan->device.kind != ATTACHMENT_RBD || !cinder->setup.ceph)
		return 0;
	terms->ceph = *cinder->setup.ceph;
	if (user) {
		snprintf(terms->ceph_user, sizeof terms->ceph_user, "%s", user);
		terms->ceph.user = terms->ceph_user;
	}
	loan->device.ceph = &terms->ceph;
	return 0;
}

/* The row's statuses, before anybody is asked for anything. */
static int
check_source(
    struct cinder *cinder, const struct job *job, const struct json *volume, struct err *err)
{
	scoped(json_free_scoped) struct json *snapshot = NULL;
	const char *id = backup_text(&job->backup, BACKUP_SNAPSHOT_ID), *status;

	if (id && cinder_read_row(cinder, CLOUD_SNAPSHOT, id, &snapshot, err) < 0)
		return -1;
	status = cinder_text(id ? snapshot : volume, "status");
	if (strcmp(status, "backing-up") == 0)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "Create backup aborted, expected %s status backing-up but got %s.",
	    id ? "snapshot" : "volume", status);
}

/* The Backup as it came, in this service's name. */
static int
put_backup(const struct job *job, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(VOLUME_TEXT_MAX);
	scoped(json_free_scoped) struct json *ours = NULL;
	struct json_writer changes = JSON_WRITER(&text, 0), json = JSON_WRITER(ret, 0);
	const struct json *args = json_member(job->request->context, "args");

	json_begin_object(&changes);
	json_member_text(&changes, "service", job->backup.service);
	json_member_text(&changes, "host", job->setup->core->host);
	json_end_object(&changes);
	if (json_check(&changes, err) < 0 || json_parse(&ours, buf_span(&text), err) < 0)
		return -1;
	object_put(&json, json_member(args, "backup"), ours);
	return json_check(&json, err);
}

/* Ask for a device.  1: *ret is what was answered; 0: it comes by itself; -1. */
static int
ask(struct cinder *cinder, struct job *job, struct terms *terms, struct err *err)
{
	scoped(buf_drop) struct buf backup = BUF(VOLUME_TEXT_MAX);
	struct cloud_version version;
	int made;

	if (check_source(cinder, job, terms->row, err) < 0 || put_backup(job, &backup, err) < 0 ||
	    cloud_versions(cinder->setup.catalogue, "cinder-volume", &version, err) < 0)
		return -1;
	if (envelope_compatible(version.rpc[0] ? version.rpc : "3.17", "3.17"))
		return cinder_get_device(&terms->remote, buf_span(&backup), NULL, err);
	made = cinder_get_device(&terms->remote, buf_span(&backup), &terms->answer, err);
	return made < 0 ? -1 : 1;
}

/* The volume or snapshot within a BackupDeviceInfo, and which of them it is. */
static int
take_device(struct terms *terms, const struct json *device, const struct job *job, struct err *err)
{
	const struct json *info = object_data(device, "BackupDeviceInfo", err), *object, *data;
	struct json_writer json = JSON_WRITER(&terms->object, 0);
	struct remote *remote = &terms->remote;
	const char *expected;

	if (!info)
		return -1;
	remote->snapshot = json_kind(json_member(info, "snapshot")) == JSON_IS_OBJECT;
	object = json_member(info, remote->snapshot ? "snapshot" : "volume");
	data = object_data(object, remote->snapshot ? "Snapshot" : "Volume", err);
	if (!data)
		return -1;
	object_put(&json, object, NULL);
	if (json_check(&json, err) < 0)
		return -1;
	remote->object = buf_span(&terms->object);
	set_id(remote->id, cinder_text(data, "id"));
	if (!remote->snapshot)
		cinder_set_host(remote, data);
	expected = remote->snapshot ? backup_text(&job->backup, BACKUP_SNAPSHOT_ID)
				    : backup_text(&job->backup, BACKUP_VOLUME_ID);
	if (expected && strcmp(expected, remote->id) != 0)
		set_id(terms->temporary, remote->id);
	return 0;
}

static const struct json *
device_of(const struct job *job, const struct terms *terms)
{
	return job->request->device ? job->request->device : json_member(terms->answer, "result");
}

/* Volumes of a cloud are cinder-api's to reserve. */
static int
check_asker(const struct job *job, struct err *err)
{
	if (job->request->adopted)
		return 0;
	return err_set(err, ERR_INVALID,
	    "[cinderbank] volumes = cinder: ask cinder for that, as in `openstack volume backup`");
}

int
cinder_lend_source(struct lender *lender, struct job *job, struct loan *ret, struct err *err)
{
	struct cinder *cinder = cinder_of(lender);
	struct terms *terms;

	if (check_asker(job, err) < 0)
		return -1;
	terms = cinder_make_terms(cinder, job, ret, err);
	if (!terms ||
	    cinder_read_row(cinder, CLOUD_VOLUME, job->backup.volume_id, &terms->row, err) < 0 ||
	    cinder_copy_source_key(cinder, job, terms->row, err) < 0)
		return -1;
	cinder_set_host(&terms->remote, terms->row);
	if (!job->request->device) {
		int came = ask(cinder, job, terms, err);

		if (came <= 0) {
			cinder_drop_terms(take(&terms));
			ret->terms = NULL;
			return came;
		}
	}
	if (take_device(terms, device_of(job, terms), job, err) < 0 ||
	    connect_device(cinder, terms, ret, err) < 0 ||
	    describe(cinder, terms->row, &ret->meta, err) < 0)
		return -1;
	set_id(ret->device.volume_id, job->backup.volume_id);
	return 1;
}

int
cinder_lend_target(
    struct lender *lender, struct job *job, uint64_t size, struct loan *ret, struct err *err)
{
	struct cinder *cinder = cinder_of(lender);
	struct terms *terms;
	struct json_writer json;
	const char *status;
	int modern;

	(void)size;
	if (check_asker(job, err) < 0)
		return -1;
	terms = cinder_make_terms(cinder, job, ret, err);
	if (!terms ||
	    cinder_read_row(cinder, CLOUD_VOLUME, job->request->volume, &terms->row, err) < 0)
		return -1;
	cinder_set_host(&terms->remote, terms->row);
	set_id(terms->remote.id, cinder_text(terms->row, "id"));
	status = cinder_text(terms->row, "status");
	if (strcmp(status, "restoring-backup") != 0 && strcmp(status, "creating") != 0)
		return err_set(err, ERR_CONFLICT,
		    "Restore backup aborted, expected volume status restoring-backup but got %s.",
		    status);
	if (cinder_copy_target_key(cinder, job, terms, buf_span(&ret->meta), err) < 0)
		return -1;
	modern = cinder_is_modern(cinder, err);
	if (modern < 0)
		return -1;
	json = (struct json_writer)JSON_WRITER(&terms->object, 0);
	object_put_volume(&json, terms->row, modern);
	if (json_check(&json, err) < 0)
		return -1;
	terms->remote.object = buf_span(&terms->object);
	if (cinder_secure_files(&terms->remote, err) < 0 ||
	    connect_device(cinder, terms, ret, err) < 0)
		return -1;
	set_id(ret->device.volume_id, terms->remote.id);
	return 0;
}
