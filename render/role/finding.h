/*
 * One thing that is wrong with what an operator wrote, or doubtful: where,
 * what, and what to write instead.  Findings are told of one by one, so that a
 * run names them all; what stops a run at once is an err.
 */
#ifndef CINDERBANK_ROLE_FINDING_H
#define CINDERBANK_ROLE_FINDING_H

#include "base/err.h"

enum finding_severity {
	FINDING_NOTE,    /* works; worth knowing */
	FINDING_WARNING, /* works, but probably not as meant */
	FINDING_REFUSED, /* a deployment refuses it, or its service; rendered all the same */
	FINDING_ERROR,   /* the deployment refuses it, or does what nobody can mean */
};

struct finding {
	enum finding_severity severity;
	const char *check; /* name of the rule: "duplicate-declaration" */
	struct place at;
	char text[384]; /* lower case, no full stop */
	char hint[256]; /* what to do; may be empty */
};

typedef void(finding_fn)(void *arg, const struct finding *finding);

/* Who listens; fn may be NULL: nobody. */
struct findings {
	finding_fn *fn;
	void *arg;
};

/* Fill a finding's text by a format; its hint is set by finding_hint. */
struct finding finding_make(enum finding_severity severity, const char *check, struct place at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void
finding_hint(struct finding *finding, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Tell the listener. */
void findings_tell(const struct findings *findings, const struct finding *finding);

#endif
