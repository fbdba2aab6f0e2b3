/* Intrinsics over lists and maps. */
#ifndef CINDERBANK_HOT_LIST_H
#define CINDERBANK_HOT_LIST_H

#include "hot/eval.h"

extern const struct intrinsic list_intrinsics[];

/* contains: in expressions and in conditions. */
int list_contains_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err);

#endif
