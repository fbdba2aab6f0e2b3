#include "hot/replace.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/text.h"

/* A piece of the template; once it is a value it is not looked at again. */
struct piece {
	struct piece *next;
	struct span text;
	bool replaced;
};

struct replacing {
	struct eval *eval;
	bool strict, empty_allowed;
};

static int
compare_keys(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	size_t lengths[] = { text_characters(a->key->text), text_characters(b->key->text) };

	if (lengths[0] != lengths[1])
		return lengths[0] > lengths[1] ? -1 : 1;
	return strcmp(a->key->text.data, b->key->text.data);
}

/* What a value reads like in a text; fails as far as the version and strictness say so. */
static int
replacement(
    const struct replacing *how, const struct member *member, struct span *ret, struct err *err)
{
	struct eval *eval = how->eval;
	const struct value *value = member->value;
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	bool collection = value->type == VALUE_LIST || value->type == VALUE_MAP;
	size_t count = value->type == VALUE_LIST ? value->list.count : value->map.count;
	char *copy;

	if (collection && !eval_since(eval, "2015-10-15"))
		return eval_fail(eval, err,
		    "\"%s\" params must be strings or numbers, param %s is not valid", eval->name,
		    member->key->text.data);
	if (collection)
		text_json(value, true, &text);
	else if (value->type != VALUE_NULL)
		value_python(value, &text);
	if (!how->empty_allowed && (text.length == 0 || (collection && count == 0)))
		return eval_fail(eval, err,
		    "%s has an undefined or empty value for param %s, must be a defined "
		    "non-empty value",
		    eval->name, member->key->text.data);
	if (buf_check(&text, err) < 0)
		return -1;
	copy = arena_copy(eval->run->arena, buf_string(&text), text.length, err);
	if (!copy)
		return -1;
	*ret = (struct span){ copy, text.length };
	return 0;
}

/* Put a value between the parts of every piece that old splits.  Returns how often, or -1. */
static long
split_pieces(
    struct eval *eval, struct piece *piece, struct span old, struct span new, struct err *err)
{
	long count = 0;

	for (; piece; piece = piece->next) {
		size_t found;

		if (piece->replaced)
			continue;
		found = text_find(piece->text, old, 0);
		if (found < piece->text.length) {
			struct piece *parts = arena_array(eval->run->arena, 2, sizeof(*parts), err);

			if (!parts || eval_step(eval, err) < 0)
				return -1;
			parts[1] = *piece;
			parts[1].text.data += found + old.length;
			parts[1].text.length -= found + old.length;
			parts[0] = (struct piece){ &parts[1], new, true };
			piece->next = &parts[0];
			piece->text.length = found;
			count++;
		}
	}
	return count;
}

static int
replace_all(
    const struct replacing *how, struct piece *first, const struct value *params, struct err *err)
{
	scoped(buf_drop) struct buf missed = BUF(EVAL_TEXT_MAX);
	struct member *sorted =
	    arena_array(how->eval->run->arena, params->map.count + 1, sizeof(*sorted), err);

	if (!sorted)
		return -1;
	for (size_t i = 0; i < params->map.count; i++) {
		sorted[i] = params->map.members[i];
		if (sorted[i].key->type != VALUE_TEXT)
			return eval_fail(how->eval, err,
			    "\"%s\" param placeholders must be strings, not a %s", how->eval->name,
			    value_type_name(sorted[i].key->type));
		if (sorted[i].key->text.length == 0)
			return eval_fail(
			    how->eval, err, "\"%s\": empty separator", how->eval->name);
	}
	qsort(sorted, params->map.count, sizeof(*sorted), compare_keys);
	for (size_t i = 0; i < params->map.count; i++) {
		struct span value = { 0 };
		long count;

		if (replacement(how, &sorted[i], &value, err) < 0)
			return -1;
		count = split_pieces(how->eval, first, sorted[i].key->text, value, err);
		if (count < 0)
			return -1;
		if (count == 0)
			buf_printf(
			    &missed, "%s%s", missed.length ? "," : "", sorted[i].key->text.data);
	}
	if (how->strict && missed.length)
		return eval_fail(how->eval, err,
		    "The following params were not found in the template: %s", buf_string(&missed));
	return 0;
}

static int
replace_eval(
    const struct replacing *how, const struct value *arg, const struct value **ret, struct err *err)
{
	struct eval *eval = how->eval;
	const struct value *map = eval_literal_map(eval, arg), *template, *params;
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	struct piece first = { 0 };

	if (!map)
		return eval_fail(eval, err, "Arguments to \"%s\" must be a map", eval->name);
	params = value_get(map, "params");
	template = value_get(map, "template");
	if (!params || !template)
		return eval_fail(eval, err,
		    "\"%s\" syntax should be %s: template: This is var1 template var2 params: "
		    "var1: a var2: string",
		    eval->name, eval->name);
	if (params->type != VALUE_MAP)
		return eval_fail(eval, err, "\"%s\" parameters must be a mapping", eval->name);
	if (eval_value(eval, template, &template, err) < 0 ||
	    eval_value(eval, params, &params, err) < 0)
		return -1;
	if (template->type != VALUE_TEXT)
		return eval_fail(eval, err, "\"%s\" template must be a string", eval->name);
	if (params->type != VALUE_MAP)
		return eval_fail(eval, err, "\"%s\" params must be a map", eval->name);
	first.text = template->text;
	if (replace_all(how, &first, params, err) < 0)
		return -1;
	for (const struct piece *piece = &first; piece; piece = piece->next)
		buf_add(&text, piece->text.data, piece->text.length);
	return eval_text(eval, &text, ret, err);
}

static int
str_replace_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct replacing how = { eval, false, true };

	return replace_eval(&how, arg, ret, err);
}

static int
strict_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct replacing how = { eval, true, true };

	return replace_eval(&how, arg, ret, err);
}

static int
vstrict_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct replacing how = { eval, true, false };

	return replace_eval(&how, arg, ret, err);
}

const struct intrinsic replace_intrinsics[] = {
	{ "str_replace", "2013-05-23", str_replace_eval },
	{ "str_replace_strict", "2017-02-24", strict_eval },
	{ "str_replace_vstrict", "2017-09-01", vstrict_eval },
	{ 0 },
};
