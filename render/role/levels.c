#include "role/levels.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "role/role.h"

const char *
levels_role(const struct role_source *source, struct err *err)
{
	char *name = arena_text(source->loader->arena, source->name, err);

	for (char *c = name; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return name;
}

/* A parameter that must be a map of hiera keys; blank and absent are empty. */
static int
extra(const struct role_source *source, const char *name, struct map_builder *into, struct err *err)
{
	const struct value *value = value_get(source->parameters, name);

	if (!value || value->type == VALUE_NULL || value_is_text(value, ""))
		return 0;
	if (value->type != VALUE_MAP)
		return err_at(err, value->at, ERR_INVALID, "%s: a map of hiera keys wanted, not %s",
		    name, value_type_name(value->type));
	for (size_t i = 0; i < value->map.count; i++)
		if (map_set(into, value->map.members[i].key, value->map.members[i].value, err) < 0)
			return -1;
	return 0;
}

static int
put_map(
    struct map_builder *levels, const char *name, const struct map_builder *map, struct err *err)
{
	const struct value *value = map_done(map, (struct place){ 0 }, err);

	return value ? map_put(levels, name, value, err) : -1;
}

/* controllerExtraConfig is the old name; ControllerExtraConfig wins key by key. */
static int
add_role_extra(const struct role_source *source, struct map_builder *levels, struct err *err)
{
	struct arena *arena = source->loader->arena;
	struct map_builder map = { .arena = arena };
	const char *lower = levels_role(source, err);
	char *name = arena_printf(arena, err, "%sExtraConfig", source->name);
	char *level = lower ? arena_printf(arena, err, "%s_extraconfig", lower) : NULL;

	if (!name || !level)
		return -1;
	name[0] = (char)tolower((unsigned char)name[0]);
	if (extra(source, name, &map, err) < 0)
		return -1;
	name[0] = source->name[0];
	if (extra(source, name, &map, err) < 0)
		return -1;
	return put_map(levels, level, &map, err);
}

/* NodeDataLookup: a map, or one as JSON text, of node UUID to hiera keys. */
static int
add_nodes(const struct role_source *source, struct map_builder *levels, struct err *err)
{
	const struct value *nodes = value_get(source->parameters, "NodeDataLookup");
	struct place at;

	if (!nodes || nodes->type == VALUE_NULL)
		return 0;
	at = nodes->at;
	if (nodes->type == VALUE_TEXT &&
	    doc_parse(source->loader, nodes->text, "NodeDataLookup", &nodes, err) < 0) {
		err->at = at;
		return -1;
	}
	if (nodes->type == VALUE_NULL)
		return 0;
	if (nodes->type != VALUE_MAP)
		return err_at(err, at, ERR_INVALID,
		    "NodeDataLookup: a map of node UUIDs wanted, not %s",
		    value_type_name(nodes->type));
	return map_copy(levels, nodes, err);
}

/* Levels of --values say {get_param: NAME} where another service's template hands a parameter on.
 */
static int
add_level(const struct role_source *source, const struct member *level, struct map_builder *levels,
    struct err *err)
{
	const struct value *data = level->value;
	struct map_builder map = { .arena = source->loader->arena };

	for (size_t i = 0; data->type == VALUE_MAP && i < data->map.count; i++) {
		const struct member *member = &data->map.members[i];
		const struct value *value = member->value, *name = value;

		name = value->type == VALUE_MAP && value->map.count == 1
			   ? value_get(value, "get_param")
			   : NULL;
		if (name && name->type == VALUE_TEXT)
			value = value_get(source->parameters, name->text.data);
		if (value && map_set(&map, member->key, value, err) < 0)
			return -1;
	}
	if (data->type == VALUE_MAP)
		data = map_done(&map, data->at, err);
	return data ? map_set(levels, level->key, data, err) : -1;
}

int
levels_make(const struct role_source *source, const struct value **ret, struct err *err)
{
	static const struct value none = { .type = VALUE_MAP };
	struct map_builder levels = { .arena = source->loader->arena };
	struct map_builder general = { .arena = source->loader->arena };
	const struct value *settings = value_get(source->role_data, "config_settings");

	if (add_nodes(source, &levels, err) < 0 || add_role_extra(source, &levels, err) < 0 ||
	    extra(source, "ExtraConfig", &general, err) < 0 ||
	    put_map(&levels, "extraconfig", &general, err) < 0)
		return -1;
	if (settings && settings->type == VALUE_NULL)
		settings = NULL;
	if (settings && settings->type != VALUE_MAP)
		return err_at(err, settings->at, ERR_INVALID,
		    "role data: config_settings must be a map, not a %s",
		    value_type_name(settings->type));
	if (map_put(&levels, "service_configs", settings ? settings : &none, err) < 0)
		return -1;
	for (size_t i = 0; source->hieradata && i < source->hieradata->map.count; i++)
		if (add_level(source, &source->hieradata->map.members[i], &levels, err) < 0)
			return -1;
	*ret = map_done(&levels, (struct place){ 0 }, err);
	return *ret ? 0 : -1;
}
