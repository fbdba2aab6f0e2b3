/*
 * What is known of each backup.  A status changes by compare-and-set and in no
 * other way.  The columns are those of model/backup.h, the tables cinder's own
 * (names and columns), so that the statements are the same for every driver.
 * All calls may come from any thread.
 */
#ifndef CINDERBANK_CATALOGUE_CATALOGUE_H
#define CINDERBANK_CATALOGUE_CATALOGUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "model/backup.h"
#include "model/service.h"

struct err;
struct sql_opts;
struct catalogue_driver;
struct catalogue_local;

struct catalogue { /* first in each driver's struct; open fills it */
	const struct catalogue_driver *driver;
};

struct catalogue_driver {
	const char *scheme; /* of [database]connection: "sqlite", "mysql" */
	int (*open)(struct catalogue **ret, const struct sql_opts *, struct err *);
	/*
	 * Add a row.  In status creating it is one act with the check that its
	 * parent, if it has one, is available: ERR_CONFLICT.  A deleted row of that
	 * id is revived; a live one is ERR_CONFLICT.  created_at is now, where it is
	 * NULL, and the count of dependents is counted, here and in the parent.
	 */
	int (*add)(struct catalogue *, const struct backup *, struct err *);
	int (*find)(struct catalogue *, const char *id, struct backup *ret, struct err *);
	/* 1, 0 absent or deleted, -1 */
	/* fn may call the catalogue.  Rows that come or go meanwhile are told of or not. */
	int (*each)(
	    struct catalogue *, const struct backup_filter *, backup_fn *, void *arg, struct err *);
	/* How many rows each() would tell of, were there no after. */
	int (*count)(struct catalogue *, const struct backup_filter *, uint64_t *ret, struct err *);
	/*
	 * Write the columns whose bits are set in fields, of a live row: none is
	 * ERR_NOT_FOUND.  Status, deletion, id and the count of dependents are not
	 * among them; updated_at follows by itself.
	 */
	int (*save)(struct catalogue *, const struct backup *, uint32_t fields, struct err *);
	/*
	 * The same of a row that is creating, which is available from then on, in one
	 * act.  1 done; 0 was not creating; -1.
	 */
	int (*fill)(struct catalogue *, const struct backup *, uint32_t fields, struct err *);
	/*
	 * 1 moved; 0 was not in from; -1.  Towards deleting or deleted: ERR_CONFLICT
	 * while any live row names it as its parent, in one act with the move.
	 * reason: fail_reason, NULL leaves it.
	 */
	int (*move)(struct catalogue *, const char *id, enum backup_status from,
	    enum backup_status to, const char *reason, struct err *);
	/* This host, which is in that availability zone or in none, is alive. */
	int (*beat)(struct catalogue *, const char *host, const char *zone, struct err *);
	/* Services that are not deleted, by binary and host.  fn must not call the catalogue. */
	int (*each_service)(struct catalogue *, service_record_fn *, void *arg, struct err *);
	/* Enable or disable; reason NULL leaves the old one.  1; 0: there is none such; -1. */
	int (*turn)(struct catalogue *, const char *host, const char *binary, bool disabled,
	    const char *reason, struct err *);
	void (*close)(struct catalogue *);
	const struct catalogue_local *local; /* volumes and quotas: see local.h */
};

extern const struct catalogue_driver catalogue_sqlite, catalogue_mysql;

/*
 * Open by the scheme of sql_opts->connection, which may hold a password and is
 * never repeated in an error.  drivers ends with NULL.  ERR_INVALID: no driver
 * for the scheme, or the rest makes no sense to it; ERR_CORRUPT, ERR_CONFLICT:
 * damaged, of something else, or of a newer program; ERR_NOT_FOUND: opts->present,
 * and it is not.
 *
 * This and every other call: ERR_RETRY, locked by others for longer than the
 * driver waits; ERR_DENIED, ERR_NO_SPACE, ERR_SYSTEM.
 */
int catalogue_open(struct catalogue **ret, const struct catalogue_driver *const *drivers,
    const struct sql_opts *opts, struct err *err);
int catalogue_add(struct catalogue *catalogue, const struct backup *backup, struct err *err);
int
catalogue_find(struct catalogue *catalogue, const char *id, struct backup *ret, struct err *err);
int catalogue_each(struct catalogue *catalogue, const struct backup_filter *filter, backup_fn *fn,
    void *arg, struct err *err);
int catalogue_count(struct catalogue *catalogue, const struct backup_filter *filter, uint64_t *ret,
    struct err *err);
int catalogue_save(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err);
int catalogue_fill(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err);
/* Also ERR_CONFLICT where backup_may_move() says no. */
int catalogue_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err);
int
catalogue_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err);
int catalogue_each_service(
    struct catalogue *catalogue, service_record_fn *fn, void *arg, struct err *err);
int catalogue_turn(struct catalogue *catalogue, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err);
void catalogue_close(struct catalogue *catalogue);
SCOPED_POINTER(struct catalogue, catalogue_close);

/*
 * The one live backup that has this id, or this name.  ERR_NOT_FOUND: none;
 * ERR_CONFLICT: several have the name (all are named in the text).
 */
int catalogue_resolve(struct catalogue *catalogue, const char *id_or_name, const char *project_id,
    struct backup *ret, struct err *err);

#endif
