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

int
volume_column_find(enum volume_kind kind, const char *name, unsigned *ret)
{
	const struct volume_table *table = &volume_tables[kind];
	unsigned i;

	for (i = 0; i < table->n_columns; i++) {
		if (strcmp(table->columns[i].name, name) != 0)
			continue;
		*ret = i;
		return 1;
	}
	return 0;
}

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_column(const struct volume_column *column, const void *one, const void *other)
{
	switch (column->type) {
	case VOLUME_TEXT:
		return strcmp(one, other);
	case VOLUME_STATUS:
		return strcmp(status_names[*(const enum volume_status *)one],
		    status_names[*(const enum volume_status *)other]);
	default: /* no size is beyond that */
		return compare_numbers(*(const int64_t *)one, *(const int64_t *)other);
	}
}

int
volume_compare(const struct volume_filter *filter, const struct volume_record *one,
    const struct volume_record *other)
{
	const struct volume_column *columns = volume_tables[filter->kind].columns;
	unsigned i;
	int order;

	for (i = 0; i < filter->n_orders; i++) {
		const struct volume_column *column = &columns[filter->orders[i].column];

		order = compare_column(column, (const char *)one + column->offset,
		    (const char *)other + column->offset);
		if (order)
			return filter->orders[i].ascending ? order : -order;
	}
	order = strcmp(one->id, other->id);
	return filter->n_orders && filter->orders[0].ascending ? order : -order;
}

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
