/* Types of volumes, and what projects may have: as the options say. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "job/desk.h"
#include "job/shelf.h"
#include "options/tables.h"

static const char default_type[] = "__DEFAULT__";

static void
name_type(struct volume_type *type)
{
	char name[COLUMN_TEXT_MAX + 16];

	snprintf(name, sizeof name, "volume-type:%s", type->name);
	digest_uuid_name(name, type->id);
}

/* The next of "a, b:encrypted"; text moves on.  false: there are no more. */
static bool
next_type(const char **text, struct volume_type *ret)
{
	static const char suffix[] = ":encrypted";
	size_t length, end = sizeof suffix - 1;

	*text += strspn(*text, ", ");
	length = strcspn(*text, ", ");
	if (!length)
		return false;
	*ret = (struct volume_type){ .encrypted = length > end &&
						  strncmp(*text + length - end, suffix, end) == 0 };
	snprintf(
	    ret->name, sizeof ret->name, "%.*s", (int)(length - (ret->encrypted ? end : 0)), *text);
	*text += length;
	name_type(ret);
	return true;
}

int
shelf_type_at(const struct desk_setup *setup, unsigned index, struct volume_type *ret)
{
	const char *rest = setup->own->volume_types ? setup->own->volume_types : "";
	struct volume_type type = { .encrypted = false };

	snprintf(type.name, sizeof type.name, "%s", default_type);
	name_type(&type);
	while (index--) {
		if (!next_type(&rest, &type))
			return 0;
	}
	*ret = type;
	return 1;
}

int
shelf_type(const struct desk_setup *setup, const char *id_or_name, struct volume_type *ret)
{
	struct volume_type type;
	unsigned i;

	for (i = 0; shelf_type_at(setup, i, &type); i++) {
		if (!id_or_name || strcmp(type.name, id_or_name) == 0 ||
		    strcmp(type.id, id_or_name) == 0) {
			*ret = type;
			return 1;
		}
	}
	return 0;
}

int
shelf_encrypted_type(const struct desk_setup *setup, struct volume_type *ret)
{
	unsigned i;

	for (i = 1; shelf_type_at(setup, i, ret); i++) {
		if (ret->encrypted)
			return 1;
	}
	return 0;
}

struct quota
shelf_limits(const struct desk_setup *setup)
{
	const struct core_opts *core = setup->core;

	return (struct quota){ .of = {
				   [QUOTA_VOLUMES] = core->quota_volumes,
				   [QUOTA_PER_VOLUME_GIGABYTES] = core->per_volume_size_limit,
				   [QUOTA_SNAPSHOTS] = core->quota_snapshots,
				   [QUOTA_GIGABYTES] = core->quota_gigabytes,
				   [QUOTA_BACKUPS] = core->quota_backups,
				   [QUOTA_BACKUP_GIGABYTES] = core->quota_backup_gigabytes,
				   [QUOTA_GROUPS] = 10, /* nobody can make one; cinder's default */
			       } };
}

void
shelf_limits_of(const struct desk_setup *setup, const char *type_id, struct quota_of_type *ret)
{
	ret->limits = shelf_limits(setup);
	if (!shelf_type(setup, *type_id ? type_id : NULL, &ret->of))
		return; /* one that the options name no more */
	ret->type = (struct quota_type){ ret->of.id, ret->of.name,
		strcmp(ret->of.name, default_type) == 0 };
	ret->limits.type = &ret->type;
}
