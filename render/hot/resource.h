/*
 * The resources of a template: nested templates, values, chains of types, and
 * the one that does nothing.  Whatever needs a cloud is refused by its name.
 */
#ifndef CINDERBANK_HOT_RESOURCE_H
#define CINDERBANK_HOT_RESOURCE_H

#include "hot/eval.h"

/* Take the resources section into eval; those whose condition is false are left out. */
int resource_read(struct eval *eval, struct err *err);

/* Make every resource, each after those that it refers to. */
int resource_make_all(struct eval *eval, struct err *err);

/* 0 if there is such a resource; it is made then. */
int resource_refer(struct eval *eval, const char *name, struct err *err);

/*
 * An attribute of the resource of that name, and what stands at the end of path
 * from its element from on.  attribute NULL: a map of all.  ERR_INVALID: no such
 * resource or attribute, or resources that need each other in a circle.
 */
int resource_attribute(struct eval *eval, const char *name, const char *attribute,
    const struct value *path, size_t from, const struct value **ret, struct err *err);

/* What a type stands for: a template's path, or the name of a type that is built in. */
int resource_resolve(struct run *run, const struct document *document, const struct value *type,
    const char **ret_path, const char **ret_builtin, struct err *err);

#endif
