#include "hot/constraint.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "doc/value.h"
#include "hot/document.h"
#include "hot/eval.h"
#include "hot/pattern.h"
#include "hot/text.h"

/* How each kind is spelled, since when, the keys in its map, and how Heat calls it. */
static const struct kind {
	const char *key, *since, *first, *second, *title;
	unsigned types; /* a bit for each param_type */
} kinds[] = {
	[CONSTRAINT_LENGTH] = { "length", "", "min", "max", "Length",
	    1u << PARAM_STRING | 1u << PARAM_LIST | 1u << PARAM_JSON },
	[CONSTRAINT_RANGE] = { "range", "", "min", "max", "Range", 1u << PARAM_NUMBER },
	[CONSTRAINT_MODULO] = { "modulo", "2017-02-24", "step", "offset", "Modulo",
	    1u << PARAM_NUMBER },
	[CONSTRAINT_VALUES] = { "allowed_values", "", NULL, NULL, "AllowedValues",
	    1u << PARAM_STRING | 1u << PARAM_NUMBER | 1u << PARAM_BOOLEAN | 1u << PARAM_LIST },
	[CONSTRAINT_PATTERN] = { "allowed_pattern", "", NULL, NULL, "AllowedPattern",
	    1u << PARAM_STRING },
	[CONSTRAINT_CUSTOM] = { "custom_constraint", "", NULL, NULL, "CustomConstraint",
	    1u << PARAM_STRING | 1u << PARAM_NUMBER | 1u << PARAM_BOOLEAN | 1u << PARAM_LIST },
};

/* The order in which Heat looks for them. */
static const enum constraint_kind order[] = {
	CONSTRAINT_MODULO,
	CONSTRAINT_RANGE,
	CONSTRAINT_LENGTH,
	CONSTRAINT_VALUES,
	CONSTRAINT_PATTERN,
	CONSTRAINT_CUSTOM,
};

static double
real(const struct value *number)
{
	if (number->type == VALUE_FLOAT)
		return number->number;
	return number->type == VALUE_BOOL ? number->boolean : (double)number->integer;
}

static int
compare(const struct value *left, const struct value *right)
{
	if (left->type == VALUE_INTEGER && right->type == VALUE_INTEGER)
		return (left->integer > right->integer) - (left->integer < right->integer);
	return (real(left) > real(right)) - (real(left) < real(right));
}

/* One number of a range, length or modulo; NULL where it is absent or null. */
static int
read_bound(struct arena *arena, const struct kind *kind, const struct value *map, const char *name,
    const struct value **ret, struct err *err)
{
	const struct value *given = value_get(map, name);

	*ret = NULL;
	if (!given || given->type == VALUE_NULL)
		return 0;
	if (param_number(arena, given, ret, err) < 0)
		return err_at(err, given->at, ERR_INVALID, "%s/%s must be numeric", kind->first,
		    kind->second);
	return 0;
}

static int
check_modulo(const struct constraint *constraint, struct err *err)
{
	struct place at = constraint->definition->at;
	double step, offset;

	if (!constraint->first || !constraint->second)
		return err_at(err, at, ERR_INVALID,
		    "A modulo constraint must have a step value and an offset value specified.");
	step = real(constraint->first);
	offset = real(constraint->second);
	if (floor(step) != step || floor(offset) != offset)
		return err_at(err, at, ERR_INVALID, "step/offset must be integer");
	if (step == 0)
		return err_at(err, at, ERR_INVALID, "step cannot be 0.");
	if (fabs(offset) >= fabs(step))
		return err_at(
		    err, at, ERR_INVALID, "offset must be smaller (by absolute value) than step.");
	if (step * offset < 0)
		return err_at(err, at, ERR_INVALID,
		    "step and offset must be both positive or both negative.");
	return 0;
}

static int
read_bounds(struct arena *arena, struct constraint *constraint, struct err *err)
{
	const struct kind *kind = &kinds[constraint->kind];
	const struct value *map = constraint->definition;
	char shown[EVAL_SHOWN];

	if (map->type != VALUE_MAP)
		return err_at(err, map->at, ERR_INVALID,
		    "Invalid %s constraint, expected a mapping", kind->key);
	for (size_t i = 0; i < map->map.count; i++) {
		const struct value *key = map->map.members[i].key;

		if (!value_is_text(key, kind->first) && !value_is_text(key, kind->second))
			return err_at(err, key->at, ERR_INVALID,
			    "Invalid key '%s' for %s constraint", eval_show(key, shown), kind->key);
	}
	if (read_bound(arena, kind, map, kind->first, &constraint->first, err) < 0 ||
	    read_bound(arena, kind, map, kind->second, &constraint->second, err) < 0)
		return -1;
	if (constraint->kind == CONSTRAINT_MODULO)
		return check_modulo(constraint, err);
	if (!constraint->first && !constraint->second)
		return err_at(err, map->at, ERR_INVALID,
		    "A %s constraint must have a min value and/or a max value specified.",
		    kind->key);
	if (constraint->kind == CONSTRAINT_LENGTH &&
	    ((constraint->first && constraint->first->type == VALUE_FLOAT) ||
		(constraint->second && constraint->second->type == VALUE_FLOAT)))
		return err_at(err, map->at, ERR_INVALID, "min/max length must be integral");
	return 0;
}

static int
check_keys(const struct value *map, struct err *err)
{
	char shown[EVAL_SHOWN];

	if (map->type != VALUE_MAP)
		return err_at(
		    err, map->at, ERR_INVALID, "Invalid parameter constraints, expected a mapping");
	for (size_t i = 0; i < map->map.count; i++) {
		const struct value *key = map->map.members[i].key;
		bool known = value_is_text(key, "description");

		for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			known = known || value_is_text(key, kinds[k].key);
		if (!known)
			return err_at(err, key->at, ERR_INVALID,
			    "Invalid key '%s' for parameter constraints", eval_show(key, shown));
	}
	return 0;
}

static int
read_one(struct run *run, const struct document *document, const struct value *map,
    struct constraint *ret, struct err *err)
{
	const struct value *definition = NULL;
	scoped(pattern_close_scoped) struct pattern *pattern = NULL;

	if (check_keys(map, err) < 0)
		return -1;
	for (size_t i = 0; !definition && i < sizeof(order) / sizeof(order[0]); i++) {
		ret->kind = order[i];
		if (document_since(document, kinds[ret->kind].since))
			definition = value_get(map, kinds[ret->kind].key);
	}
	if (!definition)
		return err_at(err, map->at, ERR_INVALID, "No constraint expressed");
	ret->definition = definition;
	ret->description = value_get(map, "description");
	if (ret->description && ret->description->type == VALUE_NULL)
		ret->description = NULL;
	if (ret->kind == CONSTRAINT_VALUES && definition->type != VALUE_LIST)
		return err_at(err, definition->at, ERR_INVALID, "AllowedValues must be a list");
	if (ret->kind == CONSTRAINT_PATTERN && definition->type != VALUE_TEXT)
		return err_at(err, definition->at, ERR_INVALID, "AllowedPattern must be a string");
	if (ret->kind == CONSTRAINT_PATTERN &&
	    pattern_open(&pattern, definition->text, 0, err) < 0) {
		err->at = definition->at;
		return err_wrap(err, "allowed_pattern \"%s\"", definition->text.data);
	}
	return kinds[ret->kind].first ? read_bounds(run->arena, ret, err) : 0;
}

int
constraint_read(
    struct run *run, const struct document *document, struct param *param, struct err *err)
{
	const struct value *list = value_get(param->schema, "constraints");
	struct constraint *constraints;

	if (!list || list->type == VALUE_NULL)
		return 0;
	if (list->type != VALUE_LIST)
		return err_at(err, list->at, ERR_INVALID,
		    "Invalid parameter constraints for parameter %s, expected a list", param->name);
	constraints =
	    arena_array(run->arena, list->list.count + 1, sizeof(*param->constraints), err);
	if (!constraints)
		return -1;
	for (size_t i = 0; i < list->list.count; i++)
		if (read_one(run, document, list->list.items[i], &constraints[i], err) < 0)
			return -1;
	param->constraints = constraints;
	param->n_constraints = list->list.count;
	return 0;
}

int
constraint_fits(const struct constraint *constraint, enum param_type type, struct err *err)
{
	if (kinds[constraint->kind].types & 1u << type)
		return 0;
	return err_at(err, constraint->definition->at, ERR_INVALID, "%s constraint invalid for %s",
	    kinds[constraint->kind].title, param_type_name(type));
}

static const char *
show_bound(const struct value *bound, char ret[EVAL_SHOWN])
{
	return eval_show(bound ? bound : &value_null, ret);
}

/* Python's modulo takes the sign of the divisor. */
static bool
keeps_modulo(const struct constraint *constraint, const struct value *number)
{
	double step = real(constraint->first), left;

	if (number->type == VALUE_INTEGER && constraint->first->type == VALUE_INTEGER) {
		int64_t by = constraint->first->integer;
		int64_t rest = by == -1 ? 0 : number->integer % by;

		if (rest != 0 && (rest < 0) != (by < 0))
			rest += by;
		return (double)rest == real(constraint->second);
	}
	left = fmod(real(number), step);
	if (left != 0 && (left < 0) != (step < 0))
		left += step;
	return left == real(constraint->second);
}

static int
check_number(struct arena *arena, const struct constraint *constraint, const struct value *value,
    const char *shown, struct err *err)
{
	char first[EVAL_SHOWN], second[EVAL_SHOWN];
	const struct value *number;

	if (param_number(arena, value, &number, err) < 0)
		return -1;
	show_bound(constraint->first, first);
	show_bound(constraint->second, second);
	if (constraint->kind == CONSTRAINT_MODULO)
		return keeps_modulo(constraint, number)
			   ? 0
			   : err_set(err, ERR_INVALID,
				 "%s is not a multiple of %s with an offset of %s", shown, first,
				 second);
	if ((constraint->first && compare(number, constraint->first) < 0) ||
	    (constraint->second && compare(number, constraint->second) > 0))
		return err_set(err, ERR_INVALID, "%s is out of range (min: %s, max: %s)", shown,
		    first, second);
	return 0;
}

static int
check_length(const struct constraint *constraint, const struct value *value, struct err *err)
{
	char first[EVAL_SHOWN], second[EVAL_SHOWN];
	struct value length = { .type = VALUE_INTEGER };

	if (value->type == VALUE_TEXT)
		length.integer = (int64_t)text_characters(value->text);
	else if (value->type == VALUE_LIST)
		length.integer = (int64_t)value->list.count;
	else if (value->type == VALUE_MAP)
		length.integer = (int64_t)value->map.count;
	else
		return err_set(
		    err, ERR_INVALID, "a %s has no length", value_type_name(value->type));
	if ((!constraint->first || compare(&length, constraint->first) >= 0) &&
	    (!constraint->second || compare(&length, constraint->second) <= 0))
		return 0;
	return err_set(err, ERR_INVALID, "length (%lld) is out of range (min: %s, max: %s)",
	    (long long)length.integer, show_bound(constraint->first, first),
	    show_bound(constraint->second, second));
}

static bool
among(const struct value *allowed, const struct value *value)
{
	for (size_t i = 0; i < allowed->list.count; i++)
		if (value_equal(allowed->list.items[i], value))
			return true;
	return false;
}

static int
check_values(struct arena *arena, const struct value *allowed, enum param_type type,
    const struct value *value, bool hidden, struct err *err)
{
	scoped(buf_drop) struct buf shown = BUF(EVAL_TEXT_MAX);
	const struct value *left, *right;
	bool found = false;

	if (value->type == VALUE_LIST) {
		found = true;
		for (size_t i = 0; i < value->list.count; i++)
			found = found && among(allowed, value->list.items[i]);
	} else {
		if (param_convert(arena, type, value, &left, err) < 0)
			return -1;
		/* All have to be of the type, also those behind the one that is found. */
		for (size_t i = 0; i < allowed->list.count; i++) {
			if (param_convert(arena, type, allowed->list.items[i], &right, err) < 0)
				return -1;
			found = found || value_equal(left, right);
		}
	}
	if (found)
		return 0;
	if (hidden)
		buf_text(&shown, "******");
	else
		text_json(value, false, &shown);
	buf_text(&shown, " is not an allowed value ");
	text_json(allowed, false, &shown);
	return err_set(err, ERR_INVALID, "%s", buf_string(&shown));
}

static int
check_pattern(const struct value *pattern, const struct value *value, bool hidden, struct err *err)
{
	scoped(pattern_close_scoped) struct pattern *compiled = NULL;
	int status;

	if (value->type != VALUE_TEXT)
		return err_set(err, ERR_INVALID,
		    "expected string or bytes-like object, got a %s; put it in quotes",
		    value_type_name(value->type));
	if (pattern_open(&compiled, pattern->text, 0, err) < 0)
		return -1;
	status = pattern_whole(compiled, value->text, err);
	if (status == 0)
		return err_set(err, ERR_INVALID, "\"%s\" does not match pattern \"%s\"",
		    hidden ? "******" : value->text.data, pattern->text.data);
	return status < 0 ? -1 : 0;
}

int
constraint_check(struct arena *arena, const struct constraint *constraint, enum param_type type,
    const struct value *value, bool hidden, struct err *err)
{
	char shown[EVAL_SHOWN];
	int status;

	if (hidden)
		strcpy(shown, "******");
	else
		eval_show(value, shown);
	switch (constraint->kind) {
	case CONSTRAINT_LENGTH:
		status = check_length(constraint, value, err);
		break;
	case CONSTRAINT_RANGE:
	case CONSTRAINT_MODULO:
		status = check_number(arena, constraint, value, shown, err);
		break;
	case CONSTRAINT_VALUES:
		status = check_values(arena, constraint->definition, type, value, hidden, err);
		break;
	case CONSTRAINT_PATTERN:
		status = check_pattern(constraint->definition, value, hidden, err);
		break;
	default: {
		char name[EVAL_SHOWN];

		status =
		    err_set(err, ERR_INVALID, "\"%s\" does not validate %s (constraint not found)",
			shown, eval_show(constraint->definition, name));
	}
	}
	if (status < 0 && constraint->description)
		err_set(err, ERR_INVALID, "%s", eval_show(constraint->description, shown));
	return status;
}
