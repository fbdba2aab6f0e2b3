#include "doc/equal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc/value.h"

static uint64_t
hash_bytes(const void *data, size_t length)
{
	const unsigned char *bytes = data;
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * 1099511628211u;
	return hash ^ hash >> 32;
}

/* Is it a whole number that an int64 holds? */
static bool
small_integer(const struct value *value, int64_t *ret)
{
	switch (value->type) {
	case VALUE_BOOL:
		*ret = value->boolean;
		return true;
	case VALUE_INTEGER:
		*ret = value->integer;
		return !value->digits;
	case VALUE_FLOAT:
		if (!(value->number >= -0x1p63 && value->number < 0x1p63) ||
		    floor(value->number) != value->number)
			return false;
		*ret = (int64_t)value->number;
		return true;
	default:
		return false;
	}
}

uint64_t
equal_hash(const struct value *value)
{
	double number;
	int64_t integer;

	if (value->type == VALUE_TEXT)
		return hash_bytes(value->text.data, value->text.length);
	if (small_integer(value, &integer))
		return hash_bytes(&integer, sizeof integer);
	if (value->type == VALUE_FLOAT)
		number = value->number;
	else if (value->type == VALUE_INTEGER)
		number = strtod(value->digits, NULL);
	else
		return value->type;
	return hash_bytes(&number, sizeof number);
}

static bool
number_equal(const struct value *a, const struct value *b)
{
	int64_t small_a, small_b;
	char digits[512];

	if (small_integer(a, &small_a) || small_integer(b, &small_b))
		return small_integer(a, &small_a) && small_integer(b, &small_b) &&
		       small_a == small_b;
	if (a->type == b->type)
		return a->type == VALUE_FLOAT ? a->number == b->number
					      : strcmp(a->digits, b->digits) == 0;
	if (a->type == VALUE_FLOAT)
		return number_equal(b, a);
	snprintf(digits, sizeof digits, "%.0f", b->number);
	return floor(b->number) == b->number && strcmp(a->digits, digits) == 0;
}

/* Inside of a list or map the same object is equal, even a NaN. */
static bool
item_equal(const struct value *a, const struct value *b)
{
	return a == b || value_equal(a, b);
}

static bool
map_equal(const struct value *a, const struct value *b)
{
	if (a->map.count != b->map.count)
		return false;
	for (size_t i = 0; i < a->map.count; i++) {
		const struct member *other = value_find(b, a->map.members[i].key);

		if (!other || !item_equal(a->map.members[i].value, other->value))
			return false;
	}
	return true;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	bool number_a = a->type >= VALUE_BOOL && a->type <= VALUE_FLOAT;

	if (number_a && b->type >= VALUE_BOOL && b->type <= VALUE_FLOAT)
		return number_equal(a, b);
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_TEXT:
		return a->binary == b->binary && span_equal(a->text, b->text);
	case VALUE_LIST:
		if (a->list.count != b->list.count)
			return false;
		for (size_t i = 0; i < a->list.count; i++)
			if (!item_equal(a->list.items[i], b->list.items[i]))
				return false;
		return true;
	case VALUE_MAP:
		return map_equal(a, b);
	default:
		return true;
	}
}
