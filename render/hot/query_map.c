#include <string.h>

#include "base/arena.h"
#include "hot/query.h"

enum { BOTH = QUERY_FUNCTION | QUERY_METHOD };

static int
map_made(struct query_call *call, const struct map_builder *map, const struct value **ret,
    struct err *err)
{
	*ret = map_done(map, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

/* Lists and maps may be keys to the original; here they would not come out of it. */
static int
map_add(struct query_call *call, struct map_builder *map, const struct value *key,
    const struct value *value, struct err *err)
{
	if (key->type == VALUE_LIST || key->type == VALUE_MAP)
		return query_fail(call->query, err, "%s(): a %s cannot be a key", call->name,
		    value_type_name(key->type));
	return map_set(map, key, value, err);
}

/* ---- making maps ---- */

static int
add_rules(struct query_call *call, size_t from, struct map_builder *map, struct err *err)
{
	for (size_t i = from; i < call->count; i++) {
		const struct value *key, *value;

		if (query_value(call->query, call->scope, call->nodes[i]->args[0], &key, err) < 0 ||
		    query_value(call->query, call->scope, call->nodes[i]->args[1], &value, err) <
			0 ||
		    map_add(call, map, key, value, err) < 0)
			return -1;
	}
	return 0;
}

static int
dict_rules_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };

	if (add_rules(call, 0, &map, err) < 0)
		return -1;
	return map_made(call, &map, ret, err);
}

static int
dict_items_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };
	const struct value *items = call->args[0];

	for (size_t i = 0; i < items->list.count; i++) {
		const struct value *item = items->list.items[i];

		if (item->type != VALUE_LIST || item->list.count < 2)
			return query_fail(call->query, err,
			    "dict(): item %zu is no list of a key and a value", i);
		if (map_add(call, &map, item->list.items[0], item->list.items[1], err) < 0)
			return -1;
	}
	return map_made(call, &map, ret, err);
}

static int
to_dict_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };
	const struct value *items = call->args[0];

	for (size_t i = 0; i < items->list.count; i++) {
		const struct value *item = items->list.items[i], *key, *value = item;

		if (query_lambda(call, 1, &item, 1, &key, err) < 0 ||
		    (call->nodes[2] && query_lambda(call, 2, &item, 1, &value, err) < 0) ||
		    map_add(call, &map, key, value, err) < 0)
			return -1;
	}
	return map_made(call, &map, ret, err);
}

static int
set_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };

	if (map_copy(&map, call->args[0], err) < 0)
		return -1;
	if (call->args[1] && call->args[2]) {
		if (map_add(call, &map, call->args[1], call->args[2], err) < 0)
			return -1;
	} else if (call->args[1]) {
		for (size_t i = 0; i < call->args[1]->map.count; i++)
			if (map_set(&map, call->args[1]->map.members[i].key,
				call->args[1]->map.members[i].value, err) < 0)
				return -1;
	} else if (add_rules(call, 1, &map, err) < 0) {
		return -1;
	}
	return map_made(call, &map, ret, err);
}

/* delete(keys...) and deleteAll(list of keys) */
static int
delete_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };
	const struct value *from = call->args[0], *const *keys = call->args + 1;
	size_t n_keys = call->count - 1;

	if (strcmp(call->name, "deleteAll") == 0) {
		keys = call->args[1]->list.items;
		n_keys = call->args[1]->list.count;
	}
	for (size_t i = 0; i < from->map.count; i++) {
		const struct member *member = &from->map.members[i];
		size_t k = 0;

		while (k < n_keys && !value_equal(keys[k], member->key))
			k++;
		if (k == n_keys && map_set(&map, member->key, member->value, err) < 0)
			return -1;
	}
	return map_made(call, &map, ret, err);
}

/* ---- reading maps ---- */

static int
get_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct member *member = value_find(call->args[0], call->args[1]);

	(void)err;
	*ret = member ? member->value : call->args[2] ? call->args[2] : &value_null;
	return 0;
}

static int
members_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };
	const struct value *map = call->args[0];

	for (size_t i = 0; i < map->map.count; i++) {
		const struct member *member = &map->map.members[i];
		struct list_builder pair = { .arena = call->query->arena };
		const struct value *item = call->name[0] == 'k' ? member->key : member->value;

		if (call->name[0] == 'i') {
			if (list_add(&pair, member->key, err) < 0 ||
			    list_add(&pair, member->value, err) < 0)
				return -1;
			item = list_done(&pair, member->value->at, err);
		}
		if (!item || list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
length_call(struct query_call *call, const struct value **ret, struct err *err)
{
	*ret = value_integer(call->query->arena, (int64_t)call->args[0]->map.count, err);
	return *ret ? 0 : -1;
}

static int
contains_key_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(value_find(call->args[0], call->args[1]) != NULL);
	return 0;
}

static int
contains_value_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool found = false;

	(void)err;
	for (size_t i = 0; !found && i < call->args[0]->map.count; i++)
		found = value_equal(call->args[0]->map.members[i].value, call->args[1]);
	*ret = value_bool(found);
	return 0;
}

static int
is_dict_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(call->args[0]->type == VALUE_MAP);
	return 0;
}

/* ---- mergeWith ---- */

enum { MERGE_DEPTH_MAX = 100 };

static int merge(struct query_call *call, const struct value *one, const struct value *other,
    int64_t levels, unsigned depth, const struct value **ret, struct err *err);

static int
merge_lists(struct query_call *call, const struct value *one, const struct value *other,
    const struct value **ret, struct err *err)
{
	const struct value *const both[] = { one, other };
	struct list_builder list = { .arena = call->query->arena };
	struct map_builder seen = { .arena = call->query->arena };

	if (call->nodes[2])
		return query_lambda(call, 2, both, 2, ret, err);
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < both[i]->list.count; k++) {
			const struct value *item = both[i]->list.items[k];

			if (map_find(&seen, item))
				continue;
			if (map_set(&seen, item, &value_true, err) < 0 ||
			    list_add(&list, item, err) < 0)
				return -1;
		}
	}
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
merge_values(struct query_call *call, const struct value *one, const struct value *other,
    int64_t levels, unsigned depth, const struct value **ret, struct err *err)
{
	const struct value *const both[] = { one, other };

	if (levels != 1 && (other->type == VALUE_MAP || other->type == VALUE_LIST)) {
		if (one->type != other->type)
			return query_fail(call->query, err, "Cannot merge %s with %s",
			    value_type_name(one->type), value_type_name(other->type));
		if (other->type == VALUE_LIST)
			return merge_lists(call, one, other, ret, err);
		return merge(call, one, other, levels ? levels - 1 : 0, depth + 1, ret, err);
	}
	if (call->nodes[3])
		return query_lambda(call, 3, both, 2, ret, err);
	*ret = other;
	return 0;
}

static int
merge(struct query_call *call, const struct value *one, const struct value *other, int64_t levels,
    unsigned depth, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = call->query->arena };

	if (depth > MERGE_DEPTH_MAX || eval_step(call->query->eval, err) < 0)
		return query_fail(
		    call->query, err, "mergeWith(): more than %d levels", MERGE_DEPTH_MAX);
	for (size_t i = 0; i < one->map.count; i++) {
		const struct member *member = &one->map.members[i];
		const struct member *same = value_find(other, member->key);
		const struct value *value = member->value;

		if (same &&
		    merge_values(call, member->value, same->value, levels, depth, &value, err) < 0)
			return -1;
		if (map_set(&map, member->key, value, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < other->map.count; i++) {
		const struct member *member = &other->map.members[i];

		if (!value_find(one, member->key) &&
		    map_set(&map, member->key, member->value, err) < 0)
			return -1;
	}
	return map_made(call, &map, ret, err);
}

static int
merge_with_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return merge(call, call->args[0], call->args[1], call->args[4] ? call->args[4]->integer : 0,
	    0, ret, err);
}

/* ---- choosing ---- */

static int
switch_call(struct query_call *call, const struct value **ret, struct err *err)
{
	*ret = &value_null;
	for (size_t i = 0; i < call->count; i++) {
		const struct query_node *rule = call->nodes[i];
		const struct value *condition;

		if (query_value(call->query, call->scope, rule->args[0], &condition, err) < 0)
			return -1;
		if (query_truth(condition))
			return query_value(call->query, call->scope, rule->args[1], ret, err);
	}
	return 0;
}

static int
coalesce_call(struct query_call *call, const struct value **ret, struct err *err)
{
	*ret = &value_null;
	for (size_t i = 0; (*ret)->type == VALUE_NULL && i < call->count; i++)
		if (query_value(call->query, call->scope, call->nodes[i], ret, err) < 0)
			return -1;
	return 0;
}

static int
assert_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *truth;

	*ret = call->args[0];
	if (query_lambda(call, 1, ret, 1, &truth, err) < 0)
		return -1;
	if (query_truth(truth))
		return 0;
	return query_fail(
	    call->query, err, "%s", call->args[2] ? call->args[2]->text.data : "Assertion failed");
}

const struct query_function query_map_functions[] = {
	{ "dict", QUERY_FUNCTION, 0, "&^:args", dict_rules_call },
	{ "dict", QUERY_FUNCTION, 1, "c:items", dict_items_call },
	{ "toDict", QUERY_METHOD, 2, "c:collection ~:keySelector ~:valueSelector", to_dict_call },
	{ "set", QUERY_METHOD, 3, "d:dict *:key *:value", set_call },
	{ "set", QUERY_METHOD, 2, "d:dict d:replacements", set_call },
	{ "set", QUERY_METHOD, 1, "d:dict &^:args", set_call },
	{ "delete", QUERY_METHOD | QUERY_WEIGH, 1, "d:dict &*:keys", delete_call },
	{ "deleteAll", QUERY_METHOD | QUERY_WEIGH, 2, "d:dict c:keys", delete_call },
	{ "get", QUERY_METHOD, 2, "d:dict *:key *:default", get_call },
	{ "keys", QUERY_METHOD, 1, "d:dict", members_call },
	{ "values", QUERY_METHOD, 1, "d:dict", members_call },
	{ "items", QUERY_METHOD, 1, "d:dict", members_call },
	{ "len", BOTH, 1, "d:dict", length_call },
	{ "containsKey", QUERY_METHOD, 2, "d:dict *:key", contains_key_call },
	{ "containsValue", QUERY_METHOD | QUERY_WEIGH, 2, "d:dict *:value", contains_value_call },
	{ "isDict", QUERY_FUNCTION, 1, "*:arg", is_dict_call },
	{ "mergeWith", QUERY_METHOD | QUERY_WEIGH, 2,
	    "d:dict d:another ~:listMerger ~:itemMerger i:maxLevels", merge_with_call },
	{ "switch", QUERY_FUNCTION, 0, "&^:args", switch_call },
	{ "coalesce", QUERY_FUNCTION, 0, "&~:args", coalesce_call },
	{ "assert", QUERY_METHOD, 2, "*:obj ~:condition s:message", assert_call },
	{ 0 },
};
