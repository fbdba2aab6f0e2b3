/*
 * Many small things, freed at once.  What lies in an arena is never freed or
 * moved before arena_free(), so it may be pointed to from anywhere that lives
 * no longer.  An arena has a ceiling: hostile input ends in an error, not in
 * the kernel's hands.  One thread at a time.
 */
#ifndef CINDERBANK_BASE_ARENA_H
#define CINDERBANK_BASE_ARENA_H

#include <stddef.h>

#include "base/scope.h"

struct arena;
struct err;

/* Make an arena that hands out at most ceiling bytes.  NULL: out of memory. */
struct arena *arena_new(size_t ceiling);
void arena_free(struct arena *arena);
SCOPED_POINTER(struct arena, arena_free);

/* Zeroed memory, aligned for any type.  NULL with err filled: no memory, or over the ceiling. */
void *arena_alloc(struct arena *arena, size_t size, struct err *err);

/* Room for count things of size bytes, guarded against overflow. */
void *arena_array(struct arena *arena, size_t count, size_t size, struct err *err);

/* A copy of length bytes with a NUL behind it. */
char *arena_copy(struct arena *arena, const char *text, size_t length, struct err *err);

/* A copy of a NUL-terminated text. */
char *arena_text(struct arena *arena, const char *text, struct err *err);

/* Text made by a format. */
char *arena_printf(struct arena *arena, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes handed out so far. */
size_t arena_used(const struct arena *arena);

#endif
