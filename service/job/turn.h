/*
 * Whose turn it is among the jobs that wait for a place: one project's after the
 * other's, so that one with many does not hold up the rest.  Whoever calls keeps
 * others out meanwhile.
 */
#ifndef CINDERBANK_JOB_TURN_H
#define CINDERBANK_JOB_TURN_H

#include <stdbool.h>
#include <stdint.h>

struct turn {                /* in whatever waits; start with { .project = ... } */
	const char *project; /* NULL: nobody's; outlives the turn */
	bool waits, placed;
	uint64_t round, number; /* of those of one round the first to come is the first */
	struct turn *next;
};

struct turns { /* start with { 0 } */
	struct turn *first;
	int64_t placed, waiting;
	uint64_t round, number; /* of the last that was placed; of the last that came */
};

/* Get in line, as the last of the project. */
void turns_wait(struct turns *turns, struct turn *turn);

/* Take a place, if there are fewer than most taken (0: any number) and it is its turn. */
bool turns_take(struct turns *turns, struct turn *turn, int64_t most);

/* Leave the line, or the place. */
void turns_leave(struct turns *turns, struct turn *turn);

#endif
