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
	    call, (struct span){ text.data + from, bytes_of(text, end) - from }, ret, err);
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
	    call, (int64_t)text_characters((struct span){ text.data, found }), ret, err);
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
	{ "concat", QUERY_FUNCTION, 0, "&s:args", concat_call },
	{ "toUpper", QUERY_METHOD, 1, "s:string", upper_call },
	{ "toLower", QUERY_METHOD, 1, "s:string", lower_call },
	{ "len", BOTH, 1, "s:string", length_call },
	{ "join", QUERY_METHOD, 2, "c:sequence s:separator", join_call },
	{ "join", QUERY_METHOD, 2, "s:separator c:sequence", join_other_call },
	{ "str", QUERY_FUNCTION, 1, "*:value", str_call },
	{ "format", BOTH | QUERY_WEIGH, 1, "s:string &*:args", format_call },
	{ "replace", QUERY_METHOD, 3, "s:string s:old s:new i:count", replace_call },
	{ "replace", QUERY_METHOD, 2, "s:string d:replacements i:count", replace_map_call },
	{ "substring", QUERY_METHOD, 2, "s:string i:start i:length", substring_call },
	{ "indexOf", QUERY_METHOD, 2, "s:string s:sub i:start", index_of_call },
	{ "startsWith", QUERY_METHOD, 1, "s:string &s:prefixes", edge_call },
	{ "endsWith", QUERY_METHOD, 1, "s:string &s:suffixes", edge_call },
	{ "isString", QUERY_FUNCTION, 1, "*:arg", is_string_call },
	{ 0 },
};
