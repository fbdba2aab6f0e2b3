/*
 * One file of a store.  It appears whole or not at all: written under a hidden
 * name that no prefix matches, synced, then renamed.  A struct file serves one
 * thread at a time.
 */
#ifndef CINDERBANK_STORE_FILE_H
#define CINDERBANK_STORE_FILE_H

#include <stdint.h>

#include "base/buf.h"
#include "store/layout.h"

struct err;

struct file { /* start with FILE_INIT and the name */
	int dir, fd;
	char name[LAYOUT_NAME_MAX], hidden[LAYOUT_NAME_MAX];
};

/* clang-format off */
#define FILE_INIT { .dir = -1, .fd = -1 }
/* clang-format on */

/*
 * Begin the file file->name in the directory file->dir, which belongs to file
 * from now on.  An unfinished one of that name is replaced.
 */
int file_create(struct file *file, struct err *err);

int file_write(struct file *file, struct span text, struct err *err);

/*
 * Sync the file and give it its name, replacing an older one.  The directory is
 * left to the caller to sync, for many files at once.
 */
int file_publish(struct file *file, struct err *err);

/* Remove what was not published; close. */
void file_drop(struct file *file);

/*
 * Append what follows offset in the file name of the directory dir to ret, as
 * much as fits.  1, 0: no such file, -1; ERR_CORRUPT: a link, or no regular file.
 */
int file_read(int dir, const char *name, uint64_t offset, struct buf *ret, struct err *err);

#endif
