/*
 * What catalogue.h promises, on any SQL database: each function is one
 * transaction, made of the statements of sql.h.  A driver brings a link, puts
 * a struct table first in its own, and these functions in its row.
 */
#ifndef CINDERBANK_CATALOGUE_TABLE_H
#define CINDERBANK_CATALOGUE_TABLE_H

#include <pthread.h>
#include <stdint.h>

#include "catalogue/catalogue.h"

struct err;
struct sql;
struct sql_value;

/* Told of each row of an answer; values are borrowed for the length of the call. */
typedef int(sql_row_fn)(void *arg, const struct sql_value *columns, struct err *err);

/* A connection to a database.  Used by one thread at a time. */
struct sql_link {
	const char *tie; /* see sql_page() */
	/* From here to commit or rollback nobody else writes, and what is read stays true. */
	int (*begin)(struct catalogue *, struct err *);
	int (*commit)(struct catalogue *, struct err *);
	void (*rollback)(struct catalogue *);
	/*
	 * Run one statement.  fn: or NULL; ret_changed: rows that it changed, or NULL.
	 * A link with patience tells fn nothing of what fails with ERR_RETRY.
	 */
	int (*run)(struct catalogue *, const struct sql *, sql_row_fn *fn, void *arg,
	    uint64_t *ret_changed, struct err *);
};

/* What is done about ERR_RETRY: a link that waits by itself needs none of it. */
struct sql_patience {
	int64_t tries;                 /* after the first; -1: without end */
	uint64_t wait_ms, wait_max_ms; /* before the second of them; doubled for each further one */
};

struct table { /* first in a driver's struct */
	struct catalogue catalogue;
	const struct sql_link *link;
	struct sql_patience patience;
	uint32_t lacks;        /* columns of backups that this database does not have */
	bool enlisted;         /* the row in services says what this process can do */
	pthread_mutex_t mutex; /* table_init() to table_drop() */
};

/* No patience, and nothing is lacking. */
void table_init(struct table *table, const struct sql_link *link);
void table_drop(struct table *table);

/*
 * Part of a transaction.  1 done, 0 not to be done, -1.  done: an earlier try was
 * cut off in its commit; all of it was done, or nothing.
 */
typedef int(table_act_fn)(struct table *table, void *arg, bool done, struct err *err);

/* All that act does, or, unless it returns more than 0, nothing of it. */
int table_transact(struct table *table, table_act_fn *act, void *arg, struct err *err);

/*
 * What catalogue_add() and catalogue_move() do, as parts of a transaction.  2: an
 * earlier try has done it, and all that was to be done with it.
 */
int table_add_row(struct table *table, const struct backup *backup, bool done, struct err *err);
int table_move_row(struct table *table, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, bool done, struct err *err);

/* Run one statement on the link, whose mutex is held. */
int table_run(struct table *table, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err);

/* Run one that only reads, outside of a transaction; nobody holds the mutex. */
int
table_read(struct table *table, const struct sql *sql, sql_row_fn *fn, void *arg, struct err *err);

/* For the driver's row; catalogue.h says what each does. */
int table_add(struct catalogue *catalogue, const struct backup *backup, struct err *err);
int table_find(struct catalogue *catalogue, const char *id, struct backup *ret, struct err *err);
int table_each(struct catalogue *catalogue, const struct backup_filter *filter, backup_fn *fn,
    void *arg, struct err *err);
int table_count(struct catalogue *catalogue, const struct backup_filter *filter, uint64_t *ret,
    struct err *err);
int table_save(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err);
int table_fill(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err);
int table_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err);
int table_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err);
int
table_each_service(struct catalogue *catalogue, service_record_fn *fn, void *arg, struct err *err);
int table_turn(struct catalogue *catalogue, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err);

#endif
