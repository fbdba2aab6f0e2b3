/*
 * What YAML 1.1 takes a plain text for, by the rules of PyYAML's resolver with
 * Heat's change: dates stay text.  Used to read, and to know what to quote.
 */
#ifndef CINDERBANK_DOC_SCALAR_H
#define CINDERBANK_DOC_SCALAR_H

#include <stdbool.h>

#include "base/buf.h"

enum scalar {
	SCALAR_TEXT,
	SCALAR_NULL,
	SCALAR_BOOL,
	SCALAR_INTEGER,
	SCALAR_FLOAT,
	SCALAR_MERGE, /* << */
	SCALAR_VALUE, /* =, which is text as a key and an error elsewhere */
};

enum scalar scalar_of(struct span plain);

/* yes no on off true false in any case.  1, or 0: none of them. */
int scalar_bool(struct span text, bool *ret);

#endif
