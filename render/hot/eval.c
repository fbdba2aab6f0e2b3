#include "hot/eval.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "hot/document.h"
#include "hot/get.h"
#include "hot/list.h"
#include "hot/logic.h"
#include "hot/repeat.h"
#include "hot/replace.h"
#include "hot/text.h"
#include "hot/url.h"
#include "hot/yaql.h"

const struct value eval_absent = { .type = VALUE_NULL };

static const struct intrinsic *const families[] = {
	get_intrinsics,
	text_intrinsics,
	replace_intrinsics,
	url_intrinsics,
	list_intrinsics,
	repeat_intrinsics,
	logic_intrinsics,
	yaql_intrinsics,
};

bool
eval_since(const struct eval *eval, const char *date)
{
	return document_since(eval->document, date);
}

int
eval_fail(const struct eval *eval, struct err *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err_setv(err, ERR_INVALID, fmt, args);
	va_end(args);
	err->at = eval->at;
	return -1;
}

int
eval_step(const struct eval *eval, struct err *err)
{
	if (++eval->run->steps > EVAL_STEPS_MAX)
		return eval_fail(
		    eval, err, "the template makes more than %d values", EVAL_STEPS_MAX);
	return 0;
}

static int
weigh(const struct eval *eval, const struct value *value, unsigned level, struct err *err)
{
	int status = eval_step(eval, err);

	if (level > EVAL_LEVELS_MAX)
		return eval_fail(eval, err,
		    "a value of more than %d lists and maps within each other", EVAL_LEVELS_MAX);
	if (value->type == VALUE_LIST)
		for (size_t i = 0; status == 0 && i < value->list.count; i++)
			status = weigh(eval, value->list.items[i], level + 1, err);
	if (value->type == VALUE_MAP)
		for (size_t i = 0; status == 0 && i < value->map.count; i++)
			status = weigh(eval, value->map.members[i].value, level + 1, err);
	return status;
}

int
eval_weigh(const struct eval *eval, const struct value *value, struct err *err)
{
	return weigh(eval, value, 0, err);
}

const char *
eval_show(const struct value *value, char ret[EVAL_SHOWN])
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);

	value_python(value, &text);
	snprintf(ret, EVAL_SHOWN, "%s", buf_string(&text));
	return ret;
}

int
eval_text(const struct eval *eval, const struct buf *buf, const struct value **ret, struct err *err)
{
	const struct value *text;

	if (buf_check(buf, err) < 0) {
		err->at = eval->at;
		return -1;
	}
	text = value_span(eval->run->arena, buf_span(buf), err);
	text = text ? value_at(eval->run->arena, text, eval->at, err) : NULL;
	if (!text)
		return -1;
	*ret = text;
	return 0;
}

static const struct intrinsic *
find_row(const struct eval *eval, const struct intrinsic *rows, const char *name)
{
	for (; rows->name; rows++)
		if (strcmp(rows->name, name) == 0 && eval_since(eval, rows->since))
			return rows;
	return NULL;
}

static const struct intrinsic *
find_anywhere(const struct eval *eval, const char *name)
{
	const struct intrinsic *row = NULL;

	for (size_t i = 0; !row && i < sizeof(families) / sizeof(families[0]); i++)
		row = find_row(eval, families[i], name);
	return row;
}

static int
refuse_in_condition(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	(void)arg;
	(void)ret;
	return eval_fail(eval, err, "The function \"%s\" is invalid in this context", eval->name);
}

static const struct intrinsic refused = { "", "", refuse_in_condition };

/* The intrinsic that value calls, or NULL: value is plain. */
static const struct intrinsic *
called(const struct eval *eval, const struct value *value)
{
	const struct intrinsic *row;
	const char *name;

	if (value->type != VALUE_MAP || value->map.count != 1 ||
	    value->map.members[0].key->type != VALUE_TEXT)
		return NULL;
	name = value->map.members[0].key->text.data;
	if (!eval->in_condition)
		return find_anywhere(eval, name);
	row = find_row(eval, condition_intrinsics, name);
	if (!row && find_anywhere(eval, name))
		row = &refused;
	return row;
}

bool
eval_is_call(const struct eval *eval, const struct value *value)
{
	return called(eval, value) != NULL;
}

bool
eval_is_refused(const struct eval *eval, const struct value *value)
{
	return called(eval, value) == &refused;
}

const struct value *
eval_literal_list(const struct eval *eval, const struct value *value)
{
	(void)eval;
	return value->type == VALUE_LIST ? value : NULL;
}

const struct value *
eval_literal_map(const struct eval *eval, const struct value *value)
{
	return value->type == VALUE_MAP && !eval_is_call(eval, value) ? value : NULL;
}

static int
eval_call(struct eval *eval, const struct intrinsic *row, const struct value *value,
    const struct value **ret, struct err *err)
{
	struct place at = eval->at;
	const char *name = eval->name;
	int status;

	if (value->at.line)
		eval->at = value->at;
	eval->name = value->map.members[0].key->text.data;
	status = row->eval(eval, value->map.members[0].value, ret, err);
	if (status == 0)
		status = eval_weigh(eval, *ret, err);
	eval->name = name;
	eval->at = at;
	return status;
}

static int
eval_list(struct eval *eval, const struct value *value, const struct value **ret, struct err *err)
{
	struct list_builder made = { .arena = eval->run->arena };
	bool changed = false;

	for (size_t i = 0; i < value->list.count; i++) {
		const struct value *item;

		if (eval_nullable(eval, value->list.items[i], &item, err) < 0)
			return -1;
		changed |= item != value->list.items[i];
		if (item != &eval_absent && list_add(&made, item, err) < 0)
			return -1;
	}
	*ret = changed ? list_done(&made, value->at, err) : value;
	return *ret ? 0 : -1;
}

static int
eval_map(struct eval *eval, const struct value *value, const struct value **ret, struct err *err)
{
	struct map_builder made = { .arena = eval->run->arena };
	bool changed = false;

	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = &value->map.members[i];
		const struct value *item;

		if (eval_nullable(eval, member->value, &item, err) < 0)
			return -1;
		changed |= item != member->value;
		if (item != &eval_absent && map_set(&made, member->key, item, err) < 0)
			return -1;
	}
	*ret = changed ? map_done(&made, value->at, err) : value;
	return *ret ? 0 : -1;
}

int
eval_nullable(
    struct eval *eval, const struct value *value, const struct value **ret, struct err *err)
{
	const struct intrinsic *row;
	int status = 0;

	if (eval_step(eval, err) < 0)
		return -1;
	if (eval->run->depth >= EVAL_DEPTH_MAX)
		return err_at(err, value->at, ERR_INVALID,
		    "more than %d expressions stand within each other", EVAL_DEPTH_MAX);
	eval->run->depth++;
	row = called(eval, value);
	if (row)
		status = eval_call(eval, row, value, ret, err);
	else if (value->type == VALUE_LIST)
		status = eval_list(eval, value, ret, err);
	else if (value->type == VALUE_MAP)
		status = eval_map(eval, value, ret, err);
	else
		*ret = value;
	eval->run->depth--;
	return status;
}

int
eval_value(struct eval *eval, const struct value *value, const struct value **ret, struct err *err)
{
	if (eval_nullable(eval, value, ret, err) < 0)
		return -1;
	if (*ret == &eval_absent)
		*ret = &value_null;
	return 0;
}
