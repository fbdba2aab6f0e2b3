/*
 * The record of a volume or of a snapshot, as a service that stands alone keeps
 * it: a row of cinder's tables `volumes` and `snapshots`, as a plain value.  A
 * snapshot is a volume of another volume that nobody writes to.
 * Threads: pure functions.
 */
#ifndef CINDERBANK_MODEL_VOLUME_H
#define CINDERBANK_MODEL_VOLUME_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/backup.h"

enum volume_kind { VOLUME, SNAPSHOT };

enum volume_status {
	VOLUME_NONE, /* of previous: there is none */
	VOLUME_CREATING,
	VOLUME_AVAILABLE,
	VOLUME_IN_USE,
	VOLUME_BACKING_UP,
	VOLUME_RESTORING_BACKUP,
	VOLUME_DELETING,
	VOLUME_DELETED,
	VOLUME_ERROR,
	VOLUME_ERROR_RESTORING,
	VOLUME_ERROR_DELETING,
	VOLUME_EXTENDING,
	VOLUME_ERROR_EXTENDING,
	VOLUME_ERROR_BACKING_UP, /* of previous only */
	VOLUME_STATUS_COUNT,
};

/* Texts: "" is NULL in the row. */
struct volume_record {
	enum volume_kind kind;
	char id[UUID_TEXT];
	char volume_id[UUID_TEXT];                                  /* of a snapshot: its volume */
	char project_id[COLUMN_TEXT_MAX], user_id[COLUMN_TEXT_MAX]; /* "": nobody's */
	char name[FREE_TEXT_MAX], description[FREE_TEXT_MAX];
	char location[COLUMN_TEXT_MAX]; /* its file below volumes_dir, or rbd:POOL/IMAGE */
	char type_id[UUID_TEXT];
	char key_id[UUID_TEXT];                            /* of an encrypted one */
	char snapshot_id[UUID_TEXT], source_id[UUID_TEXT]; /* what it was made of */
	enum volume_status status, previous;
	uint64_t size;                  /* GiB, rounded up */
	int64_t created_at, updated_at; /* seconds since 1970; 0: never */
	char path[PATH_MAX];            /* not in the row; "": it is not there yet, or an image */
};

/* Not 0: stop, and hand that on. */
typedef int(volume_record_fn)(void *arg, const struct volume_record *volume, struct err *err);

enum { VOLUME_ORDERS_MAX = 8 };

struct volume_order {
	unsigned column; /* of volume_tables[kind] */
	bool ascending;
};

/* Which of a kind: NULL means any. */
struct volume_filter {
	enum volume_kind kind;
	const char *volume_id;  /* of snapshots */
	const char *project_id; /* that project's, and, with strays, nobody's */
	bool strays;
	uint32_t statuses; /* bit n: enum volume_status n; 0: any */
	/*
	 * In what order; what is equal in all of these, by id, rising if the first of
	 * them does.  NULL is less than anything.
	 */
	struct volume_order orders[VOLUME_ORDERS_MAX];
	unsigned n_orders;
	const char *after; /* only those behind the one of this id, which must be there */
};

/*
 * How many of the rows that a filter takes, and behind which of them: by what that one
 * has in the columns of the order.
 */
struct volume_page {
	const struct volume_record *after; /* NULL: from the first on */
	unsigned limit;
};

/*
 * A change of status, made only where it is one of from.  What it was becomes
 * the previous one; with to VOLUME_NONE, it becomes again what it was before, and
 * note the previous one.  Snapshots have no previous status: they become available.
 */
struct volume_move {
	enum volume_kind kind;
	const char *id;
	uint32_t from; /* bit n: enum volume_status n */
	enum volume_status to, note;
};

enum volume_column_type { VOLUME_TEXT, VOLUME_NUMBER, VOLUME_TIME, VOLUME_STATUS };

struct volume_column {
	const char *name;
	enum volume_column_type type;
	size_t offset, room; /* in struct volume_record; room of texts, with the NUL */
};

struct volume_table {
	const char *name;
	const struct volume_column *columns;
	unsigned n_columns;
};

enum { VOLUME_COLUMNS_MAX = 16 };

/* By enum volume_kind. */
extern const struct volume_table volume_tables[2];

/* The column of that name.  1, 0: there is none such. */
int volume_column_find(enum volume_kind kind, const char *name, unsigned *ret);

/* Below, above or 0: where two stand to each other in the order of a filter. */
int volume_compare(const struct volume_filter *filter, const struct volume_record *one,
    const struct volume_record *other);

/* "available" and so on; static text. */
const char *volume_status_name(enum volume_status status);

/* 0, or -1 with ERR_INVALID where no status is spelt so. */
int volume_status_parse(const char *name, enum volume_status *ret, struct err *err);

enum metadata_owner { METADATA_OF_BACKUP, METADATA_OF_VOLUME, METADATA_OF_SNAPSHOT };

/* A key and its value.  Not 0: stop, and hand that on. */
typedef int(metadata_fn)(void *arg, const char *key, const char *value, struct err *err);

struct metadata_pair {
	const char *key, *value;
};

struct metadata {
	const struct metadata_pair *pairs;
	unsigned count;
};

#endif
