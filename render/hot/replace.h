/* The intrinsics str_replace, str_replace_strict and str_replace_vstrict. */
#ifndef CINDERBANK_HOT_REPLACE_H
#define CINDERBANK_HOT_REPLACE_H

#include "hot/eval.h"

extern const struct intrinsic replace_intrinsics[];

#endif
