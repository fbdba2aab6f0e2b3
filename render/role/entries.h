/*
 * cinder::config::cinder_config: the map of SECTION/option to {value: ...} that
 * ExtraConfig adds to cinder.conf.  Its first level counts as a whole; a title
 * that a class declares too is a duplicate declaration.
 */
#ifndef CINDERBANK_ROLE_ENTRIES_H
#define CINDERBANK_ROLE_ENTRIES_H

struct err;
struct munge;
struct setting_line;
struct settings;
struct settings_source;
struct value;

/* Apply the entries under the hiera key; refusals are told as findings. */
int entries_apply(struct settings *settings, const struct settings_source *source, const char *key,
    struct err *err);

/* For settings.c and entries.c: put a value on its line, or tell why not. */
int settings_take(struct settings *settings, const struct settings_source *source,
    struct setting_line *line, const struct munge *munge, const struct value *value,
    struct err *err);

#endif
