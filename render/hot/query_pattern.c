#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/param.h"
#include "hot/pattern.h"
#include "hot/query.h"
#include "hot/text.h"

enum { PATTERNS_MAX = 1000 };

static bool
flag(const struct query_call *call, size_t index)
{
	return call->args[index] && call->args[index]->boolean;
}

static int
regex_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct query *query = call->query;
	struct query_pattern *made = arena_alloc(query->arena, sizeof(*made), err);
	unsigned flags = (flag(call, 1) ? PATTERN_IGNORE_CASE : 0) |
			 (flag(call, 2) ? PATTERN_MULTI_LINE : 0) |
			 (flag(call, 3) ? PATTERN_DOT_ALL : 0);
	size_t count = 0;

	for (const struct query_pattern *at = query->patterns; at; at = at->next)
		if (++count > PATTERNS_MAX)
			return query_fail(query, err, "more than %d regex()", PATTERNS_MAX);
	if (!made)
		return -1;
	made->value = value_span(query->arena, call->args[0]->text, err);
	if (!made->value)
		return -1;
	if (pattern_open(&made->pattern, call->args[0]->text, flags, err) < 0) {
		err->at = query->eval->at;
		return err_wrap(err, "regex(\"%s\")", call->args[0]->text.data);
	}
	made->next = query->patterns;
	query->patterns = made;
	*ret = made->value;
	return 0;
}

/* The pattern and the text, whichever of them is the receiver. */
static struct pattern *
sides(const struct query_call *call, struct span *ret_text)
{
	struct pattern *pattern = query_pattern(call->query, call->args[0]);

	*ret_text = call->args[pattern ? 1 : 0]->text;
	return pattern ? pattern : query_pattern(call->query, call->args[1]);
}

static int
search(const struct query_call *call, const struct pattern *pattern, struct span text, size_t from,
    struct match *ret, struct err *err)
{
	int status;

	if (from > text.length)
		return 0;
	if (eval_step(call->query->eval, err) < 0)
		return -1;
	status = pattern_search(pattern, text, from, ret, err);
	if (status < 0)
		err->at = call->query->eval->at;
	return status;
}

/* Where to go on behind a match; one that is empty must not come again. */
static size_t
behind(struct span text, const struct match *match)
{
	size_t end = match->end[0];

	if (end > match->begin[0])
		return end;
	return end < text.length ? end + text_step(text.data + end, text.length - end) : end + 1;
}

static int
operator_call(struct query_call *call, const struct value **ret, struct err *err)
{
	bool first = query_pattern(call->query, call->args[0]) != NULL;

	return query_operator(
	    call->query, "=~", call->args[first ? 1 : 0], call->args[first ? 0 : 1], ret, err);
}

static int
group(const struct query_call *call, struct span text, const struct match *match, size_t number,
    const struct value **ret, struct err *err)
{
	*ret = &value_null;
	if (match->begin[number] == SIZE_MAX)
		return 0;
	*ret = value_span(call->query->arena,
	    (struct span){
		text.data + match->begin[number], match->end[number] - match->begin[number] },
	    err);
	return *ret ? 0 : -1;
}

static int
search_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct span text;
	const struct pattern *pattern = sides(call, &text);
	struct match match;
	int status = search(call, pattern, text, 0, &match, err);

	*ret = &value_null;
	return status == 1 ? group(call, text, &match, 0, ret, err) : status;
}

static int
search_all_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };
	struct span text;
	const struct pattern *pattern = sides(call, &text);
	struct match match;
	size_t from = 0;
	int status;

	while ((status = search(call, pattern, text, from, &match, err)) == 1) {
		const struct value *found;

		if (group(call, text, &match, 0, &found, err) < 0 ||
		    list_add(&list, found, err) < 0)
			return -1;
		from = behind(text, &match);
	}
	return status < 0 ? -1 : query_lazy_done(call->query, &list, ret, err);
}

static int
split_call(struct query_call *call, const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = call->query->arena };
	struct span text;
	const struct pattern *pattern = sides(call, &text);
	struct match match = { .count = 1 };
	const struct value *part;
	int64_t most = call->args[2] ? call->args[2]->integer : 0, count = 0;
	size_t from = 0, last = 0;
	int status = 0;

	while (most == 0 || count++ < most) {
		status = search(call, pattern, text, from, &match, err);
		if (status != 1)
			break;
		part = value_span(call->query->arena,
		    (struct span){ text.data + last, match.begin[0] - last }, err);
		if (!part || list_add(&list, part, err) < 0)
			return -1;
		for (size_t i = 1; i < match.count; i++)
			if (group(call, text, &match, i, &part, err) < 0 ||
			    list_add(&list, part, err) < 0)
				return -1;
		last = match.end[0];
		from = behind(text, &match);
	}
	part = value_span(
	    call->query->arena, (struct span){ text.data + last, text.length - last }, err);
	if (status < 0 || !part || list_add(&list, part, err) < 0)
		return -1;
	*ret = list_done(&list, call->query->eval->at, err);
	return *ret ? 0 : -1;
}

/* The number behind a backslash: 1, g<1>, g<name>.  Bytes taken; 0: it is none. */
static size_t
group_number(const struct pattern *pattern, struct span rest, int64_t *ret)
{
	char name[64];
	size_t end;

	if (rest.length && rest.data[0] >= '1' && rest.data[0] <= '9') {
		*ret = rest.data[0] - '0';
		return 1;
	}
	if (rest.length < 4 || rest.data[0] != 'g' || rest.data[1] != '<')
		return 0;
	end = text_find(rest, span_of(">"), 2);
	if (end == rest.length || end - 2 >= sizeof(name))
		return 0;
	memcpy(name, rest.data + 2, end - 2);
	name[end - 2] = '\0';
	if (!param_integer((struct span){ name, end - 2 }, ret))
		*ret = pattern_group(pattern, name);
	return end + 1;
}

static int
expand(const struct query_call *call, const struct pattern *pattern, struct span text,
    const struct match *match, struct span template, struct buf *ret, struct err *err)
{
	for (size_t i = 0; i < template.length; i++) {
		struct span rest = { template.data + i + 1, template.length - i - 1 };
		int64_t number = -1;
		size_t taken;

		if (template.data[i] != '\\' || rest.length == 0) {
			buf_byte(ret, template.data[i]);
			continue;
		}
		taken = group_number(pattern, rest, &number);
		if (taken == 0) {
			buf_byte(ret, rest.data[0] == 'n'   ? '\n'
				      : rest.data[0] == 't' ? '\t'
							    : rest.data[0]);
			i++;
			continue;
		}
		if (number < 0 || (uint64_t)number >= match->count)
			return query_fail(
			    call->query, err, "invalid group reference in \"%s\"", template.data);
		if (match->begin[number] != SIZE_MAX)
			buf_add(ret, text.data + match->begin[number],
			    match->end[number] - match->begin[number]);
		i += taken;
	}
	return 0;
}

static int
replace_call(struct query_call *call, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(EVAL_TEXT_MAX);
	struct span text;
	const struct pattern *pattern = sides(call, &text);
	int64_t most = call->args[3] ? call->args[3]->integer : 0, count = 0;
	size_t from = 0, last = 0;
	struct match match;
	int status = 0;

	while (most == 0 || count++ < most) {
		status = search(call, pattern, text, from, &match, err);
		if (status != 1)
			break;
		buf_add(&out, text.data + last, match.begin[0] - last);
		if (expand(call, pattern, text, &match, call->args[2]->text, &out, err) < 0)
			return -1;
		last = match.end[0];
		from = behind(text, &match);
	}
	if (status < 0)
		return -1;
	buf_add(&out, text.data + last, text.length - last);
	return eval_text(call->query->eval, &out, ret, err);
}

static int
is_regex_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(query_pattern(call->query, call->args[0]) != NULL);
	return 0;
}

const struct query_function query_pattern_functions[] = {
	{ "regex", QUERY_FUNCTION, 1, "s:pattern b:ignoreCase b:multiLine b:dotAll", regex_call },
	{ "matches", QUERY_METHOD, 2, "r:regexp s:string", operator_call },
	{ "matches", QUERY_METHOD, 2, "s:string s:regexp", operator_call },
	{ "search", QUERY_METHOD, 2, "r:regexp s:string", search_call },
	{ "searchAll", QUERY_METHOD, 2, "r:regexp s:string", search_all_call },
	{ "split", QUERY_METHOD, 2, "r:regexp s:string i:maxSplit", split_call },
	{ "split", QUERY_METHOD, 2, "s:string r:regexp i:maxSplit", split_call },
	{ "replace", QUERY_METHOD, 3, "r:regexp s:string s:repl i:count", replace_call },
	{ "replace", QUERY_METHOD, 3, "s:string r:regexp s:repl i:count", replace_call },
	{ "isRegex", QUERY_FUNCTION, 1, "*:value", is_regex_call },
	{ 0 },
};
