/*
 * How far a verb has come, for whoever waits: on a terminal one line that is
 * drawn again and again and erased at the end, elsewhere a line every ten
 * seconds.  Calls come from one thread at a time.
 */
#ifndef CINDERBANK_FRONT_PROGRESS_H
#define CINDERBANK_FRONT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/request.h"

struct buf;

struct progress_line {
	FILE *stream;
	const char *verb;  /* "backup" */
	const char *moved; /* what was done with the bytes of the store: "stored", "read" */
	bool terminal;
	unsigned columns;   /* of the terminal; 0: not known */
	uint64_t began_ms;  /* when the first progress was told */
	uint64_t shown_ms;  /* when a line was written last */
	uint64_t done_then; /* how far it was at the mark below, from which the rate counts */
	uint64_t mark_ms;
	double rate;  /* of what is counted, a second, smoothed; 0: not known yet */
	bool erasing; /* names are counted, not bytes */
	bool drawn;   /* a line stands on the terminal */
};

/* stream: where it is shown; is it a terminal, and how wide?  The texts are borrowed. */
void progress_begin(struct progress_line *line, FILE *stream, const char *verb, const char *moved);

/* Show it if it is time to.  now_ms: of clock_ms(). */
void progress_show(struct progress_line *line, const struct progress *progress, uint64_t now_ms);

/* Erase what stands on the terminal. */
void progress_end(struct progress_line *line);

/* A progress_fn; arg is the progress_line. */
void progress_tell(void *line, const struct progress *progress);

/* "1.5 GiB"; "999 B". */
void progress_bytes(struct buf *ret, double bytes);

#endif
