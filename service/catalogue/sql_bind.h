/*
 * What statements are made with; for the .c files of this directory.  A statement
 * that grows too long remembers it, as its buf does; the values stay within
 * SQL_VALUES_MAX because the statements do.
 */
#ifndef CINDERBANK_CATALOGUE_SQL_BIND_H
#define CINDERBANK_CATALOGUE_SQL_BIND_H

#include "catalogue/sql.h"

struct volume_column;
struct volume_filter;
struct volume_page;
struct volume_record;

/* A value for the next `?`.  Texts are borrowed; NULL: null. */
void sql_bind(struct sql *sql, struct sql_value value);
void sql_bind_text(struct sql *sql, const char *text);
void sql_bind_time(struct sql *sql, int64_t seconds);
void sql_bind_integer(struct sql *sql, int64_t number);
void sql_bind_column(struct sql *sql, const struct backup *backup, enum backup_field field);

void sql_bind_volume(
    struct sql *sql, const struct volume_record *volume, const struct volume_column *column);

/* Behind WHERE and its first condition: what lies behind the page before, in order, so many. */
void sql_volume_page(
    struct sql *sql, const struct volume_filter *filter, const struct volume_page *page);

/* "name = ?", behind what separates it from those before it. */
void sql_equals(struct sql *sql, const char *separator, const char *name);

/* All columns, in the order of enum backup_field. */
void sql_list_columns(struct sql *sql);

#endif
