/* The intrinsic repeat. */
#ifndef CINDERBANK_HOT_REPEAT_H
#define CINDERBANK_HOT_REPEAT_H

#include "hot/eval.h"

extern const struct intrinsic repeat_intrinsics[];

#endif
