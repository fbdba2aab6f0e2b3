/*
 * Who has a word on a name: the values of one file whose path ends with it.
 * For environment.c, which knows the files.
 */
#ifndef CINDERBANK_ENV_SEARCH_H
#define CINDERBANK_ENV_SEARCH_H

#include "env/environment.h"

struct merge;

struct search {
	struct arena *arena;
	const struct merge *merge; /* says what is left of a value */
	const char *section, *name;
	setting_fn *fn;
	void *arg;
	struct buf *path; /* of the value, section first */
};

/* Tell of all below a value.  merged: what the environment has in its place, or NULL. */
int search_value(
    struct search *s, const struct value *value, const struct value *merged, struct err *err);

#endif
