/*
 * Directories below a root, reached part by part without following symbolic
 * links, so that no name in a record leads outside.  Paths are as
 * layout_check() takes them; descriptors are close-on-exec and fit for fsync.
 * Any thread; others may make and remove directories meanwhile.
 */
#ifndef CINDERBANK_STORE_TREE_H
#define CINDERBANK_STORE_TREE_H

#include <stdbool.h>
#include <stdint.h>

struct err;

/* Told of an entry of the directory dir.  Not 0: stop, and hand that on. */
typedef int(tree_entry_fn)(void *arg, int dir, const char *name, struct err *err);

/*
 * Open the directory path below root.  1, 0: path is missing (ret untouched),
 * -1; ERR_NOT_FOUND: root itself is missing; ERR_DENIED: a part of path is no
 * directory; ERR_RETRY: a stale handle of the network.
 */
int tree_open(const char *root, const char *path, int *ret, struct err *err);

/*
 * Make root and path where they are missing, for good (every parent is
 * synced).  The last part of path gets mode 0770, the parents what umask says.
 */
int tree_make(const char *root, const char *path, struct err *err);

/* Remove path and its parents up to root, as far as they are empty. */
int tree_prune(const char *root, const char *path, struct err *err);

/* Tell of every entry, "." and ".." too. */
int tree_each(int dir, tree_entry_fn *fn, void *arg, struct err *err);

/*
 * Can backups be kept below root?  It is a directory, or may be made where make
 * is true; it takes a file, and has room for need bytes more.  Makes nothing
 * that stays.
 */
int tree_check(const char *root, bool make, uint64_t need, struct err *err);

/* A system call failed: as err_sys(), with ESTALE as ERR_RETRY.  Return -1. */
int tree_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
