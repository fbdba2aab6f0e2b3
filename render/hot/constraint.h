/* The constraints of one parameter, read from its schema. */
#ifndef CINDERBANK_HOT_CONSTRAINT_H
#define CINDERBANK_HOT_CONSTRAINT_H

#include "hot/param.h"

enum constraint_kind {
	CONSTRAINT_LENGTH,
	CONSTRAINT_RANGE,
	CONSTRAINT_MODULO,
	CONSTRAINT_VALUES,
	CONSTRAINT_PATTERN,
	CONSTRAINT_CUSTOM,
};

struct constraint {
	enum constraint_kind kind;
	const struct value *definition;     /* behind the kind's key */
	const struct value *description;    /* says it in the template's words; or NULL */
	const struct value *first, *second; /* min, max; step, offset; numbers or NULL */
};

/* Read the list of constraints into param. */
int constraint_read(
    struct run *run, const struct document *document, struct param *param, struct err *err);

/* May a parameter of that type have this constraint?  If not, err says so. */
int constraint_fits(const struct constraint *constraint, enum param_type type, struct err *err);

/*
 * Does value keep the constraint?  If not, err says why in Heat's words, or the
 * description's; value itself is left out if hidden.
 */
int constraint_check(struct arena *arena, const struct constraint *constraint, enum param_type type,
    const struct value *value, bool hidden, struct err *err);

#endif
