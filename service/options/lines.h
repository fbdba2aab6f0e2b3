/*
 * A text file as Python reads it: UTF-8, lines that end with LF, CR or both,
 * blanks as Unicode knows them.  Knows nothing of options.  Any thread.
 */
#ifndef CINDERBANK_OPTIONS_LINES_H
#define CINDERBANK_OPTIONS_LINES_H

#include <stdbool.h>

#include "base/buf.h"

struct err;

enum { LINES_LENGTH_MAX = 64 * 1024 }; /* bytes of one line */

struct lines {
	const char *file; /* for places in errors; borrowed */
	struct span rest;
	unsigned number; /* of the line that lines_next() gave last; 0 before the first */
};

/*
 * Is all of the text fit to be read?  ERR_INVALID with line and column: a byte
 * order mark, a NUL, a byte that is not UTF-8, a line over LINES_LENGTH_MAX.
 */
int lines_check(const struct lines *lines, struct err *err);

/* The next line without its end, borrowed from the text.  false: there is none. */
bool lines_next(struct lines *lines, struct span *ret);

/* The text without the blanks at its end, or at both ends. */
struct span lines_strip_end(struct span text);
struct span lines_strip(struct span text);

#endif
