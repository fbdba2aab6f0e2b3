#include "hot/query.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/pattern.h"
#include "hot/text.h"

enum { QUERY_DEPTH_MAX = 200 };

struct pattern *
query_pattern(const struct query *query, const struct value *value)
{
	for (const struct query_pattern *at = query->patterns; at; at = at->next)
		if (at->value == value)
			return at->pattern;
	return NULL;
}

void
query_drop(struct query *query)
{
	for (const struct query_pattern *at = query->patterns; at; at = at->next)
		pattern_close(at->pattern);
	query->patterns = NULL;
}

int
query_lazy_done(
    struct query *query, const struct list_builder *list, const struct value **ret, struct err *err)
{
	struct query_lazy *lazy = arena_alloc(query->arena, sizeof(*lazy), err);
	const struct value *made = lazy ? list_done(list, query->eval->at, err) : NULL;

	if (!made)
		return -1;
	*lazy = (struct query_lazy){ query->lazy, made };
	query->lazy = lazy;
	*ret = made;
	return 0;
}

bool
query_is_lazy(struct query *query, const struct value *list)
{
	const struct query_lazy *at = query->lazy;

	for (; at && at->list != list; at = at->next)
		query->eval->run->steps++;
	return at != NULL;
}

bool
query_truth(const struct value *value)
{
	switch (value->type) {
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
		return value->boolean;
	case VALUE_INTEGER:
		return value->integer != 0;
	case VALUE_FLOAT:
		return value->number != 0;
	case VALUE_TEXT:
		return value->text.length != 0;
	case VALUE_LIST:
		return value->list.count != 0;
	default:
		return value->map.count != 0;
	}
}

int
query_string(struct query *query, const struct value *value, struct buf *ret, struct err *err)
{
	switch (value->type) {
	case VALUE_NULL:
		buf_text(ret, "null");
		break;
	case VALUE_BOOL:
		buf_text(ret, value->boolean ? "true" : "false");
		break;
	case VALUE_LIST:
	case VALUE_MAP:
		if (query_is_lazy(query, value))
			return query_fail(query, err, "str() of an iterator is not known here");
		value_tuple(value, ret);
		break;
	default:
		value_python(value, ret);
	}
	return 0;
}

/* The member of that name; of a list, that of each item. */
static int
query_attribute(struct query *query, const struct value *value, const struct value *name,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = query->arena };
	const struct member *member;

	if (value->type == VALUE_LIST) {
		for (size_t i = 0; i < value->list.count; i++) {
			const struct value *item;

			if (query_attribute(query, value->list.items[i], name, &item, err) < 0 ||
			    list_add(&list, item, err) < 0)
				return -1;
		}
		return query_lazy_done(query, &list, ret, err);
	}
	if (value->type != VALUE_MAP)
		return query_fail(query, err, "Unknown function \"#property#%s\" of a %s",
		    name->text.data, value_type_name(value->type));
	member = value_find(value, name);
	if (!member)
		return query_fail(query, err, "there is no key '%s'", name->text.data);
	*ret = member->value;
	return 0;
}

static int
query_dot(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	const struct query_node *asked = node->args[1];
	const struct value *receiver;

	if (query_value(query, scope, node->args[0], &receiver, err) < 0)
		return -1;
	if (receiver->type == VALUE_NULL && strcmp(node->name, "?.") == 0) {
		*ret = receiver;
		return 0;
	}
	if (asked->kind == QUERY_CALL)
		return query_call(query, scope, asked, receiver, ret, err);
	if (asked->kind == QUERY_KEYWORD)
		return query_attribute(query, receiver, asked->constant, ret, err);
	return query_fail(query, err, "No function \"#operator_.\" matches supplied arguments");
}

static int
query_index(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	const struct value *of, *key, *other = NULL;
	const struct member *member;
	int64_t index;

	if (node->n_args < 2 || node->n_args > 3)
		return query_fail(
		    query, err, "No function \"#indexer\" matches supplied arguments");
	if (query_value(query, scope, node->args[0], &of, err) < 0 ||
	    query_value(query, scope, node->args[1], &key, err) < 0 ||
	    (node->n_args > 2 && query_value(query, scope, node->args[2], &other, err) < 0))
		return -1;
	if (of->type == VALUE_MAP) {
		scoped(buf_drop) struct buf shown = BUF(EVAL_TEXT_MAX);

		member = value_find(of, key);
		value_python(key, &shown);
		if (!member && !other)
			return query_fail(
			    query, err, "there is no key '%.200s'", buf_string(&shown));
		*ret = member ? member->value : other;
		return 0;
	}
	if (of->type != VALUE_LIST || key->type != VALUE_INTEGER || other)
		return query_fail(
		    query, err, "No function \"#indexer\" matches supplied arguments");
	index = key->integer + (key->integer < 0 ? (int64_t)of->list.count : 0);
	if (index < 0 || (uint64_t)index >= of->list.count)
		return query_fail(query, err,
		    "list index out of range: %lld of a list of %zu items", (long long)key->integer,
		    of->list.count);
	*ret = of->list.items[index];
	return 0;
}

static int
query_list(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = query->arena };

	for (size_t i = 0; i < node->n_args; i++) {
		const struct value *item;

		if (query_value(query, scope, node->args[i], &item, err) < 0 ||
		    list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
query_map(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = query->arena };

	for (size_t i = 0; i < node->n_args; i++) {
		const struct query_node *rule = node->args[i];
		const struct value *key, *value;

		if (rule->kind != QUERY_RULE)
			return query_fail(
			    query, err, "No function \"#map\" matches supplied arguments");
		if (query_value(query, scope, rule->args[0], &key, err) < 0 ||
		    query_value(query, scope, rule->args[1], &value, err) < 0 ||
		    map_set(&map, key, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, query->eval->at, err);
	return *ret ? 0 : -1;
}

/* let(a => 1) -> and with(1) ->: what stands behind sees new variables. */
static int
query_send(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	const struct query_node *left = node->args[0];
	const struct query_scope *inner = scope;
	unsigned number = 1;

	if (left->kind != QUERY_CALL ||
	    (strcmp(left->name, "let") != 0 && strcmp(left->name, "with") != 0))
		return query_fail(
		    query, err, "what stands before -> must be let(...) or with(...)");
	for (size_t i = 0; i < left->n_args; i++) {
		const struct query_node *arg = left->args[i];
		bool rule = arg->kind == QUERY_RULE;
		struct query_scope *made = arena_alloc(query->arena, sizeof(*made), err);

		if (!made)
			return -1;
		if (rule && (arg->args[0]->kind != QUERY_KEYWORD || left->name[0] == 'w'))
			return query_fail(query, err,
			    "No function \"%s\" matches supplied arguments", left->name);
		made->up = inner;
		made->name =
		    rule ? arena_printf(query->arena, err, "$%s", arg->args[0]->constant->text.data)
			 : arena_printf(query->arena, err, "$%u", number++);
		if (!made->name ||
		    query_value(query, scope, rule ? arg->args[1] : arg, &made->value, err) < 0)
			return -1;
		inner = made;
	}
	return query_value(query, inner, node->args[1], ret, err);
}

static int
query_binary(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	const struct value *left, *right;
	bool and = strcmp(node->name, "and") == 0;

	if (strcmp(node->name, "->") == 0)
		return query_send(query, scope, node, ret, err);
	if (query_value(query, scope, node->args[0], &left, err) < 0)
		return -1;
	if (and || strcmp(node->name, "or") == 0) {
		*ret = left;
		if (query_truth(left) != and)
			return 0;
		return query_value(query, scope, node->args[1], ret, err);
	}
	if (query_value(query, scope, node->args[1], &right, err) < 0)
		return -1;
	return query_operator(query, node->name, left, right, ret, err);
}

static int
query_unary(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	static const struct value zero = { .type = VALUE_INTEGER };
	const struct value *value;

	if (query_value(query, scope, node->args[0], &value, err) < 0)
		return -1;
	if (strcmp(node->name, "not") == 0) {
		*ret = value_bool(!query_truth(value));
		return 0;
	}
	if (value->type == VALUE_FLOAT && node->name[0] == '-') {
		*ret = value_number(query->arena, -value->number, err);
		return *ret ? 0 : -1;
	}
	return query_operator(query, node->name, &zero, value, ret, err);
}

static int
query_variable(const struct query_scope *scope, const char *name, const struct value **ret)
{
	while (scope && strcmp(scope->name, name) != 0)
		scope = scope->up;
	*ret = scope ? scope->value : &value_null;
	return 0;
}

static int
query_node_value(struct query *query, const struct query_scope *scope,
    const struct query_node *node, const struct value **ret, struct err *err)
{
	switch (node->kind) {
	case QUERY_CONSTANT:
	case QUERY_KEYWORD:
		*ret = node->constant;
		return 0;
	case QUERY_VARIABLE:
		return query_variable(scope, node->name, ret);
	case QUERY_CALL:
		return query_call(query, scope, node, NULL, ret, err);
	case QUERY_DOT:
		return query_dot(query, scope, node, ret, err);
	case QUERY_INDEX:
		return query_index(query, scope, node, ret, err);
	case QUERY_LIST:
		return query_list(query, scope, node, ret, err);
	case QUERY_MAP:
		return query_map(query, scope, node, ret, err);
	case QUERY_UNARY:
		return query_unary(query, scope, node, ret, err);
	case QUERY_BINARY:
		return query_binary(query, scope, node, ret, err);
	default:
		return query_fail(query, err, "a rule with => stands where a value is needed");
	}
}

int
query_value(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err)
{
	int status;

	if (eval_step(query->eval, err) < 0)
		return -1;
	if (query->depth >= QUERY_DEPTH_MAX)
		return query_fail(
		    query, err, "the expression is deeper than %d levels", QUERY_DEPTH_MAX);
	query->depth++;
	status = query_node_value(query, scope, node, ret, err);
	query->depth--;
	return status;
}
