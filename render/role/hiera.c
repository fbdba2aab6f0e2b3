#include "role/hiera.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "role/key.h"
#include "role/ruby.h"

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

/* What a key says of the values that it leads to; 1, 0: nobody has it, -1. */
static int
find_deep(const struct hiera *hiera, struct span key, unsigned depth, const struct value **ret,
    struct err *err)
{
	const struct value *parts, *raw;

	if (key_split(hiera->arena, key, &parts, err) < 0)
		return -1;
	raw = parts->list.items[0]->type == VALUE_TEXT
		  ? hiera_raw(hiera, parts->list.items[0]->text.data, NULL)
		  : NULL;
	*ret = NULL;
	if (raw &&
	    (interpolate(hiera, raw, depth, &raw, err) < 0 || key_follow(parts, raw, ret, err) < 0))
		return -1;
	return *ret ? 1 : 0;
}

int
hiera_find(const struct hiera *hiera, const char *key, const struct value **ret,
    const char **ret_level, struct err *err)
{
	const struct value *raw = hiera_raw(hiera, key, ret_level);

	if (!raw)
		return 0;
	return interpolate(hiera, raw, 0, ret, err) < 0 ? -1 : 1;
}

/* What stands between %{ and }: METHOD('text'), or the name of a fact. */
struct call {
	struct span method, text;
};

static struct call
read_call(struct span text)
{
	struct call scope = { .text = text };
	size_t length = 0;

	while (length < text.length &&
	       (isalnum((unsigned char)text.data[length]) || text.data[length] == '_'))
		length++;
	if (!length || text.length < length + 5 || text.data[length] != '(' ||
	    text.data[text.length - 1] != ')')
		return scope;
	char quote = text.data[length + 1];
	struct span inner = { text.data + length + 2, text.length - length - 4 };
	if ((quote != '\'' && quote != '"') || text.data[text.length - 2] != quote ||
	    memchr(inner.data, quote, inner.length))
		return scope;
	return (struct call){ { text.data, length }, inner };
}

static bool
is_method(const struct call *call, const char *name)
{
	return span_equal(call->method, span_of(name));
}

/* A fact: %{x}, %{::x}, %{ x }, %{facts.x}, and parts of it: %{os.family}. */
static int
find_fact(const struct hiera *hiera, struct span text, const struct value **ret, struct err *err)
{
	const struct value *parts, *fact = hiera->facts;

	if (text.length > 2 && !memcmp(text.data, "::", 2))
		text = (struct span){ text.data + 2, text.length - 2 };
	if (key_split(hiera->arena, text, &parts, err) < 0)
		return -1;
	if (!value_is_text(parts->list.items[0], "facts"))
		fact = parts->list.items[0]->type == VALUE_TEXT
			   ? value_get(hiera->facts, parts->list.items[0]->text.data)
			   : NULL;
	return key_follow(parts, fact, ret, err);
}

/* The value that a call stands for; NULL: nothing. */
static int
resolve(const struct hiera *hiera, struct span text, unsigned depth, const struct value **ret,
    struct err *err)
{
	const struct call call = read_call(text);

	*ret = NULL;
	if (!call.method.length || is_method(&call, "scope"))
		return find_fact(hiera, call.text, ret, err);
	if (is_method(&call, "literal")) {
		*ret = value_span(hiera->arena, call.text, err);
		return *ret ? 0 : -1;
	}
	if (is_method(&call, "hiera") || is_method(&call, "lookup") || is_method(&call, "alias"))
		return find_deep(hiera, call.text, depth + 1, ret, err) < 0 ? -1 : 0;
	return err_set(err, ERR_INVALID,
	    "hiera: %%{%.*s()} is no function of it; write hiera(), lookup(), alias(), literal() "
	    "or "
	    "scope()",
	    (int)(call.method.length < 40 ? call.method.length : 40), call.method.data);
}

static bool
is_empty_call(struct span text)
{
	static const char *const empty[] = { "", "::", "\"\"", "''", "\"::\"", "'::'" };

	for (size_t i = 0; i < sizeof(empty) / sizeof(*empty); i++)
		if (span_equal(text, span_of(empty[i])))
			return true;
	return false;
}

/* What is found is read once more, so that a fact may hold a call. */
static int
add_call(
    const struct hiera *hiera, struct span text, unsigned depth, struct buf *out, struct err *err)
{
	const struct value *found;

	if (is_empty_call(text))
		return 0;
	if (resolve(hiera, text, depth, &found, err) < 0)
		return -1;
	if (found && interpolate(hiera, found, depth + 1, &found, err) < 0)
		return -1;
	if (found)
		ruby_print(found, out);
	return 0;
}

/* A text that is all one %{alias('key')} is that key's value, of whatever type. */
static int
read_alias(const struct hiera *hiera, struct span text, struct span inner, unsigned depth,
    const struct value **ret, struct err *err)
{
	const struct call call = read_call(inner);

	if (!is_method(&call, "alias"))
		return 0;
	if (memcmp(text.data, "%{", 2) != 0 ||
	    memchr(text.data, '}', text.length) != text.data + text.length - 1)
		return err_set(err, ERR_INVALID,
		    "hiera: %%{alias()} stands for a whole value, not inside a text; write "
		    "hiera()");
	if (resolve(hiera, inner, depth, ret, err) < 0)
		return -1;
	if (!*ret)
		*ret = value_text(hiera->arena, "", err);
	return *ret ? 1 : -1;
}

static int
interpolate_calls(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(TEXT_MAX);
	const char *at = value->text.data, *end = at + value->text.length, *open;

	while ((open = memmem(at, (size_t)(end - at), "%{", 2))) {
		const char *close = memchr(open, '}', (size_t)(end - open));

		if (!close)
			break;
		struct span call = key_strip((struct span){ open + 2, (size_t)(close - open - 2) });
		int alias = read_alias(hiera, value->text, call, depth, ret, err);
		if (alias)
			return alias < 0 ? -1 : 0;
		buf_add(&out, at, (size_t)(open - at));
		if (add_call(hiera, call, depth, &out, err) < 0)
			return -1;
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
interpolate_text(const struct hiera *hiera, const struct value *value, unsigned depth,
    const struct value **ret, struct err *err)
{
	if (!memmem(value->text.data, value->text.length, "%{", 2)) {
		*ret = value;
		return 0;
	}
	if (interpolate_calls(hiera, value, depth, ret, err) < 0) {
		err->at = err->at.line ? err->at : value->at;
		return -1;
	}
	return 0;
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
