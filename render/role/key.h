/*
 * The keys of hiera's lookups: a.b.0 leads into a map or list, and quotes keep
 * a dot.  Pure.
 */
#ifndef CINDERBANK_ROLE_KEY_H
#define CINDERBANK_ROLE_KEY_H

#include "doc/value.h"

/* The text without blanks around it, as Ruby strips them. */
struct span key_strip(struct span text);

/* The parts of a key: a list of texts, and of numbers where an index stands; at least one. */
int key_split(struct arena *arena, struct span key, const struct value **ret, struct err *err);

/*
 * Follow the parts behind the first one into a value.  ret is NULL where they
 * lead nowhere.  ERR_INVALID: a part of a key is looked for in what has none.
 */
int key_follow(const struct value *parts, const struct value *value, const struct value **ret,
    struct err *err);

#endif
