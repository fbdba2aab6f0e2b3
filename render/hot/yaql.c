#include "hot/yaql.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/query.h"

static int
usage(struct eval *eval, struct err *err)
{
	return eval_fail(eval, err,
	    "\"%s\" syntax should be %s: expression: $.data.var1.sum() data: var1: [3, 2, 1]",
	    eval->name, eval->name);
}

/* What the expression sees as $: a map that holds data alone. */
static const struct value *
root(struct eval *eval, const struct value *data, struct err *err)
{
	struct map_builder map = { .arena = eval->run->arena };

	if (map_put(&map, "data", data, err) < 0)
		return NULL;
	return map_done(&map, eval->at, err);
}

static int
run_query(struct eval *eval, const struct value *expression, const struct value *data,
    const struct value **ret, struct err *err)
{
	scoped(query_drop) struct query query = { .eval = eval, .arena = eval->run->arena };
	struct query_scope scope = { .name = "$1" };
	const struct query_node *node;

	if (query_parse(eval->run->arena, expression->text, &node, err) < 0) {
		err->at = expression->at.line ? expression->at : eval->at;
		return err_wrap(err, "Bad expression");
	}
	scope.value = root(eval, data, err);
	if (!scope.value)
		return -1;
	return query_value(&query, &scope, node, ret, err);
}

int
yaql_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	static const struct value empty = { .type = VALUE_MAP };
	const struct value *map = eval_literal_map(eval, arg), *expression, *data = &empty;

	if (!map)
		return eval_fail(eval, err, "Arguments to \"%s\" must be a map.", eval->name);
	expression = value_get(map, "expression");
	if (!expression || map->map.count > 2 || (map->map.count == 2 && !value_get(map, "data")))
		return usage(eval, err);
	if (eval_value(eval, expression, &expression, err) < 0 ||
	    (value_get(map, "data") && eval_value(eval, value_get(map, "data"), &data, err) < 0))
		return -1;
	if (expression->type != VALUE_TEXT)
		return eval_fail(eval, err,
		    "The \"expression\" argument to %s must contain a string.", eval->name);
	return run_query(eval, expression, data, ret, err);
}

const struct intrinsic yaql_intrinsics[] = {
	{ "yaql", "2016-10-14", yaql_eval },
	{ 0 },
};
