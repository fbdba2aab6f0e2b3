/*
 * A volume becomes larger.  Its row says how large before it is: so a crash leaves
 * nothing but what is to be done again.
 */
#include <string.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/shelf.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { GIB_BITS = 30 };

int
job_finish_extending(
    const struct desk_setup *setup, const struct volume_record *volume, struct err *err)
{
	const struct catalogue_local *local = setup->catalogue->driver->local;
	struct volume_move move = { VOLUME, volume->id, 1u << VOLUME_EXTENDING, VOLUME_NONE,
		VOLUME_EXTENDING };
	struct err second = ERR_INIT;
	struct attachment at;

	if (shelf_open(setup, volume, false, &at, err) == 0 &&
	    volume_grow(setup->volumes, &at, volume->size << GIB_BITS, err) == 0)
		return local->move(setup->catalogue, &move, err) < 0 ? -1 : 0;
	move.to = VOLUME_ERROR_EXTENDING;
	move.note = VOLUME_NONE;
	(void)local->move(setup->catalogue, &move, &second);
	return -1;
}

/* What keeps the volume from becoming that large.  0: nothing. */
static int
check(const struct request *request, const struct volume_record *volume, uint32_t from,
    struct err *err)
{
	if (request->made->size <= volume->size)
		return err_set(err, ERR_INVALID,
		    "New size for extend must be greater than current size. (current: %llu, "
		    "extended: %llu).",
		    (unsigned long long)volume->size, (unsigned long long)request->made->size);
	if (from & 1u << volume->status)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "Volume %s status must be '{'status': '%s'}' to extend, currently %s.", volume->id,
	    volume_status_name(VOLUME_AVAILABLE), volume_status_name(volume->status));
}

int
job_extend(struct job *job, struct err *err)
{
	const struct request *request = job->request;
	const uint32_t from = 1u << VOLUME_AVAILABLE | (request->force ? 1u << VOLUME_IN_USE : 0);
	scoped(claim_release_scoped) struct claim *claim = NULL;
	struct volume_record volume;
	struct quota_of_type quota;
	int found = shelf_find(job->setup, VOLUME, request->made->id, &volume, err);

	if (found <= 0)
		return found < 0 ? -1
				 : err_set(err, ERR_NOT_FOUND, "volume %s could not be found",
				       request->made->id);
	if (check(request, &volume, from, err) < 0 || shelf_adopt(job->setup, &volume, err) < 0)
		return -1;
	shelf_limits_of(job->setup, volume.type_id, &quota);
	found = claim_take(&claim, job->claims, volume.id, JOB_LOOK_MS, &job->cancel, err);
	if (found == 1)
		found = job->setup->catalogue->driver->local->grow(job->setup->catalogue, volume.id,
		    request->made->size, from, request->counted ? &quota.limits : NULL, err);
	if (found <= 0)
		return found < 0
			   ? -1
			   : err_set(err, ERR_CONFLICT, "volume %s is being worked on", volume.id);
	memcpy(job->volume_id, volume.id, sizeof job->volume_id);
	volume.size = request->made->size;
	return job_admit(job, BACKUP_DELETING, err) < 0
		   ? -1
		   : job_finish_extending(job->setup, &volume, err);
}
