#include "job/keep.h"

#include <stdio.h>

#include "base/err.h"
#include "job/copy.h"
#include "job/job.h"
#include "options/tables.h"
#include "store/image.h"
#include "volume/attach.h"
#include "volume/volume.h"

static int
open_image(struct job *job, const struct store_image *image, bool writable, struct volume **ret,
    struct err *err)
{
	struct attachment attachment = {
		.kind = ATTACHMENT_RBD, .ceph = job->setup->ceph, .cancel = &job->cancel
	};

	snprintf(attachment.pool, sizeof attachment.pool, "%s", image->pool);
	snprintf(attachment.image, sizeof attachment.image, "%s", image->image);
	snprintf(attachment.snapshot, sizeof attachment.snapshot, "%s", image->snapshot);
	return volume_open(ret, job->setup->volumes, &attachment, writable, err);
}

/* ---- out ---- */

static int
see_change(void *arg, struct extent extent, struct err *err)
{
	(void)extent;
	(void)err;
	*(bool *)arg = true;
	return 1;
}

/*
 * Make the image what it was at the parent's snapshot.  Only what differs is
 * copied, and mostly nothing does.
 */
static int
put_back(struct job *job, const struct store_copy *copy, struct volume *to, struct err *err)
{
	scoped(volume_close_scoped) struct volume *before = NULL;
	bool changed = false;
	struct copy blocks = {
		.job = job,
		.to = to,
		.asked = to,
		.since = copy->before.snapshot,
	};

	if (volume_changed(to, copy->before.snapshot, (struct extent){ 0, to->size }, see_change,
		&changed, err) < 0)
		return -1;
	if (!changed)
		return 0;
	if (open_image(job, &copy->before, false, &before, err) < 0)
		return -1;
	to->zeroed = false;
	blocks.from = before;
	if (copy_blocks(&blocks, err) < 0)
		return -1;
	return copy_clear_end(to, before->size, err);
}

static int
copy_out(struct job *job, struct volume *volume, const struct store_copy *copy, struct err *err)
{
	scoped(volume_close_scoped) struct volume *from = NULL, *to = NULL;
	struct copy blocks = { .job = job };

	if ((copy->from.image[0] && open_image(job, &copy->from, false, &from, err) < 0) ||
	    open_image(job, &copy->to, true, &to, err) < 0 ||
	    (copy->before.image[0] && put_back(job, copy, to, err) < 0))
		return -1;
	blocks.from = blocks.asked = from ? from : volume;
	blocks.to = to;
	blocks.since = copy->since[0] ? copy->since : NULL;
	return copy_blocks(&blocks, err);
}

int
keep_out(struct job *job, const struct attachment *source, struct volume *volume,
    const struct backup *parent, struct span volume_meta, struct err *err)
{
	struct store *store = job->setup->store;
	struct store_image image;
	struct store_copy copy;

	if (store_image_begin(store, &job->backup, parent, keep_source(source, &image),
		volume->size, &copy, err) < 0 ||
	    copy_out(job, volume, &copy, err) < 0)
		return -1;
	return store_image_commit(store, &job->backup, &copy, volume_meta, err);
}

const struct store_image *
keep_source(const struct attachment *source, struct store_image *room)
{
	if (source->kind != ATTACHMENT_RBD)
		return NULL;
	snprintf(room->pool, sizeof room->pool, "%s", source->pool);
	snprintf(room->image, sizeof room->image, "%s", source->image);
	snprintf(room->snapshot, sizeof room->snapshot, "%s", source->snapshot);
	return room;
}

/* ---- back ---- */

int
keep_open(struct job *job, struct volume **ret, struct err *err)
{
	struct store_image image;
	int found = store_image_find(job->setup->store, &job->backup, &image, err);

	if (found < 0)
		return -1;
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
		    "backup %s is not in pool %s: its image or its "
		    "snapshot is gone",
		    job->backup.id, job->backup.container);
	return open_image(job, &image, false, ret, err);
}

int
keep_back(struct job *job, struct volume *kept, struct volume *volume, struct err *err)
{
	const struct ceph_opts *ceph = job->setup->ceph;
	struct copy blocks = { .job = job, .from = kept, .asked = kept, .to = volume };

	if (copy_blocks(&blocks, err) < 0)
		return -1;
	if (!ceph || !ceph->restore_discard_excess_bytes)
		return 0;
	return copy_clear_end(volume, kept->size, err) < 0 ? -1 : volume_flush(volume, err);
}
