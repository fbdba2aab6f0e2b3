#include <string.h>

#include "base/arena.h"
#include "hot/query.h"

/* ---- orderBy ---- */

struct ordered {
	const struct value *item, *key;
};

/* Stable.  Merges the halves of from into to; both hold the same before. */
static int
sort(struct query *query, struct ordered *from, struct ordered *to, size_t count, bool down,
    struct err *err)
{
	size_t half = count / 2, left = 0, right = half;

	if (count < 2)
		return 0;
	if (sort(query, to, from, half, down, err) < 0 ||
	    sort(query, to + half, from + half, count - half, down, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		int first = left == half ? 0 : 1;

		if (first && right < count) {
			const struct value *a = from[left].key, *b = from[right].key;

			if (eval_step(query->eval, err) < 0)
				return -1;
			first = down ? query_greater(query, b, a, err)
				     : query_greater(query, a, b, err);
			if (first < 0)
				return -1;
			first = !first;
		}
		to[i] = first ? from[left++] : from[right++];
	}
	return 0;
}

static int
order_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *from = call->args[0];
	struct list_builder list = { .arena = call->query->arena };
	size_t count = from->list.count;
	struct ordered *one = arena_array(call->query->arena, count + 1, sizeof(*one), err);
	struct ordered *other = arena_array(call->query->arena, count + 1, sizeof(*one), err);

	if (!one || !other)
		return -1;
	for (size_t i = 0; i < count; i++) {
		one[i].item = from->list.items[i];
		if (query_lambda(call, 1, &one[i].item, 1, &one[i].key, err) < 0)
			return -1;
		other[i] = one[i];
	}
	if (sort(call->query, one, other, count, strcmp(call->name, "orderBy") != 0, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (list_add(&list, other[i].item, err) < 0)
			return -1;
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

/* ---- groupBy ---- */

struct group {
	const struct value *key;
	struct list_builder values;
};

/* Put each item into the group of its key; groups are in the order of their first item. */
static int
collect(struct query_call *call, struct group *groups, size_t *ret_count, struct err *err)
{
	struct map_builder numbers = { .arena = call->query->arena };
	const struct value *from = call->args[0];
	size_t count = 0;

	for (size_t i = 0; i < from->list.count; i++) {
		const struct value *item = from->list.items[i], *key, *value = item, *number;
		const struct member *known;
		struct group *group = &groups[count];

		if (query_lambda(call, 1, &item, 1, &key, err) < 0 ||
		    (call->nodes[2] && query_lambda(call, 2, &item, 1, &value, err) < 0))
			return -1;
		known = map_find(&numbers, key);
		if (known) {
			group = &groups[known->value->integer];
		} else {
			number = value_integer(call->query->arena, (int64_t)count++, err);
			if (!number || map_set(&numbers, key, number, err) < 0)
				return -1;
			group->key = key;
			group->values.arena = call->query->arena;
		}
		if (list_add(&group->values, value, err) < 0)
			return -1;
	}
	*ret_count = count;
	return 0;
}

static const struct value *
pair(struct query_call *call, const struct value *key, const struct value *value, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };

	if (list_add(&list, key, err) < 0 || list_add(&list, value, err) < 0)
		return NULL;
	return list_done(&list, call->query->eval->at, err);
}

/*
 * The aggregator is given the values; one written for the first versions of the
 * language wants key and values in a list, and gives such a list back.
 */
static int
aggregate(struct query_call *call, const struct value *key, const struct value *values,
    const struct value **ret, struct err *err)
{
	const struct value *both = pair(call, key, values, err), *result;
	struct err old = ERR_INIT;

	if (!both)
		return -1;
	*ret = both;
	if (!call->nodes[3])
		return 0;
	if (query_lambda(call, 3, &values, 1, &result, err) == 0) {
		*ret = pair(call, key, result, err);
		return *ret ? 0 : -1;
	}
	if (query_lambda(call, 3, &both, 1, ret, &old) == 0 && (*ret)->type == VALUE_LIST &&
	    (*ret)->list.count == 2)
		return 0;
	return -1;
}

static int
group_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };
	struct group *groups =
	    arena_array(call->query->arena, call->args[0]->list.count + 1, sizeof(*groups), err);
	size_t count;

	if (!groups || collect(call, groups, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct value *values =
		    list_done(&groups[i].values, call->query->eval->at, err);
		const struct value *result;

		if (!values || aggregate(call, groups[i].key, values, &result, err) < 0 ||
		    list_add(&list, result, err) < 0)
			return -1;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

const struct query_function query_order_functions[] = {
	{ "orderBy", QUERY_METHOD, 2, "c:collection ~:selector", order_call },
	{ "orderByDescending", QUERY_METHOD, 2, "c:collection ~:selector", order_call },
	{ "groupBy", QUERY_METHOD | QUERY_WEIGH, 2,
	    "c:collection ~:keySelector ~:valueSelector ~:aggregator", group_call },
	{ 0 },
};
