/*
 * Values → JSON and YAML text.  Pure, but for json_print(); appends to a buf that
 * remembers failure.
 */
#ifndef CINDERBANK_DOC_DUMP_H
#define CINDERBANK_DOC_DUMP_H

#include <stdbool.h>
#include <stdio.h>

struct buf;
struct err;
struct value;

struct dump_style {
	unsigned indent; /* spaces; 0: one line with ", " and ": " */
	bool sorted;     /* keys in order of code points */
	bool ascii;      /* everything else as \uXXXX */
};

/*
 * As json.dumps() of Python: 1e+16, NaN and Infinity, keys that are no texts as
 * texts.  Octets that are no UTF-8 become U+FFFD.
 */
void dump_json(const struct value *value, const struct dump_style *style, struct buf *ret);

/*
 * The same to out, indented by two, up to 16 MiB; value NULL: err says why.  Whether
 * out took it is for whoever closes it to ask.
 */
int json_print(const struct value *value, FILE *out, struct err *err);

/*
 * Block style, keys in their order; reads back as the same values, here and in
 * PyYAML: what would change its type stands in quotes.
 */
void dump_yaml(const struct value *value, struct buf *ret);

#endif
