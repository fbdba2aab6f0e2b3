#include "job/volumes.h"

#include <string.h>
#include <sys/statvfs.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/desk.h"
#include "job/job.h"
#include "job/shelf.h"
#include "options/tables.h"

enum { ANY_STATUS = (1u << VOLUME_STATUS_COUNT) - (1u << VOLUME_CREATING) };

static struct catalogue *
catalogue_of(const struct desk *desk)
{
	return desk_setup_of(desk)->catalogue;
}

static const struct catalogue_local *
local_of(const struct desk *desk)
{
	return catalogue_of(desk)->driver->local;
}

int
volumes_each(struct desk *desk, const struct volume_filter *filter, volume_record_fn *fn, void *arg,
    struct err *err)
{
	return shelf_each(desk_setup_of(desk), filter, fn, arg, err);
}

int
volumes_find(struct desk *desk, enum volume_kind kind, const char *id, struct volume_record *ret,
    struct err *err)
{
	return shelf_find(desk_setup_of(desk), kind, id, ret, err);
}

int
volumes_manage(struct desk *desk, const char *source, struct volume_record *new,
    const struct metadata *metadata, struct err *err)
{
	const struct desk_setup *setup = desk_setup_of(desk);
	struct quota_of_type quota;

	if (shelf_take(setup, source, new, err) < 0)
		return -1;
	shelf_limits_of(setup, new->type_id, &quota);
	return local_of(desk)->add(catalogue_of(desk), new, &quota.limits, metadata, err);
}

int
volumes_look(struct desk *desk, struct volume_record *volumes, size_t count, struct err *err)
{
	return shelf_look(desk_setup_of(desk), volumes, count, err);
}

int
volumes_reset(struct desk *desk, enum volume_kind kind, const char *id, enum volume_status status,
    struct err *err)
{
	const struct volume_move move = { kind, id, ANY_STATUS, status, VOLUME_NONE };
	struct volume_record volume;
	int found = shelf_find(desk_setup_of(desk), kind, id, &volume, err);

	if (found <= 0)
		return found;
	if (shelf_adopt(desk_setup_of(desk), &volume, err) < 0)
		return -1;
	return local_of(desk)->move(catalogue_of(desk), &move, err);
}

int
volumes_type(struct desk *desk, const char *id_or_name, char ret_id[UUID_TEXT],
    char ret_name[COLUMN_TEXT_MAX], bool *ret_encrypted)
{
	struct volume_type type;

	if (!shelf_type(desk_setup_of(desk), id_or_name, &type))
		return 0;
	if (ret_id)
		memcpy(ret_id, type.id, UUID_TEXT);
	if (ret_name)
		memcpy(ret_name, type.name, COLUMN_TEXT_MAX);
	if (ret_encrypted)
		*ret_encrypted = type.encrypted;
	return 1;
}

int
volumes_metadata(struct desk *desk, enum metadata_owner owner, const char *id, metadata_fn *fn,
    void *arg, struct err *err)
{
	return local_of(desk)->metadata(catalogue_of(desk), owner, id, fn, arg, err);
}

int
volumes_describe(struct desk *desk, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err)
{
	return local_of(desk)->describe(catalogue_of(desk), owner, id, metadata, err);
}

int
volumes_tag(struct desk *desk, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err)
{
	return local_of(desk)->tag(catalogue_of(desk), owner, id, metadata, err);
}

int
volumes_room(struct desk *desk, uint64_t *ret_total, uint64_t *ret_free, struct err *err)
{
	const struct cinderbank_opts *own = desk_setup_of(desk)->own;
	struct statvfs state;

	if (own->volumes_pool || !own->volumes_dir)
		return 0;
	if (statvfs(own->volumes_dir, &state) < 0)
		return err_sys(err, "%s", own->volumes_dir);
	*ret_total = (uint64_t)state.f_blocks * state.f_frsize;
	*ret_free = (uint64_t)state.f_bavail * state.f_frsize;
	return 1;
}

int
volumes_rename(struct desk *desk, enum volume_kind kind, const char *id, const char *name,
    const char *description, const struct metadata *metadata, struct err *err)
{
	const struct volume_change change = { .kind = kind,
		.id = id,
		.name = name,
		.description = description,
		.metadata = metadata };

	return local_of(desk)->change(catalogue_of(desk), &change, err);
}

struct quota
volumes_default_quota(struct desk *desk)
{
	return shelf_limits(desk_setup_of(desk));
}

int
volumes_quota_type(struct desk *desk, unsigned index, char ret_id[UUID_TEXT],
    char ret_name[COLUMN_TEXT_MAX], struct quota_type *ret)
{
	struct volume_type type;

	if (!shelf_type_at(desk_setup_of(desk), index, &type))
		return 0;
	memcpy(ret_id, type.id, UUID_TEXT);
	memcpy(ret_name, type.name, COLUMN_TEXT_MAX);
	*ret = (struct quota_type){ ret_id, ret_name, index == 0 };
	return 1;
}

int
volumes_quota(struct desk *desk, const char *project_id, const struct quota_type *type,
    struct quota *ret_used, struct quota *ret_limits, struct err *err)
{
	unsigned i;

	*ret_limits = shelf_limits(desk_setup_of(desk));
	for (i = 0; type && i < QUOTA_COUNT; i++)
		ret_limits->of[i] = -1;
	ret_limits->type = type;
	return local_of(desk)->quota(catalogue_of(desk), project_id, ret_used, ret_limits, err);
}

int
volumes_limit(struct desk *desk, const char *project_id, const struct quota *limits,
    const uint32_t *which, size_t count, struct err *err)
{
	return local_of(desk)->limit(catalogue_of(desk), project_id, limits, which, count, err);
}

int
volumes_unlimit(struct desk *desk, const char *project_id, struct err *err)
{
	return local_of(desk)->unlimit(catalogue_of(desk), project_id, err);
}
