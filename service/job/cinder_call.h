/*
 * What the parts of cinder.h share: a loan's terms, and the calls to cinder-volume.
 * Nothing else includes this.
 */
#ifndef CINDERBANK_JOB_CINDER_CALL_H
#define CINDERBANK_JOB_CINDER_CALL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/digest.h"
#include "catalogue/cloud.h"
#include "job/cinder.h"
#include "job/lender.h"
#include "model/backup.h"
#include "net/envelope.h"
#include "options/tables.h"

struct barbican;
struct job;
struct ceph_cluster;
struct json;

enum { VOLUME_TEXT_MAX = 4 * 1024 * 1024 };

/* A volume or snapshot at the service that has it: what a call is about, and where it goes. */
struct remote {
	const struct cinder_setup *setup;
	const struct envelope_context *context;
	char host[COLUMN_TEXT_MAX]; /* of the volume: HOST@BACKEND#POOL, or the cluster's */
	char id[UUID_TEXT];
	bool snapshot;
	struct span object;    /* Volume or Snapshot, as JSON */
	struct span connector; /* what this host is, as JSON */
};

/* The device to read is made and comes by itself, or, with ret, is the answer. */
int cinder_get_device(
    const struct remote *remote, struct span backup, struct json **ret, struct err *err);

/* 1 yes, 0 no, -1 */
int cinder_secure_files(const struct remote *remote, struct err *err);

/* *ret: the answer, with the connection's info as its result. */
int cinder_connect(const struct remote *remote, struct json **ret, struct err *err);

/* Undo that, both halves of it.  quietly: nobody waits for what becomes of it. */
int cinder_disconnect(const struct remote *remote, bool quietly, struct err *err);

/* An attachment that cinder-volume knows of. */
int cinder_detach(const struct remote *remote, const char *attachment_id, struct err *err);

/* A temporary one.  ERR_RETRY: the broker has not taken that yet. */
int cinder_delete(const struct remote *remote, struct err *err);

struct cinder {
	struct lender lender; /* first */
	struct cinder_setup setup;
	struct buf connector; /* what this host is, as JSON */
	struct barbican *keys;
};

/* One loan. */
struct terms {
	struct envelope_context context;
	struct json *row;    /* of the volume that the backup or restore is about */
	struct json *answer; /* with the device, where it came as one; or NULL */
	struct buf object;   /* of what is read or written */
	struct remote remote;
	struct ceph_opts ceph;
	char ceph_user[COLUMN_TEXT_MAX];
	char temporary[UUID_TEXT]; /* "": what is lent is the volume itself */
	char key[UUID_TEXT];       /* made for what is restored; "": it keeps its own */
	bool connected;
};

void cinder_drop_terms(struct terms *terms);

/* New ones, which say nothing but who asks.  NULL and err filled: no memory. */
struct terms *
cinder_make_terms(struct cinder *cinder, const struct job *job, struct loan *loan, struct err *err);

/* A text of a row; "" where it is null. */
const char *cinder_text(const struct json *row, const char *key);

/* The backup as the request has it: a JSON object, or NULL. */
const struct json *cinder_asked(const struct job *job);

/* A live row, parsed.  ERR_NOT_FOUND */
int cinder_read_row(struct cinder *cinder, enum cloud_kind kind, const char *id, struct json **ret,
    struct err *err);

/* Do the objects of this cloud know use_quota?  Those of 1.39 and later do.  1, 0, -1. */
int cinder_is_modern(struct cinder *cinder, struct err *err);

/* Where to find the service that has a volume: its cluster comes before its host. */
void cinder_set_host(struct remote *remote, const struct json *volume);

/* A live row, as calls about it need it. */
struct cinder_thing {
	struct json *row, *volume; /* volume: that of a snapshot; else NULL */
	struct buf object;
	struct remote remote;
};

/* clang-format off */
#define CINDER_THING { .object = BUF(VOLUME_TEXT_MAX) }
/* clang-format on */

/* context is borrowed by *ret, which is dropped in any case.  1; 0: there is no such row; -1. */
int cinder_find(struct cinder *cinder, const struct envelope_context *context, enum cloud_kind kind,
    const char *id, struct cinder_thing *ret, struct err *err);
void cinder_drop_thing(struct cinder_thing *thing);

/* The service itself asks. */
int cinder_own_context(
    char request_id[DIGEST_UUID_TEXT + 4], struct envelope_context *ret, struct err *err);

/*
 * Ask for the removal of what was made for a job's backup.  The row says what that is,
 * or, if it is gone, what was lent: the backup may have been deleted meanwhile.
 */
int cinder_delete_temporaries(
    struct cinder *cinder, const struct job *job, const struct terms *terms, struct err *err);

/* The backup of an encrypted volume gets a key of its own, before a device is asked for. */
int cinder_copy_source_key(
    struct cinder *cinder, struct job *job, const struct json *volume, struct err *err);

/*
 * Can what is restored be read there?  Where it takes another key, that is made:
 * terms->key.  meta: what was stored of the backup's volume.  ERR_INVALID: it cannot.
 */
int cinder_copy_target_key(struct cinder *cinder, const struct job *job, struct terms *terms,
    struct span meta, struct err *err);

/* For the driver's row; and for what was copied in vain, or is of no use any more. */
int cinder_drop_key(struct lender *lender, const struct job *job, const char *key, struct err *err);

/*
 * Whatever a backup keeps busy becomes what it was before.  previous: what
 * previous_status becomes, or NULL.  1 moved; 0 it was not busy; -1.
 */
int cinder_free_source(
    struct cinder *cinder, const struct backup *row, const char *previous, struct err *err);

/* Likewise a volume that was to be restored: one that was there before, or was made for that. */
int cinder_free_target(struct cinder *cinder, const char *id, const char *restored,
    const char *created, struct err *err);

/* For the driver's row; lender.h says what each does. */
int cinder_lend_source(struct lender *lender, struct job *job, struct loan *ret, struct err *err);
int cinder_lend_target(
    struct lender *lender, struct job *job, uint64_t size, struct loan *ret, struct err *err);
int cinder_put_right(struct lender *lender, const struct backup *row, struct err *err);
int cinder_sweep(struct lender *lender, const char *backup_id, struct err *err);
int cinder_locate(
    struct lender *lender, const struct backup *row, struct ceph_cluster *ret, struct err *err);

#endif
