/*
 * cinder.conf → structs, under the rules of oslo.config: several files and
 * directories, `$` substitution, quotes, continuation lines, overrides from the
 * environment (OS_GROUP__OPTION).  Syntax errors carry file and line.
 */
#ifndef CINDERBANK_OPTIONS_LOAD_H
#define CINDERBANK_OPTIONS_LOAD_H

#include "base/err.h"
#include "base/scope.h"

struct buf;
struct config;
struct opt;
struct opt_table;

enum source_kind { SOURCE_FILE, SOURCE_DIRECTORY };

struct config_source {
	enum source_kind kind; /* --config-file, --config-dir */
	const char *path;
};

/*
 * Read the sources in order; the environment (OS_GROUP__OPTION) is looked at
 * when a table is filled.  Without a file among the sources, cinder.conf and
 * cinder-backup.conf are looked for where oslo.config does (~/.cinder, ~,
 * /etc/cinder, /etc: the first of each); without a directory, so are
 * cinder.conf.d and cinder-backup.conf.d; what is found comes before the
 * sources.  ERR_NOT_FOUND: a source does not exist; ERR_INVALID: its text
 * begins with FILE:LINE:COLUMN and says what is wrong.  Not from two threads at
 * once, because inih keeps its settings in variables.
 */
int config_load(
    struct config **ret, const struct config_source *sources, size_t n_sources, struct err *err);

/*
 * Fill a table's struct: defaults, then what the files say, then what the
 * environment says; then check the rules between options.  A table without a
 * struct fills nothing.  Texts live as long as the config, as does the place of
 * an error.  ERR_INVALID names option, value and rule, never a secret.
 */
int
config_fill(struct config *config, const struct opt_table *table, void *filled, struct err *err);

/* Told of one finding: where, and a sentence without a full stop, borrowed until it returns. */
typedef void(config_note_fn)(void *arg, struct place at, const char *text);

/*
 * Tell of what in the files has no effect or may be meant otherwise: options
 * and sections that look misspelt or misplaced, old names, options without
 * effect, settings that a later line of the same file undoes.  Options and
 * sections of other services are passed over.
 */
void config_notes(struct config *config, config_note_fn *fn, void *arg);

/* Where an option was set last; line 0: by default or the environment. */
struct place config_place(const struct config *config, const struct opt *opt);

void config_free(struct config *config);
SCOPED_POINTER(struct config, config_free);

#endif
