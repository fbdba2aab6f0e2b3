/*
 * YAQL, as far as deployment templates speak it: a parser, an evaluator that
 * makes whole lists where the original is lazy, and rows of functions.  What it
 * does not know it names.
 */
#ifndef CINDERBANK_HOT_QUERY_H
#define CINDERBANK_HOT_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "doc/value.h"
#include "hot/eval.h"

struct pattern;

enum query_kind {
	QUERY_CONSTANT, /* constant */
	QUERY_KEYWORD,  /* a bare word; constant is its text */
	QUERY_VARIABLE, /* name: "$1", which $ is too */
	QUERY_CALL,     /* name, args */
	QUERY_DOT,      /* name: "." or "?."; args: receiver, what is asked of it */
	QUERY_INDEX,    /* args: of what, then what stands in brackets */
	QUERY_LIST,
	QUERY_MAP,    /* args are rules */
	QUERY_UNARY,  /* name: operator */
	QUERY_BINARY, /* name: operator */
	QUERY_RULE,   /* args: left => right */
};

struct query_node {
	enum query_kind kind;
	const char *name;
	const struct value *constant;
	const struct query_node **args;
	size_t n_args;
};

/* Parse an expression; everything lies in the arena.  ERR_INVALID without a place. */
int
query_parse(struct arena *arena, struct span text, const struct query_node **ret, struct err *err);

/* A variable and those outside of it. */
struct query_scope {
	const struct query_scope *up;
	const char *name;
	const struct value *value;
};

/* A regular expression is a text value that stands in this list too. */
struct query_pattern {
	struct query_pattern *next;
	const struct value *value;
	struct pattern *pattern;
};

/* So are lists that are iterators to the original, which list() takes apart. */
struct query_lazy {
	const struct query_lazy *next;
	const struct value *list;
};

/* One expression being evaluated. */
struct query {
	struct eval *eval;
	struct arena *arena;
	struct query_pattern *patterns;
	const struct query_lazy *lazy;
	unsigned depth;
};

int query_value(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value **ret, struct err *err);
void query_drop(struct query *query);

/* ---- functions ---- */

/* A call whose arguments fit their row. */
struct query_call {
	struct query *query;
	const struct query_scope *scope;
	const char *name;
	/* In the order of the row's parameters, what repeats at the end; NULL: not given. */
	const struct value **args;
	const struct query_node **nodes; /* of those that are not evaluated before the call */
	size_t count;
};

/* How a function may be called; WEIGH: it looks at all that its arguments hold. */
enum { QUERY_FUNCTION = 1u << 0, QUERY_METHOD = 1u << 1, QUERY_WEIGH = 1u << 2 };

/*
 * One row an overload.  params: words "t:name" with t one of
 *   s text, S text or null, i integer, n number, b bool, c list, d map,
 *   r pattern, * anything, ~ left unevaluated, ^ a rule left unevaluated
 * and & before the t of the last one: any number of them.
 */
struct query_function {
	const char *name;
	unsigned use;
	size_t least; /* arguments that must be given */
	const char *params;
	int (*call)(struct query_call *, const struct value **ret, struct err *err);
};

extern const struct query_function query_text_functions[], query_cut_functions[],
    query_list_functions[], query_fold_functions[], query_map_functions[], query_order_functions[],
    query_number_functions[], query_pattern_functions[];

/* Find the row that fits, evaluate the arguments, call.  receiver NULL: a plain function. */
int query_call(struct query *query, const struct query_scope *scope, const struct query_node *node,
    const struct value *receiver, const struct value **ret, struct err *err);

/* Evaluate argument number index with $1, $2 set to the count items. */
int query_lambda(const struct query_call *call, size_t index, const struct value *const *items,
    size_t count, const struct value **ret, struct err *err);

/* The pattern that value is, or NULL. */
struct pattern *query_pattern(const struct query *query, const struct value *value);

/* The list, as an iterator; and is it one? */
int query_lazy_done(struct query *query, const struct list_builder *list, const struct value **ret,
    struct err *err);
bool query_is_lazy(struct query *query, const struct value *list);

/* Python's bool(). */
bool query_truth(const struct value *value);

/* Operators by name, on values. */
int query_operator(struct query *query, const char *name, const struct value *left,
    const struct value *right, const struct value **ret, struct err *err);

/* left > right where that means something: numbers, texts, null below all.  1, 0, -1. */
int query_greater(
    struct query *query, const struct value *left, const struct value *right, struct err *err);

/* str() of a value, appended.  Lists and maps, which Python shows as tuples, are refused. */
int query_string(struct query *query, const struct value *value, struct buf *ret, struct err *err);

/* Fill err with ERR_INVALID at the place of the call. */
#define query_fail(query, err, ...) eval_fail((query)->eval, err, __VA_ARGS__)

#endif
