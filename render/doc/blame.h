/* Which spot of a text is to blame, where libyaml says little. */
#ifndef CINDERBANK_DOC_BLAME_H
#define CINDERBANK_DOC_BLAME_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* The place of a byte in the text of a file. */
struct place blame_byte(struct span text, const char *file, size_t offset);

/*
 * Fill err: the character of that index, which stands at a place, cannot begin
 * a value.  Says what to do about it.  Returns -1.
 */
int blame_character(struct span text, size_t index, struct place at, struct err *err);

#endif
