/*
 * The desk admits requests, runs each as a job on a thread of its own, limits
 * how many run at once, cancels, and answers.  Fronts know nothing else of the
 * jobs, but for volumes.h.  Stores and catalogue are borrowed and outlive the desk.
 */
#ifndef CINDERBANK_JOB_DESK_H
#define CINDERBANK_JOB_DESK_H

#include <stdbool.h>

#include "base/scope.h"
#include "model/request.h"

struct backup_filter;
struct catalogue;
struct ceph_opts;
struct cinderbank_opts;
struct core_opts;
struct desk;
struct err;
struct service_record;
struct lender;
struct store;
struct volume_driver;

struct desk_setup {
	struct catalogue *catalogue;
	struct store *store; /* NULL: only what needs no store (list, show, export) works */
	const struct volume_driver *const *volumes; /* ends with NULL */
	const struct core_opts *core;
	const struct cinderbank_opts *own;
	unsigned cpus;
	const struct ceph_opts *ceph; /* for volumes that are images; NULL: none can be opened */
	struct lender *lender;        /* of volumes; NULL: the service finds them itself */
};

int desk_open(struct desk **ret, const struct desk_setup *setup, struct err *err);

/*
 * Put right what a crash left half done by this host: unfinished backups become
 * error and leave nothing in the store, restores end, deletes are resumed.  Jobs
 * of other live processes are left alone.
 */
int desk_recover(struct desk *desk, struct err *err);

/*
 * The same for a service: in the background where backup_service_inithost_offload
 * says so, and after five seconds in any case; what cannot be put right yet is tried
 * again until the desk closes.
 */
int desk_recover_all(struct desk *desk, struct err *err);

/* Ask the store now and then, from a thread, whether it works. */
int desk_watch_store(struct desk *desk, struct err *err);

/* Does it, as far as is known?  Where nobody watches it, it does. */
bool desk_works(const struct desk *desk);

/*
 * answer is called once, from any thread, unless this returns -1.  Before that,
 * request->admitted tells when a backup, a restore or a delete is on record;
 * a front that does not wait for the end of a job answers then.
 */
int desk_submit(
    struct desk *desk, const struct request *request, reply_fn *answer, void *arg, struct err *err);

/* Submit, wait, and copy what came of it: for verbs at a terminal. */
int desk_run(
    struct desk *desk, const struct request *request, reply_fn *answer, void *arg, struct err *err);

/* Tell of the backups that the filter takes, newest first; see catalogue_each(). */
int desk_each(struct desk *desk, const struct backup_filter *filter,
    int (*fn)(void *arg, const struct backup *backup, struct err *err), void *arg, struct err *err);

/* The one backup of that id or name; see catalogue_resolve(). */
int desk_find(struct desk *desk, const char *id_or_name, struct backup *ret, struct err *err);

/* The live backup of that id.  1, 0 absent, -1. */
int desk_backup(struct desk *desk, const char *id, struct backup *ret, struct err *err);

/* How many backups the filter takes, whatever its after. */
int
desk_count(struct desk *desk, const struct backup_filter *filter, uint64_t *ret, struct err *err);

/* Write columns of a live backup that are its owner's: name and description. */
int desk_describe(struct desk *desk, const struct backup *backup, uint32_t fields, struct err *err);

/* The name that this service goes by, [DEFAULT] host. */
const char *desk_host(const struct desk *desk);

/* The zone of this service, [DEFAULT] storage_availability_zone. */
const char *desk_zone(const struct desk *desk);

/* Tell of each service of the catalogue.  fn must not call the desk.  See service_record_fn. */
int desk_each_service(struct desk *desk,
    int (*fn)(void *arg, const struct service_record *service, struct err *err), void *arg,
    struct err *err);

/* Enable or disable; reason NULL leaves the old one.  1; 0: there is no such service; -1. */
int desk_turn_service(struct desk *desk, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err);

/* Was it seen within [DEFAULT] service_down_time? */
bool desk_is_up(const struct desk *desk, const struct service_record *service);

/* Of the jobs of one verb since the desk was opened, those that run included. */
struct desk_tally {
	const char *verb; /* "backup" */
	uint64_t succeeded, failed, cancelled;
	unsigned running, waiting; /* now; for a place among backup_max_operations */
	uint64_t ms;               /* from request to answer, all added up */
	uint64_t volume_bytes, store_bytes;
};

void desk_tally(struct desk *desk, enum request_verb verb, struct desk_tally *ret);

/* Calls of the store that failed, each try counted. */
uint64_t desk_store_failures(struct desk *desk);

/* Has every job answered? */
bool desk_idle(struct desk *desk);

/* End every running job with ERR_CANCELLED, and all that come later.  Any thread. */
void desk_cancel_all(struct desk *desk);

/* Wait for the running jobs, then free.  NULL is fine. */
void desk_close(struct desk *desk);
SCOPED_POINTER(struct desk, desk_close);

#endif
