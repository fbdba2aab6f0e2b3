/*
 * The parameters section: schemas, and values of the five types as Heat makes
 * them of what is given.  Values of hidden parameters never stand in an error.
 */
#ifndef CINDERBANK_HOT_PARAM_H
#define CINDERBANK_HOT_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct arena;
struct constraint;
struct document;
struct hot_world;
struct run;
struct value;

enum param_type { PARAM_STRING, PARAM_NUMBER, PARAM_LIST, PARAM_JSON, PARAM_BOOLEAN };

struct param {
	const char *name;
	enum param_type type;
	const struct value *schema;       /* with its place; NULL: a pseudo parameter */
	const struct value *dflt;         /* of the template, or its replacement; NULL: none */
	const struct value *user_default; /* from parameter_defaults; NULL: none */
	const struct value *user_value;   /* from parameters or properties; NULL: none */
	const struct value *value;        /* converted; set by param_settle() */
	const struct constraint *constraints;
	size_t n_constraints;
	bool hidden;
};

/* The schemas of a template and Heat's pseudo parameters behind them, in the run's arena. */
int param_read(struct run *run, const struct document *document, struct param **ret,
    size_t *ret_count, struct err *err);

/* NULL: there is none of that name. */
struct param *param_find(struct param *params, size_t count, const char *name);

/*
 * Check schema, default and value, and set param->value.  ERR_INVALID with the
 * place of the value that is to blame, else of the schema.
 */
int param_settle(struct run *run, struct param *param, struct err *err);

/* A value as the parameter's type; the text of an err says what is wrong with it. */
int param_convert(struct arena *arena, enum param_type type, const struct value *value,
    const struct value **ret, struct err *err);

/*
 * What the parent's property of a value hands down as the parameter: lists as
 * text with commas, null as the type's empty value.
 */
int param_hand_down(struct arena *arena, const struct param *param, const struct value *value,
    const struct value **ret, struct err *err);

/* A value after a trip through JSON: the keys of its maps are texts. */
const struct value *param_json(struct arena *arena, const struct value *value, struct err *err);

/* "string", ... as templates spell it. */
const char *param_type_name(enum param_type type);

/* Python's int() and int()-else-float() of a text. */
bool param_integer(struct span text, int64_t *ret);
int param_number(
    struct arena *arena, const struct value *value, const struct value **ret, struct err *err);

#endif
