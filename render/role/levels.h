/* The levels of hiera data that a deployment writes to a node, from its parameters. */
#ifndef CINDERBANK_ROLE_LEVELS_H
#define CINDERBANK_ROLE_LEVELS_H

struct err;
struct role_source;
struct value;

/*
 * ret: map of level name to data: node, role's and general ExtraConfig, the
 * services' keys, and what the source's hieradata adds.  ERR_INVALID: an
 * ExtraConfig that is no map, a NodeDataLookup that is no JSON.
 */
int levels_make(const struct role_source *source, const struct value **ret, struct err *err);

/* The role's name in lower case, as its levels are named; in the loader's arena. */
const char *levels_role(const struct role_source *source, struct err *err);

#endif
