/*
 * Expressions of one template: maps of one key that is an intrinsic of the
 * template's version are calls, everything else is itself.  Results are
 * immutable and share what did not change.
 */
#ifndef CINDERBANK_HOT_EVAL_H
#define CINDERBANK_HOT_EVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "doc/value.h"

struct arena;
struct condition;
struct document;
struct eval;
struct hot_world;
struct output;
struct param;
struct resource;

/* One row an intrinsic; the result is immutable, in the arena. */
struct intrinsic {
	const char *name, *since; /* "list_join"; first heat_template_version with it */
	int (*eval)(struct eval *, const struct value *arg, const struct value **ret, struct err *);
};

enum {
	EVAL_DEPTH_MAX = 300,      /* expressions within expressions, across templates */
	EVAL_LEVELS_MAX = 500,     /* lists and maps within a value */
	EVAL_NESTING_MAX = 20,     /* templates within templates */
	EVAL_STEPS_MAX = 30000000, /* values looked at: sharing without end ends here */
	EVAL_TEXT_MAX = 16 << 20,  /* bytes of one computed text */
	EVAL_LIST_MAX = 100000,    /* items that repeat or range() make */
};

/* What all templates of one evaluation share. */
struct run {
	const struct hot_world *world;
	struct arena *arena;
	struct document *documents; /* newest first */
	unsigned depth, nesting, steps;
};

/* A template with its parameters: what expressions refer to. */
struct eval {
	struct run *run;
	const struct document *document;
	struct param *params;
	size_t n_params;
	struct condition *conditions;
	size_t n_conditions;
	struct resource *resources;
	size_t n_resources;
	struct output *outputs;
	size_t n_outputs;
	struct place at;   /* the call that is being evaluated, for errors */
	const char *name;  /* of its intrinsic */
	bool in_condition; /* only the intrinsics of conditions are calls */
};

/* The value of an expression. */
int
eval_value(struct eval *eval, const struct value *value, const struct value **ret, struct err *err);

/*
 * The same, but &eval_absent where an `if` without its last argument says that
 * the thing that holds it shall be left out.
 */
int eval_nullable(
    struct eval *eval, const struct value *value, const struct value **ret, struct err *err);
extern const struct value eval_absent;

/* Is value a call in this template, here? */
bool eval_is_call(const struct eval *eval, const struct value *value);

/* Is value a call of what conditions do not have, within one? */
bool eval_is_refused(const struct eval *eval, const struct value *value);

/* A list, or map, that is written out and no call; else NULL. */
const struct value *eval_literal_list(const struct eval *eval, const struct value *value);
const struct value *eval_literal_map(const struct eval *eval, const struct value *value);

/* Has the template's version what came with that date? */
bool eval_since(const struct eval *eval, const char *date);

/* Fill err with ERR_INVALID at the place of the call. */
int eval_fail(const struct eval *eval, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Count all that a value holds, what it shares as often as it stands there: -1
 * if that is too much to print, compare or walk through, or too deep.
 */
int eval_weigh(const struct eval *eval, const struct value *value, struct err *err);

/* Count a step; -1 once there were too many. */
int eval_step(const struct eval *eval, struct err *err);

/* The content of a buf as a text value at the place of the call; -1 also if the buf failed. */
int eval_text(
    const struct eval *eval, const struct buf *buf, const struct value **ret, struct err *err);

/* The first bytes of what Python prints for value, for messages. */
enum { EVAL_SHOWN = 200 };
const char *eval_show(const struct value *value, char ret[EVAL_SHOWN]);

#endif
