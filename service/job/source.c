#include "job/source.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "format/manifest.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/lender.h"
#include "options/tables.h"
#include "store/image.h"

/* ---- while it is read ---- */

int
source_hold(struct job *job, struct claim *claim, const struct attachment *source,
    struct volume *volume, struct hold *ret, struct err *err)
{
	int made;

	*ret = (struct hold){ .made = false };
	if (!volume->driver->freeze || source->snapshot[0])
		return 0;
	ret->snapshot = *source;
	backup_snapshot_name(&job->backup, ret->snapshot.snapshot);
	if (claim_note(claim, &ret->snapshot, err) < 0)
		return -1;
	made =
	    volume_freeze(volume, ret->snapshot.snapshot, job->setup->own->rbd_keep_snapshot, err);
	ret->made = made == 1;
	return made < 0 ? -1 : 0;
}

static int
remove_snapshot(const struct desk_setup *setup, const struct attachment *snapshot, struct err *err)
{
	if (volume_sweep(setup->volumes, snapshot, err) == 0)
		return 0;
	log_warning("source", "%s; `rbd snap rm %s/%s@%s` removes it", err->text, snapshot->pool,
	    snapshot->image, snapshot->snapshot);
	return -1;
}

void
source_let_go(struct job *job, struct claim *claim, const struct hold *hold, bool stored)
{
	struct err ignored = ERR_INIT;

	if (!hold->made || (stored && job->setup->own->rbd_keep_snapshot))
		return;
	if (remove_snapshot(job->setup, &hold->snapshot, &ignored) < 0)
		claim_remember(claim);
}

/* ---- and afterwards ---- */

/* FSID/... rbd:POOL/IMAGE@SNAPSHOT: was the snapshot made for this backup? */
static bool
is_own(const char *moment, const struct backup *row, struct attachment *ret)
{
	const char *name = strchr(moment, ' ');
	char start[COLUMN_TEXT_MAX];
	struct err ignored = ERR_INIT;

	if (!name || attach_find(NULL, name + 1, ret, &ignored) < 0)
		return false;
	snprintf(start, sizeof start, "backup.%.100s.snap.", row->id);
	return strncmp(ret->snapshot, start, strlen(start)) == 0;
}

bool
source_lasts(const struct job *job, const char *moment)
{
	struct attachment snapshot;

	return job->setup->own->rbd_keep_snapshot || !is_own(moment, &job->backup, &snapshot);
}

int
source_moment(const struct desk_setup *setup, const struct backup *row, char ret[VOLUME_MOMENT_MAX],
    struct err *err)
{
	struct location at;
	struct job_document document = { setup->store, &at, "metadata" };

	if (store_keeps_images(setup->store) || !job_location(row, &at))
		return 0;
	return manifest_extra(job_document_read, &document, at.prefix, ret, VOLUME_MOMENT_MAX, err);
}

void
source_forget(
    const struct desk_setup *setup, const struct backup *row, const struct ceph_cluster *cluster)
{
	char moment[VOLUME_MOMENT_MAX];
	struct attachment snapshot;
	struct err ignored = ERR_INIT;

	if (source_moment(setup, row, moment, &ignored) <= 0 || !is_own(moment, row, &snapshot))
		return;
	snapshot.ceph = setup->ceph;
	if (cluster)
		snapshot.cluster = *cluster;
	else
		lender_locate(setup->lender, row, &snapshot.cluster);
	(void)remove_snapshot(setup, &snapshot, &ignored);
}

struct search {
	const struct backup *own;
	struct backup best;
	bool found;
};

static int
consider(void *arg, const struct backup *row, struct err *err)
{
	struct search *search = arg;

	(void)err;
	if (strcmp(row->id, search->own->id) != 0 &&
	    (!search->found || row->data_timestamp > search->best.data_timestamp)) {
		search->best = *row;
		search->found = true;
	}
	return 0;
}

void
source_forget_last(struct job *job, const struct ceph_cluster *cluster)
{
	struct backup_filter filter = {
		.volume_id = job->backup.volume_id,
		.statuses = 1u << BACKUP_AVAILABLE,
	};
	struct search search = { .own = &job->backup };
	struct err ignored = ERR_INIT;

	if (catalogue_each(job->setup->catalogue, &filter, consider, &search, &ignored) == 0 &&
	    search.found && job_check_service(job, &search.best, &ignored) == 0)
		source_forget(job->setup, &search.best, cluster);
}
