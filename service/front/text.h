/*
 * Text that a terminal may be given.  Names and messages come from anywhere;
 * what would move the cursor, ring, reorder or end the line is spelt out.
 * Threads: pure functions.
 */
#ifndef CINDERBANK_FRONT_TEXT_H
#define CINDERBANK_FRONT_TEXT_H

#include <stddef.h>

struct buf;

/*
 * Append text, UTF-8, with control characters, marks of direction and line
 * separators as \n, \t, \x1b or \u202e, and bytes that are no UTF-8 as \xff.
 */
void text_add(struct buf *ret, const char *text);

/* Columns that a text takes on a terminal; what text_add() made, or plain words. */
size_t text_width(const char *text);

/* Append text in lines of at most width columns, each behind indent blanks. */
void text_wrap(struct buf *ret, const char *text, size_t indent, size_t width);

#endif
