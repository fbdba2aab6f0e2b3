/*
 * What a resource_registry can say and a render does not follow: refused by
 * name, rather than passed over.
 */
#ifndef CINDERBANK_OVERRIDES_H
#define CINDERBANK_OVERRIDES_H

struct err;
struct value;

/*
 * ERR_INVALID, with its place: another type for a single resource, or a type
 * that is made of what fits a pattern.  Hooks are fine, they change nothing here.
 */
int overrides_refuse(const struct value *registry, struct err *err);

#endif
