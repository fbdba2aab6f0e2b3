#include "repair.h"

#include <string.h>
#include <strings.h>

#include "render.h"

/* Is the place of a value in the map, at any depth? */
static bool
holds(const struct value *value, struct place at)
{
	if (value->at.line == at.line && value->at.column == at.column && value->at.file &&
	    !strcmp(value->at.file, at.file))
		return true;
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		if (holds(value->map.members[i].value, at))
			return true;
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		if (holds(value->list.items[i], at))
			return true;
	return false;
}

/* What a backend was meant to be; NULL: no idea. */
static const char *
backend_meant(const struct member *member)
{
	static const char *const names[][2] = { { "swift", "swift" }, { "ceph", "ceph" },
		{ "nfs", "nfs" }, { "posix", "posix" }, { "rbd", "ceph" } };

	if (!value_is_text(member->key, "CinderBackupBackend") || member->value->type != VALUE_TEXT)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(member->value->text.data, names[i][0]) &&
		    strcmp(member->value->text.data, names[i][1]) != 0)
			return names[i][1];
	return NULL;
}

int
repair_parameter(
    struct render *render, const struct err *refused, const char **ret_name, struct err *err)
{
	const struct value *old = render->parameter_defaults;
	struct map_builder map = { .arena = render->arena };
	const char *name = NULL;

	for (size_t i = 0; i < old->map.count; i++) {
		const struct member *member = &old->map.members[i];
		const struct value *value = member->value;

		if (!name && refused->at.line && member->key->type == VALUE_TEXT &&
		    holds(value, refused->at)) {
			const char *meant = backend_meant(member);

			name = member->key->text.data;
			if (!meant)
				continue;
			value = value_text(render->arena, meant, err);
			if (value)
				value = value_at(render->arena, value, member->value->at, err);
		}
		if (!value || map_set(&map, member->key, value, err) < 0)
			return -1;
	}
	if (!name)
		return 0;
	render->parameter_defaults = map_done(&map, old->at, err);
	*ret_name = name;
	return render->parameter_defaults ? 1 : -1;
}
