/* A rescan: the store says what it has, and the catalogue is made to know it. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "format/manifest.h"
#include "job/job.h"
#include "options/tables.h"
#include "store/image.h"
#include "store/store.h"

enum { GIB = 1 << 30 };

/* ---- what a manifest tells of a record ---- */

static void
set_from(struct backup *row, enum backup_field field, const struct json *from, const char *key)
{
	const char *text = json_text(json_member(from, key));
	struct err ignored = ERR_INIT;

	/* What does not fit into its column was never in one. */
	if (text)
		(void)backup_set_text(row, field, text, &ignored);
}

/* Owner and size of the volume, as its own row had them. */
static void
read_volume(struct backup *row, const char *volume_meta)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct err ignored = ERR_INIT;
	const struct json *volume;
	int64_t size;

	if (!volume_meta || json_parse(&root, span_of(volume_meta), &ignored) < 0)
		return;
	volume = json_member(root, "volume-base-metadata");
	set_from(row, BACKUP_USER_ID, volume, "user_id");
	set_from(row, BACKUP_PROJECT_ID, volume, "project_id");
	if (json_number(json_member(volume, "size"), &size) && size > row->size)
		backup_set_number(row, BACKUP_SIZE, size);
}

static int
read_heading(struct backup *row, const struct manifest *manifest, struct err *err)
{
	const struct heading *heading = &manifest->heading;
	int64_t created;

	if (!heading->backup_id || !uuid_valid(heading->backup_id) || !heading->volume_id ||
	    !uuid_valid(heading->volume_id) ||
	    (heading->parent_id && !uuid_valid(heading->parent_id)))
		return err_set(err, ERR_CORRUPT,
		    "backup_id, volume_id and parent_id of the manifest are not all UUIDs");
	if (backup_set_text(row, BACKUP_ID, heading->backup_id, err) < 0 ||
	    backup_set_text(row, BACKUP_VOLUME_ID, heading->volume_id, err) < 0 ||
	    backup_set_text(row, BACKUP_PARENT_ID, heading->parent_id, err) < 0 ||
	    backup_set_text(row, BACKUP_DISPLAY_NAME, heading->backup_name, err) < 0 ||
	    backup_set_text(row, BACKUP_DISPLAY_DESCRIPTION, heading->backup_description, err) < 0)
		return -1;
	if (heading->created_at && clock_parse(heading->created_at, &created)) {
		backup_set_number(row, BACKUP_CREATED_AT, created);
		backup_set_number(row, BACKUP_DATA_TIMESTAMP, created);
	}
	return 0;
}

static int
set_ours(const struct job *job, struct backup *row, struct err *err)
{
	const struct request *request = job->request;
	const struct core_opts *core = job->setup->core;

	if (backup_set_text(
		row, BACKUP_USER_ID, request->user_id ? request->user_id : "admin", err) < 0 ||
	    backup_set_text(row, BACKUP_PROJECT_ID,
		request->project_id ? request->project_id : "admin", err) < 0 ||
	    backup_set_text(row, BACKUP_HOST, core->host, err) < 0 ||
	    backup_set_text(row, BACKUP_SERVICE, job->setup->store->driver->class_path, err) < 0)
		return -1;
	return backup_set_text(row, BACKUP_AVAILABILITY_ZONE, core->storage_availability_zone, err);
}

static int
set_place(struct backup *row, const struct location *at, struct err *err)
{
	if (backup_set_text(row, BACKUP_CONTAINER, at->container, err) < 0)
		return -1;
	return backup_set_text(row, BACKUP_SERVICE_METADATA, at->prefix, err);
}

/* The record that a manifest stands for, as an import would have it. */
static int
make_row(struct job *job, const struct location *at, struct backup *row, struct err *err)
{
	scoped(manifest_drop) struct manifest manifest = { 0 };
	struct store *store = job->setup->store;
	struct job_document document = { store, at, "metadata" };

	if (manifest_check(
		job_document_read, &document, at->prefix, store->block_size, &manifest, err) < 0 ||
	    read_heading(row, &manifest, err) < 0 || set_ours(job, row, err) < 0)
		return -1;
	row->status = BACKUP_AVAILABLE;
	backup_set_number(
	    row, BACKUP_SIZE, manifest.end ? (int64_t)((manifest.end + GIB - 1) / GIB) : 1);
	backup_set_number(row, BACKUP_OBJECT_COUNT, manifest.n_objects);
	backup_set_number(row, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	backup_set_number(row, BACKUP_DELETED_FLAG, 0);
	read_volume(row, manifest.volume_meta);
	if (row->size <= INT32_MAX) /* the column holds no more */
		return 0;
	return err_set(err, ERR_CORRUPT, "manifest: a volume of %" PRId64 " GiB", row->size);
}

/* ---- the walk ---- */

/* row: what the store has, unless why says that it is not one. */
static int
judge(struct job *job, const struct backup *row, const struct err *why, struct err *err)
{
	const struct request *request = job->request;
	struct catalogue *catalogue = job->setup->catalogue;
	struct backup known;
	int found = row->id[0] ? catalogue_find(catalogue, row->id, &known, err) : 0;

	if (found < 0)
		return -1;
	if (found)
		return request->found(request->found_arg, RESCAN_KNOWN, &known, NULL, err);
	if (why)
		return request->found(request->found_arg, RESCAN_DAMAGED, row, why, err);
	if (!request->take)
		return request->found(request->found_arg, RESCAN_MISSING, row, NULL, err);
	if (catalogue_add(catalogue, row, err) < 0)
		return err_wrap(err, "backup %s", row->id);
	return request->found(request->found_arg, RESCAN_IMPORTED, row, NULL, err);
}

static int
look_at(void *arg, const struct location *at, struct err *err)
{
	struct job *job = arg;
	struct backup row = { .present = 0 };
	struct err why = ERR_INIT;

	if (atomic_load(&job->cancel))
		return err_set(err, ERR_CANCELLED, "cancelled");
	if (set_place(&row, at, err) < 0)
		return -1;
	if (make_row(job, at, &row, &why) < 0)
		return job->request->found(
		    job->request->found_arg, RESCAN_DAMAGED, &row, &why, err);
	return judge(job, &row, NULL, err);
}

static int
look_at_image(void *arg, const struct backup *found, struct span volume_meta, const struct err *why,
    struct err *err)
{
	struct job *job = arg;
	struct backup row = *found;

	if (atomic_load(&job->cancel))
		return err_set(err, ERR_CANCELLED, "cancelled");
	if (set_ours(job, &row, err) < 0)
		return -1;
	row.status = BACKUP_AVAILABLE;
	backup_set_number(&row, BACKUP_OBJECT_COUNT, 0);
	backup_set_number(&row, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	backup_set_number(&row, BACKUP_DELETED_FLAG, 0);
	read_volume(&row, volume_meta.data);
	return judge(job, &row, why, err);
}

int
job_rescan(struct job *job, struct err *err)
{
	struct store *store = job->setup->store;

	return store_keeps_images(store) ? store_image_scan(store, look_at_image, job, err)
					 : store_scan(store, look_at, job, err);
}
