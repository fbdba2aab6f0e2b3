/* What expressions refer to: parameters, other resources, files. */
#ifndef CINDERBANK_HOT_GET_H
#define CINDERBANK_HOT_GET_H

#include "hot/eval.h"

extern const struct intrinsic get_intrinsics[];

/* get_param: in expressions and in conditions. */
int get_param_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err);

/*
 * What stands at the end of path, from value on: keys of maps, indexes of lists
 * and texts.  1; 0: there is nothing.  numbers: may a text be an index?
 */
int get_path(const struct eval *eval, const struct value *value, const struct value *path,
    size_t from, bool numbers, const struct value **ret, struct err *err);

#endif
