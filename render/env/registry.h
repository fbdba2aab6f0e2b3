/*
 * resource_registry of one file: which entries name files, and which files
 * these are.
 */
#ifndef CINDERBANK_ENV_REGISTRY_H
#define CINDERBANK_ENV_REGISTRY_H

#include "doc/value.h"

struct arena;

/* A value of a registry and the file it means. */
struct resolved {
	const struct resolved *next;
	const struct value *written;
	const char *path; /* absolute, without . and .. */
};

/*
 * Resolve a registry that stands in a file of path, and put its entries before
 * those of list.  ERR_NOT_FOUND: a file that is not there; ERR_INVALID: a value
 * that is neither type name nor file.
 */
int registry_resolve(struct arena *arena, const char *path, const struct value *registry,
    const struct resolved **list, struct err *err);

#endif
