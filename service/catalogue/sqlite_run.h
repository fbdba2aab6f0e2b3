/*
 * Statements on a SQLite database.  Those that ran last stay prepared, since a
 * statement of the catalogue takes longer to prepare than to run.  One thread
 * at a time.
 */
#ifndef CINDERBANK_CATALOGUE_SQLITE_RUN_H
#define CINDERBANK_CATALOGUE_SQLITE_RUN_H

#include <stdint.h>

#include "catalogue/table.h"
#include "catalogue/url.h"

struct sqlite3;
struct sqlite3_stmt;

enum { SQLITE_KEPT = 32 };

struct sqlite_link {
	struct sqlite3 *db;
	struct url url;
	struct sqlite3_stmt *kept[SQLITE_KEPT]; /* last used first, up to a NULL */
};

/* As errors name it. */
const char *sqlite_name(const struct sqlite_link *link);

/* -1, and err says what that code of SQLite means. */
int sqlite_fail(const struct sqlite_link *link, int code, struct err *err);

/* As sql_link.run; fn must not run another. */
int sqlite_run(struct sqlite_link *link, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err);

/* Close the database, if it is open. */
void sqlite_hang_up(struct sqlite_link *link);

#endif
