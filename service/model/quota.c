#include "model/quota.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/err.h"

const char *const quota_names[QUOTA_COUNT] = {
	[QUOTA_VOLUMES] = "volumes",
	[QUOTA_PER_VOLUME_GIGABYTES] = "per_volume_gigabytes",
	[QUOTA_SNAPSHOTS] = "snapshots",
	[QUOTA_GIGABYTES] = "gigabytes",
	[QUOTA_BACKUPS] = "backups",
	[QUOTA_BACKUP_GIGABYTES] = "backup_gigabytes",
	[QUOTA_GROUPS] = "groups",
};

bool
quota_is_typed(enum quota_resource resource)
{
	return resource == QUOTA_VOLUMES || resource == QUOTA_SNAPSHOTS ||
	       resource == QUOTA_GIGABYTES;
}

void
quota_name(enum quota_resource resource, const struct quota_type *type, char ret[QUOTA_NAME_MAX])
{
	snprintf(ret, QUOTA_NAME_MAX, "%s%s%.255s", quota_names[resource], type ? "_" : "",
	    type ? type->name : "");
}

static bool
has_room(const struct quota *limits, const struct quota *used, enum quota_resource resource,
    int64_t more)
{
	int64_t limit = limits->of[resource];

	return limit < 0 || (used->of[resource] <= limit && more <= limit - used->of[resource]);
}

int
quota_check_backup(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err)
{
	if (!has_room(limits, used, QUOTA_BACKUP_GIGABYTES, gigabytes))
		return err_set(err, ERR_NO_SPACE,
		    "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed "
		    "Backup gigabytes quota. Requested %" PRId64 "G, quota is %" PRId64
		    "G and %" PRId64 "G has been consumed.",
		    gigabytes, limits->of[QUOTA_BACKUP_GIGABYTES],
		    used->of[QUOTA_BACKUP_GIGABYTES]);
	if (!has_room(limits, used, QUOTA_BACKUPS, 1))
		return err_set(err, ERR_NO_SPACE,
		    "BackupLimitExceeded: Maximum number of backups allowed (%" PRId64 ") exceeded",
		    limits->of[QUOTA_BACKUPS]);
	return 0;
}

static int
check_gigabytes(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err)
{
	char name[QUOTA_NAME_MAX];

	if (has_room(limits, used, QUOTA_GIGABYTES, gigabytes))
		return 0;
	quota_name(QUOTA_GIGABYTES, limits->type, name);
	return err_set(err, ERR_NO_SPACE,
	    "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
	    "%s quota. Requested %" PRId64 "G, quota is %" PRId64 "G and %" PRId64
	    "G has been consumed.",
	    name, gigabytes, limits->of[QUOTA_GIGABYTES], used->of[QUOTA_GIGABYTES]);
}

int
quota_check_growth(const struct quota *limits, const struct quota *used, int64_t gigabytes,
    int64_t more, struct err *err)
{
	if (limits->of[QUOTA_PER_VOLUME_GIGABYTES] >= 0 &&
	    gigabytes > limits->of[QUOTA_PER_VOLUME_GIGABYTES])
		return err_set(err, ERR_NO_SPACE,
		    "VolumeSizeExceedsLimit: Requested volume size %" PRId64
		    "G is larger than maximum allowed limit %" PRId64 "G.",
		    gigabytes, limits->of[QUOTA_PER_VOLUME_GIGABYTES]);
	return check_gigabytes(limits, used, more, err);
}

int
quota_check_volume(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err)
{
	char name[QUOTA_NAME_MAX];

	if (quota_check_growth(limits, used, gigabytes, gigabytes, err) < 0)
		return -1;
	if (has_room(limits, used, QUOTA_VOLUMES, 1))
		return 0;
	quota_name(QUOTA_VOLUMES, limits->type, name);
	return err_set(err, ERR_NO_SPACE,
	    "VolumeLimitExceeded: Maximum number of volumes allowed (%" PRId64
	    ") exceeded for quota '%s'.",
	    limits->of[QUOTA_VOLUMES], name);
}

int
quota_check_snapshot(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err)
{
	if (check_gigabytes(limits, used, gigabytes, err) < 0)
		return -1;
	if (has_room(limits, used, QUOTA_SNAPSHOTS, 1))
		return 0;
	return err_set(err, ERR_NO_SPACE,
	    "SnapshotLimitExceeded: Maximum number of snapshots allowed (%" PRId64 ") exceeded",
	    limits->of[QUOTA_SNAPSHOTS]);
}
