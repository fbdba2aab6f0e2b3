#include "hot/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "doc/dump.h"
#include "hot/param.h"

size_t
text_find(struct span text, struct span needle, size_t from)
{
	const char *found;

	if (from > text.length || needle.length > text.length - from)
		return text.length;
	if (needle.length == 0)
		return from;
	found = memmem(text.data + from, text.length - from, needle.data, needle.length);
	return found ? (size_t)(found - text.data) : text.length;
}

size_t
text_replace(struct span text, struct span old, struct span new, long most, struct buf *ret)
{
	size_t count = 0, from = 0;

	while (old.length && from < text.length && (most < 0 || count < (size_t)most)) {
		size_t found = text_find(text, old, from);

		if (found == text.length)
			break;
		buf_add(ret, text.data + from, found - from);
		buf_add(ret, new.data, new.length);
		from = found + old.length;
		count++;
	}
	buf_add(ret, text.data + from, text.length - from);
	return count;
}

size_t
text_step(const char *data, size_t left)
{
	size_t length = 1;

	while (length < left && ((unsigned char)data[length] & 0xc0) == 0x80)
		length++;
	return length;
}

size_t
text_characters(struct span text)
{
	size_t count = 0;

	for (size_t at = 0; at < text.length; at += text_step(text.data + at, text.length - at))
		count++;
	return count;
}

int
text_character(struct span text, int64_t index, struct span *ret)
{
	size_t at = 0;

	if (index < 0)
		index += (int64_t)text_characters(text);
	if (index < 0)
		return 0;
	for (; at < text.length && index > 0; index--)
		at += text_step(text.data + at, text.length - at);
	if (at >= text.length)
		return 0;
	*ret = (struct span){ text.data + at, text_step(text.data + at, text.length - at) };
	return 1;
}

void
text_json(const struct value *value, bool sorted, struct buf *ret)
{
	const struct dump_style style = { .sorted = sorted, .ascii = true };

	dump_json(value, &style, ret);
}

/* ---- list_join ---- */

static int
join_item(struct eval *eval, const struct value *item, struct buf *text, struct err *err)
{
	bool several = eval_since(eval, "2015-10-15");
	char shown[EVAL_SHOWN];

	if (item->type == VALUE_TEXT)
		buf_add(text, item->text.data, item->text.length);
	else if (several && (item->type == VALUE_LIST || item->type == VALUE_MAP))
		text_json(item, true, text);
	else if (item->type != VALUE_NULL)
		return eval_fail(eval, err, "Items to join must be %s not %s",
		    several ? "string, map or list" : "strings", eval_show(item, shown));
	return 0;
}

static bool
nothing(const struct value *value)
{
	return value->type == VALUE_NULL || value_is_text(value, "") ||
	       (value->type == VALUE_BOOL && !value->boolean) ||
	       (value->type == VALUE_MAP && value->map.count == 0);
}

static int
list_join_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	const struct value *list = eval_literal_list(eval, arg), *values, *delimiter;
	size_t items = 0;

	if (!list || list->list.count < 2 ||
	    (list->list.count > 2 && !eval_since(eval, "2015-10-15")))
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be: \"%s\" : [ \" \", [ \"str1\", "
		    "\"str2\"] ...]",
		    eval->name, eval->name);
	if (eval_value(eval, list, &values, err) < 0)
		return -1;
	delimiter = values->list.items[0];
	for (size_t i = 1; i < values->list.count; i++) {
		const struct value *part = values->list.items[i];

		if (nothing(part))
			continue;
		if (part->type != VALUE_LIST)
			return eval_fail(eval, err, "\"%s\" must operate on a list", eval->name);
		if (delimiter->type != VALUE_TEXT)
			break;
		for (size_t k = 0; k < part->list.count; k++) {
			if (items++)
				buf_add(&text, delimiter->text.data, delimiter->text.length);
			if (join_item(eval, part->list.items[k], &text, err) < 0)
				return -1;
		}
	}
	if (delimiter->type != VALUE_TEXT)
		return eval_fail(eval, err, "\"%s\" delimiter must be a string", eval->name);
	return eval_text(eval, &text, ret, err);
}

/* ---- str_split, digest ---- */

static int
split_text(struct eval *eval, struct span text, struct span delimiter, const struct value **ret,
    struct err *err)
{
	struct list_builder list = { .arena = eval->run->arena };

	for (size_t from = 0;;) {
		size_t found = text_find(text, delimiter, from);
		struct span part = { text.data + from, found - from };
		const struct value *item = value_span(eval->run->arena, part, err);

		if (!item || list_add(&list, item, err) < 0)
			return -1;
		if (found >= text.length)
			break;
		from = found + delimiter.length;
	}
	*ret = list_done(&list, eval->at, err);
	return *ret ? 0 : -1;
}

static int
split_pick(struct eval *eval, const struct value *index, const struct value **ret, struct err *err)
{
	size_t count = (*ret)->list.count;
	int64_t number = 0;
	bool good = true;

	if (index->type == VALUE_INTEGER)
		number = index->integer;
	else
		good = index->type == VALUE_TEXT && param_integer(index->text, &number);
	if (!good)
		return eval_fail(eval, err,
		    "Incorrect index to \"%s\" should be: \"%s\" : [ \",\", \"apples,pears\", "
		    "<index>]",
		    eval->name, eval->name);
	if (number < 0)
		number += (int64_t)count;
	if (number < 0 || (uint64_t)number >= count)
		return eval_fail(eval, err, "Incorrect index to \"%s\" should be between 0 and %zu",
		    eval->name, count - 1);
	*ret = (*ret)->list.items[number];
	return 0;
}

static int
str_split_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *args, *delimiter, *text;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	if (args->type != VALUE_LIST || args->list.count < 2)
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be: \"%s\" : [ \",\", "
		    "\"apples,pears\", <index>]",
		    eval->name, eval->name);
	delimiter = args->list.items[0];
	text = args->list.items[1];
	if (text->type == VALUE_NULL) {
		*ret = &value_null;
		return 0;
	}
	if (text->type != VALUE_TEXT || delimiter->type != VALUE_TEXT ||
	    delimiter->text.length == 0)
		return eval_fail(eval, err,
		    "\"%s\" needs a delimiter that is not empty and a string", eval->name);
	if (split_text(eval, text->text, delimiter->text, ret, err) < 0)
		return -1;
	return args->list.count > 2 ? split_pick(eval, args->list.items[2], ret, err) : 0;
}

/* Digests are of the text in latin-1. */
static int
latin(struct eval *eval, struct span text, struct buf *ret, struct err *err)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];

		if (byte >= 0x80 && i + 1 < text.length && (byte == 0xc2 || byte == 0xc3))
			buf_byte(ret, (char)(byte << 6 | (text.data[++i] & 0x3f)));
		else if (byte < 0x80)
			buf_byte(ret, (char)byte);
		else
			return eval_fail(
			    eval, err, "\"%s\" knows characters up to U+00FF only", eval->name);
	}
	return buf_check(ret, err);
}

static int
digest_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf bytes = BUF(EVAL_TEXT_MAX), hex = BUF(256);
	const struct value *args;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	for (size_t i = 0; args->type == VALUE_LIST && i < args->list.count; i++)
		if (args->list.items[i]->type != VALUE_TEXT)
			args = &value_null;
	if (args->type != VALUE_LIST)
		return eval_fail(
		    eval, err, "Argument to function \"%s\" must be a list of strings", eval->name);
	if (args->list.count != 2)
		return eval_fail(
		    eval, err, "Function \"%s\" usage: [\"<algorithm>\", \"<value>\"]", eval->name);
	if (latin(eval, args->list.items[1]->text, &bytes, err) < 0)
		return -1;
	if (!digest_named(args->list.items[0]->text.data, buf_span(&bytes), &hex))
		return eval_fail(eval, err,
		    "Algorithm must be one of md5, sha1, sha224, sha256, sha384, sha512, not %s",
		    args->list.items[0]->text.data);
	return eval_text(eval, &hex, ret, err);
}

const struct intrinsic text_intrinsics[] = {
	{ "list_join", "2013-05-23", list_join_eval },
	{ "str_split", "2015-10-15", str_split_eval },
	{ "digest", "2015-04-30", digest_eval },
	{ 0 },
};
