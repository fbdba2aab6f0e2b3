/* Conditions: the section, their names, and the intrinsics that they are made of. */
#ifndef CINDERBANK_HOT_LOGIC_H
#define CINDERBANK_HOT_LOGIC_H

#include "hot/eval.h"

extern const struct intrinsic logic_intrinsics[];     /* in expressions */
extern const struct intrinsic condition_intrinsics[]; /* in conditions, instead of all others */

/* Take the conditions section into eval; what nobody asks for is never decided. */
int logic_read(struct eval *eval, struct err *err);

/* Decide what stands where a condition is expected: a name, a bool or a call. */
int logic_decide(struct eval *eval, const struct value *value, bool *ret, struct err *err);

#endif
