#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "doc/number.h"
#include "doc/value.h"
#include "hot/eval.h"
#include "hot/param.h"
#include "hot/text.h"

/* Python's names, because its messages are the ones people look up. */
static const char *
python_type(const struct value *value)
{
	static const char *const names[] = {
		[VALUE_NULL] = "NoneType",
		[VALUE_BOOL] = "bool",
		[VALUE_INTEGER] = "int",
		[VALUE_FLOAT] = "float",
		[VALUE_TEXT] = "str",
		[VALUE_LIST] = "list",
		[VALUE_MAP] = "dict",
	};

	return names[value->type];
}

static bool
is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r') || (byte >= 0x1c && byte <= 0x1f);
}

static struct span
stripped(struct span text)
{
	while (text.length && is_blank(text.data[0])) {
		text.data++;
		text.length--;
	}
	while (text.length && is_blank(text.data[text.length - 1]))
		text.length--;
	return text;
}

/* The digits of what Python's int() takes, underscores and a plus left out.  false: not that. */
static bool
python_digits(struct span text, struct buf *ret)
{
	bool digit = false;

	text = stripped(text);
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.data[i];

		if (byte >= '0' && byte <= '9') {
			digit = true;
			buf_byte(ret, byte);
		} else if (i == 0 && (byte == '-' || byte == '+')) {
			if (byte == '-')
				buf_byte(ret, byte);
		} else if (byte == '_' && digit) {
			digit = false;
		} else {
			return false;
		}
	}
	return digit && !ret->failed;
}

bool
param_integer(struct span text, int64_t *ret)
{
	scoped(buf_drop) struct buf digits = BUF(64);
	char *end;

	if (!python_digits(text, &digits))
		return false;
	errno = 0;
	*ret = strtoll(buf_string(&digits), &end, 10);
	return errno == 0 && *end == '\0';
}

/* number_float() knows YAML's spellings too, which Python's float() does not. */
static bool
python_float(struct span text, double *ret)
{
	struct span bare = text = stripped(text);

	if (bare.length && (bare.data[0] == '-' || bare.data[0] == '+')) {
		bare.data++;
		bare.length--;
	}
	if (memchr(text.data, ':', text.length) ||
	    (bare.length > 1 && bare.data[0] == '.' && (bare.data[1] < '0' || bare.data[1] > '9')))
		return false;
	return text.length && number_float(text, ret);
}

int
param_number(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf digits = BUF(NUMBER_MAX);
	double number;

	if (value->type == VALUE_BOOL || value->type == VALUE_INTEGER ||
	    value->type == VALUE_FLOAT) {
		*ret = value;
		return 0;
	}
	if (value->type != VALUE_TEXT)
		return err_set(err, ERR_INVALID,
		    "int() argument must be a string, a bytes-like object or a real number, not "
		    "'%s'",
		    python_type(value));
	if (python_digits(value->text, &digits))
		*ret = value_digits(arena, buf_string(&digits), err);
	else if (python_float(value->text, &number))
		*ret = value_number(arena, number, err);
	else
		return err_set(
		    err, ERR_INVALID, "could not convert string to float: '%s'", value->text.data);
	return *ret ? 0 : -1;
}

static int
to_string(struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	if (value->type == VALUE_TEXT) {
		*ret = value;
		return 0;
	}
	value_python(value, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	*ret = value_span(arena, buf_span(&text), err);
	*ret = *ret ? value_at(arena, *ret, value->at, err) : NULL;
	return *ret ? 0 : -1;
}

static int
to_boolean(const struct value *value, const struct value **ret, struct err *err)
{
	static const char *const words[] = { "0", "f", "false", "n", "no", "off", "1", "on", "t",
		"true", "y", "yes" };
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	struct span word;

	value_python(value, &text);
	word = stripped(buf_span(&text));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i]) == word.length &&
		    strncasecmp(words[i], word.data, word.length) == 0) {
			*ret = value_bool(i >= 6);
			return 0;
		}
	}
	return err_set(err, ERR_INVALID,
	    "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', "
	    "'off', 'on', 't', 'true', 'y', 'yes'",
	    buf_string(&text));
}

/* Text between commas, as it stands there; '' is no item at all. */
static int
split(struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = arena };
	struct span text = value->text;

	for (size_t from = 0; text.length && from <= text.length;) {
		size_t comma = text_find(text, span_of(","), from);
		struct span item = { text.data + from, comma - from };
		const struct value *made = value_span(arena, item, err);

		if (!made || list_add(&list, made, err) < 0)
			return -1;
		from = comma + 1;
	}
	*ret = list_done(&list, value->at, err);
	return *ret ? 0 : -1;
}

static int
to_list(struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = arena };

	if (value->type == VALUE_TEXT)
		return split(arena, value, ret, err);
	if (value->type != VALUE_LIST)
		return err_set(err, ERR_INVALID,
		    "Value must be a comma-delimited list string: '%s' object has no attribute "
		    "'split'",
		    python_type(value));
	for (size_t i = 0; i < value->list.count; i++) {
		const struct value *item;

		if (to_string(arena, value->list.items[i], &item, err) < 0 ||
		    list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, value->at, err);
	return *ret ? 0 : -1;
}

static const struct value *
from_json(struct arena *arena, const struct json *json, struct place at, struct err *err);

struct member_target {
	struct map_builder map;
	struct place at;
};

static int
add_json_member(void *arg, const char *key, const struct json *json, struct err *err)
{
	struct member_target *target = arg;
	const struct value *value = from_json(target->map.arena, json, target->at, err);

	return value ? map_put(&target->map, key, value, err) : -1;
}

static const struct value *
from_json_array(struct arena *arena, const struct json *json, struct place at, struct err *err)
{
	struct list_builder list = { .arena = arena };

	for (size_t i = 0; i < json_count(json); i++) {
		const struct value *item = from_json(arena, json_element(json, i), at, err);

		if (!item || list_add(&list, item, err) < 0)
			return NULL;
	}
	return list_done(&list, at, err);
}

static const struct value *
from_json_real(struct arena *arena, const struct json *json, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(4096);
	struct json_writer writer = JSON_WRITER(&text, 0);
	double number = 0;

	json_put(&writer, json);
	if (json_check(&writer, err) < 0 || !number_float(buf_span(&text), &number))
		return NULL;
	return value_number(arena, number, err);
}

static const struct value *
from_json(struct arena *arena, const struct json *json, struct place at, struct err *err)
{
	struct member_target target = { .map = { .arena = arena }, .at = at };
	int64_t integer = 0;
	bool truth = false;

	switch (json_kind(json)) {
	case JSON_IS_BOOL:
		json_truth(json, &truth);
		return value_bool(truth);
	case JSON_IS_NUMBER:
		json_number(json, &integer);
		return value_integer(arena, integer, err);
	case JSON_IS_REAL:
		return from_json_real(arena, json, err);
	case JSON_IS_TEXT:
		return value_text(arena, json_text(json), err);
	case JSON_IS_ARRAY:
		return from_json_array(arena, json, at, err);
	case JSON_IS_OBJECT:
		if (json_each(json, add_json_member, &target, err) != 0)
			return NULL;
		return map_done(&target.map, at, err);
	default:
		return &value_null;
	}
}

static const struct value *
json_key_text(struct arena *arena, const struct value *key, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	if (key->type == VALUE_TEXT)
		return key;
	text_json(key, false, &text);
	if (buf_check(&text, err) < 0)
		return NULL;
	return value_span(arena, buf_span(&text), err);
}

const struct value *
param_json(struct arena *arena, const struct value *value, struct err *err)
{
	struct map_builder map = { .arena = arena };
	struct list_builder list = { .arena = arena };
	bool changed = false;

	if (value->type == VALUE_LIST) {
		for (size_t i = 0; i < value->list.count; i++) {
			const struct value *item = param_json(arena, value->list.items[i], err);

			if (!item || list_add(&list, item, err) < 0)
				return NULL;
			changed |= item != value->list.items[i];
		}
		return changed ? list_done(&list, value->at, err) : value;
	}
	if (value->type != VALUE_MAP)
		return value;
	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = &value->map.members[i];
		const struct value *key = json_key_text(arena, member->key, err);
		const struct value *item = key ? param_json(arena, member->value, err) : NULL;

		if (!item || map_set(&map, key, item, err) < 0)
			return NULL;
		changed |= key != member->key || item != member->value;
	}
	return changed ? map_done(&map, value->at, err) : value;
}

static int
to_json(struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	scoped(json_free_scoped) struct json *json = NULL;

	if (value->type != VALUE_TEXT)
		*ret = param_json(arena, value, err);
	else if (value->text.length == 0)
		*ret = value;
	else if (json_parse(&json, value->text, err) < 0)
		return err_wrap(err, "Value must be valid JSON");
	else
		*ret = from_json(arena, json, value->at, err);
	return *ret ? 0 : -1;
}

int
param_convert(struct arena *arena, enum param_type type, const struct value *value,
    const struct value **ret, struct err *err)
{
	switch (type) {
	case PARAM_STRING:
		return to_string(arena, value, ret, err);
	case PARAM_NUMBER:
		return param_number(arena, value, ret, err);
	case PARAM_LIST:
		return to_list(arena, value, ret, err);
	case PARAM_JSON:
		return to_json(arena, value, ret, err);
	default:
		return to_boolean(value, ret, err);
	}
}
