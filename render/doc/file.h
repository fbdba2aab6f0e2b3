/* Whole files into memory. */
#ifndef CINDERBANK_DOC_FILE_H
#define CINDERBANK_DOC_FILE_H

struct buf;
struct err;

/*
 * Append what a file holds; a pipe will do.  Of one that is larger than the
 * ceiling of ret, the first bytes up to the ceiling.  Errors of open() and
 * read(), behind the path.
 */
int file_read(const char *path, struct buf *ret, struct err *err);

#endif
