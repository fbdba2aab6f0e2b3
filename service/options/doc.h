/*
 * What the rows look like to people: pieces of text that the reference, the
 * sample file and the manual page share, and their printers.  Part of the
 * program cinderbank-doc, which runs at build time, not of the library.
 */
#ifndef CINDERBANK_OPTIONS_DOC_H
#define CINDERBANK_OPTIONS_DOC_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct opt;

/* What values an option takes: "a whole number, at least 1".  No full stop. */
void doc_kind(const struct opt *opt, struct buf *ret);

/* What holds where nobody sets the option: the default, or words for it. */
const char *doc_default(const struct opt *opt);

/* Is this a row that an earlier table has too?  Drivers share some options. */
bool doc_is_repeated(const struct opt *opt);

/* Length of the first line of at most width bytes, broken at a blank; 0: none is left. */
size_t doc_line(const char *text, size_t width);

/* Length of the first sentence with its full stop; 0: none is left. */
size_t doc_sentence(const char *text);

/* docs/options.md */
void doc_reference(struct buf *ret);

/* docs/cinderbank.conf.sample: each option with its default, commented out. */
void doc_sample(struct buf *ret);

/* docs/cinderbank.conf.5, in the macros of mdoc(7). */
void doc_manual(struct buf *ret);

#endif
