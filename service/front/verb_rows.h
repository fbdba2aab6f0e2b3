/*
 * How a row of a verb says where in struct cli its value goes; the type of the
 * field is checked.
 */
#ifndef CINDERBANK_FRONT_VERB_ROWS_H
#define CINDERBANK_FRONT_VERB_ROWS_H

#include <stddef.h>

#include "front/cli.h"
#include "front/verbs.h"

#define OFFSET(field, ctype)                                                                       \
	(_Generic(((struct cli *)0)->field, ctype : offsetof(struct cli, field)))
#define FLAG(field) .kind = VERB_FLAG, .offset = OFFSET(field, bool)
#define TEXT(field) .kind = VERB_TEXT, .offset = OFFSET(field, const char *)
#define WORD(field) .offset = OFFSET(field, const char *)

/* Up to a row without a name. */
extern const struct verb_option verb_serve_options[];

#endif
