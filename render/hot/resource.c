#include "hot/resource.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/document.h"
#include "hot/get.h"
#include "hot/logic.h"
#include "hot/param.h"
#include "hot/stack.h"
#include "hot/template.h"

enum { ALIASES_MAX = 16 };

static const char type_none[] = "OS::Heat::None", type_value[] = "OS::Heat::Value",
		  type_chain[] = "OS::Heat::ResourceChain";

struct resource {
	const char *name;
	const struct value *definition;
	enum { RESOURCE_OPEN, RESOURCE_BUSY, RESOURCE_READY, RESOURCE_ABSENT } state;
	/* What it became: a nested template, a value, members, or nothing at all. */
	struct eval *child;
	const struct value *value;
	struct resource *members;
	size_t n_members;
};

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

static struct resource *
find(const struct eval *eval, const char *name)
{
	for (size_t i = 0; i < eval->n_resources; i++)
		if (strcmp(eval->resources[i].name, name) == 0)
			return &eval->resources[i];
	return NULL;
}

int
resource_read(struct eval *eval, struct err *err)
{
	const struct value *section = eval->document->resources;

	eval->resources =
	    arena_array(eval->run->arena, section->map.count + 1, sizeof(*eval->resources), err);
	if (!eval->resources)
		return -1;
	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		struct resource *resource = &eval->resources[i];
		const struct value *condition = value_get(member->value, "condition");
		bool enabled = true;

		if (member->key->type != VALUE_TEXT)
			return err_at(err, member->key->at, ERR_INVALID,
			    "the name of a resource must be a text");
		resource->name = member->key->text.data;
		resource->definition = member->value;
		if (condition && logic_decide(eval, condition, &enabled, err) < 0)
			return err_wrap(err, "resources.%s.condition", resource->name);
		resource->state = enabled ? RESOURCE_OPEN : RESOURCE_ABSENT;
		eval->n_resources++;
	}
	return 0;
}

/* ---- what resources become ---- */

static int
open_template(struct eval *eval, struct resource *resource, const char *path,
    const struct value *type, const struct value *properties, struct err *err)
{
	const char *where =
	    arena_printf(eval->run->arena, err, "resources.%s.properties", resource->name);
	const struct stack_parent parent = {
	    .properties = properties, .where = where, .at = type->at, .nested = true};
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
	const struct param as = {.type = type};
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
	static const char *const names[] = {"value", "type", NULL};
	const struct value *given[2] = {0};
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

static int open_as(struct eval *eval, struct resource *resource, const struct value *type,
    const struct value *properties, struct err *err);

/* One resource for each type listed, all with the same properties. */
static int
open_chain(
    struct eval *eval, struct resource *resource, const struct value *properties, struct err *err)
{
	static const char *const names[] = {"resources", "concurrent", "resource_properties", NULL};
	static const struct value empty = {.type = VALUE_MAP};
	const struct value *given[3] = {0};

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
		if (open_as(eval, member, type, given[2], err) < 0)
			return -1;
		resource->n_members++;
	}
	return 0;
}

static int
open_as(struct eval *eval, struct resource *resource, const struct value *type,
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

/* ---- making, in the order of need ---- */

static int make(struct eval *eval, struct resource *resource, struct err *err);

static int
make_first(
    struct eval *eval, const struct resource *resource, const struct value *name, struct err *err)
{
	struct resource *other;

	if (name->type != VALUE_TEXT)
		return err_at(err, name->at, ERR_INVALID,
		    "Resource %s depends_on must be a list of strings", resource->name);
	other = find(eval, name->text.data);
	if (!other)
		return err_at(err, name->at, ERR_INVALID,
		    "The specified reference \"%s\" (in %s) is incorrect.", name->text.data,
		    resource->name);
	return other->state == RESOURCE_ABSENT ? 0 : make(eval, other, err);
}

static int
make_needed(struct eval *eval, const struct resource *resource, struct err *err)
{
	const struct value *depends = value_get(resource->definition, "depends_on");

	if (!depends || depends->type == VALUE_NULL)
		return 0;
	if (depends->type == VALUE_TEXT)
		return make_first(eval, resource, depends, err);
	if (depends->type != VALUE_LIST)
		return err_at(err, depends->at, ERR_INVALID,
		    "Resource %s depends_on type must be list or string", resource->name);
	for (size_t i = 0; i < depends->list.count; i++)
		if (make_first(eval, resource, depends->list.items[i], err) < 0)
			return -1;
	return 0;
}

/* Fields without effect here, which Heat checks all the same. */
static int
check_fields(struct eval *eval, const struct resource *resource, struct err *err)
{
	static const char *const maps[] = {"metadata", "update_policy"};
	static const char *const policies[] = {
	    "Delete", "Retain", "Snapshot", "delete", "retain", "snapshot"};
	const struct value *policy = value_get(resource->definition, "deletion_policy"), *value;
	size_t known = eval_since(eval, "2016-10-14") ? 6 : 3, i;
	char shown[EVAL_SHOWN];

	for (i = 0; i < 2; i++) {
		value = value_get(resource->definition, maps[i]);
		if (!value)
			continue;
		if (eval_value(eval, value, &value, err) < 0)
			return -1;
		if (value->type != VALUE_MAP)
			return err_at(err, resource->definition->at, ERR_INVALID,
			    "Resource %s %s type must be object", resource->name, maps[i]);
	}
	if (!policy || eval_value(eval, policy, &value, err) < 0)
		return policy ? -1 : 0;
	for (i = 0; i < known && !value_is_text(value, policies[i]); i++)
		continue;
	if (i == known && value->type != VALUE_NULL)
		return err_at(err, policy->at, ERR_INVALID, "Invalid deletion policy \"%s\"",
		    eval_show(value, shown));
	return 0;
}

static int
make_open(struct eval *eval, struct resource *resource, struct err *err)
{
	static const struct value empty = {.type = VALUE_MAP};
	const struct value *properties = value_get(resource->definition, "properties");
	const struct value *external = value_get(resource->definition, "external_id");

	if (external && external->type != VALUE_NULL)
		return err_at(err, external->at, ERR_INVALID,
		    "Resource %s external_id: what exists in a cloud is not known here",
		    resource->name);
	if (make_needed(eval, resource, err) < 0 || check_fields(eval, resource, err) < 0)
		return -1;
	if (!properties || properties->type == VALUE_NULL)
		properties = &empty;
	if (eval_value(eval, properties, &properties, err) < 0)
		return -1;
	if (properties->type != VALUE_MAP)
		return err_at(err, resource->definition->at, ERR_INVALID,
		    "Resource %s properties type must be object", resource->name);
	return open_as(eval, resource, value_get(resource->definition, "type"), properties, err);
}

static int
make(struct eval *eval, struct resource *resource, struct err *err)
{
	if (resource->state == RESOURCE_READY)
		return 0;
	if (resource->state == RESOURCE_BUSY) {
		scoped(buf_drop) struct buf circle = BUF(400);

		for (size_t i = 0; i < eval->n_resources; i++)
			if (eval->resources[i].state == RESOURCE_BUSY)
				buf_printf(&circle, "%s%s", circle.length ? ", " : "",
				    eval->resources[i].name);
		return err_at(err, resource->definition->at, ERR_INVALID,
		    "Circular Dependency Found: %s", buf_string(&circle));
	}
	resource->state = RESOURCE_BUSY;
	if (make_open(eval, resource, err) < 0)
		return -1;
	resource->state = RESOURCE_READY;
	return 0;
}

int
resource_make_all(struct eval *eval, struct err *err)
{
	for (size_t i = 0; i < eval->n_resources; i++)
		if (eval->resources[i].state != RESOURCE_ABSENT &&
		    make(eval, &eval->resources[i], err) < 0)
			return -1;
	return 0;
}

/* ---- reading them ---- */

static int
reach(struct eval *eval, const char *name, struct resource **ret, struct err *err)
{
	*ret = find(eval, name);
	if (!*ret || (*ret)->state == RESOURCE_ABSENT)
		return eval_fail(eval, err,
		    "The specified reference \"%s\" (in unknown) is incorrect.%s", name,
		    *ret ? " Its condition is false" : "");
	return make(eval, *ret, err);
}

int
resource_refer(struct eval *eval, const char *name, struct err *err)
{
	struct resource *resource;

	return reach(eval, name, &resource, err);
}

/* Every attribute that a resource has, as a map. */
static int
all_attributes(
    struct eval *eval, const struct resource *resource, const struct value **ret, struct err *err)
{
	struct map_builder map = {.arena = eval->run->arena};

	if (resource->child)
		return stack_outputs(resource->child, ret, err);
	if (resource->members)
		return eval_fail(eval, err,
		    "The Referenced Attribute (%s attributes) is incorrect.", resource->name);
	if (resource->value && map_put(&map, "value", resource->value, err) < 0)
		return -1;
	*ret = map_done(&map, eval->at, err);
	return *ret ? 0 : -1;
}

static int attribute_of(struct eval *eval, const struct resource *resource, const char *attribute,
    const struct value *path, size_t from, const struct value **ret, struct err *err);

/* A list of what each member says; attributes: a map by their names instead. */
static int
chain_attribute(struct eval *eval, const struct resource *resource, const char *attribute,
    const struct value *path, size_t from, const struct value **ret, struct err *err)
{
	struct list_builder list = {.arena = eval->run->arena};
	struct map_builder map = {.arena = eval->run->arena};
	bool by_name = strcmp(attribute, "attributes") == 0;
	bool names = strcmp(attribute, "refs") == 0;

	if (by_name && (from >= path->list.count || path->list.items[from]->type != VALUE_TEXT))
		return all_attributes(eval, resource, ret, err);
	if (by_name)
		attribute = path->list.items[from++]->text.data;
	for (size_t i = 0; i < resource->n_members; i++) {
		const struct resource *member = &resource->members[i];
		const struct value *value;

		if (names)
			value = value_text(eval->run->arena, member->name, err);
		else if (attribute_of(eval, member, attribute, path, from, &value, err) < 0)
			return -1;
		if (!value || list_add(&list, value, err) < 0 ||
		    map_put(&map, strrchr(member->name, '.') + 1, value, err) < 0)
			return -1;
	}
	*ret = by_name ? map_done(&map, eval->at, err) : list_done(&list, eval->at, err);
	return *ret ? 0 : -1;
}

static int
attribute_of(struct eval *eval, const struct resource *resource, const char *attribute,
    const struct value *path, size_t from, const struct value **ret, struct err *err)
{
	int found = 1;

	if (resource->members)
		return chain_attribute(eval, resource, attribute, path, from, ret, err);
	if (!resource->child && !resource->value) {
		*ret = &value_null;
		return 0;
	}
	if (resource->child)
		found = stack_output(resource->child, attribute, ret, err);
	else if (strcmp(attribute, "value") == 0)
		*ret = resource->value;
	else
		found = 0;
	if (found < 0)
		return err_wrap(err, "Error in %s output %s", resource->name, attribute);
	if (found == 0)
		return eval_fail(eval, err, "The Referenced Attribute (%s %s) is incorrect.",
		    resource->name, attribute);
	found = get_path(eval, *ret, path, from, false, ret, err);
	if (found == 0)
		*ret = &value_null;
	return found < 0 ? -1 : 0;
}

int
resource_attribute(struct eval *eval, const char *name, const char *attribute,
    const struct value *path, size_t from, const struct value **ret, struct err *err)
{
	struct resource *resource;

	if (reach(eval, name, &resource, err) < 0)
		return -1;
	if (!attribute)
		return all_attributes(eval, resource, ret, err);
	return attribute_of(eval, resource, attribute, path, from, ret, err);
}
