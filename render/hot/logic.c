#include "hot/logic.h"

#include <string.h>

#include "base/arena.h"
#include "hot/document.h"
#include "hot/get.h"
#include "hot/list.h"
#include "hot/yaql.h"

struct condition {
	const char *name;
	const struct value *definition;
	enum { CONDITION_OPEN, CONDITION_BUSY, CONDITION_DECIDED } state;
	bool result;
};

static int
invalid_definition(const struct condition *condition, const struct value *value, struct err *err)
{
	char shown[EVAL_SHOWN];

	return err_at(err, condition->definition->at, ERR_INVALID,
	    "Condition validation error: The definition of condition \"%s\" is invalid: %s",
	    condition->name, eval_show(value, shown));
}

/* How many conditions a call of and, or has; 2: it is none of them, or that is to be computed. */
static size_t
count_conditions(const struct eval *eval, const struct member *call)
{
	const struct value *list = eval_literal_list(eval, call->value);

	if (!list || (!value_is_text(call->key, "and") && !value_is_text(call->key, "or")))
		return 2;
	return list->list.count;
}

/* What Heat finds wrong with a condition that nobody asks for. */
static int
check_form(const struct eval *eval, const struct value *value, unsigned depth, struct err *err)
{
	if (depth > EVAL_DEPTH_MAX)
		return err_at(err, value->at, ERR_INVALID, "a condition is nested too deeply");
	if (eval_is_refused(eval, value))
		return err_at(err, value->at, ERR_INVALID,
		    "The function \"%s\" is invalid in this context",
		    value->map.members[0].key->text.data);
	if (eval_is_call(eval, value) && count_conditions(eval, value->map.members) < 2)
		return err_at(err, value->at, ERR_INVALID,
		    "The minimum number of condition arguments to \"%s\" is 2.",
		    value->map.members[0].key->text.data);
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		if (check_form(eval, value->list.items[i], depth + 1, err) < 0)
			return -1;
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		if (check_form(eval, value->map.members[i].value, depth + 1, err) < 0)
			return -1;
	return 0;
}

static int
check_definition(const struct eval *eval, const struct condition *condition, struct err *err)
{
	if (condition->definition->type != VALUE_BOOL && !eval_is_call(eval, condition->definition))
		return invalid_definition(condition, condition->definition, err);
	if (check_form(eval, condition->definition, 0, err) < 0)
		return err_wrap(err, "conditions.%s", condition->name);
	return 0;
}

static int
decide_condition(struct eval *eval, struct condition *condition, bool *ret, struct err *err)
{
	const struct value *result;

	if (condition->state == CONDITION_BUSY)
		return err_at(err, condition->definition->at, ERR_INVALID,
		    "Condition validation error: Circular definition for condition \"%s\"",
		    condition->name);
	if (condition->state == CONDITION_OPEN) {
		condition->state = CONDITION_BUSY;
		if (eval_value(eval, condition->definition, &result, err) < 0)
			return -1;
		if (result->type != VALUE_BOOL)
			return invalid_definition(condition, result, err);
		condition->result = result->boolean;
		condition->state = CONDITION_DECIDED;
	}
	*ret = condition->result;
	return 0;
}

/* What the value of a condition means: itself, or the name of one. */
static int
enabled(struct eval *eval, const struct value *value, bool *ret, struct err *err)
{
	char shown[EVAL_SHOWN];

	if (value->type == VALUE_NULL || value->type == VALUE_BOOL) {
		*ret = value->type == VALUE_NULL || value->boolean;
		return 0;
	}
	for (size_t i = 0; i < eval->n_conditions; i++)
		if (value_is_text(value, eval->conditions[i].name))
			return decide_condition(eval, &eval->conditions[i], ret, err);
	return eval_fail(eval, err, "Invalid condition \"%s\"", eval_show(value, shown));
}

int
logic_decide(struct eval *eval, const struct value *value, bool *ret, struct err *err)
{
	bool before = eval->in_condition;
	struct place at = eval->at;
	const struct value *result;
	int status;

	eval->in_condition = true;
	if (value->at.line)
		eval->at = value->at;
	status = eval_value(eval, value, &result, err);
	if (status == 0)
		status = enabled(eval, result, ret, err);
	eval->at = at;
	eval->in_condition = before;
	return status;
}

int
logic_read(struct eval *eval, struct err *err)
{
	const struct value *section = eval->document->conditions;
	int status = 0;

	eval->conditions =
	    arena_array(eval->run->arena, section->map.count + 1, sizeof(*eval->conditions), err);
	if (!eval->conditions)
		return -1;
	for (size_t i = 0; i < section->map.count; i++) {
		struct condition *condition = &eval->conditions[eval->n_conditions];

		if (section->map.members[i].key->type != VALUE_TEXT)
			return err_at(err, section->map.members[i].key->at, ERR_INVALID,
			    "Conditions validation error: the name of a condition must be a text");
		condition->name = section->map.members[i].key->text.data;
		condition->definition = section->map.members[i].value;
		eval->n_conditions++;
	}
	eval->in_condition = true;
	for (size_t i = 0; status == 0 && i < eval->n_conditions; i++)
		status = check_definition(eval, &eval->conditions[i], err);
	eval->in_condition = false;
	return status;
}

static int
if_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg);
	bool nullable = eval_since(eval, "2021-04-16"), chosen;

	if (!list || list->list.count > 3 || list->list.count < (nullable ? 2 : 3))
		return eval_fail(eval, err,
		    "Arguments to \"if\" must be of the form: [condition_name, value_if_true, "
		    "value_if_false]");
	if (logic_decide(eval, list->list.items[0], &chosen, err) < 0)
		return -1;
	if (!chosen && list->list.count == 2) {
		*ret = &eval_absent;
		return 0;
	}
	return eval_nullable(eval, list->list.items[chosen ? 1 : 2], ret, err);
}

static int
equals_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg), *left, *right;

	if (!list || list->list.count != 2)
		return eval_fail(
		    eval, err, "Arguments to \"equals\" must be of the form: [value_1, value_2]");
	if (eval_value(eval, list->list.items[0], &left, err) < 0 ||
	    eval_value(eval, list->list.items[1], &right, err) < 0)
		return -1;
	*ret = value_bool(value_equal(left, right));
	return 0;
}

static int
not_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *value;
	bool result;

	if (arg->type == VALUE_NULL)
		return eval_fail(eval, err, "Argument to \"not\" must be a condition");
	if (eval_value(eval, arg, &value, err) < 0 || enabled(eval, value, &result, err) < 0)
		return -1;
	*ret = value_bool(!result);
	return 0;
}

/* and, or: the first that equals stop decides; what stands behind it is not looked at. */
static int
junction(struct eval *eval, const char *name, bool stop, const struct value *arg,
    const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg), *values;

	if (!list)
		return eval_fail(
		    eval, err, "Arguments to \"%s\" must be a list of conditions", name);
	if (list->list.count < 2)
		return eval_fail(
		    eval, err, "The minimum number of condition arguments to \"%s\" is 2.", name);
	if (eval_value(eval, list, &values, err) < 0)
		return -1;
	for (size_t i = 0; i < values->list.count; i++) {
		bool result;

		if (enabled(eval, values->list.items[i], &result, err) < 0)
			return -1;
		if (result == stop) {
			*ret = value_bool(stop);
			return 0;
		}
	}
	*ret = value_bool(!stop);
	return 0;
}

static int
and_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	return junction(eval, "and", false, arg, ret, err);
}

static int
or_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	return junction(eval, "or", true, arg, ret, err);
}

const struct intrinsic logic_intrinsics[] = {
	{ "if", "2016-10-14", if_eval },
	{ 0 },
};

const struct intrinsic condition_intrinsics[] = {
	{ "get_param", "2016-10-14", get_param_eval },
	{ "equals", "2016-10-14", equals_eval },
	{ "not", "2016-10-14", not_eval },
	{ "and", "2016-10-14", and_eval },
	{ "or", "2016-10-14", or_eval },
	{ "yaql", "2017-09-01", yaql_eval },
	{ "contains", "2017-09-01", list_contains_eval },
	{ 0 },
};
