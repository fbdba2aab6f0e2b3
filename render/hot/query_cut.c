#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hot/query.h"
#include "hot/text.h"

enum { BOTH = QUERY_FUNCTION | QUERY_METHOD };

/* ---- split ---- */

static bool
is_blank(char byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r') || (byte >= 0x1c && byte <= 0x1f);
}

/* The last place of needle in text[0..end), or SIZE_MAX. */
static size_t
find_last(struct span text, struct span needle, size_t end)
{
	for (size_t at = end >= needle.length ? end - needle.length + 1 : 0; at-- > 0;)
		if (memcmp(text.data + at, needle.data, needle.length) == 0)
			return at;
	return SIZE_MAX;
}

/* The next part from the left or right edge of what is left, blanks as separator. */
static bool
next_word(struct span *left, bool right, bool rest, struct span *ret)
{
	size_t length = 0;

	while (left->length && is_blank(left->data[right ? left->length - 1 : 0])) {
		left->data += right ? 0 : 1;
		left->length--;
	}
	if (left->length == 0)
		return false;
	while (length < left->length &&
	       (rest || !is_blank(left->data[right ? left->length - 1 - length : length])))
		length++;
	/* The rest keeps its blanks on the far side only. */
	*ret = (struct span){ right ? left->data + left->length - length : left->data, length };
	left->data += right ? 0 : length;
	left->length -= length;
	return true;
}

static bool
next_part(struct span *left, struct span separator, bool right, bool rest, struct span *ret)
{
	size_t found;

	if (!left->data)
		return false;
	found = right ? find_last(*left, separator, left->length) : text_find(*left, separator, 0);
	if (rest || found == SIZE_MAX || found >= left->length) {
		*ret = *left;
		left->data = NULL;
		return true;
	}
	if (right) {
		size_t begin = found + separator.length;

		*ret = (struct span){ left->data + begin, left->length - begin };
		left->length = found;
	} else {
		*ret = (struct span){ left->data, found };
		left->data += found + separator.length;
		left->length -= found + separator.length;
	}
	return true;
}

static int
split_text(struct query_call *call, bool right, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };
	const struct value *given = call->args[1];
	struct span left = call->args[0]->text, part;
	bool blanks = !given || given->type == VALUE_NULL;
	int64_t most = call->args[2] ? call->args[2]->integer : -1;

	if (!blanks && given->text.length == 0)
		return query_fail(call->query, err, "%s(): empty separator", call->name);
	for (int64_t n = 0;; n++) {
		const struct value *item;
		bool rest = most >= 0 && n >= most;

		if (blanks ? !next_word(&left, right, rest, &part)
			   : !next_part(&left, given->text, right, rest, &part))
			break;
		item = value_span(call->query->arena, part, err);
		if (!item || list_add(&list, item, err) < 0)
			return -1;
	}
	for (size_t i = 0; right && i < list.count / 2; i++) {
		const struct value *item = list.items[i];

		list.items[i] = list.items[list.count - 1 - i];
		list.items[list.count - 1 - i] = item;
	}
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
split_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return split_text(call, false, ret, err);
}

static int
right_split_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return split_text(call, true, ret, err);
}

/* ---- trim, norm, isEmpty ---- */

static bool
among(struct span chars, bool blanks, const char *data, size_t length)
{
	if (blanks)
		return length == 1 && is_blank(*data);
	return text_find(chars, (struct span){ data, length }, 0) < chars.length;
}

static int
made_span(struct query_call *call, struct span text, const struct value **ret, struct err *err)
{
	*ret = value_span(call->query->arena, text, err);
	return *ret ? 0 : -1;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static struct span
trimmed(struct span text, const struct value *chars, unsigned sides)
{
	bool blanks = !chars || chars->type == VALUE_NULL;
	struct span set = blanks ? (struct span){ NULL, 0 } : chars->text;

	while (sides & TRIM_LEFT && text.length) {
		size_t step = text_step(text.data, text.length);

		if (!among(set, blanks, text.data, step))
			break;
		text.data += step;
		text.length -= step;
	}
	while (sides & TRIM_RIGHT && text.length) {
		size_t step = 1;

		while (step < text.length &&
		       ((unsigned char)text.data[text.length - step] & 0xc0) == 0x80)
			step++;
		if (!among(set, blanks, text.data + text.length - step, step))
			break;
		text.length -= step;
	}
	return text;
}

static int
trim_call(struct query_call *call, const struct value **ret, struct err *err)
{
	unsigned sides = strcmp(call->name, "trimLeft") == 0    ? TRIM_LEFT
			 : strcmp(call->name, "trimRight") == 0 ? TRIM_RIGHT
								: TRIM_LEFT | TRIM_RIGHT;

	return made_span(call, trimmed(call->args[0]->text, call->args[1], sides), ret, err);
}

static int
norm_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct span text;

	*ret = &value_null;
	if (call->args[0]->type == VALUE_NULL)
		return 0;
	text = trimmed(call->args[0]->text, call->args[1], TRIM_LEFT | TRIM_RIGHT);
	return text.length ? made_span(call, text, ret, err) : 0;
}

static int
is_empty_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *text = call->args[0];
	bool trim = !call->args[1] || call->args[1]->boolean;
	struct span left = { NULL, 0 };

	(void)err;
	if (text->type == VALUE_TEXT)
		left =
		    trim ? trimmed(text->text, call->args[2], TRIM_LEFT | TRIM_RIGHT) : text->text;
	*ret = value_bool(left.length == 0);
	return 0;
}

const struct query_function query_cut_functions[] = {
	{ "split", QUERY_METHOD, 1, "s:string S:separator i:maxSplits", split_call },
	{ "rightSplit", QUERY_METHOD, 1, "s:string S:separator i:maxSplits", right_split_call },
	{ "trim", QUERY_METHOD, 1, "s:string S:chars", trim_call },
	{ "trimLeft", QUERY_METHOD, 1, "s:string S:chars", trim_call },
	{ "trimRight", QUERY_METHOD, 1, "s:string S:chars", trim_call },
	{ "norm", BOTH, 1, "S:string S:chars", norm_call },
	{ "isEmpty", BOTH, 1, "S:string b:trim S:chars", is_empty_call },
	{ 0 },
};
