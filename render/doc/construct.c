#include "doc/construct.h"

#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "doc/number.h"
#include "doc/scalar.h"

static const char prefix[] = "tag:yaml.org,2002:";

static const struct {
	const char *name;
	enum tag tag, natural;
} tags[] = {
	{ "str", TAG_TEXT, TAG_TEXT },
	{ "timestamp", TAG_TEXT, TAG_TEXT },
	{ "null", TAG_NULL, TAG_TEXT },
	{ "bool", TAG_BOOL, TAG_TEXT },
	{ "int", TAG_INTEGER, TAG_TEXT },
	{ "float", TAG_FLOAT, TAG_TEXT },
	{ "binary", TAG_BINARY, TAG_TEXT },
	{ "merge", TAG_MERGE, TAG_TEXT },
	{ "value", TAG_VALUE, TAG_TEXT },
	{ "seq", TAG_LIST, TAG_LIST },
	{ "omap", TAG_PAIRS, TAG_LIST },
	{ "pairs", TAG_PAIRS, TAG_LIST },
	{ "map", TAG_MAP, TAG_MAP },
	{ "set", TAG_SET, TAG_MAP },
};

enum tag
construct_plain(struct span text)
{
	static const enum tag of[] = {
		[SCALAR_TEXT] = TAG_TEXT,
		[SCALAR_NULL] = TAG_NULL,
		[SCALAR_BOOL] = TAG_BOOL,
		[SCALAR_INTEGER] = TAG_INTEGER,
		[SCALAR_FLOAT] = TAG_FLOAT,
		[SCALAR_MERGE] = TAG_MERGE,
		[SCALAR_VALUE] = TAG_VALUE,
	};

	return of[scalar_of(text)];
}

/* What a node is called in errors. */
static const char *
natural_name(enum tag natural)
{
	return natural == TAG_TEXT ? "scalar" : natural == TAG_LIST ? "sequence" : "mapping";
}

int
construct_tag(const char *tag, enum tag natural, struct place at, enum tag *ret, struct err *err)
{
	size_t length = strlen(prefix);

	*ret = natural;
	if (!tag || strcmp(tag, "!") == 0)
		return 0;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		if (strncmp(tag, prefix, length) != 0 || strcmp(tag + length, tags[i].name) != 0)
			continue;
		if (tags[i].natural != natural)
			return err_at(err, at, ERR_INVALID, "!!%s: expected a %s, but found a %s",
			    tags[i].name, natural_name(tags[i].natural), natural_name(natural));
		*ret = tags[i].tag;
		return 0;
	}
	return err_at(
	    err, at, ERR_INVALID, "could not determine a constructor for the tag '%.200s'", tag);
}

/* The text itself is named if it fits on a line. */
static int
refuse(struct place at, struct span text, const char *wanted, struct err *err)
{
	bool shown = text.length < 80;

	for (size_t i = 0; shown && i < text.length; i++)
		shown = (unsigned char)text.data[i] >= ' ';
	if (shown)
		return err_at(err, at, ERR_INVALID, "'%s' is not %s", text.data, wanted);
	return err_at(err, at, ERR_INVALID, "this text is not %s", wanted);
}

static int
read_number(struct arena *arena, enum tag tag, struct span text, struct value *ret, struct err *err)
{
	int found = 1;

	if (tag == TAG_INTEGER) {
		found = number_integer(arena, text, ret, err);
		return found ? found : refuse(ret->at, text, "an integer", err);
	}
	ret->type = VALUE_FLOAT;
	return number_float(text, &ret->number) ? 1 : refuse(ret->at, text, "a number", err);
}

static const struct value *
read_binary(struct arena *arena, struct span text, struct place at, struct err *err)
{
	scoped(buf_drop) struct buf octets = BUF(text.length + 1);
	const struct value *value;

	if (digest_unbase64(text, &octets, err) < 0 || buf_check(&octets, err) < 0) {
		err_wrap(err, "failed to decode base64 data");
		err->at = at;
		return NULL;
	}
	value = value_binary(arena, buf_span(&octets), err);
	return value ? value_at(arena, value, at, err) : NULL;
}

const struct value *
construct_scalar(
    struct arena *arena, enum tag tag, struct span text, struct place at, struct err *err)
{
	struct value *value;

	if (tag == TAG_BINARY)
		return read_binary(arena, text, at, err);
	value = arena_alloc(arena, sizeof *value, err);
	if (!value)
		return NULL;
	value->at = at;
	switch (tag) {
	case TAG_NULL:
		value->type = VALUE_NULL;
		return value;
	case TAG_BOOL:
		value->type = VALUE_BOOL;
		if (scalar_bool(text, &value->boolean))
			return value;
		refuse(at, text, "a boolean", err);
		return NULL;
	case TAG_INTEGER:
	case TAG_FLOAT:
		return read_number(arena, tag, text, value, err) < 0 ? NULL : value;
	default:
		value->type = VALUE_TEXT;
		value->text.length = text.length;
		value->text.data = arena_copy(arena, text.data, text.length, err);
		return value->text.data ? value : NULL;
	}
}

int
construct_item(struct arena *arena, enum tag tag, const struct value **item, struct err *err)
{
	struct list_builder pair = { .arena = arena };
	const struct value *map = *item;

	if (tag != TAG_PAIRS)
		return 0;
	if (map->type != VALUE_MAP || map->map.count != 1)
		return err_at(err, map->at, ERR_INVALID,
		    "expected a mapping of length 1 inside of !!omap or !!pairs");
	if (list_add(&pair, map->map.members[0].key, err) < 0 ||
	    list_add(&pair, map->map.members[0].value, err) < 0)
		return -1;
	*item = list_done(&pair, map->at, err);
	return *item ? 0 : -1;
}

int
construct_merge(struct map_parts *parts, const struct value *from, struct place at, struct err *err)
{
	if (from->type == VALUE_MAP)
		return map_copy(&parts->merged, from, err);
	if (from->type != VALUE_LIST)
		return err_at(err, at, ERR_INVALID,
		    "expected a mapping or list of mappings for merging, but found %s",
		    value_type_name(from->type));
	for (size_t i = from->list.count; i-- > 0;) {
		const struct value *map = from->list.items[i];

		if (map->type != VALUE_MAP)
			return err_at(err, map->at, ERR_INVALID,
			    "expected a mapping for merging, but found %s",
			    value_type_name(map->type));
		if (map_copy(&parts->merged, map, err) < 0)
			return -1;
	}
	return 0;
}

const struct value *
construct_map(struct map_parts *parts, struct place at, struct err *err)
{
	const struct value *own = map_done(&parts->own, at, err);

	if (!own || !parts->merged.count)
		return own;
	return map_copy(&parts->merged, own, err) < 0 ? NULL : map_done(&parts->merged, at, err);
}
