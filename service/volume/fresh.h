/*
 * A file that has no name until it is complete, so that a crash leaves nothing.
 * Where the file system cannot do without a name (NFS, FAT), it has a hidden one
 * meanwhile; what a crash leaves of those goes when the next file is made there.
 * One thread at a time.
 */
#ifndef CINDERBANK_VOLUME_FRESH_H
#define CINDERBANK_VOLUME_FRESH_H

#include <limits.h>

struct err;

struct fresh {                   /* start with FRESH_INIT */
	int dir;                 /* that it will stand in; -1: none to be published */
	char name[NAME_MAX + 1]; /* that it will have there */
	char hidden[64];         /* that it has meanwhile; "": none */
};

/* clang-format off */
#define FRESH_INIT { .dir = -1 }
/* clang-format on */

/* Make an empty file for path and open it for reading and writing.  ERR_CONFLICT: path exists. */
int fresh_create(struct fresh *fresh, const char *path, int *ret_fd, struct err *err);

/* Give it its name, for good.  ERR_CONFLICT: somebody else took it meanwhile. */
int fresh_publish(struct fresh *fresh, int fd, struct err *err);

/* Remove what crashes left in the directory of path, unless somebody still writes to it. */
void fresh_sweep(const char *path);

/* Remove the hidden name of what was not published. */
void fresh_drop(struct fresh *fresh);

#endif
