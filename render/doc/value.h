/*
 * The tree that everything in the renderer is: YAML read, JSON written,
 * parameters, role data.  Values live in an arena, are immutable once made, and
 * so are shared, never copied or counted.  Each remembers the place in a file
 * it came from (line 0: computed).  Types are those of Python's YAML and JSON,
 * because what Heat makes of a value depends on them.
 */
#ifndef CINDERBANK_DOC_VALUE_H
#define CINDERBANK_DOC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct arena;

enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_FLOAT,
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_MAP,
};

struct member {
	const struct value *key; /* text, but YAML allows other scalars */
	const struct value *value;
};

struct value {
	enum value_type type;
	bool binary; /* text that is Python's bytes (!!binary): any octets */
	struct place at;
	union {
		bool boolean;
		struct {
			int64_t integer;    /* past int64: its end, INT64_MIN or INT64_MAX */
			const char *digits; /* past int64: all of it, in decimal; else NULL */
		};
		double number;
		struct span text; /* UTF-8 unless binary; NUL-terminated too */
		struct {
			const struct value *const *items;
			size_t count;
		} list;
		struct {
			const struct member *members; /* in the order of first appearance */
			size_t count;
			const uint32_t *index; /* of map_done(), finds keys; or NULL */
		} map;
	};
};

extern const struct value value_null, value_true, value_false;

const struct value *value_text(struct arena *arena, const char *text, struct err *err);
const struct value *value_span(struct arena *arena, struct span text, struct err *err);
const struct value *value_integer(struct arena *arena, int64_t integer, struct err *err);
const struct value *value_number(struct arena *arena, double number, struct err *err);
const struct value *value_bool(bool boolean);

/* The same value, said to come from another place. */
const struct value *
value_at(struct arena *arena, const struct value *value, struct place at, struct err *err);

/* An integer in decimal, of any length; it is one past int64 only if it has to be. */
const struct value *value_digits(struct arena *arena, const char *digits, struct err *err);

/* Python's bytes. */
const struct value *value_binary(struct arena *arena, struct span octets, struct err *err);

/*
 * Builders: grow in the arena, then become a value.  A set key that is there
 * (by value_equal()) keeps its position and gets the new value; the key's place
 * follows the value.
 */
struct list_builder {
	struct arena *arena;
	const struct value **items;
	size_t count, room;
};
int list_add(struct list_builder *list, const struct value *item, struct err *err);
const struct value *list_done(const struct list_builder *list, struct place at, struct err *err);

struct map_builder {
	struct arena *arena;
	struct member *members;
	size_t count, room;
	uint32_t *index; /* the map's own business */
};
int map_set(
    struct map_builder *map, const struct value *key, const struct value *value, struct err *err);
int map_put(struct map_builder *map, const char *key, const struct value *value, struct err *err);
/* The member of a key, or NULL; it may move with the next map_set(). */
const struct member *map_find(const struct map_builder *map, const struct value *key);
/* Start from the members of an existing map. */
int map_copy(struct map_builder *map, const struct value *from, struct err *err);
const struct value *map_done(const struct map_builder *map, struct place at, struct err *err);

/* Member of a map by text key, or NULL. */
const struct value *value_get(const struct value *map, const char *key);
const struct member *value_member(const struct value *map, const char *key);

bool value_is_text(const struct value *value, const char *text);

const struct member *value_find(const struct value *map, const struct value *key);

/* Python's ==: True == 1 == 1.0, maps without regard to order, bytes are no text. */
bool value_equal(const struct value *a, const struct value *b);

/* "map", "list", "text", ...; for errors. */
const char *value_type_name(enum value_type type);

/* Python's str(): True, None, 1.1, [1, 'x'], {'b': 1}.  Appends. */
void value_python(const struct value *value, struct buf *ret);

/* Python's repr() of a value whose lists are tuples, at any depth: (1, 'x'), ('x',). */
void value_tuple(const struct value *value, struct buf *ret);

#endif
