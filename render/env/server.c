/* The merge of Heat's server; merge.c has the director's. */
#include <string.h>

#include "base/arena.h"
#include "env/merge.h"

enum strategy { OVERWRITE, MERGE, DEEP_MERGE };

static const char *const strategies[] = { "overwrite", "merge", "deep_merge" };

static int merge_maps(struct merge *merge, const struct value *older, const struct value *newer,
    bool deep, const struct value **ret, struct err *err);

/* Python's truth. */
static bool
blank(const struct value *value)
{
	static const struct value zero = { .type = VALUE_INTEGER };

	if (!value)
		return true;
	switch (value->type) {
	case VALUE_NULL:
		return true;
	case VALUE_TEXT:
		return !value->text.length;
	case VALUE_LIST:
		return !value->list.count;
	case VALUE_MAP:
		return !value->map.count;
	default:
		return value_equal(value, &zero);
	}
}

static int
refuse(const struct value *older, const struct value *newer, struct err *err)
{
	if (!older || older->type == newer->type)
		return err_at(err, newer->at, ERR_INVALID, "a %s cannot be merged",
		    value_type_name(newer->type));
	return err_at(err, newer->at, ERR_INVALID,
	    "a %s cannot be merged into the %s set at %s:%u:%u", value_type_name(newer->type),
	    value_type_name(older->type), older->at.file, older->at.line, older->at.column);
}

/* Remember what a value was made of. */
static int
mix(struct merge *merge, const struct value *whole, const struct value *older,
    const struct value *newer, struct err *err)
{
	struct mixture *mixture = arena_alloc(merge->arena, sizeof *mixture, err);

	if (!mixture)
		return -1;
	*mixture = (struct mixture){ merge->mixtures, whole, older, newer };
	merge->mixtures = mixture;
	return 0;
}

static int
merge_texts(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err)
{
	struct value *whole;
	char *text;

	if (older->type != VALUE_TEXT)
		return refuse(older, newer, err);
	whole = arena_alloc(merge->arena, sizeof *whole, err);
	text = arena_alloc(merge->arena, older->text.length + newer->text.length + 1, err);
	if (!whole || !text)
		return -1;
	memcpy(text, older->text.data, older->text.length);
	memcpy(text + older->text.length, newer->text.data, newer->text.length);
	*whole = (struct value){
		.type = VALUE_TEXT,
		.at = newer->at,
		.text = { text, older->text.length + newer->text.length },
	};
	*ret = whole;
	return mix(merge, whole, older, newer, err);
}

static int
merge_lists(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = merge->arena };

	if (older->type != VALUE_LIST)
		return refuse(older, newer, err);
	for (size_t i = 0; i < older->list.count; i++)
		if (list_add(&list, older->list.items[i], err) < 0)
			return -1;
	for (size_t i = 0; i < newer->list.count; i++)
		if (list_add(&list, newer->list.items[i], err) < 0)
			return -1;
	*ret = list_done(&list, newer->at, err);
	return *ret ? mix(merge, *ret, older, newer, err) : -1;
}

/* One value inside of maps that merge deeply. */
static int
merge_members(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err)
{
	*ret = newer;
	if (newer->type == VALUE_TEXT && older)
		return merge_texts(merge, older, newer, ret, err);
	if (blank(older))
		return 0;
	if (newer->type == VALUE_MAP)
		return merge_maps(merge, older, newer, true, ret, err);
	return newer->type == VALUE_LIST ? merge_lists(merge, older, newer, ret, err) : 0;
}

static int
merge_maps(struct merge *merge, const struct value *older, const struct value *newer, bool deep,
    const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = merge->arena };

	*ret = newer;
	if (blank(older))
		return 0;
	if (older->type != VALUE_MAP || newer->type != VALUE_MAP)
		return refuse(older, newer, err);
	if (map_copy(&map, older, err) < 0)
		return -1;
	for (size_t i = 0; i < newer->map.count; i++) {
		const struct value *key = newer->map.members[i].key;
		const struct value *value = newer->map.members[i].value;
		const struct member *old = map_find(&map, key);

		if (value->type == VALUE_NULL)
			continue;
		if (deep && merge_members(merge, old ? old->value : NULL, value, &value, err) < 0)
			return -1;
		if (map_set(&map, key, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, newer->at, err);
	return *ret ? 0 : -1;
}

static int
merge_parameter(struct merge *merge, const struct value *older, const struct value *newer,
    enum strategy strategy, const struct value **ret, struct err *err)
{
	*ret = newer;
	if (strategy == OVERWRITE)
		return 0;
	if (newer->type == VALUE_MAP)
		return merge_maps(merge, older, newer, strategy == DEEP_MERGE, ret, err);
	if (newer->type != VALUE_LIST && newer->type != VALUE_TEXT)
		return refuse(NULL, newer, err);
	if (blank(older))
		return 0;
	return newer->type == VALUE_LIST ? merge_lists(merge, older, newer, ret, err)
					 : merge_texts(merge, older, newer, ret, err);
}

static bool
find_strategy(const struct value *word, enum strategy *ret)
{
	for (size_t i = 0; word && i < sizeof strategies / sizeof *strategies; i++)
		if (value_is_text(word, strategies[i])) {
			*ret = (enum strategy)i;
			return true;
		}
	return false;
}

static int
wrap_key(struct err *err, const struct value *key)
{
	scoped(buf_drop) struct buf name = BUF(200);

	value_python(key, &name);
	return err_wrap(err, "%s", buf_string(&name));
}

/* A file's strategy for a parameter; it has to be the one of the files before. */
static int
choose_strategy(struct merge *merge, const struct value *in_file, const struct value *key,
    enum strategy *ret, struct err *err)
{
	const struct member *before = map_find(&merge->strategies, key);
	const struct member *own = value_find(in_file, key);
	const struct value *chosen;
	scoped(buf_drop) struct buf name = BUF(200);

	*ret = OVERWRITE;
	find_strategy(value_get(in_file, "default"), ret);
	if (own)
		find_strategy(own->value, ret);
	else if (before)
		*ret = (enum strategy)before->value->integer;
	value_python(key, &name);
	if (before && before->value->integer != (int64_t)*ret)
		return err_at(err, own ? own->value->at : key->at, ERR_INVALID,
		    "Conflicting merge strategy '%s' for parameter '%s': it is '%s' since %s:%u:%u",
		    strategies[*ret], buf_string(&name), strategies[before->value->integer],
		    before->key->at.file, before->key->at.line, before->key->at.column);
	if (before)
		return 0;
	chosen = value_integer(merge->arena, *ret, err);
	return chosen ? map_set(&merge->strategies, key, chosen, err) : -1;
}

static int
merge_parameters(struct merge *merge, const struct value *in_file, const struct value *older,
    const struct value *newer, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = merge->arena };
	bool first = blank(older);

	if (!first && map_copy(&map, older, err) < 0)
		return -1;
	for (size_t i = 0; i < newer->map.count; i++) {
		const struct value *key = newer->map.members[i].key;
		const struct value *value = newer->map.members[i].value;
		const struct member *old = map_find(&map, key);
		enum strategy strategy;

		if (value->type == VALUE_NULL)
			continue;
		if (choose_strategy(merge, in_file, key, &strategy, err) < 0)
			return -1;
		if (first)
			continue;
		if (merge_parameter(merge, old ? old->value : NULL, value, strategy, &value, err) <
		    0)
			return wrap_key(err, key);
		if (map_set(&map, key, value, err) < 0)
			return -1;
	}
	*ret = first ? newer : map_done(&map, newer->at, err);
	return *ret ? 0 : -1;
}

static int
merge_section(struct merge *merge, const struct value *in_file, const struct value *older,
    const struct member *section, const struct value **ret, struct err *err)
{
	if (value_is_text(section->key, "parameters") ||
	    value_is_text(section->key, "parameter_defaults"))
		return merge_parameters(merge, in_file, older, section->value, ret, err);
	return merge_maps(merge, older, section->value, false, ret, err);
}

int
merge_server_start(struct merge *merge, const struct value **ret, struct err *err)
{
	static const struct value map = { .type = VALUE_MAP }, list = { .type = VALUE_LIST };
	struct map_builder sections = { .arena = merge->arena };

	if (map_put(&sections, "parameters", &map, err) < 0 ||
	    map_put(&sections, "resource_registry", &map, err) < 0 ||
	    map_put(&sections, "parameter_defaults", &map, err) < 0 ||
	    map_put(&sections, "encrypted_param_names", &list, err) < 0 ||
	    map_put(&sections, "event_sinks", &list, err) < 0)
		return -1;
	*ret = map_done(&sections, (struct place){ NULL, 0, 0 }, err);
	return *ret ? 0 : -1;
}

int
merge_server(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err)
{
	const struct value *in_file = value_get(newer, "parameter_merge_strategies");
	struct map_builder map = { .arena = merge->arena };

	if (map_copy(&map, older, err) < 0)
		return -1;
	for (size_t i = 0; i < newer->map.count; i++) {
		const struct member *section = &newer->map.members[i];
		const struct member *old = map_find(&map, section->key);
		const struct value *value;

		if (section->value->type == VALUE_NULL)
			return err_at(err, section->key->at, ERR_INVALID,
			    "environment has empty section \"%s\"", section->key->text.data);
		if (section->value == in_file || blank(section->value))
			continue;
		if (merge_section(merge, in_file, old->value, section, &value, err) < 0)
			return err_wrap(err, "%s", section->key->text.data);
		if (map_set(&map, section->key, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, newer->at, err);
	return *ret ? 0 : -1;
}
