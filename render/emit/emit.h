/*
 * A role as the files that a deployment takes.  Emitters are pure: role in,
 * bytes out; the caller writes them.
 */
#ifndef CINDERBANK_EMIT_EMIT_H
#define CINDERBANK_EMIT_EMIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"

struct err;
struct role;

/* Given one file: its path under the output folder, and its bytes until this returns. */
typedef int(emit_file_fn)(
    void *arg, const char *path, mode_t mode, struct span text, struct err *err);

/* What of a role a kind is made of; the rest may be missing. */
enum emit_from { EMIT_FROM_ROLE, EMIT_FROM_ROLE_DATA, EMIT_FROM_ENVIRONMENT };

struct emitter {
	const char *name; /* the kind: "cib" */
	enum emit_from from;
	const char *path; /* under the output folder */
	mode_t mode;      /* 0640 where a secret may stand */
	const char *help; /* what it is, in a few words */
	/* Whether this form of the service has such a file.  NULL: every form has. */
	bool (*applies)(const struct role *role);
	/* Required.  Everything of the kind as one text. */
	int (*emit)(const struct role *role, struct buf *out, struct err *err);
	/* The same as several files; path is then their folder.  NULL: emit makes the one. */
	int (*files)(const struct role *role, emit_file_fn *fn, void *arg, struct err *err);
};

/* In the order of the chain; the last has no name. */
extern const struct emitter emitters[];

/* The emitter of a kind, or NULL. */
const struct emitter *emitter_find(const char *name);

/* Does the kind apply to this role? */
bool emitter_applies(const struct emitter *emitter, const struct role *role);

/* Hand every file of a kind to fn. */
int emitter_files(const struct emitter *emitter, const struct role *role, emit_file_fn *fn,
    void *arg, struct err *err);

#endif
