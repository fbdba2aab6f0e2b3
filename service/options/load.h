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
 * Read the sources in order (none: the places where oslo.config looks for
 * PROGRAM.conf of cinder and cinder-backup), then the environment.
 * ERR_NOT_FOUND: a named file; ERR_INVALID: file:line and what is wrong.
 */
int config_load(struct config **ret, const struct config_source *sources, size_t n_sources,
    struct err *err);

/*
 * Fill a table's struct: defaults, then what the files say.  Texts live as long
 * as the config.  Errors name option, value, rule and place.
 */
int config_fill(struct config *config, const struct opt_table *table, void *filled,
    struct err *err);

/* Told of one finding: a deprecated name, an option without effect, an unknown one. */
typedef void(config_note_fn)(void *arg, struct place at, const char *text);

/* Tell of everything in the files that no row knows or that has no effect. */
void config_notes(struct config *config, config_note_fn *fn, void *arg);

/* Where an option was set last; line 0: by default or the environment. */
struct place config_place(const struct config *config, const struct opt *opt);

void config_free(struct config *config);
SCOPED_POINTER(struct config, config_free);

#endif
