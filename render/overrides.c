#include "overrides.h"

#include <string.h>

#include "base/scope.h"
#include "doc/value.h"

enum { NAME_MAX_LENGTH = 400 };

/* Below resources there are maps, by names and patterns of resources; types map to texts. */
static int
refuse_resources(const struct value *resources, struct buf *path, struct err *err)
{
	size_t length = path->length;

	for (size_t i = 0; i < resources->map.count; i++) {
		const struct member *member = &resources->map.members[i];
		const struct value *key = member->key;

		if (value_is_text(key, "hooks") || value_is_text(key, "base_url") ||
		    value_is_text(key, "restricted_actions"))
			continue;
		path->length = length;
		buf_byte(path, '/');
		value_python(key, path);
		if (member->value->type != VALUE_MAP)
			return err_at(err, key->at, ERR_INVALID,
			    "%s: another type for a single resource is not followed here",
			    path->failed ? "resource_registry/resources" : buf_string(path));
		if (refuse_resources(member->value, path, err) < 0)
			return -1;
	}
	return 0;
}

int
overrides_refuse(const struct value *registry, struct err *err)
{
	const struct value *resources = value_get(registry, "resources");
	scoped(buf_drop) struct buf path = BUF(NAME_MAX_LENGTH);

	for (size_t i = 0; i < registry->map.count; i++) {
		const struct member *member = &registry->map.members[i];
		const struct value *to = member->value;

		if (to->type == VALUE_TEXT && strstr(to->text.data, "::") &&
		    to->text.data[to->text.length - 1] == '*')
			return err_at(err, to->at, ERR_INVALID,
			    "resource_registry/%s: a type made of a pattern (%s) is not followed "
			    "here",
			    member->key->type == VALUE_TEXT ? member->key->text.data : "",
			    to->text.data);
	}
	buf_text(&path, "resource_registry/resources");
	return resources && resources->type == VALUE_MAP ? refuse_resources(resources, &path, err)
							 : 0;
}
