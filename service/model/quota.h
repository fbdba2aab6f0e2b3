/*
 * What a project may have, and has.  Plain values.
 */
#ifndef CINDERBANK_MODEL_QUOTA_H
#define CINDERBANK_MODEL_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum quota_resource {
	QUOTA_VOLUMES,
	QUOTA_PER_VOLUME_GIGABYTES,
	QUOTA_SNAPSHOTS,
	QUOTA_GIGABYTES, /* of volumes and snapshots */
	QUOTA_BACKUPS,
	QUOTA_BACKUP_GIGABYTES,
	QUOTA_GROUPS, /* nobody can make one here */
	QUOTA_COUNT,
};

/* A type of volumes, whose volumes, snapshots and gigabytes may have limits, too. */
struct quota_type {
	const char *id, *name;
	bool untyped; /* rows without a type are of it */
};

struct quota {
	int64_t of[QUOTA_COUNT];       /* of limits, -1: as many as it likes */
	const struct quota_type *type; /* of volumes of that type; NULL: of all */
};

enum { QUOTA_NAME_MAX = 300 };

/* As the API spells them, in the order of enum quota_resource. */
extern const char *const quota_names[QUOTA_COUNT];

/* May one type of volumes have a limit of it? */
bool quota_is_typed(enum quota_resource resource);

/* "gigabytes", or "gigabytes_TYPE". */
void
quota_name(enum quota_resource resource, const struct quota_type *type, char ret[QUOTA_NAME_MAX]);

/*
 * Is there room for one more of that size?  0, or -1 with ERR_NO_SPACE in the
 * words of cinder, the class of its error in front.
 */
int quota_check_backup(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err);
int quota_check_volume(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err);
/* Of a volume that is to have that many more, gigabytes in the end. */
int quota_check_growth(const struct quota *limits, const struct quota *used, int64_t gigabytes,
    int64_t more, struct err *err);
int quota_check_snapshot(
    const struct quota *limits, const struct quota *used, int64_t gigabytes, struct err *err);

#endif
