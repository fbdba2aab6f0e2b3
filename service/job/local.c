/* Volumes that the service finds itself: files and devices by their names, images of Ceph. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "job/job.h"
#include "job/lender.h"
#include "options/tables.h"

/* ---- source ---- */

/* A snapshot goes by its own name, or with that of its image in front. */
static int
choose_snapshot(const struct job *job, struct attachment *source, struct err *err)
{
	const char *wanted = job->request->snapshot;
	struct attachment named = *source;
	char name[PATH_MAX];

	if (!wanted)
		return 0;
	if (source->kind != ATTACHMENT_RBD)
		return err_set(err, ERR_INVALID,
		    "snapshot %s: files and devices have no snapshots that could be named", wanted);
	named.snapshot[0] = '\0';
	attach_name(&named, name);
	snprintf(name + strlen(name), sizeof name - strlen(name), "@%s", wanted);
	if (attach_find(NULL, strchr(wanted, '@') ? wanted : name, &named, err) < 0)
		return -1;
	if (strcmp(named.volume_id, source->volume_id) != 0)
		return err_set(err, ERR_INVALID, "snapshot %s: is not one of volume %s", wanted,
		    job->request->volume);
	*source = named;
	return 0;
}

static int
lend_source(struct lender *lender, struct job *job, struct loan *ret, struct err *err)
{
	const char *volumes_dir = job->setup->own->volumes_dir;

	(void)lender;
	if (attach_find(volumes_dir, job->request->volume, &ret->device, err) < 0 ||
	    choose_snapshot(job, &ret->device, err) < 0)
		return -1;
	return 1;
}

/* ---- target ---- */

/*
 * What --to names is an image or a path, never a volume by its name: what is
 * there is written over, as it is with VOLUME, and else it is made.
 */
static int
find_path(const char *volumes_dir, const char *target, uint64_t size, struct attachment *ret,
    struct err *err)
{
	bool plain = !strchr(target, '/') && strncmp(target, "rbd:", 4) != 0;
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof path, "%s%s", plain ? "./" : "", target) >= sizeof path)
		return err_set(err, ERR_INVALID, "path is too long: %.80s...", target);
	if (attach_find(volumes_dir, path, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND)
		return -1;
	return attach_new(volumes_dir, path, size, ret, err);
}

/* A new volume below volumes_dir, by that name if it has one. */
static int
make_below(const char *volumes_dir, const char *name, uint64_t size, struct attachment *ret,
    struct err *err)
{
	char path[PATH_MAX + NAME_MAX + 2];

	if (!name || !volumes_dir)
		return attach_new(volumes_dir, NULL, size, ret, err);
	snprintf(path, sizeof path, "%s/%s", volumes_dir, name);
	return attach_new(volumes_dir, path, size, ret, err);
}

static int
lend_target(
    struct lender *lender, struct job *job, uint64_t size, struct loan *ret, struct err *err)
{
	const struct request *request = job->request;
	const char *volumes_dir = job->setup->own->volumes_dir;

	(void)lender;
	if (request->volume)
		return attach_find(volumes_dir, request->volume, &ret->device, err);
	if (request->target)
		return find_path(volumes_dir, request->target, size, &ret->device, err);
	return make_below(volumes_dir, request->volume_name, size, &ret->device, err);
}

static const struct lender_driver driver = {
	.name = "local",
	.lend_source = lend_source,
	.lend_target = lend_target,
};

struct lender lender_local = { .driver = &driver };
