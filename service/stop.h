/*
 * Signals that ask to stop: blocked in every thread, and taken by one.
 */
#ifndef CINDERBANK_STOP_H
#define CINDERBANK_STOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct desk;

/* Who waits for signals while a verb runs or a service starts. */
struct stop {
	_Atomic(struct desk *) desk; /* NULL: there are no jobs yet */
	atomic_bool over, asked;     /* asked: by a signal */
	pthread_t thread;
	bool runs, serves;
	void (*end)(int status); /* the process, at once */
};

/* Before the first thread. */
void stop_block(void);

/* Under nohup, or in the background of a script, some are to have no effect. */
void stop_leave_ignored(void);

/*
 * From now on the first signal ends the jobs in order, the second one the process; so
 * does the first where there are no jobs: whatever is looked at or recovered then may
 * end at any moment.  A service that starts has nobody's jobs: it has some seconds to
 * end by itself, and SIGHUP does not ask it to.  end is _exit().
 */
void stop_begin(struct stop *stop, bool serves, void (*end)(int status));

/* What comes from now on waits for stop_next(). */
void stop_end(struct stop *stop);

/* The next signal within that time; less than 0: none came. */
int stop_next(uint64_t ms);

#endif
