/*
 * resource_registry of one file: which entries name files, and which files
 * these are.
 */
#ifndef CINDERBANK_ENV_REGISTRY_H
#define CINDERBANK_ENV_REGISTRY_H

#include <stdbool.h>

#include "doc/value.h"

struct arena;

/* A value of a registry and the file it means. */
struct resolved {
	const struct resolved *next;
	const struct value *written;
	const char *path; /* absolute, without . and .. */
};

/* What all files' entries come to. */
struct registry {
	struct arena *arena;
	const char *tree; /* as in struct environment_files */
	bool partial;
	const struct resolved *list; /* the last one first */
	struct place borrowed;       /* first entry for which tree stands in */
};

/*
 * Resolve the registry section of the file at path into entries of all.
 * ERR_NOT_FOUND: a file that is not there; ERR_INVALID: a value that is neither
 * type name nor file.
 */
int registry_resolve(
    struct registry *all, const char *path, const struct value *section, struct err *err);

/*
 * The entry for a type in a merged section, or NULL.  As in Heat, of an entry of
 * that name and patterns that fit the first in the order of their bytes counts,
 * mostly a pattern: "OS::A::*" stands before "OS::A::B".
 */
const struct value *registry_entry(const struct value *section, const char *type);

#endif
