#include "hot/list.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/text.h"

static int
map_merge_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = eval->run->arena };
	const struct value *args;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	if (args->type != VALUE_LIST)
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be: \"%s\" : [ { \"key1\": \"val1\" }, "
		    "{ \"key2\": \"val2\" } ]",
		    eval->name, eval->name);
	for (size_t i = 0; i < args->list.count; i++) {
		const struct value *item = args->list.items[i];

		if (item->type == VALUE_NULL)
			continue;
		if (item->type != VALUE_MAP)
			return eval_fail(eval, err,
			    "Incorrect arguments: Items to merge must be maps. Item %zu is a %s", i,
			    value_type_name(item->type));
		for (size_t k = 0; k < item->map.count; k++)
			if (map_set(&map, item->map.members[k].key, item->map.members[k].value,
				err) < 0)
				return -1;
	}
	*ret = map_done(&map, eval->at, err);
	return *ret ? 0 : -1;
}

/* ---- map_replace ---- */

static int
replace_usage(struct eval *eval, struct err *err)
{
	return eval_fail(eval, err,
	    "Incorrect arguments to \"%s\" should be: \"%s\" : [ { \"key1\": \"val1\" }, "
	    "{\"keys\": {\"key1\": \"key2\"}, \"values\": {\"val1\": \"val2\"}}]",
	    eval->name, eval->name);
}

/* A null is an empty map. */
static const struct value *
as_map(const struct value *value)
{
	static const struct value empty = { .type = VALUE_MAP };

	if (!value || value->type == VALUE_NULL)
		return &empty;
	return value->type == VALUE_MAP ? value : NULL;
}

static int
replaced_key(struct eval *eval, const struct value *in, const struct value *keys,
    const struct map_builder *out, const struct value **key, struct err *err)
{
	const struct member *found = value_find(keys, *key);
	const struct value *renamed = found ? found->value : NULL;
	bool in_input, in_output;
	char shown[EVAL_SHOWN];

	if (!renamed || renamed->type == VALUE_NULL)
		return 0;
	if (renamed->type == VALUE_LIST || renamed->type == VALUE_MAP)
		return eval_fail(eval, err, "\"%s\": a %s cannot be a key", eval->name,
		    value_type_name(renamed->type));
	in_input = value_find(in, renamed) && !value_equal(renamed, *key);
	in_output = map_find(out, renamed) != NULL;
	if (in_input || in_output)
		return eval_fail(eval, err, "key replacement %s collides with a key in the %s map",
		    eval_show(renamed, shown), in_input ? "input" : "output");
	*key = renamed;
	return 0;
}

static int
replace_members(struct eval *eval, const struct value *in, const struct value *keys,
    const struct value *values, const struct value **ret, struct err *err)
{
	struct map_builder out = { .arena = eval->run->arena };

	for (size_t i = 0; i < in->map.count; i++) {
		const struct value *key = in->map.members[i].key;
		const struct value *value = in->map.members[i].value;
		const struct member *found = NULL;

		if (value->type != VALUE_LIST && value->type != VALUE_MAP)
			found = value_find(values, value);
		if (replaced_key(eval, in, keys, &out, &key, err) < 0 ||
		    map_set(&out, key, found ? found->value : value, err) < 0)
			return -1;
	}
	*ret = map_done(&out, eval->at, err);
	return *ret ? 0 : -1;
}

static int
map_replace_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *args, *in, *how, *keys, *values;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	if (args->type != VALUE_LIST || args->list.count != 2)
		return replace_usage(eval, err);
	in = as_map(args->list.items[0]);
	how = as_map(args->list.items[1]);
	for (size_t i = 0; how && i < how->map.count; i++)
		if (!value_is_text(how->map.members[i].key, "keys") &&
		    !value_is_text(how->map.members[i].key, "values"))
			return replace_usage(eval, err);
	keys = how ? as_map(value_get(how, "keys")) : NULL;
	values = how ? as_map(value_get(how, "values")) : NULL;
	if (!in || !keys || !values)
		return replace_usage(eval, err);
	return replace_members(eval, in, keys, values, ret, err);
}

/* ---- list_concat, list_concat_unique ---- */

static int
concat_refuse(
    struct eval *eval, const struct value *args, const struct value *item, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	buf_text(&text, "Incorrect arguments: Items to concat must be lists. ");
	text_json(args, false, &text);
	buf_text(&text, " contains an item that is not a list: ");
	text_json(item, false, &text);
	return eval_fail(eval, err, "%s", buf_string(&text));
}

static int
concat(struct eval *eval, const struct value *arg, bool unique, const struct value **ret,
    struct err *err)
{
	struct list_builder list = { .arena = eval->run->arena };
	struct map_builder seen = { .arena = eval->run->arena };
	const struct value *args;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	if (args->type != VALUE_LIST)
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be: \"%s\" : [ [ <value 1>, <value 2> "
		    "], [ <value 3>, <value 4> ] ]",
		    eval->name, eval->name);
	for (size_t i = 0; i < args->list.count; i++) {
		const struct value *part = args->list.items[i];

		if (part->type == VALUE_NULL)
			continue;
		if (part->type != VALUE_LIST)
			return concat_refuse(eval, args, part, err);
		for (size_t k = 0; k < part->list.count; k++) {
			const struct value *item = part->list.items[k];

			if (unique && map_find(&seen, item))
				continue;
			if (list_add(&list, item, err) < 0 ||
			    (unique && map_set(&seen, item, &value_true, err) < 0))
				return -1;
		}
	}
	*ret = list_done(&list, eval->at, err);
	return *ret ? 0 : -1;
}

static int
list_concat_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	return concat(eval, arg, false, ret, err);
}

static int
unique_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	return concat(eval, arg, true, ret, err);
}

/* ---- contains, filter ---- */

/* Is value in list?  1, 0, -1. */
static int
among(struct eval *eval, const struct value *list, const struct value *value, struct err *err)
{
	for (size_t i = 0; i < list->list.count; i++) {
		if (eval_step(eval, err) < 0)
			return -1;
		if (value_equal(list->list.items[i], value))
			return 1;
	}
	return 0;
}

int
list_contains_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg), *value, *sequence;

	if (!list || list->list.count == 0)
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be: \"%s\" : [ \"value1\", [ "
		    "\"value1\", \"value2\"]]",
		    eval->name, eval->name);
	if (list->list.count != 2)
		return eval_fail(eval, err,
		    "Arguments to \"%s\" must be of the form: [value1, [value1, value2]]",
		    eval->name);
	if (eval_value(eval, list->list.items[0], &value, err) < 0 ||
	    eval_value(eval, list->list.items[1], &sequence, err) < 0)
		return -1;
	if (sequence->type == VALUE_LIST) {
		int found = among(eval, sequence, value, err);

		*ret = value_bool(found > 0);
		return found < 0 ? -1 : 0;
	}
	if (sequence->type == VALUE_TEXT && value->type == VALUE_TEXT)
		*ret = value_bool(value->text.length == 0 || text_find(sequence->text, value->text,
								 0) < sequence->text.length);
	else
		return eval_fail(
		    eval, err, "Second argument to \"%s\" should be a sequence.", eval->name);
	return 0;
}

static int
filter_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg), *values, *sequence;
	struct list_builder kept = { .arena = eval->run->arena };

	if (!list)
		return eval_fail(eval, err, "Argument to \"%s\" must be a list", eval->name);
	if (list->list.count != 2)
		return eval_fail(eval, err,
		    "\"%s\" expected 2 arguments of the form [values, sequence] but got %zu "
		    "arguments instead",
		    eval->name, list->list.count);
	if (eval_value(eval, list->list.items[1], &sequence, err) < 0 ||
	    eval_value(eval, list->list.items[0], &values, err) < 0)
		return -1;
	*ret = sequence;
	if (sequence->type == VALUE_NULL || value_is_text(sequence, ""))
		return 0;
	if (sequence->type != VALUE_LIST)
		return eval_fail(eval, err, "\"%s\" only works with lists", eval->name);
	if (values->type == VALUE_NULL || value_is_text(values, ""))
		return 0;
	if (values->type != VALUE_LIST)
		return eval_fail(eval, err, "\"%s\" filters a list of values", eval->name);
	for (size_t i = 0; i < sequence->list.count; i++) {
		const struct value *item = sequence->list.items[i];
		int found = among(eval, values, item, err);

		if (found < 0 || (found == 0 && list_add(&kept, item, err) < 0))
			return -1;
	}
	*ret = list_done(&kept, eval->at, err);
	return *ret ? 0 : -1;
}

const struct intrinsic list_intrinsics[] = {
	{ "map_merge", "2016-04-08", map_merge_eval },
	{ "map_replace", "2016-10-14", map_replace_eval },
	{ "list_concat", "2017-09-01", list_concat_eval },
	{ "list_concat_unique", "2017-09-01", unique_eval },
	{ "filter", "2017-02-24", filter_eval },
	{ "contains", "2017-09-01", list_contains_eval },
	{ 0 },
};
