#include "hot/repeat.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "hot/text.h"

/* One variable of for_each and what it runs through. */
struct variable {
	const struct value *name;
	const struct value *items; /* list, or map for its keys, or null for nothing */
	size_t count;
	const struct value *now;
};

struct repetition {
	struct eval *eval;
	struct variable *variables;
	size_t n_variables;
	bool nested; /* all combinations; else in step */
	const struct value *template;
};

static int
fill_text(const struct repetition *rep, const struct value *text, const struct value **ret,
    struct err *err)
{
	scoped(buf_drop) struct buf from = BUF(EVAL_TEXT_MAX), to = BUF(EVAL_TEXT_MAX);
	size_t count = 0;

	buf_add(&from, text->text.data, text->text.length);
	for (size_t i = 0; i < rep->n_variables; i++) {
		const struct variable *variable = &rep->variables[i];
		struct buf swap;

		if (variable->name->type != VALUE_TEXT || variable->now->type != VALUE_TEXT)
			return eval_fail(rep->eval, err,
			    "replace() argument 2 must be str, not %s; \"%s\" repeats texts only",
			    variable->now->type == VALUE_INTEGER
				? "int"
				: value_type_name(variable->now->type),
			    rep->eval->name);
		buf_clear(&to);
		count += text_replace(
		    buf_span(&from), variable->name->text, variable->now->text, -1, &to);
		swap = from;
		from = to;
		to = swap;
	}
	*ret = text;
	return count || from.failed ? eval_text(rep->eval, &from, ret, err) : 0;
}

static int fill(const struct repetition *rep, const struct value *template,
    const struct value **ret, struct err *err);

static int
fill_list(const struct repetition *rep, const struct value *template, const struct value **ret,
    struct err *err)
{
	struct list_builder list = { .arena = rep->eval->run->arena };

	for (size_t i = 0; i < template->list.count; i++) {
		const struct value *item;

		if (fill(rep, template->list.items[i], &item, err) < 0 ||
		    list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, template->at, err);
	return *ret ? 0 : -1;
}

static int
fill_map(const struct repetition *rep, const struct value *template, const struct value **ret,
    struct err *err)
{
	struct map_builder map = { .arena = rep->eval->run->arena };

	for (size_t i = 0; i < template->map.count; i++) {
		const struct value *key, *value;

		if (fill(rep, template->map.members[i].key, &key, err) < 0 ||
		    fill(rep, template->map.members[i].value, &value, err) < 0 ||
		    map_set(&map, key, value, err) < 0)
			return -1;
	}
	*ret = map_done(&map, template->at, err);
	return *ret ? 0 : -1;
}

static int
fill(const struct repetition *rep, const struct value *template, const struct value **ret,
    struct err *err)
{
	if (eval_step(rep->eval, err) < 0)
		return -1;
	switch (template->type) {
	case VALUE_TEXT:
		return fill_text(rep, template, ret, err);
	case VALUE_LIST:
		return fill_list(rep, template, ret, err);
	case VALUE_MAP:
		return fill_map(rep, template, ret, err);
	default:
		*ret = template;
		return 0;
	}
}

static const struct value *
item_at(const struct variable *variable, size_t index)
{
	return variable->items->type == VALUE_MAP ? variable->items->map.members[index].key
						  : variable->items->list.items[index];
}

/* The variables of turn number turn: the last one changes fastest. */
static void
set_turn(struct repetition *rep, size_t turn)
{
	for (size_t i = rep->n_variables; i-- > 0;) {
		struct variable *variable = &rep->variables[i];

		if (rep->nested) {
			variable->now = item_at(variable, turn % variable->count);
			turn /= variable->count;
		} else {
			variable->now = item_at(variable, turn);
		}
	}
}

static int
read_variable(const struct repetition *rep, const struct member *member, struct variable *ret,
    struct err *err)
{
	struct eval *eval = rep->eval;
	const struct value *items = member->value;
	bool maps = eval_since(eval, "2016-10-14") && rep->nested;

	ret->name = member->key;
	ret->items = items;
	if (items->type == VALUE_LIST)
		ret->count = items->list.count;
	else if (items->type == VALUE_MAP && maps)
		ret->count = items->map.count;
	else if (items->type != VALUE_NULL)
		return eval_fail(eval, err,
		    "The values of the \"for_each\" argument to \"%s\" must be lists%s", eval->name,
		    maps ? " or maps" : "");
	return 0;
}

/* How many turns there are. */
static int
count_turns(const struct repetition *rep, size_t *ret, struct err *err)
{
	size_t turns = 1, given = 0;

	for (size_t i = 0; i < rep->n_variables; i++) {
		const struct variable *variable = &rep->variables[i];

		if (rep->nested) {
			turns *= variable->count;
		} else if (variable->items->type != VALUE_NULL) {
			if (given++ && variable->count != turns)
				return eval_fail(rep->eval, err,
				    "For %s, the length of for_each values should be equal if "
				    "no nested loop.",
				    rep->eval->name);
			turns = variable->count;
		}
		if (turns > EVAL_LIST_MAX)
			return eval_fail(rep->eval, err, "\"%s\" makes more than %d items",
			    rep->eval->name, EVAL_LIST_MAX);
	}
	/* In step with nothing there is nothing. */
	for (size_t i = 0; i < rep->n_variables; i++)
		if (rep->variables[i].count == 0)
			turns = 0;
	*ret = turns;
	return 0;
}

static int
read_repetition(struct repetition *rep, const struct value *map, struct err *err)
{
	struct eval *eval = rep->eval;
	const struct value *each = value_get(map, "for_each");
	const struct value *permutations = value_get(map, "permutations");

	rep->nested = true;
	if (permutations && eval_since(eval, "2017-09-01")) {
		if (permutations->type != VALUE_BOOL)
			return eval_fail(eval, err,
			    "\"permutations\" should be boolean type for %s function.", eval->name);
		rep->nested = permutations->boolean;
	}
	if (eval_value(eval, each, &each, err) < 0 ||
	    eval_value(eval, value_get(map, "template"), &rep->template, err) < 0)
		return -1;
	if (each->type != VALUE_MAP || each->map.count == 0)
		return eval_fail(eval, err,
		    "The \"for_each\" argument to \"%s\" must contain a map", eval->name);
	rep->n_variables = each->map.count;
	rep->variables =
	    arena_array(eval->run->arena, rep->n_variables, sizeof(*rep->variables), err);
	if (!rep->variables)
		return -1;
	for (size_t i = 0; i < rep->n_variables; i++)
		if (read_variable(rep, &each->map.members[i], &rep->variables[i], err) < 0)
			return -1;
	return 0;
}

static int
repeat_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	struct repetition rep = { .eval = eval };
	struct list_builder list = { .arena = eval->run->arena };
	const struct value *map = eval_literal_map(eval, arg), *item;
	size_t turns = 0;

	if (!map)
		return eval_fail(eval, err, "Arguments to \"%s\" must be a map", eval->name);
	if (!value_get(map, "for_each") || !value_get(map, "template"))
		return eval_fail(eval, err,
		    "\"repeat\" syntax should be repeat: template: This is %%var%% for_each: "
		    "%%var%%: ['a', 'b', 'c']");
	if (read_repetition(&rep, map, err) < 0 || count_turns(&rep, &turns, err) < 0)
		return -1;
	for (size_t turn = 0; turn < turns; turn++) {
		set_turn(&rep, turn);
		if (fill(&rep, rep.template, &item, err) < 0 || list_add(&list, item, err) < 0)
			return -1;
	}
	*ret = list_done(&list, eval->at, err);
	return *ret ? 0 : -1;
}

const struct intrinsic repeat_intrinsics[] = {
	{ "repeat", "2015-04-30", repeat_eval },
	{ 0 },
};
