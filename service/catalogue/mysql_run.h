/*
 * One statement of sql.h, run as a prepared one on a connection to MySQL or
 * MariaDB.  What an error means for the connection is the caller's business.
 */
#ifndef CINDERBANK_CATALOGUE_MYSQL_RUN_H
#define CINDERBANK_CATALOGUE_MYSQL_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "catalogue/table.h"

struct err;
struct mysql_fault;
struct sql;
struct st_mysql;

/*
 * As run of struct sql_link.  narrow: columns hold no characters of four bytes;
 * in the values they become question marks.  -1: fault says why, or, where its
 * code is 0, err.
 */
int mysql_run(struct st_mysql *db, const struct sql *sql, bool narrow, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct mysql_fault *fault, struct err *err);

#endif
