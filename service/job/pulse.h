/*
 * Does the store work?  A thread that asks it now and then, so that a service
 * whose store is away takes no new work, and takes some again when it is back.
 */
#ifndef CINDERBANK_JOB_PULSE_H
#define CINDERBANK_JOB_PULSE_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct pulse;
struct store;

/* Ask, every interval_s and once at once.  store is borrowed.  Waits for the first answer, but
 * not for long. */
int pulse_begin(struct pulse **ret, struct store *store, int64_t interval_s, struct err *err);

/* As the store answered last; until it has answered once it does not work. */
bool pulse_works(struct pulse *pulse);
void pulse_end(struct pulse *pulse); /* NULL is fine */

#endif
