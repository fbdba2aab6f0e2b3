/*
 * The statements of the catalogue, made from backup_columns[]: text with a `?`
 * for each value, and the values.  Every driver runs the same ones; how they
 * get to a database is not known here.  Threads: pure functions.
 */
#ifndef CINDERBANK_CATALOGUE_SQL_H
#define CINDERBANK_CATALOGUE_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/backup.h"

struct err;

enum sql_kind { SQL_NULL, SQL_INTEGER, SQL_TEXT, SQL_TIME };

struct sql_value {
	enum sql_kind kind;
	int64_t number;   /* integer; time: seconds since 1970 */
	const char *text; /* borrowed; a time that was read is a text */
};

enum { SQL_SCHEMA_VERSION = 3 }; /* of a catalogue that is ours alone */
enum { SQL_TEXT_MAX = 4096, SQL_VALUES_MAX = 64, SQL_TIME_TEXT = 20 };

struct sql {
	struct buf text; /* NUL-terminated */
	uint32_t lacks;  /* columns of backups (1u << n) that are not there: read as NULL */
	struct sql_value values[SQL_VALUES_MAX];
	unsigned n_values;
};

/* clang-format off */
#define SQL { .text = BUF(SQL_TEXT_MAX) }
#define SQL_FOR(columns) { .text = BUF(SQL_TEXT_MAX), .lacks = (columns) }
/* clang-format on */

void sql_drop(struct sql *sql);

/* How DATETIME columns spell a moment: "2026-01-02 03:04:05", UTC. */
void sql_time(int64_t seconds, char ret[SQL_TIME_TEXT]);

/*
 * What leads from the version before to this one (1: from nothing), one statement
 * a number from 0 on.  1, or 0: there are no more.
 */
int sql_schema(struct sql *ret, unsigned version, unsigned number);

/* A new row; or, over a deleted one of that id, all of its columns. */
void sql_insert(struct sql *ret, const struct backup *backup);
void sql_revive(struct sql *ret, const struct backup *backup);

/* The columns whose bits are set in fields, of a live row. */
void sql_save(struct sql *ret, const struct backup *backup, uint32_t fields, int64_t now);

/* Status from → to of a live row; deleted sets the flag and its time, others updated_at. */
void sql_move(struct sql *ret, const char *id, enum backup_status from, enum backup_status to,
    const char *reason, int64_t now);

/* Columns status, deleted, parent_id of a row, dead or alive; where rows can be locked, it is. */
void sql_state(struct sql *ret, const char *id);

/* The id of one live row that names id as its parent. */
void sql_child(struct sql *ret, const char *id);

/* Write how many live rows name id as their parent into the row of id. */
void sql_count(struct sql *ret, const char *id);

/*
 * The first rows in the order of the filter, at most limit: all columns in the
 * order of enum backup_field, then tie, which is a column that orders rows of one
 * second (as they came, where the database knows).
 */
void sql_page(struct sql *ret, const struct backup_filter *filter, const char *tie, unsigned limit);

/* Where a list goes on: behind this row, whose tie that is. */
struct sql_cursor {
	const struct backup *row;
	struct sql_value tie;
	unsigned step; /* 0 at first */
};

/*
 * What lies behind a row is asked for step by step: those that differ from it in
 * the last of what they are ordered by, then those that differ in the one before,
 * and so on.  Each has a place in an index, however far behind.  false: there
 * are no more steps.
 */
bool sql_behind(struct sql *ret, const struct backup_filter *filter, const char *tie,
    struct sql_cursor *cursor, unsigned limit);

/* How many rows there are, without after. */
void sql_total(struct sql *ret, const struct backup_filter *filter);

/* All columns of a live row, then tie. */
void sql_find(struct sql *ret, const char *id, const char *tie);

/* The host's row of services is updated; it is made. */
void sql_beat(struct sql *ret, const char *host, const char *zone, int64_t now);
void sql_enlist(struct sql *ret, const char *host, const char *zone, const char *uuid, int64_t now);

/*
 * Fill a backup from all columns of a row.  ERR_CORRUPT names column and value
 * where one cannot be: an unknown status, a time that is none, a long text.
 */
int sql_read(const struct sql_value *columns, struct backup *ret, struct err *err);

#endif
