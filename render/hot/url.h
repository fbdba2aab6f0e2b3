/* The intrinsic make_url. */
#ifndef CINDERBANK_HOT_URL_H
#define CINDERBANK_HOT_URL_H

#include "hot/eval.h"

extern const struct intrinsic url_intrinsics[];

#endif
