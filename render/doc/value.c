#include "doc/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "doc/equal.h"

enum { FIRST_ROOM = 8, LINEAR_MAX = 8 };

const struct value value_null = { .type = VALUE_NULL };
const struct value value_true = { .type = VALUE_BOOL, .boolean = true };
const struct value value_false = { .type = VALUE_BOOL, .boolean = false };

static struct value *
make(struct arena *arena, enum value_type type, struct err *err)
{
	struct value *value = arena_alloc(arena, sizeof *value, err);

	if (value)
		value->type = type;
	return value;
}

const struct value *
value_span(struct arena *arena, struct span text, struct err *err)
{
	struct value *value = make(arena, VALUE_TEXT, err);

	if (!value)
		return NULL;
	value->text.data = arena_copy(arena, text.data, text.length, err);
	value->text.length = text.length;
	return value->text.data ? value : NULL;
}

const struct value *
value_text(struct arena *arena, const char *text, struct err *err)
{
	return value_span(arena, span_of(text), err);
}

const struct value *
value_binary(struct arena *arena, struct span octets, struct err *err)
{
	struct value *value = make(arena, VALUE_TEXT, err);

	if (!value)
		return NULL;
	value->binary = true;
	value->text.data = arena_copy(arena, octets.data, octets.length, err);
	value->text.length = octets.length;
	return value->text.data ? value : NULL;
}

const struct value *
value_integer(struct arena *arena, int64_t integer, struct err *err)
{
	struct value *value = make(arena, VALUE_INTEGER, err);

	if (value)
		value->integer = integer;
	return value;
}

const struct value *
value_digits(struct arena *arena, const char *digits, struct err *err)
{
	struct value *value = make(arena, VALUE_INTEGER, err);

	if (!value)
		return NULL;
	errno = 0;
	value->integer = strtoll(digits, NULL, 10);
	if (errno == 0)
		return value;
	value->digits = arena_text(arena, digits, err);
	return value->digits ? value : NULL;
}

const struct value *
value_number(struct arena *arena, double number, struct err *err)
{
	struct value *value = make(arena, VALUE_FLOAT, err);

	if (value)
		value->number = number;
	return value;
}

const struct value *
value_bool(bool boolean)
{
	return boolean ? &value_true : &value_false;
}

const struct value *
value_at(struct arena *arena, const struct value *value, struct place at, struct err *err)
{
	struct value *copy = arena_alloc(arena, sizeof *copy, err);

	if (!copy)
		return NULL;
	*copy = *value;
	copy->at = at;
	return copy;
}

/* The array with room for one more, doubled if it was full.  NULL: err is filled. */
static void *
grow(struct arena *arena, void *array, size_t size, size_t count, size_t *room, struct err *err)
{
	size_t wanted = *room ? *room * 2 : FIRST_ROOM;
	void *bigger;

	if (count < *room)
		return array;
	bigger = arena_array(arena, wanted, size, err);
	if (!bigger)
		return NULL;
	if (count)
		memcpy(bigger, array, count * size);
	*room = wanted;
	return bigger;
}

int
list_add(struct list_builder *list, const struct value *item, struct err *err)
{
	const struct value **items =
	    grow(list->arena, list->items, sizeof *items, list->count, &list->room, err);

	if (!items)
		return -1;
	list->items = items;
	list->items[list->count++] = item;
	return 0;
}

const struct value *
list_done(const struct list_builder *list, struct place at, struct err *err)
{
	struct value *value = make(list->arena, VALUE_LIST, err);

	if (!value)
		return NULL;
	value->at = at;
	value->list.items = list->items;
	value->list.count = list->count;
	return value;
}

/* index[0] is a mask, then come mask + 1 slots with a position + 1, or 0. */
static const struct member *
find(const struct member *members, size_t count, const uint32_t *index, const struct value *key)
{
	if (!index) {
		for (size_t i = 0; i < count; i++)
			if (value_equal(members[i].key, key))
				return &members[i];
		return NULL;
	}
	for (uint64_t slot = equal_hash(key);; slot++) {
		uint32_t position = index[1 + (slot & index[0])];

		if (!position)
			return NULL;
		if (value_equal(members[position - 1].key, key))
			return &members[position - 1];
	}
}

static void
index_member(struct map_builder *map, size_t position)
{
	uint64_t slot = equal_hash(map->members[position].key);

	while (map->index[1 + (slot & map->index[0])])
		slot++;
	map->index[1 + (slot & map->index[0])] = (uint32_t)position + 1;
}

/* Keep the index at most half full. */
static int
index_all(struct map_builder *map, struct err *err)
{
	size_t slots = 4 * LINEAR_MAX;

	if (map->count <= LINEAR_MAX)
		return 0;
	if (map->index && map->count * 2 <= (size_t)map->index[0] + 1) {
		index_member(map, map->count - 1);
		return 0;
	}
	while (slots < map->count * 4)
		slots *= 2;
	if (slots > UINT32_MAX / 2)
		return err_set(err, ERR_INVALID, "map of more than %zu keys", map->count - 1);
	map->index = arena_array(map->arena, slots + 1, sizeof *map->index, err);
	if (!map->index)
		return -1;
	map->index[0] = (uint32_t)slots - 1;
	for (size_t i = 0; i < map->count; i++)
		index_member(map, i);
	return 0;
}

const struct member *
map_find(const struct map_builder *map, const struct value *key)
{
	return find(map->members, map->count, map->index, key);
}

int
map_set(
    struct map_builder *map, const struct value *key, const struct value *value, struct err *err)
{
	const struct member *old = map_find(map, key);
	struct member *members;

	if (old) {
		members = &map->members[old - map->members];
		if (members->key->type == key->type)
			members->key = key;
		members->value = value;
		return 0;
	}
	members = grow(map->arena, map->members, sizeof *members, map->count, &map->room, err);
	if (!members)
		return -1;
	map->members = members;
	map->members[map->count++] = (struct member){ key, value };
	return index_all(map, err);
}

int
map_put(struct map_builder *map, const char *key, const struct value *value, struct err *err)
{
	const struct value *text = value_text(map->arena, key, err);

	return text ? map_set(map, text, value, err) : -1;
}

int
map_copy(struct map_builder *map, const struct value *from, struct err *err)
{
	for (size_t i = 0; i < from->map.count; i++)
		if (map_set(map, from->map.members[i].key, from->map.members[i].value, err) < 0)
			return -1;
	return 0;
}

const struct value *
map_done(const struct map_builder *map, struct place at, struct err *err)
{
	struct value *value = make(map->arena, VALUE_MAP, err);

	if (!value)
		return NULL;
	value->at = at;
	value->map.members = map->members;
	value->map.count = map->count;
	value->map.index = map->index;
	return value;
}

const struct member *
value_find(const struct value *map, const struct value *key)
{
	if (!map || map->type != VALUE_MAP)
		return NULL;
	return find(map->map.members, map->map.count, map->map.index, key);
}

const struct member *
value_member(const struct value *map, const char *key)
{
	struct value text = { .type = VALUE_TEXT, .text = span_of(key) };

	return value_find(map, &text);
}

const struct value *
value_get(const struct value *map, const char *key)
{
	const struct member *member = value_member(map, key);

	return member ? member->value : NULL;
}

bool
value_is_text(const struct value *value, const char *text)
{
	return value->type == VALUE_TEXT && !value->binary &&
	       span_equal(value->text, span_of(text));
}

const char *
value_type_name(enum value_type type)
{
	static const char *const names[] = {
		[VALUE_NULL] = "null",
		[VALUE_BOOL] = "boolean",
		[VALUE_INTEGER] = "integer",
		[VALUE_FLOAT] = "float",
		[VALUE_TEXT] = "text",
		[VALUE_LIST] = "list",
		[VALUE_MAP] = "map",
	};

	return names[type];
}
