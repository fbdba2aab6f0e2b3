/* Who set a parameter, a hiera key or an option; and the list of options. */
#ifndef CINDERBANK_EXPLAIN_H
#define CINDERBANK_EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

struct err;
struct render;

/*
 * Print every place that has a word on name, oldest first, and what came of it.
 * ERR_NOT_FOUND: nothing knows the name; the text says what is near it.
 */
int explain_print(struct render *render, const char *name, FILE *out, struct err *err);

/* Print the options of that name, or all (NULL), as text or JSON. */
int options_print(const char *name, bool json, FILE *out, struct err *err);

#endif
