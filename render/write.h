/* Files of a render, each replaced as a whole or not at all. */
#ifndef CINDERBANK_WRITE_H
#define CINDERBANK_WRITE_H

#include <sys/types.h>

#include "base/buf.h"

struct err;

/*
 * Write text to directory/path under a temporary name, make it last, and put it
 * in the place of an older file.  Missing folders are made.
 */
int
write_file(const char *directory, const char *path, mode_t mode, struct span text, struct err *err);

#endif
