/*
 * Time: the wall clock, which tests may set, and the monotonic one, for
 * durations and deadlines.  Any thread.
 */
#ifndef CINDERBANK_BASE_CLOCK_H
#define CINDERBANK_BASE_CLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_TEXT = 40 };

/* Seconds since 1970, UTC. */
int64_t clock_now(void);

/* Make clock_now() stand still at seconds; -1: run again.  For tests. */
void clock_set(int64_t seconds);

/* Milliseconds since some fixed moment; never goes back. */
uint64_t clock_ms(void);

/* Sleep; wakes early only by a signal. */
void clock_sleep_ms(uint64_t ms);

/* Sleep, but no longer than until *cancel is true; NULL: nobody sets it.  false: it is. */
bool clock_wait_ms(uint64_t ms, const atomic_bool *cancel);

/*
 * Let go of the mutex until somebody signals the condition (true; or for no
 * reason, as pthread_cond_wait() may), but no longer than until clock_ms() is
 * until_ms (false).
 */
bool clock_await(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until_ms);

/* strftime() of seconds in UTC, into CLOCK_TEXT bytes. */
void clock_format(int64_t seconds, const char *format, char *ret);

/*
 * Read "2026-01-02 03:04:05" with T or a blank in the middle, and Z, +00:00 or
 * nothing behind; fractions of seconds are dropped.  1, or 0: not such a time.
 */
int clock_parse(const char *text, int64_t *ret);

#endif
