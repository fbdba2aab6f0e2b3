/* Values → JSON and YAML text.  Pure; appends to a buf that remembers failure. */
#ifndef CINDERBANK_DOC_DUMP_H
#define CINDERBANK_DOC_DUMP_H

#include <stdbool.h>

struct buf;
struct value;

struct dump_style {
	unsigned indent; /* spaces; 0: one line with ", " and ": " */
	bool sorted;     /* keys in order of code points */
	bool ascii;      /* everything else as \uXXXX */
};

void dump_json(const struct value *value, const struct dump_style *style, struct buf *ret);

/* Block style, keys in their order; reads back as the same values. */
void dump_yaml(const struct value *value, struct buf *ret);

#endif
