/*
 * Two environments → one, as the deep update of director's client does it or
 * as Heat's server does it.  Values are shared, places are kept: a merged map
 * has the place of the newest file that had a part in it.
 */
#ifndef CINDERBANK_ENV_MERGE_H
#define CINDERBANK_ENV_MERGE_H

#include <stdbool.h>

#include "doc/value.h"

struct arena;

/* A value that the server made of two. */
struct mixture {
	const struct mixture *next;
	const struct value *whole, *older, *newer;
};

struct merge {
	struct arena *arena;
	const struct mixture *mixtures;
	struct map_builder strategies; /* of each parameter seen so far */
};

/*
 * Director: maps merge at every depth, an empty one changes nothing, null does
 * not replace a map, all else replaces.  older and newer are environments.
 * ERR_INVALID: a map over text, number, boolean or list, naming both places.
 */
int merge_director(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err);

/* What the server starts from: all sections, empty. */
int merge_server_start(struct merge *merge, const struct value **ret, struct err *err);

/*
 * Server: each parameter of the newer file overwrites, unless its
 * parameter_merge_strategies say merge or deep_merge; null is ignored.  Without
 * the template's schema the type of a parameter is that of its value.
 * ERR_INVALID: a blank section, strategies in conflict, values that do not merge.
 */
int merge_server(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err);

/* Is a value from a file still (part of) a merged one? */
bool
merge_survives(const struct merge *merge, const struct value *value, const struct value *merged);

#endif
