#include "env/search.h"

#include <string.h>

#include "base/arena.h"
#include "env/merge.h"

/* Is name the end of a path, from a slash on? */
static bool
is_end(struct span path, const char *name)
{
	size_t length = strlen(name), front = path.length - length;

	return length <= path.length && !memcmp(path.data + front, name, length) &&
	       (!front || path.data[front - 1] == '/');
}

/* A member of a map, or an item of a list, and all below it. */
static int
search_part(struct search *s, const struct value *key, const struct value *value,
    const struct value *merged, struct err *err)
{
	size_t length = s->path->length;
	struct setting setting = { .section = s->section, .value = value };

	buf_byte(s->path, '/');
	value_python(key, s->path);
	if (buf_check(s->path, err) < 0)
		return -1;
	if (is_end(buf_span(s->path), s->name)) {
		setting.path =
		    arena_text(s->arena, buf_string(s->path) + strlen(s->section) + 1, err);
		setting.won = merge_survives(s->merge, value, merged);
		if (!setting.path || s->fn(s->arg, &setting, err) < 0)
			return -1;
	}
	if (search_value(s, value, merged, err) < 0)
		return -1;
	s->path->length = length;
	return 0;
}

int
search_value(
    struct search *s, const struct value *value, const struct value *merged, struct err *err)
{
	if (value->type == VALUE_MAP) {
		for (size_t i = 0; i < value->map.count; i++) {
			const struct member *member = &value->map.members[i];
			const struct member *now = value_find(merged, member->key);

			if (search_part(
				s, member->key, member->value, now ? now->value : NULL, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++) {
		const struct value number = { .type = VALUE_INTEGER, .integer = (int64_t)i };
		const struct value *item = value->list.items[i];
		bool won = merge_survives(s->merge, value, merged);

		if (search_part(s, &number, item, won ? item : NULL, err) < 0)
			return -1;
	}
	return 0;
}
