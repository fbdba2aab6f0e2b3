/*
 * What the hiera keys of a rule hold, and what Puppet's classes say of it.  For
 * settings.c, which makes lines of cinder.conf of that.
 */
#ifndef CINDERBANK_ROLE_LOOKUP_H
#define CINDERBANK_ROLE_LOOKUP_H

struct err;
struct rule;
struct setting_line;
struct settings_source;
struct value;

/* Tell the listener that Puppet refuses the value of a line. */
void lookup_refused(
    const struct settings_source *source, const struct setting_line *line, const char *what);

/*
 * The value of the first key that counts, with its key, level and place in
 * line.  1, 0: none has one, -1.  Empty text counts for a lone key only, as
 * Puppet's pick() has it.
 */
int lookup_rule(const struct settings_source *source, const struct rule *rule,
    const struct value **ret, struct setting_line *line, struct err *err);

/* A default that depends on another key; value is NULL where there is none so far. */
int lookup_many(const struct settings_source *source, const struct rule *rule,
    struct setting_line *line, const struct value **value, struct err *err);

/* 0, or -1: Puppet refuses the value, which is told. */
int lookup_judge(const struct settings_source *source, const struct rule *rule,
    struct setting_line *line, const struct value *value);

#endif
