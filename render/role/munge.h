/*
 * A hiera value as Puppet's cinder_config writes it into a line of cinder.conf:
 * True and False for truth in any spelling, blanks cut off both ends, the
 * first element of a list (up to victoria), the rest as Ruby writes it.  Pure.
 */
#ifndef CINDERBANK_ROLE_MUNGE_H
#define CINDERBANK_ROLE_MUNGE_H

#include <stdbool.h>

#include "doc/value.h"

struct arena;

enum munged {
	MUNGED_LINE,   /* a value, maybe empty */
	MUNGED_UNSET,  /* null: leave the option alone */
	MUNGED_ABSENT, /* <SERVICE DEFAULT>: remove it */
	MUNGED_TAB,    /* refused: white space other than blanks */
};

struct munge {
	struct arena *arena;
	bool boolean; /* yes, 42, [] ... count as truth too */
	bool map;     /* a map becomes key=value,..., sorted; a list too */
	bool join;    /* a list becomes a,b */
	bool modern;  /* wallaby and later: tabs pass, and lists within lists are written */
};

/*
 * ret: the text of a line.  ret_cut: something was lost (further elements of a
 * list, further lines of a text).  -1 only for want of memory.
 */
int munge_value(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err);

/* Can Puppet hold the value?  It refuses whole numbers past 64 bits. */
bool munge_fits(const struct value *value);

/* One word for true or false, as Puppet's str2bool reads them: 1, 0; -1: neither. */
int munge_truth(const char *text);

/* The same of any value, as any2bool has it: numbers from 1 on are true, lists and maps too. */
int munge_bool(const struct value *value);

#endif
