/*
 * What is asked of the desk, what it answers, and what it announces on the
 * way.  Fronts make requests; jobs never see where one came from.
 */
#ifndef CINDERBANK_MODEL_REQUEST_H
#define CINDERBANK_MODEL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "model/backup.h"

struct json;
struct metadata;
struct volume_record;

enum request_verb {
	REQUEST_BACKUP,
	REQUEST_RESTORE,
	REQUEST_VERIFY,
	REQUEST_DELETE,
	REQUEST_CANCEL,
	REQUEST_EXPORT,
	REQUEST_IMPORT,
	REQUEST_RESET,
	REQUEST_RESCAN,
	REQUEST_MAKE,   /* a volume or a snapshot */
	REQUEST_REMOVE, /* it */
	REQUEST_EXTEND, /* a volume */
};

enum { REQUEST_VERBS = REQUEST_EXTEND + 1 };

/* How far a job has come; total 0: not known yet. */
struct progress {
	uint64_t done, total; /* bytes of the volume; erasing: names in the store */
	uint64_t stored;      /* bytes written to the store, or read from it */
	bool erasing;         /* a backup is removed from the store, be it one that failed */
	uint32_t objects;     /* of a backup: that were made */
	bool untimed;         /* for those who notify others: not to do so by time */
};

/* Called from one thread at a time, at most some times a second; must not block. */
typedef void(progress_fn)(void *arg, const struct progress *progress);

/*
 * Told once, by a job that takes its time, that the record is in the status which
 * the job works under; the answer is still to come.  volume_id: restore only, else
 * NULL.  Must not block.
 */
typedef void(admitted_fn)(void *arg, const struct backup *backup, const char *volume_id);

enum rescan_state {
	RESCAN_KNOWN,    /* in the catalogue */
	RESCAN_MISSING,  /* only in the store */
	RESCAN_IMPORTED, /* was missing */
	RESCAN_DAMAGED,  /* why says what is wrong with it */
};

/*
 * Told of each backup in the store, from one thread; what is damaged has no more
 * than container and service_metadata.  Not 0: stop, and hand that on.
 */
typedef int(rescan_fn)(void *arg, enum rescan_state state, const struct backup *backup,
    const struct err *why, struct err *err);

/*
 * All texts are borrowed until the answer came.  NULL or false: not given.
 */
struct request {
	enum request_verb verb;
	const char *request_id; /* for the log; NULL: the desk makes one */
	const char *user_id, *project_id;
	const char *token, *catalogue; /* keystone's, of whoever asks; the catalogue as JSON */
	const char *volume;            /* backup, restore: as the operator names it */
	const char *target; /* restore: path or rbd: name of something outside the service */
	const char *backup; /* all but backup, import, rescan: id or name */
	const char *name, *description, *container, *snapshot;
	/*
	 * make: what is to be made, without id; restore, without volume and target: the
	 * same, or NULL for a file that has but an id; remove: kind and id; extend: id
	 * and size.
	 */
	const struct volume_record *made;
	const struct metadata *metadata; /* backup, make */
	bool counted;                    /* against the quotas of the project */
	const char *service, *record;    /* import: backup_service and backup_url */
	bool incremental, force;
	/*
	 * The record is there, in the status that the job works under, and so are those of
	 * the volumes: whoever asks has seen to that.  backup is its id.
	 */
	bool adopted;
	/* What the caller is known by in the cloud, and what the volume service has lent. */
	const struct json *context, *device;
	bool take;        /* rescan: what is missing is imported */
	bool quick;       /* verify: what documents and listings say, without reading the objects */
	bool parent_good; /* verify: the parent was found to restore, just now */
	enum backup_status status; /* reset */
	rescan_fn *found;          /* rescan */
	void *found_arg;
	const char *refusal; /* backup, delete: goes on record, and fails for this reason */
	progress_fn *progress;
	void *progress_arg;
	admitted_fn *admitted; /* backup, restore, delete, import */
	void *admitted_arg;
};

/* What came of it.  The texts are borrowed for the length of the call. */
struct reply {
	struct err err;                      /* kind ERR_NONE: done */
	struct backup backup;                /* the record as it stands after the job */
	const char *volume_id, *volume_path; /* restore: what was written */
	const char *service, *record;        /* export: backup_service and backup_url */
};

typedef void(reply_fn)(void *arg, const struct reply *reply);

#endif
