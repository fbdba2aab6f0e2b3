#include "hot/open.h"

#include <string.h>

#include "base/arena.h"
#include "hot/document.h"
#include "hot/param.h"
#include "hot/resource.h"
#include "hot/stack.h"
#include "hot/template.h"

enum { ALIASES_MAX = 16 };

static const char type_none[] = "OS::Heat::None", type_value[] = "OS::Heat::Value",
		  type_chain[] = "OS::Heat::ResourceChain";

int
resource_resolve(struct run *run, const struct document *document, const struct value *type,
    const char **ret_path, const char **ret_builtin, struct err *err)
{
	const char *name = type->text.data;
	bool mapped = false;

	*ret_path = *ret_builtin = NULL;
	for (unsigned i = 0; i < ALIASES_MAX; i++) {
		const char *target = NULL;

		if (document_is_path(name)) {
			*ret_path = name;
			return mapped ? 0 : document_path(run, document, name, ret_path, err);
		}
		if (run->world->type)
			target = run->world->type(run->world->type_arg, name, NULL);
		if (!target || strcmp(target, name) == 0) {
			if (strcmp(name, type_none) == 0 || strcmp(name, type_value) == 0 ||
			    strcmp(name, type_chain) == 0) {
				*ret_builtin = name;
				return 0;
			}
			return err_at(err, type->at, ERR_INVALID,
			    "The Resource Type (%s) could not be found.", name);
		}
		name = target;
		mapped = true;
	}
	return err_at(err, type->at, ERR_INVALID,
	    "The Resource Type (%s) is an alias of itself in the resource_registry",
	    type->text.data);
}

static int
open_template(struct eval *eval, struct resource *resource, const char *path,
    const struct value *type, const struct value *properties, struct err *err)
{
	const char *where =
	    arena_printf(eval->run->arena, err, "resources.%s.properties", resource->name);
	const struct stack_parent parent = {
		.properties = properties, .where = where, .at = type->at, .nested = true
	};
	const struct document *document;

	if (!where)
		return -1;
	if (document_load(eval->run, path, &document, err) < 0) {
		if (!err->at.line)
			err->at = type->at;
		return err_wrap(
		    err, "resources.%s: Failed to retrieve template data", resource->name);
	}
	if (stack_open(eval->run, document, &parent, &resource->child, err) < 0)
		return strncmp(err->text, "Property error", 14) == 0
			   ? -1
			   : err_wrap(err, "resources.%s", resource->name);
	return 0;
}

static int
refuse_property(const struct resource *resource, const struct value *at, struct err *err,
    const char *what, const char *name)
{
	return err_at(err, at->at, ERR_INVALID, "Property error: resources.%s.properties: %s %s",
	    resource->name, what, name);
}

/* A property of a built-in type, by its place in names; others are refused. */
static int
take_properties(const struct resource *resource, const struct value *properties,
    const char *const *names, const struct value **ret, struct err *err)
{
	char shown[EVAL_SHOWN];

	for (size_t i = 0; i < properties->map.count; i++) {
		const struct member *member = &properties->map.members[i];
		size_t k = 0;

		while (names[k] && !value_is_text(member->key, names[k]))
			k++;
		if (!names[k])
			return refuse_property(resource, member->key, err, "Unknown Property",
			    eval_show(member->key, shown));
		ret[k] = member->value;
	}
	if (!ret[0])
		return err_at(err, resource->definition->at, ERR_INVALID,
		    "Property error: resources.%s.properties: Property %s not assigned",
		    resource->name, names[0]);
	return 0;
}

/* The value as its type says; lists and maps are not read from texts here. */
static int
typed_value(struct eval *eval, const struct resource *resource, enum param_type type,
    const struct value *value, const struct value **ret, struct err *err)
{
	const struct param as = { .type = type };
	enum value_type wanted = type == PARAM_LIST ? VALUE_LIST : VALUE_MAP;
	char shown[EVAL_SHOWN];

	if (type != PARAM_LIST && type != PARAM_JSON) {
		if (param_hand_down(eval->run->arena, &as, value, ret, err) == 0)
			return 0;
		err->at = value->at.line ? value->at : resource->definition->at;
		return err_wrap(
		    err, "Property error: resources.%s.properties.value", resource->name);
	}
	if (value->type != wanted)
		return err_at(err, value->at, ERR_INVALID,
		    "Property error: resources.%s.properties.value: \"%s\" is not a %s",
		    resource->name, eval_show(value, shown), value_type_name(wanted));
	*ret = value;
	return 0;
}

static int
open_value(
    struct eval *eval, struct resource *resource, const struct value *properties, struct err *err)
{
	static const char *const names[] = { "value", "type", NULL };
	const struct value *given[2] = { 0 };
	char shown[EVAL_SHOWN];

	if (take_properties(resource, properties, names, given, err) < 0)
		return -1;
	resource->value = given[0];
	if (!given[1] || given[1]->type == VALUE_NULL)
		return 0;
	for (enum param_type type = PARAM_STRING; type <= PARAM_BOOLEAN; type++)
		if (value_is_text(given[1], param_type_name(type)))
			return typed_value(eval, resource, type, given[0], &resource->value, err);
	return err_at(err, given[1]->at, ERR_INVALID,
	    "Property error: resources.%s.properties.type: \"%s\" is not an allowed value "
	    "[\"string\", \"number\", \"comma_delimited_list\", \"json\", \"boolean\"]",
	    resource->name, eval_show(given[1], shown));
}

/* One resource for each type listed, all with the same properties. */
static int
open_chain(
    struct eval *eval, struct resource *resource, const struct value *properties, struct err *err)
{
	static const char *const names[] = { "resources", "concurrent", "resource_properties",
		NULL };
	static const struct value empty = { .type = VALUE_MAP };
	const struct value *given[3] = { 0 };

	if (take_properties(resource, properties, names, given, err) < 0)
		return -1;
	if (given[0]->type != VALUE_LIST)
		return refuse_property(resource, given[0], err, "resources", "is not a list");
	if (!given[2] || given[2]->type == VALUE_NULL)
		given[2] = &empty;
	if (given[2]->type != VALUE_MAP)
		return refuse_property(
		    resource, given[2], err, "resource_properties", "is not a map");
	resource->members = arena_array(
	    eval->run->arena, given[0]->list.count + 1, sizeof(*resource->members), err);
	if (!resource->members)
		return -1;
	for (size_t i = 0; i < given[0]->list.count; i++) {
		struct resource *member = &resource->members[i];
		const struct value *type = given[0]->list.items[i];

		member->name = arena_printf(eval->run->arena, err, "%s.%zu", resource->name, i);
		member->definition = resource->definition;
		if (!member->name)
			return -1;
		if (type->type != VALUE_TEXT)
			return refuse_property(
			    resource, type, err, "resources", "must be names of types");
		if (open_resource(eval, member, type, given[2], err) < 0)
			return -1;
		resource->n_members++;
	}
	return 0;
}

int
open_resource(struct eval *eval, struct resource *resource, const struct value *type,
    const struct value *properties, struct err *err)
{
	const char *path, *builtin;

	if (resource_resolve(eval->run, eval->document, type, &path, &builtin, err) < 0)
		return -1;
	if (path)
		return open_template(eval, resource, path, type, properties, err);
	if (strcmp(builtin, type_value) == 0)
		return open_value(eval, resource, properties, err);
	if (strcmp(builtin, type_chain) == 0)
		return open_chain(eval, resource, properties, err);
	return 0;
}
