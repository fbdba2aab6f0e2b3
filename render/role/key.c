#include "role/key.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\0' || (c >= '\t' && c <= '\r');
}

struct span
key_strip(struct span text)
{
	while (text.length && is_blank(text.data[0]))
		text = (struct span){ text.data + 1, text.length - 1 };
	while (text.length && is_blank(text.data[text.length - 1]))
		text.length--;
	return text;
}

/* A whole number as an index, else the text. */
static const struct value *
plain_part(struct arena *arena, struct span text, struct err *err)
{
	const struct value *part = value_span(arena, key_strip(text), err);
	char *end;

	if (!part || !part->text.length || part->text.length > 9)
		return part;
	long index = strtol(part->text.data, &end, 10);
	return *end ? part : value_integer(arena, index, err);
}

/* The part that a text begins with, and how long it is; 0: none does. */
static size_t
take_part(struct arena *arena, struct span text, const struct value **ret, struct err *err)
{
	size_t length = 0;

	while (length < text.length && !strchr("'\".", text.data[length]))
		length++;
	if (length && key_strip((struct span){ text.data, length }).length) {
		*ret = plain_part(arena, (struct span){ text.data, length }, err);
		return length;
	}
	if (length == text.length || text.data[length] == '.')
		return 0;
	const char *open = text.data + length;
	const char *close = memchr(open + 1, *open, text.length - length - 1);
	if (!close || close == open + 1)
		return 0;
	*ret = value_span(arena, (struct span){ open + 1, (size_t)(close - open - 1) }, err);
	length = (size_t)(close - text.data) + 1;
	while (length < text.length && is_blank(text.data[length]))
		length++;
	return length;
}

int
key_split(struct arena *arena, struct span key, const struct value **ret, struct err *err)
{
	struct list_builder parts = { .arena = arena };
	struct span rest = key;

	for (;;) {
		const struct value *part = NULL;
		size_t length = take_part(arena, rest, &part, err);

		if (length && (!part || list_add(&parts, part, err) < 0))
			return -1;
		rest = (struct span){ rest.data + length, rest.length - length };
		if (length && !rest.length)
			break;
		if (!length || *rest.data != '.')
			return err_set(err, ERR_INVALID, "hiera: \"%.*s\" is no key",
			    (int)(key.length < 60 ? key.length : 60), key.data);
		rest = (struct span){ rest.data + 1, rest.length - 1 };
	}
	*ret = list_done(&parts, (struct place){ 0 }, err);
	return *ret ? 0 : -1;
}

int
key_follow(
    const struct value *parts, const struct value *value, const struct value **ret, struct err *err)
{
	for (size_t i = 1; i < parts->list.count && value; i++) {
		const struct value *part = parts->list.items[i];

		if (value->type == VALUE_NULL)
			value = NULL;
		else if (value->type == VALUE_LIST && part->type == VALUE_INTEGER)
			value = part->integer >= 0 && (size_t)part->integer < value->list.count
				    ? value->list.items[part->integer]
				    : NULL;
		else if (value->type == VALUE_MAP)
			value = part->type == VALUE_TEXT ? value_get(value, part->text.data) : NULL;
		else
			return err_at(err, value->at, ERR_INVALID,
			    "hiera: a part of a key leads into a map, and this is a %s",
			    value_type_name(value->type));
	}
	*ret = value;
	return 0;
}
