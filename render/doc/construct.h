/*
 * Pieces of a YAML document → values: what each tag makes of a scalar, a list
 * or a map.  load.c walks the document; nothing here knows of libyaml.
 */
#ifndef CINDERBANK_DOC_CONSTRUCT_H
#define CINDERBANK_DOC_CONSTRUCT_H

#include "doc/value.h"

/* tag:yaml.org,2002:… */
enum tag {
	TAG_TEXT, /* str, timestamp */
	TAG_NULL,
	TAG_BOOL,
	TAG_INTEGER,
	TAG_FLOAT,
	TAG_BINARY,
	TAG_MERGE, /* << */
	TAG_VALUE, /* = */
	TAG_LIST,  /* seq */
	TAG_PAIRS, /* omap, pairs: a list of [key, value] */
	TAG_MAP,
	TAG_SET, /* a map to nulls */
};

/* The tag of a plain scalar that has none. */
enum tag construct_plain(struct span text);

/*
 * A written tag; NULL or "!" is natural itself, which is TAG_TEXT, TAG_LIST or
 * TAG_MAP.  ERR_INVALID: unknown, or for another kind of node than natural.
 */
int
construct_tag(const char *tag, enum tag natural, struct place at, enum tag *ret, struct err *err);

/* NULL: the text is not what the tag says, or no memory. */
const struct value *construct_scalar(
    struct arena *arena, enum tag tag, struct span text, struct place at, struct err *err);

/* Make an item of a list what its list's tag says. */
int construct_item(struct arena *arena, enum tag tag, const struct value **item, struct err *err);

/* A map while it is read: its own keys, and what << brings. */
struct map_parts {
	struct map_builder own, merged;
};

/* The value of a << at a place: a map, or a list of maps of which the first wins. */
int construct_merge(
    struct map_parts *parts, const struct value *from, struct place at, struct err *err);

/* Merged keys come first, own ones win. */
const struct value *construct_map(struct map_parts *parts, struct place at, struct err *err);

#endif
