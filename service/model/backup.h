/*
 * The record of a backup: one row of cinder's table `backups`, column by
 * column, as a plain value.  Copy it freely; it owns nothing.  What the
 * columns are called, and where they lie in the struct, stands in
 * backup_columns[], from which SQL, export records and listings are made.
 * Threads: any; pure functions, but for backup_snapshot_name(), which reads the clock.
 */
#ifndef CINDERBANK_MODEL_BACKUP_H
#define CINDERBANK_MODEL_BACKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

/* Bytes, with the NUL.  Free text is 255 characters of up to four bytes each. */
enum { UUID_TEXT = 37, COLUMN_TEXT_MAX = 256, FREE_TEXT_MAX = 255 * 4 + 1 };

enum backup_status {
	BACKUP_CREATING,
	BACKUP_AVAILABLE,
	BACKUP_RESTORING,
	BACKUP_DELETING,
	BACKUP_DELETED,
	BACKUP_ERROR,
	BACKUP_ERROR_DELETING,
};

/* Columns in the order of cinder's table; `1u << column` is a field of save(). */
enum backup_field {
	BACKUP_CREATED_AT,
	BACKUP_UPDATED_AT,
	BACKUP_DELETED_AT,
	BACKUP_DELETED_FLAG,
	BACKUP_ID,
	BACKUP_VOLUME_ID,
	BACKUP_USER_ID,
	BACKUP_PROJECT_ID,
	BACKUP_HOST,
	BACKUP_AVAILABILITY_ZONE,
	BACKUP_DISPLAY_NAME,
	BACKUP_DISPLAY_DESCRIPTION,
	BACKUP_CONTAINER,
	BACKUP_STATUS,
	BACKUP_FAIL_REASON,
	BACKUP_SERVICE_METADATA,
	BACKUP_SERVICE,
	BACKUP_SIZE,
	BACKUP_OBJECT_COUNT,
	BACKUP_PARENT_ID,
	BACKUP_TEMP_VOLUME_ID,
	BACKUP_TEMP_SNAPSHOT_ID,
	BACKUP_NUM_DEPENDENT_BACKUPS,
	BACKUP_SNAPSHOT_ID,
	BACKUP_DATA_TIMESTAMP,
	BACKUP_RESTORE_VOLUME_ID,
	BACKUP_ENCRYPTION_KEY_ID,
	BACKUP_FIELD_COUNT,
};

struct backup {
	uint32_t present;                           /* bit n set: column n is not NULL */
	int64_t created_at, updated_at, deleted_at; /* seconds since 1970, UTC */
	bool deleted;
	char id[COLUMN_TEXT_MAX], volume_id[COLUMN_TEXT_MAX];
	char user_id[COLUMN_TEXT_MAX], project_id[COLUMN_TEXT_MAX];
	char host[COLUMN_TEXT_MAX], availability_zone[COLUMN_TEXT_MAX];
	char display_name[FREE_TEXT_MAX], display_description[FREE_TEXT_MAX];
	char container[COLUMN_TEXT_MAX];
	enum backup_status status;
	char fail_reason[FREE_TEXT_MAX];
	char service_metadata[COLUMN_TEXT_MAX]; /* prefix of the stored objects */
	char service[COLUMN_TEXT_MAX];          /* class path of the store's driver */
	int64_t size;                           /* of the volume, GiB rounded up */
	int64_t object_count;
	char parent_id[COLUMN_TEXT_MAX];
	char temp_volume_id[COLUMN_TEXT_MAX], temp_snapshot_id[COLUMN_TEXT_MAX];
	int64_t num_dependent_backups;
	char snapshot_id[COLUMN_TEXT_MAX];
	int64_t data_timestamp;
	char restore_volume_id[COLUMN_TEXT_MAX], encryption_key_id[COLUMN_TEXT_MAX];
};

enum { BACKUP_MATCHES_MAX = 16, BACKUP_ORDERS_MAX = 8 };

/* A column that is this text (numbers as their digits), or, with within, has it somewhere. */
struct backup_match {
	enum backup_field field;
	const char *text;
	bool within;
};

struct backup_order {
	enum backup_field field;
	bool ascending;
};

/* Which backups: NULL means any.  Deleted rows are left out unless asked for. */
struct backup_filter {
	const char *id_or_name, *project_id, *volume_id, *parent_id, *host;
	uint32_t statuses; /* bit n: enum backup_status n; 0: any */
	bool deleted;      /* deleted rows too */
	bool temporary;    /* only those that name what was made for them */
	struct backup_match matches[BACKUP_MATCHES_MAX]; /* all of them */
	unsigned n_matches;
	/*
	 * In what order, where that is not newest first.  What is equal in all of
	 * these follows newest first, or oldest first where the first of them rises.
	 * NULL is less than anything.
	 */
	struct backup_order orders[BACKUP_ORDERS_MAX];
	unsigned n_orders;
	const char *after; /* only those behind the backup of this id, which must be there */
};

/* Called for each backup, in the order of the filter.  Not 0: stop, and hand that on. */
typedef int(backup_fn)(void *arg, const struct backup *backup, struct err *err);

enum column_type { COLUMN_TEXT, COLUMN_INTEGER, COLUMN_BOOL, COLUMN_TIME, COLUMN_STATUS };

struct backup_column {
	const char *name; /* in the table, in export records, in listings */
	enum column_type type;
	size_t offset;       /* in struct backup */
	unsigned characters; /* text only: as many as cinder's column takes */
	size_t room;         /* text only: bytes of the field, with the NUL */
};

/* BACKUP_FIELD_COUNT rows, indexed by enum backup_field. */
extern const struct backup_column backup_columns[BACKUP_FIELD_COUNT];

/* Is the column set (not NULL)?  Status and deleted always are. */
bool backup_has(const struct backup *backup, enum backup_field field);

/* Text of a text column, or NULL where the column is NULL. */
const char *backup_text(const struct backup *backup, enum backup_field field);

/*
 * Set a text column; NULL makes it NULL.  0, or -1 with ERR_INVALID where the
 * text is longer than the column or not UTF-8.  fail_reason never fails: it is
 * cut (at a character), and bytes that are not UTF-8 become question marks.
 */
int
backup_set_text(struct backup *backup, enum backup_field field, const char *text, struct err *err);

/* Set an integer, time, bool or status column. */
void backup_set_number(struct backup *backup, enum backup_field field, int64_t number);

/* Value of an integer, time, bool or status column; 0 where it is NULL. */
int64_t backup_number(const struct backup *backup, enum backup_field field);

/* Make a column NULL. */
void backup_unset(struct backup *backup, enum backup_field field);

/* "available" and so on; static text. */
const char *backup_status_name(enum backup_status status);

/* 0, or -1 with ERR_INVALID where no status is spelt so (letter case counts). */
int backup_status_parse(const char *name, enum backup_status *ret, struct err *err);

/* The column of that name.  1, or 0: there is none. */
int backup_field_find(const char *name, enum backup_field *ret);

/*
 * May a backup go from one status to the other?  The table of cinder's state
 * changes, forced deletes and an administrator's reset included.  Staying is no
 * move, and from deleted there is none (an import revives the row).
 */
bool backup_may_move(enum backup_status from, enum backup_status to);

/*
 * Does a driver take what this service made?  theirs is the driver's class
 * path, or the beginning of it, as older releases recorded; or the name that
 * it had in cinder.backup.services.  NULL and "" are anybody's.
 */
bool backup_is_of(const char *theirs, const char *class_path);

/*
 * What the snapshot that a backup takes of an image is called from now on:
 * backup.<id>.snap.<seconds>.<microseconds>.  So upstream's ceph driver calls its
 * own, and Cinder removes them with the volume.
 */
void backup_snapshot_name(const struct backup *backup, char ret[COLUMN_TEXT_MAX]);

/* Is text a UUID in its usual form (8-4-4-4-12, hex digits)? */
bool uuid_valid(const char *text);

#endif
