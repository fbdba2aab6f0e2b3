/*
 * The lines of cinder.conf that a role's hiera data amounts to, in the order in
 * which Puppet applies them, each with where it came from.
 */
#ifndef CINDERBANK_ROLE_SETTINGS_H
#define CINDERBANK_ROLE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "doc/value.h"

struct arena;
struct findings;
struct hiera;
struct rule;
struct rules;

struct setting_line {
	const char *section, *name, *value;
	const char *key;   /* hiera key it came from; NULL: a class default */
	const char *level; /* hiera level that had the key */
	struct place at;   /* line 0: computed, or a default */
	bool absent;       /* not a line: one that is to be removed */
	bool secret;
};

struct settings {
	struct arena *arena;
	struct setting_line *lines;
	size_t count, room;
};

/* What settings are made of, all borrowed. */
struct settings_source {
	struct arena *arena;
	const struct rules *rules;
	const struct hiera *hiera;
	const char *release;
	const struct findings *findings;
};

/*
 * Look every rule up.  What Puppet refuses is told as a finding and left out;
 * what the guide promises although Puppet refuses it is told and kept.
 */
int settings_make(struct settings *ret, const struct settings_source *source, struct err *err);

/* The last line of a section and name that is not absent, or NULL. */
const struct setting_line *
settings_find(const struct settings *settings, const char *section, const char *name);

/* Add a line, or replace the one of its section and name. */
int settings_put(struct settings *settings, const struct setting_line *line, struct err *err);

#endif
