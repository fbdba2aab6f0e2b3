/*
 * The pages that are made from the rows of verbs.c, at build time.
 */
#ifndef CINDERBANK_FRONT_DOC_H
#define CINDERBANK_FRONT_DOC_H

struct buf;

/* Append the manual page, in mdoc(7). */
void doc_manual(struct buf *ret);

/* Append the completion for bash. */
void doc_completion(struct buf *ret);

#endif
