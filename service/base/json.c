#include "base/json.h"

#include <jansson.h>
#include <string.h>

#include "base/err.h"

/* jansson counts references through pointers that are not const, even to read. */
static json_t *
tree_of(const struct json *json)
{
	return (json_t *)(uintptr_t)json;
}

static const struct json *
json_of(const json_t *tree)
{
	return (const struct json *)tree;
}

int
json_parse(struct json **ret, struct span text, struct err *err)
{
	const char *nul = text.length ? memchr(text.data, 0, text.length) : NULL;
	json_error_t error;
	json_t *tree;

	if (nul) /* jansson takes one at the end for the end */
		return err_set(err, ERR_INVALID, "byte %td: NUL", nul - text.data);
	tree = json_loadb(text.data ? text.data : "", text.length, JSON_DECODE_ANY, &error);
	if (!tree)
		return err_set(err, ERR_INVALID, "byte %d: %s", error.position, error.text);
	*ret = (struct json *)tree;
	return 0;
}

void
json_free(struct json *root)
{
	json_decref((json_t *)root);
}

enum json_kind
json_kind(const struct json *json)
{
	if (!json)
		return JSON_IS_NULL;
	switch (json_typeof(tree_of(json))) {
	case JSON_OBJECT:
		return JSON_IS_OBJECT;
	case JSON_ARRAY:
		return JSON_IS_ARRAY;
	case JSON_STRING:
		return JSON_IS_TEXT;
	case JSON_INTEGER:
		return JSON_IS_NUMBER;
	case JSON_REAL:
		return JSON_IS_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return JSON_IS_BOOL;
	case JSON_NULL:
		break;
	}
	return JSON_IS_NULL;
}

const struct json *
json_member(const struct json *json, const char *key)
{
	return json_of(json_object_get(tree_of(json), key));
}

const struct json *
json_element(const struct json *json, size_t index)
{
	return json_of(json_array_get(tree_of(json), index));
}

size_t
json_count(const struct json *json)
{
	return json_object_size(tree_of(json)) + json_array_size(tree_of(json));
}

int
json_each(const struct json *json, json_member_fn *fn, void *arg, struct err *err)
{
	json_t *tree = tree_of(json), *value;
	const char *key;
	int result;

	json_object_foreach(tree, key, value)
	{
		result = fn(arg, key, json_of(value), err);
		if (result)
			return result;
	}
	return 0;
}

const char *
json_text(const struct json *json)
{
	return json_string_value(tree_of(json));
}

size_t
json_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

bool
json_number(const struct json *json, int64_t *ret)
{
	if (!json_is_integer(tree_of(json)))
		return false;
	*ret = json_integer_value(tree_of(json));
	return true;
}

bool
json_truth(const struct json *json, bool *ret)
{
	if (!json_is_boolean(tree_of(json)))
		return false;
	*ret = json_is_true(tree_of(json));
	return true;
}

static int
put_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	(void)err;
	json_key(arg, key);
	json_put(arg, value);
	return 0;
}

void
json_put(struct json_writer *writer, const struct json *json)
{
	json_t *tree = tree_of(json);
	size_t i;

	switch (json_kind(json)) {
	case JSON_IS_OBJECT:
		json_begin_object(writer);
		json_each(json, put_member, writer, NULL);
		json_end_object(writer);
		break;
	case JSON_IS_ARRAY:
		json_begin_array(writer);
		for (i = 0; i < json_array_size(tree); i++)
			json_put(writer, json_element(json, i));
		json_end_array(writer);
		break;
	case JSON_IS_REAL:
		json_put_real(writer, json_real_value(tree));
		break;
	case JSON_IS_NUMBER:
		json_put_number(writer, json_integer_value(tree));
		break;
	case JSON_IS_BOOL:
		json_put_bool(writer, json_is_true(tree));
		break;
	case JSON_IS_TEXT:
	case JSON_IS_NULL:
		json_put_text(writer, json_text(json));
		break;
	}
}
