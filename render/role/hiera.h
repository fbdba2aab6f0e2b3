/*
 * What a node finds under a hiera key.  Levels of data in an order; the first
 * that has a key counts, and a null there ends the search.  Text is
 * interpolated: %{fact}, %{hiera('key')}, %{literal('%')}.
 */
#ifndef CINDERBANK_ROLE_HIERA_H
#define CINDERBANK_ROLE_HIERA_H

#include <stddef.h>

#include "doc/value.h"

struct arena;

struct hiera_level {
	const char *name;         /* "extraconfig" */
	const struct value *data; /* map */
};

struct hiera {
	struct arena *arena;
	struct hiera_level *levels; /* highest first; only those with data */
	size_t n_levels;
	const struct value *facts; /* map of text */
};

/*
 * Put levels in order.  names: list of level names, with %{fact} in them;
 * data: map of level name to map (a name is compared without regard to case,
 * as UUIDs are written in both).  All borrowed for as long as the arena.
 */
int hiera_make(struct hiera *ret, struct arena *arena, const struct value *names,
    const struct value *data, const struct value *facts, struct err *err);

/*
 * Look up a key.  Returns 1 and the interpolated value (which may be null), 0
 * if no level has it, -1.  ret_level: who had it; may be NULL.
 */
int hiera_find(const struct hiera *hiera, const char *key, const struct value **ret,
    const char **ret_level, struct err *err);

/* The same without interpolation, as written. */
const struct value *hiera_raw(const struct hiera *hiera, const char *key, const char **ret_level);

#endif
