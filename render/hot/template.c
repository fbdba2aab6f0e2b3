#include "hot/template.h"

#include "base/arena.h"
#include "hot/document.h"
#include "hot/eval.h"
#include "hot/resource.h"
#include "hot/stack.h"

/* A section of the environment, which may be left out but not be empty. */
static int
check_section(const struct value *section, const char *name, struct err *err)
{
	if (!section || section->type == VALUE_MAP)
		return 0;
	if (section->type == VALUE_NULL)
		return err_at(
		    err, section->at, ERR_INVALID, "environment has empty section \"%s\"", name);
	return err_at(err, section->at, ERR_INVALID,
	    "environment section \"%s\" must be a map, not a %s", name,
	    value_type_name(section->type));
}

static int
evaluate(struct run *run, const struct document *document, const struct value *properties,
    const struct value **ret_outputs, struct err *err)
{
	const struct stack_parent parent = {
		.properties = properties,
		.parameters = run->world->parameters,
		.where = "Properties",
		.nested = run->world->nested,
	};
	struct eval *eval;

	if (check_section(parent.parameters, "parameters", err) < 0 ||
	    check_section(run->world->parameter_defaults, "parameter_defaults", err) < 0 ||
	    stack_open(run, document, &parent, &eval, err) < 0)
		return -1;
	return stack_outputs(eval, ret_outputs, err);
}

int
hot_evaluate(const struct hot_world *world, const char *path, const struct value *properties,
    const struct value **ret_outputs, struct err *err)
{
	struct run run = { .world = world, .arena = world->loader->arena };
	const struct document *document;

	if (document_load(&run, path, &document, err) < 0)
		return -1;
	return evaluate(&run, document, properties, ret_outputs, err);
}

int
hot_evaluate_document(const struct hot_world *world, const struct value *body, const char *path,
    const struct value *properties, const struct value **ret_outputs, struct err *err)
{
	struct run run = { .world = world, .arena = world->loader->arena };
	const struct document *document;

	if (document_check(&run, body, path, &document, err) < 0)
		return -1;
	return evaluate(&run, document, properties, ret_outputs, err);
}

/* ---- the parameters of a closure ---- */

struct closure {
	struct run run;
	hot_parameter_fn *fn;
	void *arg;
	struct map_builder seen; /* paths */
};

static int walk(struct closure *closure, const char *path, struct err *err);

static int
tell(struct closure *closure, const struct document *document, struct err *err)
{
	const struct value *section = document->parameters;

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		const struct value *type = NULL;
		struct hot_parameter parameter = { .schema = member->value,
			.template = document->path };

		if (member->key->type != VALUE_TEXT)
			continue;
		if (member->value->type == VALUE_MAP)
			type = value_get(member->value, "type");
		parameter.name = member->key->text.data;
		parameter.type = type && type->type == VALUE_TEXT ? type->text.data : "";
		if (closure->fn(closure->arg, &parameter, err) != 0)
			return -1;
	}
	return 0;
}

/* Go into what a type stands for; one that only a cloud knows has no parameters here. */
static int
walk_type(struct closure *closure, const struct document *document, const struct value *type,
    struct err *err)
{
	const char *path, *builtin;
	struct err unknown = ERR_INIT;

	if (type->type != VALUE_TEXT ||
	    resource_resolve(&closure->run, document, type, &path, &builtin, &unknown) < 0 || !path)
		return 0;
	if (walk(closure, path, err) < 0) {
		if (!err->at.line)
			err->at = type->at;
		return -1;
	}
	return 0;
}

static int
walk_resource(struct closure *closure, const struct document *document,
    const struct value *resource, struct err *err)
{
	const struct value *properties = value_get(resource, "properties"), *types = NULL;

	if (walk_type(closure, document, value_get(resource, "type"), err) < 0)
		return -1;
	if (value_is_text(value_get(resource, "type"), "OS::Heat::ResourceChain") && properties &&
	    properties->type == VALUE_MAP)
		types = value_get(properties, "resources");
	for (size_t i = 0; types && types->type == VALUE_LIST && i < types->list.count; i++)
		if (walk_type(closure, document, types->list.items[i], err) < 0)
			return -1;
	return 0;
}

static int
walk(struct closure *closure, const char *path, struct err *err)
{
	const struct document *document;
	const struct value *key = value_text(closure->run.arena, path, err);

	if (!key)
		return -1;
	if (map_find(&closure->seen, key))
		return 0;
	if (++closure->run.nesting > EVAL_DEPTH_MAX)
		return err_set(err, ERR_INVALID, "templates nest deeper than %d", EVAL_DEPTH_MAX);
	if (map_set(&closure->seen, key, &value_true, err) < 0 ||
	    document_load(&closure->run, path, &document, err) < 0 ||
	    tell(closure, document, err) < 0)
		return -1;
	for (size_t i = 0; i < document->resources->map.count; i++)
		if (walk_resource(
			closure, document, document->resources->map.members[i].value, err) < 0)
			return -1;
	closure->run.nesting--;
	return 0;
}

int
hot_parameters(const struct hot_world *world, const char *path, hot_parameter_fn *fn, void *arg,
    struct err *err)
{
	struct closure closure = {
		.run = { .world = world, .arena = world->loader->arena },
		.fn = fn,
		.arg = arg,
		.seen = { .arena = world->loader->arena },
	};

	return walk(&closure, path, err);
}
