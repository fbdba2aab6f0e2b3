#include <string.h>

#include "base/arena.h"
#include "doc/value.h"
#include "hot/eval.h"
#include "hot/param.h"
#include "hot/text.h"

static int
string_property(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	char shown[EVAL_SHOWN];

	switch (value->type) {
	case VALUE_NULL:
		*ret = value_text(arena, "", err);
		return *ret ? 0 : -1;
	case VALUE_TEXT:
	case VALUE_BOOL:
	case VALUE_INTEGER:
		return param_convert(arena, PARAM_STRING, value, ret, err);
	default:
		return err_set(
		    err, ERR_INVALID, "Value must be a string; got %s", eval_show(value, shown));
	}
}

static int
json_property(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	struct map_builder empty = { .arena = arena };
	char shown[EVAL_SHOWN];

	switch (value->type) {
	case VALUE_NULL:
		*ret = map_done(&empty, value->at, err);
		return *ret ? 0 : -1;
	case VALUE_TEXT:
	case VALUE_MAP:
		*ret = value;
		return 0;
	case VALUE_LIST:
		*ret = param_json(arena, value, err);
		return *ret ? 0 : -1;
	default:
		return err_set(err, ERR_INVALID, "\"%s\" is not a map", eval_show(value, shown));
	}
}

static int
boolean_property(const struct value *value, const struct value **ret, struct err *err)
{
	char shown[EVAL_SHOWN];
	bool truth = value->type == VALUE_TEXT && strcasecmp(value->text.data, "true") == 0;

	if (value->type == VALUE_BOOL)
		*ret = value;
	else if (value->type == VALUE_NULL || truth ||
		 (value->type == VALUE_TEXT && strcasecmp(value->text.data, "false") == 0))
		*ret = value_bool(truth);
	else
		return err_set(
		    err, ERR_INVALID, "\"%s\" is not a valid boolean", eval_show(value, shown));
	return 0;
}

/* Maps in a list become .member.N.key=value, as in the days of CloudFormation. */
static int
join_maps(const struct value *list, struct buf *text, struct err *err)
{
	for (size_t i = 0; i < list->list.count; i++) {
		const struct value *map = list->list.items[i];

		if (map->type != VALUE_MAP)
			return err_set(err, ERR_INVALID, "a list of maps holds a %s",
			    value_type_name(map->type));
		for (size_t k = 0; k < map->map.count; k++) {
			if (text->length)
				buf_byte(text, ',');
			buf_printf(text, ".member.%zu.", i);
			value_python(map->map.members[k].key, text);
			buf_byte(text, '=');
			value_python(map->map.members[k].value, text);
		}
	}
	return 0;
}

static int
join_texts(const struct value *list, struct buf *text, struct err *err)
{
	for (size_t i = 0; i < list->list.count; i++) {
		const struct value *item = list->list.items[i];

		if (item->type != VALUE_TEXT && item->type != VALUE_NULL)
			return err_set(err, ERR_INVALID,
			    "sequence item %zu: expected a text, %s found", i,
			    value_type_name(item->type));
		if (i)
			buf_byte(text, ',');
		if (item->type == VALUE_TEXT)
			buf_add(text, item->text.data, item->text.length);
	}
	return 0;
}

static int
list_property(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	char shown[EVAL_SHOWN];
	int status = 0;

	if (value->type == VALUE_TEXT) {
		*ret = value;
		return 0;
	}
	if (value->type != VALUE_LIST && value->type != VALUE_NULL)
		return err_set(err, ERR_INVALID, "\"%s\" is not a list", eval_show(value, shown));
	if (value->type == VALUE_LIST && value->list.count)
		status = value->list.items[0]->type == VALUE_MAP ? join_maps(value, &text, err)
								 : join_texts(value, &text, err);
	if (status < 0 || buf_check(&text, err) < 0)
		return -1;
	*ret = value_span(arena, (struct span){ buf_string(&text), text.length }, err);
	*ret = *ret ? value_at(arena, *ret, value->at, err) : NULL;
	return *ret ? 0 : -1;
}

static int
number_property(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err)
{
	if (value->type != VALUE_NULL)
		return param_number(arena, value, ret, err);
	*ret = value_integer(arena, 0, err);
	return *ret ? 0 : -1;
}

int
param_hand_down(struct arena *arena, const struct param *param, const struct value *value,
    const struct value **ret, struct err *err)
{
	switch (param->type) {
	case PARAM_STRING:
		return string_property(arena, value, ret, err);
	case PARAM_NUMBER:
		return number_property(arena, value, ret, err);
	case PARAM_LIST:
		return list_property(arena, value, ret, err);
	case PARAM_JSON:
		return json_property(arena, value, ret, err);
	default:
		return boolean_property(value, ret, err);
	}
}
