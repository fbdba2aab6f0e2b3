/*
 * Where backups are kept: segments and documents, under one location each.
 * Drivers never retry, log or check arguments: the store_*() wrappers do.
 * Data and documents become a backup by one act: the manifest is committed last.
 */
#ifndef CINDERBANK_STORE_STORE_H
#define CINDERBANK_STORE_STORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"
#include "model/backup.h"
#include "model/chunk.h"

struct err;
struct opt_table;
struct store_driver;
struct store_image_driver;

enum { STORE_RAW = 1u << 0 };                   /* wants segments uncompressed (an image) */
enum { STORE_DOCUMENT_MAX = 64 * 1024 * 1024 }; /* of a document held in memory at once */

struct store { /* first in each driver's struct; open fills it */
	const struct store_driver *driver;
	unsigned tries, backoff_ms;
	uint64_t object_size, block_size; /* bytes, from the driver's options */
	bool untimed; /* its option says not to notify progress by time, but by objects only */
	const char *caveat; /* why check cannot look at all of it, for people; or NULL */
	/*
	 * Set by store_act_as().  While it is true whatever waits ends with ERR_CANCELLED
	 * within a second or so, inside of a request too.  NULL: nobody cancels.
	 */
	const atomic_bool *cancel;
	atomic_ullong erased;    /* names that erase has removed so far, for whoever watches */
	atomic_ullong *failures; /* counts tries that failed; NULL: nobody does */
};

/* Columns container and service_metadata of the record. */
struct location {
	char container[COLUMN_TEXT_MAX];
	char prefix[COLUMN_TEXT_MAX];
};

/* A document that is being written; the first field of each driver's own struct. */
struct document {
	struct store *store;
	struct location at; /* set by store_create(), for its errors */
};

/* Told of each stored name of a backup and its stored bytes, in any order. */
typedef int(store_name_fn)(void *arg, const char *name, uint64_t length, struct err *err);

/* Told of a place where a manifest stands. */
typedef int(store_place_fn)(void *arg, const struct location *at, struct err *err);

/* Who asks for a job: in clouds each project may have an account of its own. */
struct store_user {
	const char *token, *project_id; /* NULL: not given */
	const char *catalogue;          /* keystone's, as JSON; or NULL */
	const atomic_bool *cancel;      /* ends the job; NULL: nobody does */
};

struct store_room {
	uint64_t free, total; /* bytes; total 0: nobody knows */
};

struct store_driver {
	const char *name;       /* "swift" */
	const char *class_path; /* backup_driver as cinder.conf spells it */
	const struct opt_table *options;
	unsigned flags, writers; /* STORE_*; writes at once, 0: no limit */
	uint64_t
	    object_pays; /* bytes: to keep a smaller one costs more than its bytes do; 0: unknown */
	/* Required.  write, read, load come from many threads at once. */
	int (*open)(struct store **ret, const void *opts, struct err *);
	int (*check)(struct store *, struct err *); /* reachable, writable */
	/*
	 * Choose the location of a new backup (record: ids, user's container,
	 * created_at, zone) without making anything.
	 */
	int (*place)(struct store *, const struct backup *, struct location *ret, struct err *);
	/* Make the container, where it is missing. */
	int (*begin)(struct store *, const struct location *, struct err *);
	/*
	 * A segment whose md5 is put off is told what the store says that it is, if it says so:
	 * whoever waits for it compares, and where it differs writes again with md5.
	 */
	int (*write)(struct store *, const struct location *, const struct segment *, struct err *);
	/*
	 * Append stored bytes of a segment from offset on to packed, as many as fit
	 * under its ceiling; none: the object ends there.  ERR_NOT_FOUND: no object.
	 */
	int (*read)(struct store *, const struct location *, const struct segment *,
	    uint64_t offset, struct buf *packed, struct err *);
	/*
	 * Documents are written as streams, so that a hash list never stands in
	 * memory.  Until commit returns 0 there is none; then there is all of it,
	 * for good.  name: "metadata", "sha256file".  commit and discard free it.
	 * ERR_RETRY from append or commit: nothing was taken, nothing was freed, the
	 * same call may come again.
	 */
	int (*create)(struct store *, const struct location *, const char *name,
	    struct document **ret, struct err *);
	int (*append)(struct document *, struct span, struct err *);
	int (*commit)(struct document *, struct err *);
	void (*discard)(struct document *);
	/* As read, of a document.  1, 0 absent, -1. */
	int (*load)(struct store *, const struct location *, const char *name, uint64_t offset,
	    struct buf *ret, struct err *);
	/*
	 * Every finished name that belongs to the location, manifest and hash list
	 * included, and none of its neighbours, whose prefix may begin alike.  Not 0
	 * from fn: stop, and hand that on.
	 */
	int (*list)(
	    struct store *, const struct location *, store_name_fn *, void *arg, struct err *);
	/*
	 * Remove all of it, the manifest first, unfinished writes too.  Absent: done.
	 * A failure to list is an error.
	 */
	int (*erase)(struct store *, const struct location *, struct err *);
	void (*close)(struct store *);
	/* Make the segments outlive a crash.  NULL: write already did. */
	int (*seal)(struct store *, const struct location *, struct err *);
	/*
	 * Open the same store again for one job: in the account of whoever asks, where
	 * there is one for each, and to be cancelled alone.  user is borrowed until it is
	 * closed.  1; 0: the one store is for all, and does not see a cancel; -1.  NULL: so
	 * always.
	 */
	int (*act_as)(struct store *, const struct store_user *, struct store **ret, struct err *);
	/* How much is free for backups.  NULL: nobody knows. */
	int (*room)(struct store *, struct store_room *ret, struct err *);
	/*
	 * Tell of every place where a manifest stands, whoever wrote it, in any order.
	 * Not 0 from fn: stop, and hand that on.  NULL: it cannot be asked.
	 */
	int (*scan)(struct store *, store_place_fn *, void *arg, struct err *);
	/*
	 * A store of images: it has open, check and close of what stands above, and
	 * jobs call the functions of store/image.h.  NULL: segments and documents.
	 */
	const struct store_image_driver *images;
};

extern const struct store_driver store_posix;
extern const struct store_driver store_swift, store_nfs, store_ceph; /* each if it is built in */

/* -1 and ERR_CANCELLED once store->cancel is true; for drivers, between two steps. */
int store_go_on(const struct store *store, struct err *err);

/* "<prefix>-00042"; into COLUMN_TEXT_MAX + 16 bytes. */
void store_segment_name(const struct location *at, uint32_t number, char *ret);

/*
 * Wrappers.  Each tries again while the driver says ERR_RETRY, as often as
 * store->tries allows, with waits from store->backoff_ms on that double up to
 * 64 s, or longer ones if the server asks for them; names the driver and the
 * container in its error; refuses a location without a prefix (ERR_INVALID), and
 * to begin after a cancel; and traces at debug level.  buf of store_read() and
 * store_load() must have room.  store_commit() frees in any case.
 */
int store_open(
    struct store **ret, const struct store_driver *driver, const void *opts, struct err *err);
int store_check(struct store *store, struct err *err);
int store_room(struct store *store, struct store_room *ret, struct err *err);
int store_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err);
int store_place(
    struct store *store, const struct backup *backup, struct location *ret, struct err *err);
int store_begin(struct store *store, const struct location *at, struct err *err);
int store_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err);
int store_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err);
int store_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err);
int store_append(struct document *document, struct span text, struct err *err);
int store_commit(struct document *document, struct err *err);
void store_discard(struct document *document);
SCOPED_POINTER(struct document, store_discard);
int store_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err);
int store_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err);
/* ERR_INVALID: the driver cannot be asked. */
int store_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err);
int store_erase(struct store *store, const struct location *at, struct err *err);
int store_seal(struct store *store, const struct location *at, struct err *err);
void store_close(struct store *store);
SCOPED_POINTER(struct store, store_close);

#endif
