/* The intrinsic yaql: see query.h for the language. */
#ifndef CINDERBANK_HOT_YAQL_H
#define CINDERBANK_HOT_YAQL_H

#include "hot/eval.h"

extern const struct intrinsic yaql_intrinsics[];

/* yaql: in expressions and in conditions. */
int
yaql_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err);

#endif
