#include "model/volume.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

static const char *const status_names[VOLUME_STATUS_COUNT] = {
	[VOLUME_NONE] = "",
	[VOLUME_CREATING] = "creating",
	[VOLUME_AVAILABLE] = "available",
	[VOLUME_IN_USE] = "in-use",
	[VOLUME_BACKING_UP] = "backing-up",
	[VOLUME_RESTORING_BACKUP] = "restoring-backup",
	[VOLUME_DELETING] = "deleting",
	[VOLUME_DELETED] = "deleted",
	[VOLUME_ERROR] = "error",
	[VOLUME_ERROR_RESTORING] = "error_restoring",
	[VOLUME_ERROR_DELETING] = "error_deleting",
	[VOLUME_EXTENDING] = "extending",
	[VOLUME_ERROR_EXTENDING] = "error_extending",
	[VOLUME_ERROR_BACKING_UP] = "error_backing-up",
};

/* clang-format off */
#define TEXT(column, field) { column, VOLUME_TEXT, offsetof(struct volume_record, field), \
	sizeof((struct volume_record *)0)->field }
#define VALUE(column, type, field) { column, type, offsetof(struct volume_record, field), 0 }

static const struct volume_column volume_columns[] = {
	VALUE("created_at", VOLUME_TIME, created_at),
	VALUE("updated_at", VOLUME_TIME, updated_at),
	TEXT("id", id),
	TEXT("user_id", user_id),
	TEXT("project_id", project_id),
	VALUE("size", VOLUME_NUMBER, size),
	VALUE("status", VOLUME_STATUS, status),
	TEXT("display_name", name),
	TEXT("display_description", description),
	TEXT("provider_location", location),
	TEXT("snapshot_id", snapshot_id),
	TEXT("volume_type_id", type_id),
	TEXT("source_volid", source_id),
	TEXT("encryption_key_id", key_id),
	VALUE("previous_status", VOLUME_STATUS, previous),
};

static const struct volume_column snapshot_columns[] = {
	VALUE("created_at", VOLUME_TIME, created_at),
	VALUE("updated_at", VOLUME_TIME, updated_at),
	TEXT("id", id),
	TEXT("volume_id", volume_id),
	TEXT("user_id", user_id),
	TEXT("project_id", project_id),
	VALUE("status", VOLUME_STATUS, status),
	VALUE("volume_size", VOLUME_NUMBER, size),
	TEXT("display_name", name),
	TEXT("display_description", description),
	TEXT("provider_location", location),
	TEXT("encryption_key_id", key_id),
	TEXT("volume_type_id", type_id),
};
/* clang-format on */

enum {
	N_VOLUME = sizeof volume_columns / sizeof volume_columns[0],
	N_SNAPSHOT = sizeof snapshot_columns / sizeof snapshot_columns[0],
};
_Static_assert((int)N_VOLUME <= (int)VOLUME_COLUMNS_MAX, "room for each value");

const struct volume_table volume_tables[] = {
	[VOLUME] = { "volumes", volume_columns, N_VOLUME },
	[SNAPSHOT] = { "snapshots", snapshot_columns, N_SNAPSHOT },
};

const char *
volume_status_name(enum volume_status status)
{
	assert((unsigned)status < VOLUME_STATUS_COUNT);
	return status_names[status];
}

int
volume_status_parse(const char *name, enum volume_status *ret, struct err *err)
{
	unsigned status;

	for (status = VOLUME_CREATING; status < VOLUME_STATUS_COUNT; status++) {
		if (strcmp(status_names[status], name) == 0) {
			*ret = (enum volume_status)status;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "no status of a volume is called \"%s\"", name);
}
