#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/query.h"
#include "hot/text.h"

enum { BOTH = QUERY_FUNCTION | QUERY_METHOD };

static int
made(struct query_call *call, const struct buf *text, const struct value **ret, struct err *err)
{
	return eval_text(call->query->eval, text, ret, err);
}

static int
made_span(struct query_call *call, struct span text, const struct value **ret, struct err *err)
{
	*ret = value_span(call->query->arena, text, err);
	return *ret ? 0 : -1;
}

static int
made_integer(struct query_call *call, int64_t integer, const struct value **ret, struct err *err)
{
	*ret = value_integer(call->query->arena, integer, err);
	return *ret ? 0 : -1;
}

static int64_t
integer_or(const struct query_call *call, size_t index, int64_t otherwise)
{
	return call->args[index] ? call->args[index]->integer : otherwise;
}

static int
concat_call(struct query_call *call, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	for (size_t i = 0; i < call->count; i++)
		buf_add(&text, call->args[i]->text.data, call->args[i]->text.length);
	return made(call, &text, ret, err);
}

/* Letters beyond ASCII have cases that depend on tables which are not here. */
static int
change_case(struct query_call *call, char first, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	struct span from = call->args[0]->text;

	for (size_t i = 0; i < from.length; i++) {
		char byte = from.data[i];

		if ((unsigned char)byte >= 0x80)
			return query_fail(call->query, err,
			    "%s() knows ASCII letters only, not \"%s\"", call->name, from.data);
		buf_byte(&text, byte >= first && byte < first + 26 ? (char)(byte ^ 0x20) : byte);
	}
	return made(call, &text, ret, err);
}

static int
upper_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return change_case(call, 'a', ret, err);
}

static int
lower_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return change_case(call, 'A', ret, err);
}

static int
length_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return made_integer(call, (int64_t)text_characters(call->args[0]->text), ret, err);
}

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
	*ret = (struct span){right ? left->data + left->length - length : left->data, length};
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

		*ret = (struct span){left->data + begin, left->length - begin};
		left->length = found;
	} else {
		*ret = (struct span){left->data, found};
		left->data += found + separator.length;
		left->length -= found + separator.length;
	}
	return true;
}

static int
split_text(struct query_call *call, bool right, const struct value **ret, struct err *err)
{
	struct list_builder list = {.arena = call->query->arena};
	const struct value *given = call->args[1];
	struct span left = call->args[0]->text, part;
	bool blanks = !given || given->type == VALUE_NULL;
	int64_t most = integer_or(call, 2, -1);

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

/* ---- join, str, format ---- */

static int
join_texts(struct query_call *call, const struct value *list, const struct value *separator,
    const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	for (size_t i = 0; i < list->list.count; i++) {
		if (i)
			buf_add(&text, separator->text.data, separator->text.length);
		if (query_string(call->query, list->list.items[i], &text, err) < 0)
			return -1;
	}
	return made(call, &text, ret, err);
}

static int
join_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return join_texts(call, call->args[0], call->args[1], ret, err);
}

static int
join_other_call(struct query_call *call, const struct value **ret, struct err *err)
{
	return join_texts(call, call->args[1], call->args[0], ret, err);
}

static int
str_call(struct query_call *call, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	if (query_string(call->query, call->args[0], &text, err) < 0)
		return -1;
	return made(call, &text, ret, err);
}

/* Python's str.format() with {} and {0}; what follows a colon or a dot there is refused. */
static int
format_call(struct query_call *call, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	struct span from = call->args[0]->text;
	size_t next = 1;

	for (size_t i = 0; i < from.length; i++) {
		char byte = from.data[i], after = i + 1 < from.length ? from.data[i + 1] : '\0';
		size_t number = 0, digits = 0;

		if ((byte != '{' && byte != '}') || byte == after) {
			buf_byte(&text, byte);
			i += byte == after && (byte == '{' || byte == '}');
			continue;
		}
		for (i++; byte == '{' && i < from.length && from.data[i] >= '0' &&
			  from.data[i] <= '9' && digits < 4;
		     i++, digits++)
			number = number * 10 + (size_t)(from.data[i] - '0');
		number = digits ? number + 1 : next++;
		if (byte != '{' || i >= from.length || from.data[i] != '}' || number >= call->count)
			return query_fail(call->query, err,
			    "format(): \"%s\" has no argument for a brace", from.data);
		value_python(call->args[number], &text);
	}
	return made(call, &text, ret, err);
}

/* ---- trim, norm, isEmpty ---- */

static bool
among(struct span chars, bool blanks, const char *data, size_t length)
{
	if (blanks)
		return length == 1 && is_blank(*data);
	return text_find(chars, (struct span){data, length}, 0) < chars.length;
}

enum { TRIM_LEFT = 1, TRIM_RIGHT = 2 };

static struct span
trimmed(struct span text, const struct value *chars, unsigned sides)
{
	bool blanks = !chars || chars->type == VALUE_NULL;
	struct span set = blanks ? (struct span){NULL, 0} : chars->text;

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
	struct span left = {NULL, 0};

	(void)err;
	if (text->type == VALUE_TEXT)
		left =
		    trim ? trimmed(text->text, call->args[2], TRIM_LEFT | TRIM_RIGHT) : text->text;
	*ret = value_bool(left.length == 0);
	return 0;
}

/* ---- replace, substring, indexOf, startsWith ---- */

static int
replace_call(struct query_call *call, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	if (call->args[1]->text.length == 0)
		return query_fail(call->query, err, "replace(): empty text to replace");
	text_replace(call->args[0]->text, call->args[1]->text, call->args[2]->text,
	    (long)integer_or(call, 3, -1), &text);
	return made(call, &text, ret, err);
}

static int
replace_map_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *map = call->args[1];

	*ret = call->args[0];
	for (size_t i = 0; i < map->map.count; i++) {
		scoped(buf_drop) struct buf old = BUF(EVAL_TEXT_MAX), new = BUF(EVAL_TEXT_MAX),
					    text = BUF(EVAL_TEXT_MAX);

		if (query_string(call->query, map->map.members[i].key, &old, err) < 0 ||
		    query_string(call->query, map->map.members[i].value, &new, err) < 0)
			return -1;
		if (old.length == 0)
			return query_fail(call->query, err, "replace(): empty text to replace");
		text_replace((*ret)->text, buf_span(&old), buf_span(&new),
		    (long)integer_or(call, 2, -1), &text);
		if (made(call, &text, ret, err) < 0)
			return -1;
	}
	return 0;
}

/* Bytes of the first count characters. */
static size_t
bytes_of(struct span text, int64_t count)
{
	size_t at = 0;

	while (count-- > 0 && at < text.length)
		at += text_step(text.data + at, text.length - at);
	return at;
}

static int
substring_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct span text = call->args[0]->text;
	int64_t length = (int64_t)text_characters(text), start = call->args[1]->integer;
	int64_t wanted = integer_or(call, 2, -1), end;
	size_t from;

	if (wanted < 0 || wanted > length)
		wanted = length;
	if (start < 0)
		start += length;
	if (start > length)
		start = length;
	if (start < -length)
		start = -length;
	end = start + wanted;
	/* As a slice: what is still negative counts from the end once more. */
	if (start < 0)
		start += length;
	if (end < 0)
		end += length;
	if (end > length)
		end = length;
	if (end < start)
		end = start;
	from = bytes_of(text, start);
	return made_span(
	    call, (struct span){text.data + from, bytes_of(text, end) - from}, ret, err);
}

static int
index_of_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct span text = call->args[0]->text;
	int64_t start = integer_or(call, 2, 0);
	size_t from, found;

	if (start < 0)
		start += (int64_t)text_characters(text);
	from = bytes_of(text, start);
	found = text_find(text, call->args[1]->text, from);
	if (found == text.length && call->args[1]->text.length)
		return made_integer(call, -1, ret, err);
	return made_integer(
	    call, (int64_t)text_characters((struct span){text.data, found}), ret, err);
}

static int
edge_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool end = strcmp(call->name, "endsWith") == 0, found = false;
	struct span text = call->args[0]->text;

	(void)err;
	for (size_t i = 1; i < call->count; i++) {
		struct span edge = call->args[i]->text;

		if (edge.length <= text.length)
			found = found || memcmp(text.data + (end ? text.length - edge.length : 0),
					     edge.data, edge.length) == 0;
	}
	*ret = value_bool(found);
	return 0;
}

static int
is_string_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(
	    call->args[0]->type == VALUE_TEXT && !query_pattern(call->query, call->args[0]));
	return 0;
}

const struct query_function query_text_functions[] = {
    {"concat", QUERY_FUNCTION, 0, "&s:args", concat_call},
    {"toUpper", QUERY_METHOD, 1, "s:string", upper_call},
    {"toLower", QUERY_METHOD, 1, "s:string", lower_call},
    {"len", BOTH, 1, "s:string", length_call},
    {"split", QUERY_METHOD, 1, "s:string S:separator i:maxSplits", split_call},
    {"rightSplit", QUERY_METHOD, 1, "s:string S:separator i:maxSplits", right_split_call},
    {"join", QUERY_METHOD, 2, "c:sequence s:separator", join_call},
    {"join", QUERY_METHOD, 2, "s:separator c:sequence", join_other_call},
    {"str", QUERY_FUNCTION, 1, "*:value", str_call},
    {"format", QUERY_METHOD, 1, "s:string &*:args", format_call},
    {"trim", QUERY_METHOD, 1, "s:string S:chars", trim_call},
    {"trimLeft", QUERY_METHOD, 1, "s:string S:chars", trim_call},
    {"trimRight", QUERY_METHOD, 1, "s:string S:chars", trim_call},
    {"norm", BOTH, 1, "S:string S:chars", norm_call},
    {"isEmpty", BOTH, 1, "S:string b:trim S:chars", is_empty_call},
    {"replace", QUERY_METHOD, 3, "s:string s:old s:new i:count", replace_call},
    {"replace", QUERY_METHOD, 2, "s:string d:replacements i:count", replace_map_call},
    {"substring", QUERY_METHOD, 2, "s:string i:start i:length", substring_call},
    {"indexOf", QUERY_METHOD, 2, "s:string s:sub i:start", index_of_call},
    {"startsWith", QUERY_METHOD, 1, "s:string &s:prefixes", edge_call},
    {"endsWith", QUERY_METHOD, 1, "s:string &s:suffixes", edge_call},
    {"isString", QUERY_FUNCTION, 1, "*:arg", is_string_call},
    {0},
};
