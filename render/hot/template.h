/*
 * Evaluation of Heat templates, with Heat's semantics: parameters and their
 * constraints, conditions, resources that are nested templates, outputs.
 * Versions queens … wallaby.  Offline: a resource that only a cloud could make
 * is an error that names it.
 */
#ifndef CINDERBANK_HOT_TEMPLATE_H
#define CINDERBANK_HOT_TEMPLATE_H

#include <stdbool.h>

#include "doc/load.h"
#include "doc/value.h"

struct arena;

/* What a resource type stands for: as environment_template(). */
typedef const char *(hot_type_fn)(void *arg, const char *type, struct place *ret_place);

/* What surrounds every template of one evaluation. */
struct hot_world {
	const struct doc_loader *loader;        /* arena and notes */
	const struct value *parameter_defaults; /* map */
	const struct value *parameters;         /* map; for the top template only */
	hot_type_fn *type;                      /* resource_registry; NULL: only paths and Value */
	void *type_arg;
	bool nested; /* the top template is evaluated as a nested one: defaults checked as such */
};

/*
 * Evaluate the template at path.  properties: what a parent (or the plan's
 * chain) hands over, a map; NULL: nothing.  ret_outputs: map of output name to
 * value.  Errors carry the place and Heat's words for the kind.
 */
int hot_evaluate(const struct hot_world *world, const char *path, const struct value *properties,
    const struct value **ret_outputs, struct err *err);

/* The same for a tree that is parsed already; path is kept, and names the folder it lies in. */
int hot_evaluate_document(const struct hot_world *world, const struct value *body, const char *path,
    const struct value *properties, const struct value **ret_outputs, struct err *err);

/* A parameter that a template or one that it nests declares. */
struct hot_parameter {
	const char *name, *type;
	const struct value *schema; /* the parameter's map, with its place */
	const char *template;       /* file that declares it */
};
typedef int(hot_parameter_fn)(void *arg, const struct hot_parameter *parameter, struct err *err);

/* Tell of every parameter in the closure of the template at path, evaluated or not. */
int hot_parameters(const struct hot_world *world, const char *path, hot_parameter_fn *fn, void *arg,
    struct err *err);

#endif
