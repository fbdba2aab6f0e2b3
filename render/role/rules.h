/*
 * What Puppet's classes declare, read from puppet-hiera/: which option comes
 * from which class parameter, its default, in which order, from which release
 * on.  Facts only; settings.c looks the values up.
 */
#ifndef CINDERBANK_ROLE_RULES_H
#define CINDERBANK_ROLE_RULES_H

#include <stdbool.h>
#include <stddef.h>

#include "doc/load.h"
#include "doc/value.h"

/* What Puppet asks of a value. */
enum rule_must { MUST_NOTHING, MUST_BOOLEAN, MUST_TRUTH, MUST_MAP, MUST_TEXT, MUST_FILLED };

/* An option that a class declares, a parameter without one, or the place of cinder_config's
 * entries. */
struct rule {
	const char *section, *name;
	const char *title;       /* "DEFAULT/backup_share"; NULL: no option */
	const char *file;        /* of classes/, without .yaml */
	const char *const *keys; /* hiera keys, first wins; n_keys 0: cannot be set */
	size_t n_keys;
	const struct value *dflt;      /* class default; NULL: unset */
	const char *from;              /* title whose value is the default; or NULL */
	const struct value *url;       /* parts of a transport URL, lists of hiera keys; or NULL */
	const char *when, *when_value; /* title that must have this value, NULL: none; or NULL */
	const char *many;              /* hiera key: true by default where it has several items */
	bool behind;                   /* the first key's default stands before the second key */
	bool boolean;                  /* words for true and false are understood */
	bool map;                      /* a map becomes key=value,... */
	bool join;                     /* a list becomes a,b */
	enum rule_must must;
	const struct value *choices; /* list of the only texts allowed; or NULL */
	const char *needs;           /* hiera key that has to be true; or NULL */
	bool promised;               /* the guide says cinder_config sets it */
	const char *entries;         /* hiera key of cinder_config; the rest is unset */
};

struct rules {
	const struct value *releases;  /* list of names, oldest first */
	const struct value *hierarchy; /* list of level names of the release */
	struct rule *rows;             /* in the order of application */
	size_t count;
};

/*
 * Read hiera.yaml, profiles.yaml and the classes they lead to from directory.
 * classes: what the role includes, without the leading ::; those that are in no
 * profile write nothing.  ERR_INVALID: an unknown release, or broken data.
 */
int rules_load(struct rules *ret, const struct doc_loader *loader, const char *directory,
    const char *release, const char *const *classes, size_t n_classes, struct err *err);

/* The row that declares a title, or NULL. */
const struct rule *rules_find(const struct rules *rules, const char *title);

/* Position of a release, or -1; newer is greater. */
int rules_release(const struct value *releases, const char *release);

#endif
