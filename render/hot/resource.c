#include "hot/resource.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/document.h"
#include "hot/get.h"
#include "hot/logic.h"
#include "hot/open.h"
#include "hot/stack.h"

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
	static const char *const maps[] = { "metadata", "update_policy" };
	static const char *const policies[] = { "Delete", "Retain", "Snapshot", "delete", "retain",
		"snapshot" };
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
	static const struct value empty = { .type = VALUE_MAP };
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
	if (eval_value(eval, properties, &properties, err) < 0 ||
	    eval_weigh(eval, properties, err) < 0)
		return -1;
	if (properties->type != VALUE_MAP)
		return err_at(err, resource->definition->at, ERR_INVALID,
		    "Resource %s properties type must be object", resource->name);
	return open_resource(
	    eval, resource, value_get(resource->definition, "type"), properties, err);
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
	if (eval->run->depth >= EVAL_DEPTH_MAX)
		return err_at(err, resource->definition->at, ERR_INVALID,
		    "more than %d resources wait for each other", EVAL_DEPTH_MAX);
	resource->state = RESOURCE_BUSY;
	eval->run->depth++;
	if (make_open(eval, resource, err) < 0)
		return -1;
	eval->run->depth--;
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
	struct map_builder map = { .arena = eval->run->arena };

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
	struct list_builder list = { .arena = eval->run->arena };
	struct map_builder map = { .arena = eval->run->arena };
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
