#include <string.h>

#include "base/arena.h"
#include "hot/query.h"

enum { BOTH = QUERY_FUNCTION | QUERY_METHOD };

static int
made_integer(struct query_call *call, int64_t integer, const struct value **ret, struct err *err)
{
	*ret = value_integer(call->query->arena, integer, err);
	return *ret ? 0 : -1;
}

/* any() stops at the first that is true, all() at the first that is not. */
static int
any_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool any = strcmp(call->name, "any") == 0;

	for (size_t i = 0; i < call->args[0]->list.count; i++) {
		const struct value *item = call->args[0]->list.items[i], *truth = item;

		if (call->nodes[1] && query_lambda(call, 1, &item, 1, &truth, err) < 0)
			return -1;
		if (any && !call->nodes[1])
			truth = &value_true;
		if (query_truth(truth) == any) {
			*ret = value_bool(any);
			return 0;
		}
	}
	*ret = value_bool(!any);
	return 0;
}

static int
aggregate_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *list = call->args[0], *total = call->args[2];
	size_t i = 0;

	if (!total && list->list.count == 0)
		return query_fail(call->query, err,
		    "%s() of an empty collection with no initial value", call->name);
	if (!total)
		total = list->list.items[i++];
	for (; i < list->list.count; i++) {
		const struct value *const both[] = { total, list->list.items[i] };

		if (query_lambda(call, 1, both, 2, &total, err) < 0)
			return -1;
	}
	*ret = total;
	return 0;
}

/* sum(), max(), min(), with an initial value or without. */
static int
total_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *list = call->args[0], *total = call->args[1];
	size_t i = 0;

	if (!total && list->list.count == 0)
		return query_fail(call->query, err,
		    "%s() of an empty collection with no initial value", call->name);
	if (!total)
		total = list->list.items[i++];
	for (; i < list->list.count; i++) {
		const struct value *item = list->list.items[i];
		int greater;

		if (call->name[0] == 's') {
			if (query_operator(call->query, "+", total, item, &total, err) < 0)
				return -1;
			continue;
		}
		greater = query_greater(call->query, item, total, err);
		if (greater < 0)
			return -1;
		if (greater == (call->name[1] == 'a'))
			total = item;
	}
	*ret = total;
	return 0;
}

static int
first_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *list = call->args[0];

	if (list->list.count == 0 && !call->args[1])
		return query_fail(call->query, err, "%s(): the collection is empty", call->name);
	if (list->list.count == 0)
		*ret = call->args[1];
	else
		*ret = list->list.items[call->name[0] == 'f' ? 0 : list->list.count - 1];
	return 0;
}

static int
single_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *list = call->args[0];

	if (list->list.count != 1)
		return query_fail(call->query, err, "single(): Collection contains %s",
		    list->list.count ? "more than one item" : "no item");
	*ret = list->list.items[0];
	return 0;
}

static int
length_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return made_integer(call, (int64_t)call->args[0]->list.count, ret, err);
}

static int
index_of_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool last = call->name[0] == 'l';
	int64_t index = -1;

	for (size_t i = 0; i < call->args[0]->list.count && (last || index < 0); i++)
		if (value_equal(call->args[0]->list.items[i], call->args[1]))
			index = (int64_t)i;
	return made_integer(call, index, ret, err);
}

static int
index_where_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool last = call->name[0] == 'l';
	int64_t index = -1;

	for (size_t i = 0; i < call->args[0]->list.count && (last || index < 0); i++) {
		const struct value *truth;

		if (query_lambda(call, 1, &call->args[0]->list.items[i], 1, &truth, err) < 0)
			return -1;
		if (query_truth(truth))
			index = (int64_t)i;
	}
	return made_integer(call, index, ret, err);
}

static int
contains_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return query_operator(call->query, "in", call->args[1], call->args[0], ret, err);
}

const struct query_function query_fold_functions[] = {
	{ "any", BOTH, 1, "c:collection ~:predicate", any_call },
	{ "all", BOTH, 1, "c:collection ~:predicate", any_call },
	{ "aggregate", QUERY_METHOD, 2, "c:collection ~:selector *:seed", aggregate_call },
	{ "reduce", QUERY_METHOD, 2, "c:collection ~:selector *:seed", aggregate_call },
	{ "sum", QUERY_METHOD, 1, "c:collection *:initial", total_call },
	{ "max", QUERY_METHOD, 1, "c:collection *:initial", total_call },
	{ "min", QUERY_METHOD, 1, "c:collection *:initial", total_call },
	{ "first", QUERY_METHOD, 1, "c:collection *:default", first_call },
	{ "last", QUERY_METHOD, 1, "c:collection *:default", first_call },
	{ "single", QUERY_METHOD, 1, "c:collection", single_call },
	{ "len", BOTH, 1, "c:collection", length_call },
	{ "count", QUERY_METHOD, 1, "c:collection", length_call },
	{ "indexOf", QUERY_METHOD | QUERY_WEIGH, 2, "c:collection *:item", index_of_call },
	{ "lastIndexOf", QUERY_METHOD | QUERY_WEIGH, 2, "c:collection *:item", index_of_call },
	{ "indexWhere", QUERY_METHOD, 2, "c:collection ~:predicate", index_where_call },
	{ "lastIndexWhere", QUERY_METHOD, 2, "c:collection ~:predicate", index_where_call },
	{ "contains", QUERY_METHOD, 2, "c:collection *:value", contains_call },
	{ 0 },
};
