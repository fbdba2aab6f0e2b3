/* The file of a template, as Heat's client reads it. */
#ifndef CINDERBANK_HOT_SOURCE_H
#define CINDERBANK_HOT_SOURCE_H

struct doc_loader;
struct err;
struct value;

/*
 * Read and parse a template.  The client cuts blanks off its end first, so that
 * a block of text that ends the file has no newline.  Doubtful things are not told
 * of: director's templates have keys twice.  ERR_INVALID: a Jinja2
 * template; where only X.j2.yaml is there, the error for X.yaml says so.
 */
int source_load(
    const struct doc_loader *loader, const char *path, const struct value **ret, struct err *err);

#endif
