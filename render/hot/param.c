#include "hot/param.h"

#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "doc/number.h"
#include "doc/value.h"
#include "hot/constraint.h"
#include "hot/document.h"
#include "hot/eval.h"

static const char *const type_names[] = {
	[PARAM_STRING] = "string",
	[PARAM_NUMBER] = "number",
	[PARAM_LIST] = "comma_delimited_list",
	[PARAM_JSON] = "json",
	[PARAM_BOOLEAN] = "boolean",
};

/* What Heat knows of a stack that it runs; offline these stand for it. */
static const struct {
	const char *name, *value;
} pseudo[] = {
	{ "OS::stack_name", "overcloud" },
	{ "OS::stack_id", "00000000-0000-0000-0000-000000000000" },
	{ "OS::project_id", "00000000000000000000000000000000" },
	{ "OS::region", "regionOne" },
};
enum { N_PSEUDO = sizeof(pseudo) / sizeof(pseudo[0]) };

const char *
param_type_name(enum param_type type)
{
	return type_names[type];
}

struct param *
param_find(struct param *params, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(params[i].name, name) == 0)
			return &params[i];
	return NULL;
}

static const struct value *
given(const struct value *map, const char *name)
{
	const struct value *value = value_get(map, name);

	return value && value->type != VALUE_NULL ? value : NULL;
}

static int
check_schema(const struct document *document, const struct param *param, struct err *err)
{
	static const char *const keys[] = { "type", "description", "default", "schema",
		"constraints", "hidden", "label", "immutable", "tags" };
	size_t known = sizeof(keys) / sizeof(keys[0]), k;
	const struct value *schema = param->schema, *tags;
	char shown[EVAL_SHOWN];

	if (!document_since(document, "2018-03-02"))
		known--;
	if (schema->type != VALUE_MAP)
		return err_at(err, schema->at, ERR_INVALID,
		    "Invalid parameter (%s), expected a mapping", param->name);
	for (size_t i = 0; i < schema->map.count; i++) {
		const struct value *key = schema->map.members[i].key;

		for (k = 0; k < known && !value_is_text(key, keys[k]); k++)
			continue;
		if (k == known)
			return err_at(err, key->at, ERR_INVALID,
			    "Invalid key '%s' for parameter (%s)", eval_show(key, shown),
			    param->name);
	}
	if (!value_get(schema, "type"))
		return err_at(err, schema->at, ERR_INVALID,
		    "Missing parameter type for parameter: %s", param->name);
	tags = given(schema, "tags");
	if (tags && tags->type != VALUE_LIST)
		return err_at(err, tags->at, ERR_INVALID,
		    "Tags property should be a list for parameter: %s", param->name);
	return 0;
}

static int
read_schema(struct run *run, const struct document *document, struct param *param, struct err *err)
{
	const struct value *type, *hidden;
	char shown[EVAL_SHOWN];
	size_t i;

	if (check_schema(document, param, err) < 0)
		return -1;
	type = value_get(param->schema, "type");
	for (i = 0; i <= PARAM_BOOLEAN && !value_is_text(type, type_names[i]); i++)
		continue;
	if (i > PARAM_BOOLEAN)
		return err_at(err, type->at, ERR_INVALID, "Invalid type (%s) of parameter %s",
		    eval_show(type, shown), param->name);
	param->type = (enum param_type)i;
	param->dflt = given(param->schema, "default");
	hidden = given(param->schema, "hidden");
	param->hidden = hidden && (hidden->type != VALUE_BOOL || hidden->boolean);
	return constraint_read(run, document, param, err);
}

int
param_read(struct run *run, const struct document *document, struct param **ret, size_t *ret_count,
    struct err *err)
{
	const struct value *section = document->parameters;
	struct param *params =
	    arena_array(run->arena, section->map.count + N_PSEUDO, sizeof(*params), err);

	if (!params)
		return -1;
	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];

		if (member->key->type != VALUE_TEXT)
			return err_at(err, member->key->at, ERR_INVALID,
			    "the name of a parameter must be a text");
		params[i].name = member->key->text.data;
		params[i].schema = member->value;
		if (read_schema(run, document, &params[i], err) < 0) {
			if (!err->at.line)
				err->at = member->key->at;
			return -1;
		}
	}
	for (size_t i = 0; i < N_PSEUDO; i++) {
		struct param *param = &params[section->map.count + i];

		param->name = pseudo[i].name;
		param->value = value_text(run->arena, pseudo[i].value, err);
		if (!param->value)
			return -1;
	}
	*ret = params;
	*ret_count = section->map.count + N_PSEUDO;
	return 0;
}

static int
check_constraints(struct run *run, const struct param *param, const struct value *value,
    bool skip_custom, struct err *err)
{
	for (size_t i = 0; i < param->n_constraints; i++) {
		const struct constraint *constraint = &param->constraints[i];

		if (skip_custom && constraint->kind == CONSTRAINT_CUSTOM)
			continue;
		if (constraint_check(
			run->arena, constraint, param->type, value, param->hidden, err) < 0)
			return -1;
	}
	return 0;
}

static int
check_default(struct run *run, const struct param *param, struct err *err)
{
	const struct value *value = param->dflt;
	char shown[EVAL_SHOWN], reason[sizeof(err->text)];

	if (!value)
		return 0;
	if (param->type == PARAM_LIST &&
	    param_convert(run->arena, PARAM_LIST, value, &value, err) < 0)
		return err_set(err, ERR_INVALID,
		    "Default must be a comma-delimited list string: a %s",
		    value_type_name(param->dflt->type));
	if (check_constraints(run, param, value, true, err) == 0)
		return 0;
	memcpy(reason, err->text, sizeof(reason));
	return err_set(err, ERR_INVALID, "Invalid default %s (%s)",
	    param->hidden ? "******" : eval_show(param->dflt, shown), reason);
}

static int
check_value(struct run *run, const struct param *param, const struct value *value, struct err *err)
{
	const struct value *converted;
	bool parsed = param->type == PARAM_LIST || param->type == PARAM_JSON;

	if (param_convert(run->arena, param->type, value, &converted, err) < 0)
		return param->hidden ? err_set(err, ERR_INVALID, "the value is no %s",
					   type_names[param->type])
				     : -1;
	return check_constraints(run, param, parsed ? converted : value, false, err);
}

int
param_settle(struct run *run, struct param *param, struct err *err)
{
	const struct value *value = param->user_value;
	struct place at = param->schema->at;
	int status = 0;

	if (!value)
		value = param->user_default ? param->user_default : param->dflt;
	for (size_t i = 0; status == 0 && i < param->n_constraints; i++)
		status = constraint_fits(&param->constraints[i], param->type, err);
	if (status == 0) {
		at = param->dflt ? param->dflt->at : at;
		status = check_default(run, param, err);
	}
	if (status == 0 && !value)
		return err_at(err, param->schema->at, ERR_INVALID,
		    "The Parameter (%s) was not provided.", param->name);
	if (status == 0) {
		at = value->at;
		status = check_value(run, param, value, err);
	}
	if (status < 0) {
		err->at = at.line ? at : param->schema->at;
		return err_wrap(err, "Parameter '%s' is invalid", param->name);
	}
	return param_convert(run->arena, param->type, value, &param->value, err);
}
