/*
 * Template files, read once each and checked as far as that goes without
 * evaluating: version, sections, the shape of outputs and resources.
 */
#ifndef CINDERBANK_HOT_DOCUMENT_H
#define CINDERBANK_HOT_DOCUMENT_H

#include <stdbool.h>

#include "base/err.h"

struct eval;
struct run;
struct value;

/* A template, checked.  Its sections are maps, empty ones where absent. */
struct document {
	struct document *next; /* read before */
	const char *path;
	const struct value *body;
	const char *version; /* the date that its version stands for: "2018-03-02" */
	const struct value *parameters, *conditions, *resources, *outputs;
};

/* The document at path: read and checked now, or found among run->documents. */
int document_load(struct run *run, const char *path, const struct document **ret, struct err *err);

/* Check a tree that is already parsed; path is borrowed and names its folder. */
int document_check(struct run *run, const struct value *body, const char *path,
    const struct document **ret, struct err *err);

/* Has this document's version what came with that date? */
bool document_since(const struct document *document, const char *date);

/* name as seen from the folder of document, in the run's arena. */
int document_path(struct run *run, const struct document *document, const char *name,
    const char **ret, struct err *err);

/* Does a resource type name a template file? */
bool document_is_path(const char *type);

#endif
