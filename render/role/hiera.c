#include "role/hiera.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { TEXT_MAX = 1 << 20, DEPTH_MAX = 16 };

static int interpolate(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err);

const struct value *
hiera_raw(const struct hiera *hiera, const char *key, const char **ret_level)
{
	for (size_t i = 0; i < hiera->n_levels; i++) {
		const struct value *value = value_get(hiera->levels[i].data, key);

		if (!value)
			continue;
		if (ret_level)
			*ret_level = hiera->levels[i].name;
		return value;
	}
	return NULL;
}

static int
find_deep(const struct hiera *hiera, const char *key, unsigned depth, const struct value **ret,
    const char **ret_level, struct err *err)
{
	const struct value *raw = hiera_raw(hiera, key, ret_level);

	if (!raw)
		return 0;
	return interpolate(hiera, raw, depth, ret, err) < 0 ? -1 : 1;
}

int
hiera_find(const struct hiera *hiera, const char *key, const struct value **ret,
    const char **ret_level, struct err *err)
{
	return find_deep(hiera, key, 0, ret, ret_level, err);
}

/* Text between the quotes of name('text'), or a span of length 0 and NULL. */
static struct span
argument(struct span call, const char *name)
{
	size_t length = strlen(name);
	struct span none = { NULL, 0 };

	if (call.length < length + 4 || memcmp(call.data, name, length) != 0)
		return none;
	if (call.data[length] != '(' || call.data[call.length - 1] != ')')
		return none;
	char quote = call.data[length + 1];
	if ((quote != '\'' && quote != '"') || call.data[call.length - 2] != quote)
		return none;
	return (struct span){ call.data + length + 2, call.length - length - 4 };
}

static int
add_lookup(
    const struct hiera *hiera, struct span name, unsigned depth, struct buf *out, struct err *err)
{
	const struct value *found;
	char *key = arena_copy(hiera->arena, name.data, name.length, err);

	if (!key)
		return -1;
	int got = find_deep(hiera, key, depth + 1, &found, NULL, err);
	if (got > 0 && found->type != VALUE_NULL)
		value_python(found, out);
	return got < 0 ? -1 : 0;
}

/* A fact, by its name or as a part of facts: %{x}, %{::x}, %{ x }, %{facts.x}. */
static int
add_fact(const struct hiera *hiera, struct span text, struct buf *out, struct err *err)
{
	const struct value *fact;
	char *name;

	while (text.length > 2 && text.data[0] == ':')
		text = (struct span){ text.data + 1, text.length - 1 };
	if (text.length > 6 && !memcmp(text.data, "facts.", 6))
		text = (struct span){ text.data + 6, text.length - 6 };
	name = arena_copy(hiera->arena, text.data, text.length, err);
	if (!name)
		return -1;
	fact = value_get(hiera->facts, name);
	if (fact && fact->type != VALUE_NULL)
		value_python(fact, out);
	return 0;
}

/* What stands between %{ and }. */
static int
add_call(
    const struct hiera *hiera, struct span call, unsigned depth, struct buf *out, struct err *err)
{
	static const char *const lookups[] = { "hiera", "lookup" };
	struct span text = argument(call, "literal");

	if (text.data) {
		buf_add(out, text.data, text.length);
		return 0;
	}
	for (size_t i = 0; i < sizeof(lookups) / sizeof(*lookups); i++) {
		text = argument(call, lookups[i]);
		if (text.data)
			return add_lookup(hiera, text, depth, out, err);
	}
	if (argument(call, "alias").data)
		return err_set(err, ERR_INVALID,
		    "hiera: %%{alias()} stands for a whole value, not inside a text; write "
		    "hiera()");
	text = argument(call, "scope");
	return add_fact(hiera, text.data ? text : call, out, err);
}

static struct span
trimmed(const char *from, const char *to)
{
	while (from < to && *from == ' ')
		from++;
	while (from < to && to[-1] == ' ')
		to--;
	return (struct span){ from, (size_t)(to - from) };
}

/* A text that is all one %{alias('key')} is that key's value, of whatever type. */
static int
alias_of(const struct hiera *hiera, struct span text, unsigned depth, const struct value **ret,
    struct err *err)
{
	const char *end = text.data + text.length;
	struct span key;
	char *name;

	if (text.length < 4 || memcmp(text.data, "%{", 2) != 0 ||
	    memchr(text.data, '}', text.length) != end - 1)
		return 0;
	key = argument(trimmed(text.data + 2, end - 1), "alias");
	if (!key.data)
		return 0;
	name = arena_copy(hiera->arena, key.data, key.length, err);
	if (!name)
		return -1;
	int got = find_deep(hiera, name, depth + 1, ret, NULL, err);
	if (got == 0)
		*ret = &value_null;
	return got < 0 ? -1 : 1;
}

static int
interpolate_text(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(TEXT_MAX);
	const char *at = value->text.data, *end = at + value->text.length, *open;

	if (!memmem(at, value->text.length, "%{", 2)) {
		*ret = value;
		return 0;
	}
	int alias = alias_of(hiera, value->text, depth, ret, err);
	if (alias)
		return alias < 0 ? -1 : 0;
	while ((open = memmem(at, (size_t)(end - at), "%{", 2))) {
		const char *close = memchr(open, '}', (size_t)(end - open));

		if (!close)
			break;
		buf_add(&out, at, (size_t)(open - at));
		if (add_call(hiera, trimmed(open + 2, close), depth, &out, err) < 0) {
			err->at = err->at.line ? err->at : value->at;
			return -1;
		}
		at = close + 1;
	}
	buf_add(&out, at, (size_t)(end - at));
	if (buf_check(&out, err) < 0)
		return -1;
	const struct value *text = value_span(hiera->arena, buf_span(&out), err);
	*ret = text ? value_at(hiera->arena, text, value->at, err) : NULL;
	return *ret ? 0 : -1;
}

static int
interpolate_list(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = hiera->arena };

	for (size_t i = 0; i < value->list.count; i++) {
		const struct value *item;

		if (interpolate(hiera, value->list.items[i], depth, &item, err) < 0 ||
		    list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, value->at, err);
	return *ret ? 0 : -1;
}

static int
interpolate_map(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = hiera->arena };

	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = &value->map.members[i];
		const struct value *key, *item;

		if (interpolate(hiera, member->key, depth, &key, err) < 0 ||
		    interpolate(hiera, member->value, depth, &item, err) < 0 ||
		    map_set(&map, key, item, err) < 0)
			return -1;
	}
	*ret = map_done(&map, value->at, err);
	return *ret ? 0 : -1;
}

static int
interpolate(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	if (depth > DEPTH_MAX)
		return err_at(
		    err, value->at, ERR_INVALID, "hiera: %%{hiera()} leads back to itself");
	switch (value->type) {
	case VALUE_TEXT:
		return interpolate_text(hiera, value, depth, ret, err);
	case VALUE_LIST:
		return interpolate_list(hiera, value, depth, ret, err);
	case VALUE_MAP:
		return interpolate_map(hiera, value, depth, ret, err);
	default:
		*ret = value;
		return 0;
	}
}

static const struct value *
level_data(const struct value *data, const char *name)
{
	for (size_t i = 0; i < data->map.count; i++) {
		const struct member *member = &data->map.members[i];

		if (member->key->type == VALUE_TEXT && !strcasecmp(member->key->text.data, name))
			return member->value->type == VALUE_MAP ? member->value : NULL;
	}
	return NULL;
}

int
hiera_make(struct hiera *ret, struct arena *arena, const struct value *names,
    const struct value *data, const struct value *facts, struct err *err)
{
	struct hiera hiera = { .arena = arena, .facts = facts };

	hiera.levels = arena_array(arena, names->list.count, sizeof(*hiera.levels), err);
	if (!hiera.levels)
		return -1;
	for (size_t i = 0; i < names->list.count; i++) {
		const struct value *name;

		if (interpolate(&hiera, names->list.items[i], 0, &name, err) < 0)
			return -1;
		if (name->type != VALUE_TEXT)
			return err_at(
			    err, name->at, ERR_INVALID, "name of a hiera level: text wanted");
		const struct value *level = level_data(data, name->text.data);
		if (!level)
			continue;
		hiera.levels[hiera.n_levels++] =
		    (struct hiera_level){ .name = name->text.data, .data = level };
	}
	*ret = hiera;
	return 0;
}
