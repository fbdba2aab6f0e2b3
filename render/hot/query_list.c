#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "hot/query.h"

enum { BOTH = QUERY_FUNCTION | QUERY_METHOD };

/* A list under way: what most functions here return. */
static struct list_builder
list_of(const struct query_call *call)
{
	return (struct list_builder){ .arena = call->query->arena };
}

static int
add_slice(
    struct list_builder *list, const struct value *from, size_t begin, size_t end, struct err *err)
{
	for (size_t i = begin; i < end && i < from->list.count; i++)
		if (list_add(list, from->list.items[i], err) < 0)
			return -1;
	return 0;
}

static int
slice(struct query_call *call, size_t begin, size_t end, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	if (add_slice(&list, call->args[0], begin, end, err) < 0)
		return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

/* ---- each item through an argument ---- */

static int
where_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	for (size_t i = 0; i < call->args[0]->list.count; i++) {
		const struct value *item = call->args[0]->list.items[i], *truth;

		if (query_lambda(call, 1, &item, 1, &truth, err) < 0 ||
		    (query_truth(truth) && list_add(&list, item, err) < 0))
			return -1;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

static int
select_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool many = strcmp(call->name, "selectMany") == 0;
	struct list_builder list = list_of(call);

	for (size_t i = 0; i < call->args[0]->list.count; i++) {
		const struct value *item = call->args[0]->list.items[i], *value;

		if (query_lambda(call, 1, &item, 1, &value, err) < 0)
			return -1;
		if (many && value->type == VALUE_LIST) {
			if (add_slice(&list, value, 0, value->list.count, err) < 0)
				return -1;
		} else if (list_add(&list, value, err) < 0) {
			return -1;
		}
	}
	return query_lazy_done(call->query, &list, ret, err);
}

static int
while_call(struct query_call *call, const struct value **ret, struct err *err)
{
	size_t count = call->args[0]->list.count, at = 0;

	for (; at < count; at++) {
		const struct value *truth;

		if (query_lambda(call, 1, &call->args[0]->list.items[at], 1, &truth, err) < 0)
			return -1;
		if (!query_truth(truth))
			break;
	}
	if (strcmp(call->name, "takeWhile") == 0)
		return slice(call, 0, at, ret, err);
	return slice(call, at, count, ret, err);
}

static int
distinct_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);
	struct map_builder seen = { .arena = call->query->arena };

	for (size_t i = 0; i < call->args[0]->list.count; i++) {
		const struct value *item = call->args[0]->list.items[i], *key = item;

		if (call->nodes[1] && query_lambda(call, 1, &item, 1, &key, err) < 0)
			return -1;
		if (map_find(&seen, key))
			continue;
		if (eval_step(call->query->eval, err) < 0 ||
		    map_set(&seen, key, &value_true, err) < 0 || list_add(&list, item, err) < 0)
			return -1;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

/* ---- lists from lists ---- */

static int
skip_call(struct query_call *call, const struct value **ret, struct err *err)
{
	int64_t count = call->args[1]->integer;

	if (count < 0)
		return query_fail(call->query, err, "%s(): negative count", call->name);
	if (call->name[0] == 's')
		return slice(call, (size_t)count, call->args[0]->list.count, ret, err);
	return slice(call, 0, (size_t)count, ret, err);
}

static int
append_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	if (add_slice(&list, call->args[0], 0, call->args[0]->list.count, err) < 0)
		return -1;
	for (size_t i = 1; i < call->count; i++)
		if (list_add(&list, call->args[i], err) < 0)
			return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

static int
concat_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	for (size_t i = 0; i < call->count; i++)
		if (add_slice(&list, call->args[i], 0, call->args[i]->list.count, err) < 0)
			return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

static int
flatten(
    struct query_call *call, const struct value *from, struct list_builder *list, struct err *err)
{
	if (eval_step(call->query->eval, err) < 0)
		return -1;
	for (size_t i = 0; i < from->list.count; i++) {
		const struct value *item = from->list.items[i];

		if (item->type == VALUE_LIST ? flatten(call, item, list, err) < 0
					     : list_add(list, item, err) < 0)
			return -1;
	}
	return 0;
}

static int
flatten_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	if (flatten(call, call->args[0], &list, err) < 0)
		return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

/* Of iterators their items, of everything else itself. */
static int
list_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	for (size_t i = 0; i < call->count; i++) {
		const struct value *arg = call->args[i];

		if (arg->type == VALUE_LIST && query_is_lazy(call->query, arg)) {
			if (add_slice(&list, arg, 0, arg->list.count, err) < 0)
				return -1;
		} else if (list_add(&list, arg, err) < 0) {
			return -1;
		}
	}
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
to_list_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	if (add_slice(&list, call->args[0], 0, call->args[0]->list.count, err) < 0)
		return -1;
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
reverse_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);

	for (size_t i = call->args[0]->list.count; i-- > 0;)
		if (list_add(&list, call->args[0]->list.items[i], err) < 0)
			return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

static int
pair(struct query_call *call, const struct value *one, const struct value *other,
    struct list_builder *list, struct err *err)
{
	struct list_builder two = list_of(call);
	const struct value *made;

	if (!one || list_add(&two, one, err) < 0 || list_add(&two, other, err) < 0)
		return -1;
	made = list_done(&two, call->query->eval->at, err);
	return made ? list_add(list, made, err) : -1;
}

static int
enumerate_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);
	int64_t start = call->args[1] ? call->args[1]->integer : 0;

	for (size_t i = 0; i < call->args[0]->list.count; i++) {
		const struct value *number =
		    value_integer(call->query->arena, (int64_t)((uint64_t)start + i), err);

		if (pair(call, number, call->args[0]->list.items[i], &list, err) < 0)
			return -1;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

static int
zip_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);
	size_t count = call->args[0]->list.count;

	for (size_t i = 1; i < call->count; i++)
		if (call->args[i]->list.count < count)
			count = call->args[i]->list.count;
	for (size_t i = 0; i < count; i++) {
		struct list_builder row = list_of(call);
		const struct value *made;

		for (size_t k = 0; k < call->count; k++)
			if (list_add(&row, call->args[k]->list.items[i], err) < 0)
				return -1;
		made = list_done(&row, call->query->eval->at, err);
		if (!made || list_add(&list, made, err) < 0)
			return -1;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

static int
repeat_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);
	int64_t times = call->args[1] ? call->args[1]->integer : -1;

	if (times < 0 || times > EVAL_LIST_MAX)
		return query_fail(call->query, err, "repeat() needs a number of times, %d at most",
		    EVAL_LIST_MAX);
	for (int64_t i = 0; i < times; i++)
		if (list_add(&list, call->args[0], err) < 0)
			return -1;
	return query_lazy_done(call->query, &list, ret, err);
}

/* range(stop), range(start, stop, step) */
static int
range_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = list_of(call);
	int64_t start = call->args[1] ? call->args[0]->integer : 0;
	int64_t stop = call->args[call->args[1] ? 1 : 0]->integer;
	int64_t step = call->args[2] ? call->args[2]->integer : 1;

	if (step == 0)
		return query_fail(call->query, err, "range(): the step is zero");
	while (step > 0 ? start < stop : start > stop) {
		const struct value *number = value_integer(call->query->arena, start, err);

		if (list.count >= EVAL_LIST_MAX)
			return query_fail(
			    call->query, err, "range(): more than %d items", EVAL_LIST_MAX);
		if (!number || list_add(&list, number, err) < 0)
			return -1;
		if (__builtin_add_overflow(start, step, &start))
			break;
	}
	return query_lazy_done(call->query, &list, ret, err);
}

static int
default_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = call->args[call->args[0]->list.count ? 0 : 1];
	return 0;
}

static int
is_list_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *arg = call->args[0];

	(void)err;
	*ret = value_bool(
	    arg->type == VALUE_LIST && (call->name[2] == 'I' || !query_is_lazy(call->query, arg)));
	return 0;
}

const struct query_function query_list_functions[] = {
	{ "where", QUERY_METHOD, 2, "c:collection ~:predicate", where_call },
	{ "filter", QUERY_METHOD, 2, "c:collection ~:predicate", where_call },
	{ "select", QUERY_METHOD, 2, "c:collection ~:selector", select_call },
	{ "map", QUERY_METHOD, 2, "c:collection ~:selector", select_call },
	{ "selectMany", QUERY_METHOD, 2, "c:collection ~:selector", select_call },
	{ "takeWhile", QUERY_METHOD, 2, "c:collection ~:predicate", while_call },
	{ "skipWhile", QUERY_METHOD, 2, "c:collection ~:predicate", while_call },
	{ "distinct", BOTH | QUERY_WEIGH, 1, "c:collection ~:keySelector", distinct_call },
	{ "skip", QUERY_METHOD, 2, "c:collection i:count", skip_call },
	{ "limit", QUERY_METHOD, 2, "c:collection i:count", skip_call },
	{ "take", QUERY_METHOD, 2, "c:collection i:count", skip_call },
	{ "append", BOTH, 1, "c:collection &*:args", append_call },
	{ "concat", BOTH, 1, "&c:collections", concat_call },
	{ "flatten", QUERY_METHOD | QUERY_WEIGH, 1, "c:collection", flatten_call },
	{ "list", QUERY_FUNCTION, 0, "&*:args", list_call },
	{ "toList", QUERY_METHOD, 1, "c:collection", to_list_call },
	{ "reverse", QUERY_METHOD, 1, "c:collection", reverse_call },
	{ "enumerate", BOTH, 1, "c:collection i:start", enumerate_call },
	{ "zip", QUERY_METHOD, 1, "&c:collections", zip_call },
	{ "repeat", QUERY_METHOD, 1, "*:value i:times", repeat_call },
	{ "range", QUERY_FUNCTION, 1, "i:start i:stop i:step", range_call },
	{ "defaultIfEmpty", QUERY_METHOD, 2, "c:collection c:default", default_call },
	{ "isList", QUERY_FUNCTION, 1, "*:arg", is_list_call },
	{ "isIterable", QUERY_FUNCTION, 1, "*:value", is_list_call },
	{ 0 },
};
