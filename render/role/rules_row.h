/*
 * One row of puppet-hiera/classes, read for one release.  For rules.c, which
 * knows the files.
 */
#ifndef CINDERBANK_ROLE_RULES_ROW_H
#define CINDERBANK_ROLE_RULES_ROW_H

#include <stdbool.h>

#include "doc/value.h"

struct arena;
struct rule;

struct rule_reader {
	struct arena *arena;
	const struct value *releases; /* list of names, oldest first */
	int release;                  /* position of ours */
};

/* The data may be replaced by others': is it a list of texts, or a map?  Else ERR_INVALID. */
int rule_check_texts(const struct value *list, struct err *err);
int rule_check_map(const struct value *map, struct err *err);

/* Of a map by release, the value that holds at ours, or NULL; other values hold always. */
const struct value *rule_at_release(const struct rule_reader *reader, const struct value *value);

/* A member that is a text, or NULL. */
const char *rule_text(const struct value *map, const char *key);

/* Does our release have the row? */
bool rule_is_current(const struct rule_reader *reader, const struct value *row);

/* Fill in all of a rule but its name and title.  row: a map, or anything for an empty one. */
int rule_read(const struct rule_reader *reader, struct rule *rule, const struct value *row,
    const char *class, struct err *err);

#endif
