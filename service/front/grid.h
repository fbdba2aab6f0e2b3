/*
 * A table as OpenStack's clients draw it:
 *   +----+-------+
 *   | ID | Name  |
 *   +----+-------+
 * Cells are texts from anywhere; each takes one line.  One thread at a time.
 */
#ifndef CINDERBANK_FRONT_GRID_H
#define CINDERBANK_FRONT_GRID_H

#include <stddef.h>

#include "base/buf.h"

struct err;

enum { GRID_COLUMNS_MAX = 16, GRID_MAX = 256 * 1024 * 1024 };

struct grid {
	struct buf cells; /* NUL-terminated, row by row; the first row is the heading */
	size_t widths[GRID_COLUMNS_MAX];
	unsigned columns;
	size_t count; /* of cells */
};

/* An empty grid under these headings, up to a NULL. */
void grid_init(struct grid *grid, const char *const *headings);
void grid_drop(struct grid *grid);

/* The next cell, from left to right; a full row is followed by another.  NULL: empty. */
void grid_add(struct grid *grid, const char *text);

/* Append the drawing.  The last row must be full.  ERR_INVALID: over GRID_MAX. */
int grid_draw(const struct grid *grid, struct buf *ret, struct err *err);

#endif
