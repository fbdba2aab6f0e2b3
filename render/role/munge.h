/*
 * A hiera value as Puppet's cinder_config writes it into a line of cinder.conf:
 * True and False for truth in any spelling, blanks cut off both ends, the
 * first element of a list (up to victoria).  Pure.
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
	MUNGED_LINES,  /* refused: several lines, which would end the file's sense */
	MUNGED_MAP,    /* refused: a map */
};

struct munge {
	struct arena *arena;
	bool boolean; /* yes, on, 1 ... count as truth too */
	bool map;     /* a map becomes key=value,... */
	bool join;    /* a list becomes a,b */
	bool modern;  /* wallaby and later: tabs pass, further lines are not cut off */
};

/*
 * ret: the text of a line.  ret_cut: something was lost (further elements of a
 * list, further lines of a text).  -1 only for want of memory.
 */
int munge_value(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err);

/* One word for true or false, as Puppet's any2bool and Python read them: 1, 0; -1: neither. */
int munge_truth(const char *text);

#endif
