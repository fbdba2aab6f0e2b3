#include "env/merge.h"

#include "base/arena.h"

/* The way to the value at hand, for errors: a list from the inside out. */
struct way {
	const struct way *up;
	const struct value *key;
};

static void
print_way(const struct way *way, struct buf *ret)
{
	if (way->up) {
		print_way(way->up, ret);
		buf_byte(ret, '/');
	}
	value_python(way->key, ret);
}

static int
refuse_over(
    const struct way *way, const struct value *older, const struct value *newer, struct err *err)
{
	scoped(buf_drop) struct buf path = BUF(200);

	print_way(way, &path);
	return err_at(err, newer->at, ERR_INVALID,
	    "%s: a map cannot be merged into the %s set at %s:%u:%u", buf_string(&path),
	    value_type_name(older->type), older->at.file, older->at.line, older->at.column);
}

static int
update(struct merge *merge, const struct way *up, const struct value *older,
    const struct value *newer, const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = merge->arena };

	if (!older || older->type == VALUE_NULL ||
	    (older->type == VALUE_MAP && !older->map.count)) {
		*ret = newer;
		return 0;
	}
	if (!newer->map.count) {
		*ret = older;
		return 0;
	}
	if (older->type != VALUE_MAP)
		return refuse_over(up, older, newer, err);
	if (map_copy(&map, older, err) < 0)
		return -1;
	for (size_t i = 0; i < newer->map.count; i++) {
		const struct value *key = newer->map.members[i].key;
		const struct value *value = newer->map.members[i].value;
		const struct member *old = value_find(older, key);
		struct way way = { up, key };

		if (value->type == VALUE_NULL && old && old->value->type == VALUE_MAP)
			continue;
		if (value->type == VALUE_MAP &&
		    update(merge, &way, old ? old->value : NULL, value, &value, err) < 0)
			return -1;
		if (map_set(&map, key, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, newer->at, err);
	return *ret ? 0 : -1;
}

int
merge_director(struct merge *merge, const struct value *older, const struct value *newer,
    const struct value **ret, struct err *err)
{
	return update(merge, NULL, older, newer, ret, err);
}

bool
merge_survives(const struct merge *merge, const struct value *value, const struct value *merged)
{
	if (!merged)
		return false;
	if (value == merged)
		return true;
	for (const struct mixture *mixture = merge->mixtures; mixture; mixture = mixture->next)
		if (mixture->whole == merged)
			return merge_survives(merge, value, mixture->older) ||
			       merge_survives(merge, value, mixture->newer);
	if (value->type != VALUE_MAP)
		return false;
	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = value_find(merged, value->map.members[i].key);

		if (member && merge_survives(merge, value->map.members[i].value, member->value))
			return true;
	}
	return false;
}
