/*
 * A store in a directory of this node: what posix does at backup_posix_path, and
 * nfs where the kernel has mounted the share.  Names are those of layout.h.
 */
#ifndef CINDERBANK_STORE_FOLDER_H
#define CINDERBANK_STORE_FOLDER_H

#include <limits.h>

#include "options/tables.h"
#include "store/layout.h"
#include "store/store.h"

struct err;

enum { FOLDER_TRIES = 3, FOLDER_BACKOFF_MS = 500 };

struct folder { /* first in the driver's struct, on the heap: folder_close() frees it */
	struct store store;
	struct file_opts opts; /* texts are borrowed from the configuration */
	/* Called before anything is done at the root.  NULL: it is there, or may be made. */
	int (*ready)(struct folder *, struct err *);
	char root[PATH_MAX];
};

/*
 * Fill ret with what the options say, and with FOLDER_TRIES; root, an
 * absolute path, is copied.  ERR_INVALID: sizes that do not fit, a path too long.
 */
int folder_init(struct folder *ret, const struct store_driver *driver, const struct file_opts *opts,
    const char *root, struct err *err);

/* The functions of a driver, as store.h describes them, but for open. */
int folder_check(struct store *store, struct err *err);
int folder_room(struct store *store, struct store_room *ret, struct err *err);
int folder_place(
    struct store *store, const struct backup *backup, struct location *ret, struct err *err);
int folder_begin(struct store *store, const struct location *at, struct err *err);
int folder_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err);
int folder_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err);
int folder_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err);
int folder_append(struct document *document, struct span text, struct err *err);
int folder_commit(struct document *document, struct err *err);
void folder_discard(struct document *document);
int folder_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err);
int folder_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err);
int folder_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err);
int folder_erase(struct store *store, const struct location *at, struct err *err);
void folder_close(struct store *store);
int folder_seal(struct store *store, const struct location *at, struct err *err);
int folder_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err);

/* clang-format off */
#define FOLDER_FUNCTIONS                                                                           \
	.object_pays = LAYOUT_OBJECT_PAYS,                                                         \
	.check = folder_check, .place = folder_place, .begin = folder_begin,                       \
	.write = folder_write, .read = folder_read, .create = folder_create,                       \
	.append = folder_append, .commit = folder_commit, .discard = folder_discard,               \
	.load = folder_load, .list = folder_list, .erase = folder_erase, .scan = folder_scan,      \
	.close = folder_close, .seal = folder_seal, .room = folder_room, .act_as = folder_act_as
/* clang-format on */

#endif
