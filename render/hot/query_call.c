#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/query.h"

static const struct query_function *const families[] = {
	query_text_functions,
	query_cut_functions,
	query_list_functions,
	query_fold_functions,
	query_map_functions,
	query_order_functions,
	query_number_functions,
	query_pattern_functions,
};
enum { N_FAMILIES = sizeof(families) / sizeof(families[0]), PARAMS_MAX = 8 };

/* One word of a row's params. */
struct param_word {
	char type;
	bool repeats;
	const char *name;
	size_t length;
};

/* What is given, as it stands; evaluated once, when the first row wants its value. */
struct given {
	const struct query_node *node; /* NULL: the receiver */
	const struct query_node *rule; /* it was given by name, or is a rule */
	const struct value *value;
};

struct binding {
	struct query_call call;
	const struct query_function *row;
	struct param_word params[PARAMS_MAX];
	size_t n_params;
	struct given *given;
	size_t n_given;
};

static void
read_params(struct binding *binding)
{
	const char *at = binding->row->params;

	binding->n_params = 0;
	while (*at) {
		struct param_word *word = &binding->params[binding->n_params++];

		word->repeats = *at == '&';
		at += word->repeats;
		word->type = *at;
		word->name = at + 2;
		word->length = strcspn(word->name, " ");
		at = word->name + word->length;
		at += *at == ' ';
	}
}

static bool
fits(const struct query *query, char type, const struct value *value)
{
	bool pattern = query_pattern(query, value) != NULL;

	switch (type) {
	case 's':
		return value->type == VALUE_TEXT && !pattern;
	case 'S':
		return value->type == VALUE_NULL || (value->type == VALUE_TEXT && !pattern);
	case 'i':
		return value->type == VALUE_INTEGER;
	case 'n':
		return value->type == VALUE_INTEGER || value->type == VALUE_FLOAT;
	case 'b':
		return value->type == VALUE_BOOL;
	case 'c':
		return value->type == VALUE_LIST;
	case 'd':
		return value->type == VALUE_MAP;
	case 'r':
		return pattern;
	default:
		return true;
	}
}

/* The parameter that an argument goes to; NULL: the row has none for it. */
static const struct param_word *
target(const struct binding *binding, size_t *place, const struct given *given, bool *named)
{
	const struct param_word *last;

	*named = false;
	if (binding->n_params == 0)
		return NULL;
	last = &binding->params[binding->n_params - 1];
	if (given->rule && !(last->type == '^' && last->repeats)) {
		const struct value *word = given->rule->args[0]->constant;

		if (given->rule->args[0]->kind != QUERY_KEYWORD)
			return NULL;
		for (size_t i = 0; i < binding->n_params; i++) {
			if (word->text.length == binding->params[i].length &&
			    memcmp(word->text.data, binding->params[i].name, word->text.length) ==
				0) {
				*place = i;
				*named = true;
				return &binding->params[i];
			}
		}
		return NULL;
	}
	if (*place < binding->n_params)
		return &binding->params[*place];
	return last->repeats ? last : NULL;
}

/* Put an argument where it belongs.  1; 0: the row does not fit; -1. */
static int
bind_one(struct binding *binding, const struct param_word *param, struct given *given, size_t place,
    bool named, struct err *err)
{
	struct query_call *call = &binding->call;
	const struct query_node *node = named ? given->rule->args[1] : given->node;

	if (call->args[place] || call->nodes[place])
		return 0;
	if (param->type == '^' || param->type == '~') {
		if (!node || (param->type == '^') != (node->kind == QUERY_RULE))
			return 0;
		call->nodes[place] = node;
		return 1;
	}
	if (!given->value && query_value(call->query, call->scope, node, &given->value, err) < 0)
		return -1;
	call->args[place] = given->value;
	return fits(call->query, param->type, given->value);
}

/* Does the row fit what is given?  1, 0, -1. */
static int
bind_row(struct binding *binding, struct err *err)
{
	struct query_call *call = &binding->call;
	size_t room = binding->n_given + PARAMS_MAX, next = 0;

	read_params(binding);
	call->count = 0;
	memset(call->args, 0, room * sizeof(*call->args));
	memset(call->nodes, 0, room * sizeof(*call->nodes));
	for (size_t i = 0; i < binding->n_given; i++) {
		size_t place = next;
		bool named;
		const struct param_word *param =
		    target(binding, &place, &binding->given[i], &named);
		int status;

		if (!param)
			return 0;
		status = bind_one(binding, param, &binding->given[i], place, named, err);
		if (status != 1)
			return status;
		next += !named;
		if (place >= call->count)
			call->count = place + 1;
	}
	for (size_t i = 0; i < binding->row->least; i++)
		if (!call->args[i] && !call->nodes[i])
			return 0;
	return 1;
}

/* What the receiver is worth may be a secret; its type is none. */
static int
refuse(struct query *query, const char *name, const struct value *receiver, bool known,
    struct err *err)
{
	const char *type = receiver ? value_type_name(receiver->type) : "";

	if (receiver && known)
		return query_fail(query, err,
		    "No method \"%s\" for receiver of type %s matches supplied arguments", name,
		    type);
	if (receiver)
		return query_fail(
		    query, err, "Unknown method \"%s\" for receiver of type %s", name, type);
	if (known)
		return query_fail(
		    query, err, "No function \"%s\" matches supplied arguments", name);
	return query_fail(query, err, "Unknown function \"%s\"", name);
}

static int
read_given(struct binding *binding, const struct query_node *node, const struct value *receiver,
    struct err *err)
{
	struct arena *arena = binding->call.query->arena;
	size_t n = node->n_args + (receiver != NULL), at = 0;

	binding->given = arena_array(arena, n + 1, sizeof(*binding->given), err);
	binding->call.args = arena_array(arena, n + PARAMS_MAX, sizeof(*binding->call.args), err);
	binding->call.nodes = arena_array(arena, n + PARAMS_MAX, sizeof(*binding->call.nodes), err);
	if (!binding->given || !binding->call.args || !binding->call.nodes)
		return -1;
	if (receiver)
		binding->given[at++].value = receiver;
	for (size_t i = 0; i < node->n_args; i++, at++) {
		binding->given[at].node = node->args[i];
		if (node->args[i]->kind == QUERY_RULE)
			binding->given[at].rule = node->args[i];
	}
	binding->n_given = n;
	return 0;
}

static int
weigh_args(const struct binding *binding, struct err *err)
{
	for (size_t i = 0; i < binding->call.count; i++)
		if (binding->call.args[i] &&
		    eval_weigh(binding->call.query->eval, binding->call.args[i], err) < 0)
			return -1;
	return 0;
}

int
query_call(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value *receiver, const struct value **ret, struct err *err)
{
	struct binding binding = {
		.call = { .query = query, .scope = scope, .name = node->name },
	};
	unsigned use = receiver ? QUERY_METHOD : QUERY_FUNCTION;
	bool known = false;

	if (read_given(&binding, node, receiver, err) < 0)
		return -1;
	for (size_t i = 0; i < N_FAMILIES; i++) {
		for (binding.row = families[i]; binding.row->name; binding.row++) {
			int status;

			if (!(binding.row->use & use) || strcmp(binding.row->name, node->name) != 0)
				continue;
			known = true;
			status = bind_row(&binding, err);
			if (status == 1 && binding.row->use & QUERY_WEIGH)
				status = weigh_args(&binding, err) < 0 ? -1 : 1;
			if (status != 0)
				return status < 0 ? -1 : binding.row->call(&binding.call, ret, err);
		}
	}
	return refuse(query, node->name, receiver, known, err);
}

int
query_lambda(const struct query_call *call, size_t index, const struct value *const *items,
    size_t count, const struct value **ret, struct err *err)
{
	static const char *const names[] = { "$1", "$2", "$3" };
	struct query_scope scopes[3];
	const struct query_scope *scope = call->scope;

	for (size_t i = 0; i < count; i++) {
		scopes[i] = (struct query_scope){ scope, names[i], items[i] };
		scope = &scopes[i];
	}
	return query_value(call->query, scope, call->nodes[index], ret, err);
}
