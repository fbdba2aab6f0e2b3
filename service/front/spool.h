/*
 * A restore to standard output.  What goes down a pipe cannot be taken back, and
 * objects of a chain do not end in volume order; so the volume is first restored
 * to a file, verified as any, and then sent.
 */
#ifndef CINDERBANK_FRONT_SPOOL_H
#define CINDERBANK_FRONT_SPOOL_H

#include <limits.h>

#include "model/request.h"

struct err;

/* A path below TMPDIR, or else /var/tmp, where there is nothing yet. */
int spool_choose(char ret[PATH_MAX], struct err *err);

/*
 * Take the file's name away, and write its bytes to the descriptor out.  ERR_SYSTEM:
 * whoever reads has gone, or the file cannot be read.
 */
int
spool_send(const char *path, int out, progress_fn *progress, void *progress_arg, struct err *err);

#endif
