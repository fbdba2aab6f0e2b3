/* One template brought to life: parameters, conditions, resources, then outputs on demand. */
#ifndef CINDERBANK_HOT_STACK_H
#define CINDERBANK_HOT_STACK_H

#include "hot/eval.h"

/* Who evaluates a template, and with what. */
struct stack_parent {
	const struct value *properties; /* map; NULL: none */
	const struct value *parameters; /* of the environment; map; NULL: none */
	const char *where;              /* "resources.X.properties", for errors */
	struct place at;
	bool nested; /* parameter_defaults replace the defaults and are checked as such */
};

/* Evaluate all but the outputs. */
int stack_open(struct run *run, const struct document *document, const struct stack_parent *parent,
    struct eval **ret, struct err *err);

/* One output; null if its condition is false.  1; 0: the template has none of that name. */
int stack_output(struct eval *eval, const char *name, const struct value **ret, struct err *err);

/* All of them: map of name to value. */
int stack_outputs(struct eval *eval, const struct value **ret, struct err *err);

#endif
