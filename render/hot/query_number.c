#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "hot/param.h"
#include "hot/query.h"

static int
int_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *value = call->args[0];
	int64_t integer = 0;

	if (value->type == VALUE_BOOL)
		integer = value->boolean;
	else if (value->type == VALUE_INTEGER)
		integer = value->integer;
	else if (value->type == VALUE_FLOAT && fabs(value->number) < 9e18)
		integer = (int64_t)value->number;
	else if (value->type == VALUE_TEXT && !param_integer(value->text, &integer))
		return query_fail(call->query, err, "invalid literal for int() with base 10: '%s'",
		    value->text.data);
	else if (value->type != VALUE_TEXT && value->type != VALUE_NULL)
		return query_fail(call->query, err, "int() of a %s", value_type_name(value->type));
	*ret = value_integer(call->query->arena, integer, err);
	return *ret ? 0 : -1;
}

static int
float_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *value = call->args[0];
	double number = 0;

	if (value->type != VALUE_NULL) {
		if (param_number(call->query->arena, value, &value, err) < 0) {
			err->at = call->query->eval->at;
			return -1;
		}
		number = value->type == VALUE_FLOAT  ? value->number
			 : value->type == VALUE_BOOL ? value->boolean
						     : (double)value->integer;
	}
	*ret = value_number(call->query->arena, number, err);
	return *ret ? 0 : -1;
}

static int
abs_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *value = call->args[0];

	if (value->type == VALUE_FLOAT)
		*ret = value_number(call->query->arena, fabs(value->number), err);
	else if (value->integer == INT64_MIN || value->digits)
		return query_fail(call->query, err, "integer overflow");
	else
		*ret = value_integer(
		    call->query->arena, value->integer < 0 ? -value->integer : value->integer, err);
	return *ret ? 0 : -1;
}

/* Half to even, as Python does; digits of a whole number do nothing, but those before the point. */
static int
round_call(struct query_call *call, const struct value **ret, struct err *err)
{
	const struct value *value = call->args[0];
	int64_t digits = call->args[1] ? call->args[1]->integer : 0;
	char text[400];

	if (digits < 0 || digits > 17)
		return query_fail(call->query, err, "round() to %lld digits is not known here",
		    (long long)digits);
	*ret = value;
	if (value->type != VALUE_FLOAT || !isfinite(value->number))
		return 0;
	snprintf(text, sizeof(text), "%.*f", (int)digits, value->number);
	*ret = value_number(call->query->arena, strtod(text, NULL), err);
	return *ret ? 0 : -1;
}

static int
sign_call(struct query_call *call, const struct value **ret, struct err *err)
{
	double number = call->args[0]->type == VALUE_FLOAT ? call->args[0]->number
							   : (double)call->args[0]->integer;

	*ret = value_integer(call->query->arena, (number > 0) - (number < 0), err);
	return *ret ? 0 : -1;
}

static int
max_call(struct query_call *call, const struct value **ret, struct err *err)
{
	int greater = query_greater(call->query, call->args[1], call->args[0], err);

	*ret = call->args[greater > 0];
	return greater < 0 ? -1 : 0;
}

static int
min_call(struct query_call *call, const struct value **ret, struct err *err)
{
	int greater = query_greater(call->query, call->args[1], call->args[0], err);

	*ret = call->args[greater <= 0];
	return greater < 0 ? -1 : 0;
}

static int
bool_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(query_truth(call->args[0]));
	return 0;
}

static int
is_integer_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(call->args[0]->type == VALUE_INTEGER);
	return 0;
}

static int
is_number_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret =
	    value_bool(call->args[0]->type == VALUE_INTEGER || call->args[0]->type == VALUE_FLOAT);
	return 0;
}

static int
is_boolean_call(struct query_call *call, const struct value **ret, struct err *err)
{
	(void)err;
	*ret = value_bool(call->args[0]->type == VALUE_BOOL);
	return 0;
}

const struct query_function query_number_functions[] = {
	{ "int", QUERY_FUNCTION, 1, "*:value", int_call },
	{ "float", QUERY_FUNCTION, 1, "*:value", float_call },
	{ "abs", QUERY_FUNCTION, 1, "n:op", abs_call },
	{ "round", QUERY_FUNCTION, 1, "n:number i:ndigits", round_call },
	{ "sign", QUERY_FUNCTION, 1, "n:num", sign_call },
	{ "max", QUERY_FUNCTION, 2, "*:a *:b", max_call },
	{ "min", QUERY_FUNCTION, 2, "*:a *:b", min_call },
	{ "bool", QUERY_FUNCTION, 1, "*:value", bool_call },
	{ "isInteger", QUERY_FUNCTION, 1, "*:value", is_integer_call },
	{ "isNumber", QUERY_FUNCTION, 1, "*:value", is_number_call },
	{ "isBoolean", QUERY_FUNCTION, 1, "*:value", is_boolean_call },
	{ 0 },
};
