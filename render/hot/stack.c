#include "hot/stack.h"

#include <string.h>

#include "base/arena.h"
#include "hot/document.h"
#include "hot/logic.h"
#include "hot/param.h"
#include "hot/resource.h"
#include "hot/template.h"

struct output {
	const char *name;
	const struct value *definition;
	const struct value *value; /* NULL: not asked for yet */
};

/* parameter_defaults: a new default for nested templates, a user's one for the top. */
static void
apply_defaults(struct eval *eval, bool nested)
{
	const struct value *defaults = eval->run->world->parameter_defaults;

	for (size_t i = 0; defaults && i < eval->n_params; i++) {
		struct param *param = &eval->params[i];
		const struct value *value = value_get(defaults, param->name);

		if (!value || !param->schema)
			continue;
		if (value->type == VALUE_NULL)
			value = NULL;
		if (nested)
			param->dflt = value;
		else
			param->user_default = value;
	}
}

static int
apply_parameters(struct eval *eval, const struct value *parameters, struct err *err)
{
	char shown[EVAL_SHOWN];

	for (size_t i = 0; parameters && i < parameters->map.count; i++) {
		const struct member *member = &parameters->map.members[i];
		struct param *param =
		    param_find(eval->params, eval->n_params, eval_show(member->key, shown));

		if (!param || !param->schema || member->key->type != VALUE_TEXT)
			return err_at(err, member->key->at, ERR_INVALID,
			    "The Parameter (%s) was not defined in template.", shown);
		if (member->value->type != VALUE_NULL)
			param->user_value = member->value;
	}
	return 0;
}

static int
apply_property(struct eval *eval, struct param *param, const struct member *member,
    const struct stack_parent *parent, struct err *err)
{
	if (param_hand_down(eval->run->arena, param, member->value, &param->user_value, err) < 0) {
		if (param->hidden)
			err_set(
			    err, ERR_INVALID, "the value is no %s", param_type_name(param->type));
		err->at = member->value->at.line ? member->value->at : parent->at;
		return err_wrap(err, "Property error: %s.%s", parent->where, param->name);
	}
	/* What was made of it on the way is to blame at the same place. */
	if (!param->user_value->at.line) {
		struct place at = member->value->at.line ? member->value->at : parent->at;

		param->user_value = value_at(eval->run->arena, param->user_value, at, err);
	}
	return param->user_value ? 0 : -1;
}

static int
apply_properties(struct eval *eval, const struct stack_parent *parent, struct err *err)
{
	const struct value *properties = parent->properties;
	char shown[EVAL_SHOWN];

	for (size_t i = 0; properties && i < properties->map.count; i++) {
		const struct member *member = &properties->map.members[i];
		struct param *param =
		    param_find(eval->params, eval->n_params, eval_show(member->key, shown));

		if (!param || !param->schema)
			return err_at(err, member->key->at.line ? member->key->at : parent->at,
			    ERR_INVALID, "Property error: %s: Unknown Property %s", parent->where,
			    shown);
		if (apply_property(eval, param, member, parent, err) < 0)
			return -1;
	}
	for (size_t i = 0; parent->nested && i < eval->n_params; i++) {
		const struct param *param = &eval->params[i];

		if (param->schema && !param->user_value && !param->dflt)
			return err_at(err, parent->at.line ? parent->at : param->schema->at,
			    ERR_INVALID, "Property error: %s: Property %s not assigned",
			    parent->where, param->name);
	}
	return 0;
}

static int
settle_params(struct eval *eval, const struct stack_parent *parent, struct err *err)
{
	if (param_read(eval->run, eval->document, &eval->params, &eval->n_params, err) < 0)
		return -1;
	apply_defaults(eval, parent->nested);
	if (apply_parameters(eval, parent->parameters, err) < 0 ||
	    apply_properties(eval, parent, err) < 0)
		return -1;
	for (size_t i = 0; i < eval->n_params; i++)
		if (eval->params[i].schema && param_settle(eval->run, &eval->params[i], err) < 0)
			return -1;
	return 0;
}

static int
read_outputs(struct eval *eval, struct err *err)
{
	const struct value *section = eval->document->outputs;

	eval->outputs =
	    arena_array(eval->run->arena, section->map.count + 1, sizeof(*eval->outputs), err);
	if (!eval->outputs)
		return -1;
	for (size_t i = 0; i < section->map.count; i++) {
		if (section->map.members[i].key->type != VALUE_TEXT)
			return err_at(err, section->map.members[i].key->at, ERR_INVALID,
			    "the name of an output must be a text");
		eval->outputs[i].name = section->map.members[i].key->text.data;
		eval->outputs[i].definition = section->map.members[i].value;
		eval->n_outputs++;
	}
	return 0;
}

int
stack_open(struct run *run, const struct document *document, const struct stack_parent *parent,
    struct eval **ret, struct err *err)
{
	struct eval *eval = arena_alloc(run->arena, sizeof(*eval), err);

	if (!eval)
		return -1;
	if (run->nesting >= EVAL_NESTING_MAX)
		return err_at(err, parent->at, ERR_INVALID,
		    "Recursion depth exceeds %d: templates nest each other without end",
		    EVAL_NESTING_MAX);
	run->nesting++;
	eval->run = run;
	eval->document = document;
	eval->at = document->body->at;
	if (settle_params(eval, parent, err) < 0 || logic_read(eval, err) < 0 ||
	    resource_read(eval, err) < 0 || read_outputs(eval, err) < 0 ||
	    resource_make_all(eval, err) < 0)
		return -1;
	run->nesting--;
	*ret = eval;
	return 0;
}

static int
open_output(struct eval *eval, struct output *output, struct err *err)
{
	const struct value *condition = value_get(output->definition, "condition");
	const struct value *value = &value_null;
	bool enabled = true;

	if (condition && logic_decide(eval, condition, &enabled, err) < 0)
		return err_wrap(err, "outputs.%s.condition", output->name);
	if (enabled && eval_value(eval, value_get(output->definition, "value"), &value, err) < 0)
		return -1;
	if (eval_weigh(eval, value, err) < 0)
		return -1;
	/* What leaves a template travels as JSON. */
	output->value = param_json(eval->run->arena, value, err);
	return output->value ? 0 : -1;
}

int
stack_output(struct eval *eval, const char *name, const struct value **ret, struct err *err)
{
	for (size_t i = 0; i < eval->n_outputs; i++) {
		struct output *output = &eval->outputs[i];

		if (strcmp(output->name, name) != 0)
			continue;
		if (!output->value && open_output(eval, output, err) < 0)
			return -1;
		*ret = output->value;
		return 1;
	}
	return 0;
}

int
stack_outputs(struct eval *eval, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = eval->run->arena };

	for (size_t i = 0; i < eval->n_outputs; i++) {
		const struct value *value = NULL;

		if (stack_output(eval, eval->outputs[i].name, &value, err) < 0 ||
		    map_put(&map, eval->outputs[i].name, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, eval->document->outputs->at, err);
	return *ret ? 0 : -1;
}
