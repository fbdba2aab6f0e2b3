#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/pattern.h"
#include "hot/query.h"
#include "hot/text.h"

static bool
is_number(const struct value *value)
{
	return value->type == VALUE_FLOAT || (value->type == VALUE_INTEGER && !value->digits);
}

static double
real(const struct value *value)
{
	return value->type == VALUE_FLOAT ? value->number : (double)value->integer;
}

static int
no_match(struct query *query, const char *name, struct err *err)
{
	return query_fail(
	    query, err, "No function \"#operator_%s\" matches supplied arguments", name);
}

static int
floor_divide(
    struct query *query, char name, int64_t left, int64_t right, int64_t *ret, struct err *err)
{
	int64_t rest;

	if (right == 0)
		return query_fail(query, err, "integer division or modulo by zero");
	if (right == -1 && left == INT64_MIN)
		return query_fail(query, err, "integer overflow");
	rest = left % right;
	*ret = left / right;
	/* Python rounds down, C towards zero. */
	if (rest != 0 && (rest < 0) != (right < 0)) {
		*ret -= 1;
		rest += right;
	}
	if (name == 'm')
		*ret = rest;
	return 0;
}

static int
integers(struct query *query, char name, int64_t left, int64_t right, const struct value **ret,
    struct err *err)
{
	int64_t result = 0;
	bool over = false;

	if (name == '+')
		over = __builtin_add_overflow(left, right, &result);
	else if (name == '-')
		over = __builtin_sub_overflow(left, right, &result);
	else if (name == '*')
		over = __builtin_mul_overflow(left, right, &result);
	else if (floor_divide(query, name, left, right, &result, err) < 0)
		return -1;
	if (over)
		return query_fail(query, err, "integer overflow");
	*ret = value_integer(query->arena, result, err);
	return *ret ? 0 : -1;
}

static int
arithmetic(struct query *query, const char *name, const struct value *left,
    const struct value *right, const struct value **ret, struct err *err)
{
	double result, by = real(right);

	if (left->type == VALUE_INTEGER && right->type == VALUE_INTEGER)
		return integers(query, name[0], left->integer, right->integer, ret, err);
	if ((name[0] == '/' || name[0] == 'm') && by == 0)
		return query_fail(query, err, "float division by zero");
	switch (name[0]) {
	case '+':
		result = real(left) + by;
		break;
	case '-':
		result = real(left) - by;
		break;
	case '*':
		result = real(left) * by;
		break;
	case '/':
		result = real(left) / by;
		break;
	default:
		result = fmod(real(left), by);
		if (result != 0 && (result < 0) != (by < 0))
			result += by;
	}
	*ret = value_number(query->arena, result, err);
	return *ret ? 0 : -1;
}

static int
add_lists(struct query *query, const struct value *left, const struct value *right,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = query->arena };
	const struct value *const parts[] = { left, right };

	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; k < parts[i]->list.count; k++)
			if (list_add(&list, parts[i]->list.items[k], err) < 0)
				return -1;
	if (query_is_lazy(query, left) || query_is_lazy(query, right))
		return query_lazy_done(query, &list, ret, err);
	*ret = list_done(&list, query->eval->at, err);
	return *ret ? 0 : -1;
}

static int
add(struct query *query, const struct value *left, const struct value *right,
    const struct value **ret, struct err *err)
{
	struct map_builder map = { .arena = query->arena };
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	if (left->type != right->type)
		return no_match(query, "+", err);
	switch (left->type) {
	case VALUE_TEXT:
		buf_add(&text, left->text.data, left->text.length);
		buf_add(&text, right->text.data, right->text.length);
		return eval_text(query->eval, &text, ret, err);
	case VALUE_LIST:
		return add_lists(query, left, right, ret, err);
	case VALUE_MAP:
		if (map_copy(&map, left, err) < 0)
			return -1;
		for (size_t i = 0; i < right->map.count; i++)
			if (map_set(&map, right->map.members[i].key, right->map.members[i].value,
				err) < 0)
				return -1;
		*ret = map_done(&map, query->eval->at, err);
		return *ret ? 0 : -1;
	default:
		return no_match(query, "+", err);
	}
}

/* A text or list, as often as a number says. */
static int
multiply(struct query *query, const struct value *what, const struct value *times,
    const struct value **ret, struct err *err)
{
	struct list_builder list = { .arena = query->arena };
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	int64_t most = times->integer;

	if (most > EVAL_LIST_MAX)
		return query_fail(query, err, "more than %d times", EVAL_LIST_MAX);
	for (int64_t n = 0; n < most; n++) {
		if (eval_step(query->eval, err) < 0)
			return -1;
		if (what->type == VALUE_TEXT)
			buf_add(&text, what->text.data, what->text.length);
		for (size_t i = 0; what->type == VALUE_LIST && i < what->list.count; i++)
			if (list_add(&list, what->list.items[i], err) < 0)
				return -1;
	}
	if (what->type == VALUE_TEXT)
		return eval_text(query->eval, &text, ret, err);
	*ret = list_done(&list, query->eval->at, err);
	return *ret ? 0 : -1;
}

/* -1, 0, 1 as left is below, equal to or above right; false: that means nothing. */
static bool
compare(const struct value *left, const struct value *right, int *ret)
{
	if (left->type == VALUE_NULL || right->type == VALUE_NULL) {
		*ret = (left->type != VALUE_NULL) - (right->type != VALUE_NULL);
	} else if (left->type == VALUE_TEXT && right->type == VALUE_TEXT) {
		/* The order of bytes is the order of code points in UTF-8. */
		size_t least =
		    left->text.length < right->text.length ? left->text.length : right->text.length;
		int order = least ? memcmp(left->text.data, right->text.data, least) : 0;

		if (order == 0)
			order = (left->text.length > right->text.length) -
				(left->text.length < right->text.length);
		*ret = (order > 0) - (order < 0);
	} else if (is_number(left) && is_number(right)) {
		if (left->type == VALUE_INTEGER && right->type == VALUE_INTEGER)
			*ret = (left->integer > right->integer) - (left->integer < right->integer);
		else
			*ret = (real(left) > real(right)) - (real(left) < real(right));
	} else {
		return false;
	}
	return true;
}

int
query_greater(
    struct query *query, const struct value *left, const struct value *right, struct err *err)
{
	int order;

	if (!compare(left, right, &order))
		return no_match(query, ">", err);
	return order > 0;
}

static int
contained(struct query *query, const struct value *value, const struct value *in,
    const struct value **ret, struct err *err)
{
	bool found = false;

	if (in->type == VALUE_TEXT && value->type == VALUE_TEXT)
		found = value->text.length == 0 ||
			text_find(in->text, value->text, 0) < in->text.length;
	else if (in->type != VALUE_LIST)
		return no_match(query, "in", err);
	for (size_t i = 0; in->type == VALUE_LIST && !found && i < in->list.count; i++)
		found = value_equal(value, in->list.items[i]);
	*ret = value_bool(found);
	return 0;
}

static int
match(struct query *query, const char *name, const struct value *text, const struct value *pattern,
    const struct value **ret, struct err *err)
{
	scoped(pattern_close_scoped) struct pattern *opened = NULL;
	const struct pattern *known = query_pattern(query, pattern);
	struct match found;
	int status;

	if (text->type != VALUE_TEXT || pattern->type != VALUE_TEXT)
		return no_match(query, name, err);
	if (!known && pattern_open(&opened, pattern->text, 0, err) < 0) {
		err->at = query->eval->at;
		return -1;
	}
	status = pattern_search(known ? known : opened, text->text, 0, &found, err);
	if (status < 0) {
		err->at = query->eval->at;
		return -1;
	}
	*ret = value_bool(status == (name[0] == '='));
	return 0;
}

int
query_operator(struct query *query, const char *name, const struct value *left,
    const struct value *right, const struct value **ret, struct err *err)
{
	bool equal = strcmp(name, "=") == 0;
	int order;

	if ((equal || name[0] == '!' || name[0] == 'i') &&
	    (eval_weigh(query->eval, left, err) < 0 || eval_weigh(query->eval, right, err) < 0))
		return -1;
	if (equal || strcmp(name, "!=") == 0) {
		*ret = value_bool(value_equal(left, right) == equal);
		return 0;
	}
	if (strcmp(name, "in") == 0)
		return contained(query, left, right, ret, err);
	if (name[1] == '~')
		return match(query, name, left, right, ret, err);
	if (name[0] == '<' || name[0] == '>') {
		if (!compare(left, right, &order))
			return no_match(query, name, err);
		*ret = value_bool(
		    (order == 0 && name[1] == '=') || order == (name[0] == '>' ? 1 : -1));
		return 0;
	}
	if (is_number(left) && is_number(right))
		return arithmetic(query, name, left, right, ret, err);
	if (name[0] == '+')
		return add(query, left, right, ret, err);
	if (name[0] == '*' && right->type == VALUE_INTEGER &&
	    (left->type == VALUE_TEXT || left->type == VALUE_LIST))
		return multiply(query, left, right, ret, err);
	if (name[0] == '*' && left->type == VALUE_INTEGER &&
	    (right->type == VALUE_TEXT || right->type == VALUE_LIST))
		return multiply(query, right, left, ret, err);
	return no_match(query, name, err);
}
