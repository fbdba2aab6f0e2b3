/*
 * What stands in the files, one entry an assignment, in the order of reading:
 * the ground that load.c lays and that fill.c and notes.c stand on.  Not for
 * other folders.
 */
#ifndef CINDERBANK_OPTIONS_ENTRIES_H
#define CINDERBANK_OPTIONS_ENTRIES_H

#include <stddef.h>

#include "base/err.h"

struct arena;
struct opt;

struct entry {
	const char *section, *name; /* as written */
	const char *value;          /* without quotes, continuation lines joined */
	const struct opt *opt;      /* the row it means; NULL: none knows it */
	struct place at;            /* of the name */
	unsigned file;              /* counts files in the order of reading */
};

struct config {
	struct arena *arena;
	struct entry *entries;
	size_t count, room;
	unsigned files;
};

#endif
