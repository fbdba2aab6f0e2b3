/* Regular expressions as Python's re module knows them. */
#ifndef CINDERBANK_HOT_PATTERN_H
#define CINDERBANK_HOT_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/scope.h"

struct err;
struct pattern;

enum { PATTERN_IGNORE_CASE = 1u << 0, PATTERN_MULTI_LINE = 1u << 1, PATTERN_DOT_ALL = 1u << 2 };

/* ERR_INVALID: the text is not a pattern. */
int pattern_open(struct pattern **ret, struct span text, unsigned flags, struct err *err);
void pattern_close(struct pattern *pattern);
SCOPED_POINTER(struct pattern, pattern_close);

/* A match: where the whole and its groups begin and end; SIZE_MAX: not part of it. */
enum { PATTERN_GROUPS_MAX = 32 };
struct match {
	size_t count; /* groups and the whole */
	size_t begin[PATTERN_GROUPS_MAX], end[PATTERN_GROUPS_MAX];
};

/* First match at or behind from.  1; 0: none; -1: too hard. */
int pattern_search(const struct pattern *pattern, struct span text, size_t from, struct match *ret,
    struct err *err);

/* As re.match(), which starts at the first byte; it must end at the last one.  1, 0, -1. */
int pattern_whole(const struct pattern *pattern, struct span text, struct err *err);

/* The number of the group of that name; -1: none. */
int pattern_group(const struct pattern *pattern, const char *name);

#endif
