/* What a resource becomes when it is made. */
#ifndef CINDERBANK_HOT_OPEN_H
#define CINDERBANK_HOT_OPEN_H

#include "hot/eval.h"

struct resource {
	const char *name;
	const struct value *definition;
	enum { RESOURCE_OPEN, RESOURCE_BUSY, RESOURCE_READY, RESOURCE_ABSENT } state;
	/* What it became: a nested template, a value, members, or nothing at all. */
	struct eval *child;
	const struct value *value;
	struct resource *members;
	size_t n_members;
};

/* Make resource what type and properties say.  ERR_INVALID: a type that needs a cloud, and more. */
int open_resource(struct eval *eval, struct resource *resource, const struct value *type,
    const struct value *properties, struct err *err);

#endif
