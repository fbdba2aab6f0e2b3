/*
 * The line to an iSCSI target: logs in over the first path that works, and over
 * another one when it breaks.  Used by one thread at a time.
 */
#ifndef CINDERBANK_VOLUME_ISCSI_LINE_H
#define CINDERBANK_VOLUME_ISCSI_LINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "volume/iscsi.h"

struct err;
struct iscsi_context;

struct iscsi_line {
	struct iscsi_target target;
	const atomic_bool *cancel;     /* true: nothing is waited for any more; or NULL */
	struct iscsi_context *context; /* the library's; NULL: broken */
	unsigned path;                 /* the one in use */
	char initiator[ISCSI_NAME_MAX];
	uint64_t answered_ms;  /* when something came last */
	bool logged_in, ended; /* of a login: it was good; it is over */
};

const struct iscsi_path *iscsi_line_path(const struct iscsi_line *line);

/* How long an answer is waited for. */
uint64_t iscsi_line_timeout_ms(const struct iscsi_line *line);

/* 0, or ERR_CANCELLED. */
int iscsi_line_go_on(const struct iscsi_line *line, struct err *err);

/* Wait a moment, and let the library do what there is to do.  0, or -1: the line is broken. */
int iscsi_line_serve(struct iscsi_line *line);

/*
 * Log in over any path that may be taken, as often as told.  first: all may be,
 * later only where the target says multipath.  ERR_DENIED: wrong name or
 * password; ERR_NOT_FOUND, ERR_RETRY, ERR_CANCELLED.
 */
int iscsi_line_reach(struct iscsi_line *line, bool first, struct err *err);

/* At once; whoever waits for an answer hears that there is none. */
void iscsi_line_hang_up(struct iscsi_line *line);

/* In order, as far as the target answers; after a cancel it has a second. */
void iscsi_line_log_out(struct iscsi_line *line);

#endif
