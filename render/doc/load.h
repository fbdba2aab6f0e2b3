/*
 * YAML → values, as PyYAML's safe loader reads it for Heat: YAML 1.1 types,
 * dates stay text, merge keys, the last duplicate wins (and is told of).
 * Hostile input (alias bombs, depth, huge scalars, bad UTF-8) is an error within
 * the arena's ceiling.  Errors carry file, line and column.
 */
#ifndef CINDERBANK_DOC_LOAD_H
#define CINDERBANK_DOC_LOAD_H

#include "doc/value.h"

/* Told of what is legal but doubtful: a duplicate key. */
typedef void(doc_note_fn)(void *arg, struct place at, const char *text);

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
