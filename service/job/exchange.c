/* Records leave one catalogue and enter another: export, import; and reset, which needs no more. */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/record.h"
#include "job/shelf.h"
#include "job/watch.h"
#include "options/tables.h"
#include "store/image.h"
#include "store/store.h"

static int
put_pair(void *arg, const char *key, const char *value, struct err *err)
{
	(void)err;
	json_member_text(arg, key, value);
	return 0;
}

static int
print_record(struct job *job, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	struct json_writer metadata = JSON_WRITER(&text, 0);
	struct catalogue *catalogue = job->setup->catalogue;

	json_begin_object(&metadata);
	if (catalogue->driver->local->metadata(
		catalogue, METADATA_OF_BACKUP, job->backup.id, put_pair, &metadata, err) < 0)
		return -1;
	json_end_object(&metadata);
	if (json_check(&metadata, err) < 0)
		return err_wrap(err, "metadata of backup %s", job->backup.id);
	return record_print(&job->backup, buf_span(&text), &job->record, err);
}

int
job_export(struct job *job, struct err *err)
{
	if (job_resolve(job, err) < 0)
		return -1;
	if (job->backup.status != BACKUP_AVAILABLE)
		return err_set(err, ERR_CONFLICT,
		    "backup %s: its status must be available and not %s", job->backup.id,
		    backup_status_name(job->backup.status));
	/* cinder-api may have asked a service of another driver. */
	if (job->request->adopted && job_check_service(job, &job->backup, err) < 0)
		return -1;
	job->service = job->backup.service;
	return print_record(job, err);
}

/* A record without a manifest would be a backup that does not restore. */
static int
check_manifest(struct job *job, struct err *err)
{
	scoped(buf_drop) struct buf start = BUF(4096);
	struct store_image image;
	struct location at;
	int found;

	if (store_keeps_images(job->setup->store)) {
		found = store_image_find(job->setup->store, &job->backup, &image, err);
		return found ? found < 0 ? -1 : 0
			     : err_set(err, ERR_NOT_FOUND, "backup %s is not in pool %s",
				   job->backup.id, job->backup.container);
	}
	if (!job_location(&job->backup, &at))
		return err_set(err, ERR_INVALID, "record of backup %s: no container or no prefix",
		    job->backup.id);
	found = store_load(job->setup->store, &at, "metadata", 0, &start, err);
	if (found < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
		    "backup %s is not in this store: %s in %s has no manifest", job->backup.id,
		    at.prefix, at.container);
	return 0;
}

/* The rest of the record, which the row was added with, is the backup's own. */
static int
adopt(struct job *job, struct err *err)
{
	const struct request *request = job->request;
	const struct adoption by = {
		.service = job->setup->store->driver->class_path,
		.host = job->setup->core->host,
		.availability_zone = job->setup->core->storage_availability_zone,
		.user_id = request->user_id ? request->user_id : "admin",
		.project_id = request->project_id ? request->project_id : "admin",
	};

	return record_adopt(&job->backup, &by, err);
}

/*
 * Fill the row that was made for the record.  It says where the backup lies when it is
 * available, and not before: whoever finds a row that is being created erases that.
 */
static int
fill_row(struct job *job, struct err *err)
{
	const uint32_t kept = 1u << BACKUP_USER_ID | 1u << BACKUP_PROJECT_ID;
	int filled;

	if (job->watch)
		watch_calm(job->watch);
	filled = catalogue_fill(job->setup->catalogue, &job->backup, ~kept, err);
	if (filled == 0)
		return err_set(
		    err, ERR_CONFLICT, "backup %s is not being imported any more", job->backup.id);
	if (filled < 0)
		return -1;
	job->backup.status = BACKUP_AVAILABLE;
	return 0;
}

static int
read_record(struct job *job, struct err *err)
{
	const struct request *request = job->request;

	if (!backup_is_of(request->service, job->setup->store->driver->class_path))
		return err_set(err, ERR_INVALID,
		    "backup_service %s is not that of this service, %s", request->service,
		    job->setup->store->driver->class_path);
	if (record_parse(span_of(request->record), &job->backup, err) < 0)
		return -1;
	if (request->adopted && strcmp(job->backup.id, request->backup) != 0)
		return err_set(err, ERR_INVALID, "the record is of backup %s, not of %s",
		    job->backup.id, request->backup);
	return adopt(job, err) < 0 ? -1 : check_manifest(job, err);
}

static int
describe_row(void *arg, const struct metadata *metadata, struct err *err)
{
	struct job *job = arg;
	struct catalogue *catalogue = job->setup->catalogue;

	return catalogue->driver->local->describe(
	    catalogue, METADATA_OF_BACKUP, job->backup.id, metadata, err);
}

static int
add_row(void *arg, const struct metadata *metadata, struct err *err)
{
	struct job *job = arg;
	struct catalogue *catalogue = job->setup->catalogue;
	const struct quota limits = shelf_limits(job->setup);
	const struct admission along = { .limits = job->request->counted ? &limits : NULL,
		.metadata = metadata };

	return catalogue->driver->local->admit(catalogue, &job->backup, &along, err);
}

/* There is a row for it, which becomes what the record says, or an error. */
static int
take_record(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	const struct backup row = job->backup;
	struct err second = ERR_INIT;

	if (job_claim(job, JOB_TURN_MS, &claim, err) == 0 && read_record(job, err) == 0 &&
	    record_metadata(span_of(job->request->record), describe_row, job, err) == 0 &&
	    fill_row(job, err) == 0)
		return 0;
	job->backup = row;
	(void)job_move(job, row.status, BACKUP_ERROR, err->text, &second);
	return -1;
}

static int
import_adopted(struct job *job, struct err *err)
{
	if (job_resolve(job, err) < 0)
		return -1;
	if (job->backup.status != BACKUP_CREATING)
		return err_set(err, ERR_CONFLICT, "backup %s is %s: its status must be creating",
		    job->backup.id, backup_status_name(job->backup.status));
	return take_record(job, err);
}

/* Whoever asks is told as soon as there is a row; what the record is worth is seen then. */
static int
import_asked(struct job *job, struct err *err)
{
	struct backup *row = &job->backup;
	struct err second = ERR_INIT;

	if (record_begin(span_of(job->request->record), row, err) < 0 || adopt(job, err) < 0)
		return -1;
	backup_set_number(row, BACKUP_CREATED_AT, clock_now());
	backup_set_number(row, BACKUP_OBJECT_COUNT, 0);
	backup_set_number(row, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	backup_set_number(row, BACKUP_DELETED_FLAG, 0);
	if (add_row(job, NULL, err) < 0)
		return -1;
	if (job_admit(job, BACKUP_CREATING, err) == 0)
		return take_record(job, err);
	(void)job_move(job, BACKUP_CREATING, BACKUP_ERROR, err->text, &second);
	return -1;
}

int
job_import(struct job *job, struct err *err)
{
	struct backup known;
	int found;

	if (job->request->adopted)
		return import_adopted(job, err);
	if (job->request->admitted)
		return import_asked(job, err);
	if (read_record(job, err) < 0)
		return -1;
	found = catalogue_find(job->setup->catalogue, job->backup.id, &known, err);
	if (found < 0)
		return -1;
	if (found)
		return err_set(
		    err, ERR_CONFLICT, "backup %s already exists in the catalogue", job->backup.id);
	/* Nothing is being made, so there is nothing for a recovery to erase. */
	job->backup.status = BACKUP_AVAILABLE;
	return record_metadata(span_of(job->request->record), add_row, job, err);
}

/* Unless a job is still at it, which then does so itself. */
static int
clean_up(struct job *job, struct err *err)
{
	scoped(claim_release_scoped) struct claim *claim = NULL;
	int claimed = claim_take(&claim, job->claims, job->backup.id, 0, NULL, err);

	if (claimed <= 0)
		return claimed;
	if (lender_put_right(job->setup->lender, &job->backup, err) < 0)
		return -1;
	return lender_sweep(job->setup->lender, job->backup.id, err);
}

int
job_reset(struct job *job, struct err *err)
{
	enum backup_status wanted = job->request->status;

	if (wanted != BACKUP_AVAILABLE && wanted != BACKUP_ERROR)
		return err_set(err, ERR_INVALID,
		    "a backup is reset to available or to error, not %s",
		    backup_status_name(wanted));
	if (job_resolve(job, err) < 0)
		return -1;
	/* What is still being made, or already being removed, restores nothing. */
	if (wanted == BACKUP_AVAILABLE && job->backup.status == BACKUP_CREATING)
		return err_set(err, ERR_CONFLICT,
		    "backup %s is creating: it is reset to error only", job->backup.id);
	if (job->backup.status != wanted &&
	    job_move(job, job->backup.status, wanted, NULL, err) < 0)
		return -1;
	return wanted == BACKUP_ERROR ? clean_up(job, err) : 0;
}
