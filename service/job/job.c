#include "job/job.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/claim.h"
#include "job/record.h"
#include "options/tables.h"
#include "store/image.h"

int
job_resolve(struct job *job, struct err *err)
{
	/* Who may ask for what is there already was decided before. */
	return catalogue_resolve(job->setup->catalogue, job->request->backup,
	    job->request->adopted ? NULL : job->request->project_id, &job->backup, err);
}

int
job_claim(struct job *job, uint64_t wait_ms, struct claim **ret, struct err *err)
{
	/* A recovery elsewhere takes any claim for the moment it needs to look. */
	uint64_t patience_ms = wait_ms > JOB_LOOK_MS ? wait_ms : JOB_LOOK_MS;
	int claimed = claim_take(ret, job->claims, job->backup.id, patience_ms, &job->cancel, err);

	if (claimed == 0)
		return err_set(err, ERR_CONFLICT, "backup %s is being worked on by another job",
		    job->backup.id);
	return claimed < 0 ? -1 : 0;
}

int
job_location(const struct backup *backup, struct location *ret)
{
	const char *container = backup_text(backup, BACKUP_CONTAINER);
	const char *prefix = backup_text(backup, BACKUP_SERVICE_METADATA);

	if (!container || !prefix)
		return 0;
	memcpy(ret->container, backup->container, sizeof ret->container);
	memcpy(ret->prefix, backup->service_metadata, sizeof ret->prefix);
	return 1;
}

int
job_check_service(const struct job *job, const struct backup *backup, struct err *err)
{
	const char *ours = job->setup->store->driver->class_path;
	const char *theirs = backup_text(backup, BACKUP_SERVICE);

	if (backup_is_of(theirs, ours))
		return 0;
	return err_set(err, ERR_INVALID,
	    "backup %s was made by the driver %s, but backup_driver is %s", backup->id, theirs,
	    ours);
}

int
job_move(struct job *job, enum backup_status from, enum backup_status to, const char *reason,
    struct err *err)
{
	int moved = catalogue_move(job->setup->catalogue, job->backup.id, from, to, reason, err);
	int found;

	if (moved < 0)
		return -1;
	found = catalogue_find(job->setup->catalogue, job->backup.id, &job->backup, err);
	/* What was moved is, whether or not it can be looked at just now. */
	if (moved) {
		job->backup.status = to;
		return 0;
	}
	if (found < 0)
		return -1;
	return err_set(err, ERR_CONFLICT, "backup %s is %s, not %s", job->backup.id,
	    backup_status_name(job->backup.status), backup_status_name(from));
}

void
job_tick(struct job *job, uint64_t done, uint64_t total)
{
	atomic_store(&job->done, done);
	atomic_store(&job->total, total);
}

int
job_document_read(void *document, uint64_t offset, struct buf *ret, struct err *err)
{
	const struct job_document *from = document;

	return store_load(from->store, from->at, from->name, offset, ret, err);
}

int
job_describe_volume(
    const struct job *job, const char *volume_name, struct buf *ret, struct err *err)
{
	const struct backup *row = &job->backup;
	struct json_writer json = JSON_WRITER(ret, 0);

	if (job->volume_meta.length) {
		buf_add(ret, job->volume_meta.data, job->volume_meta.length);
		return buf_check(ret, err);
	}
	json_begin_object(&json);
	json_member_number(&json, "version", job->setup->core->backup_metadata_version);
	json_key(&json, "volume-base-metadata");
	json_begin_object(&json);
	json_member_text(&json, "id", row->volume_id);
	json_member_number(&json, "size", row->size);
	json_member_text(&json, "display_name", volume_name);
	json_member_text(&json, "display_description", NULL);
	json_member_text(&json, "volume_type_id", NULL);
	json_member_text(&json, "encryption_key_id", NULL);
	json_member_bool(&json, "bootable", false);
	json_end_object(&json);
	json_end_object(&json);
	return json_check(&json, err);
}

int
job_forget(const struct desk_setup *setup, const struct backup *backup, struct err *err)
{
	struct location at;

	if (store_keeps_images(setup->store))
		return store_image_erase(setup->store, backup, err);
	/* A row without a location never had anything stored. */
	return job_location(backup, &at) ? store_erase(setup->store, &at, err) : 0;
}
