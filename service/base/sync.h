/*
 * What a crash would forget of names: a file that was made, renamed or removed is
 * that for good only when its directory is on the disk.  Threads: any.
 */
#ifndef CINDERBANK_BASE_SYNC_H
#define CINDERBANK_BASE_SYNC_H

struct err;

/* Sync the directory that the name of path stands in. */
int sync_name(const char *path, struct err *err);

#endif
