/*
 * YAML → values, as PyYAML's safe loader reads it for Heat: YAML 1.1 types,
 * dates stay text, merge keys, the last duplicate wins (and is told of).
 * Hostile input is an error within the arena's ceiling and within a second: files
 * of more than 16 MiB, 200 levels, aliases that come to more than 64 MiB once they
 * are written out, numbers of more than 4300 digits, bad UTF-8, an alias inside of
 * what it names.  Errors carry file, line and column, and a text of one line.
 */
#ifndef CINDERBANK_DOC_LOAD_H
#define CINDERBANK_DOC_LOAD_H

#include "doc/value.h"

/* Told of what is legal but doubtful: a duplicate key. */
typedef void(doc_note_fn)(void *arg, struct place at, const char *text);

enum { DOC_MAX = 16 << 20 }; /* bytes of one file */

struct doc_loader {
	struct arena *arena;
	doc_note_fn *note; /* or NULL */
	void *note_arg;
};

/* Parse one document.  An empty one is &value_null.  name: for places; kept by pointer. */
int doc_parse(const struct doc_loader *loader, struct span text, const char *name,
    const struct value **ret, struct err *err);

/* Read and parse a file; its path is copied into the arena for places. */
int doc_load(
    const struct doc_loader *loader, const char *path, const struct value **ret, struct err *err);

#endif
