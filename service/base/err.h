/*
 * What went wrong, in one value: a kind for programs, a text for people, and
 * the place in a file where there is one.  An err owns nothing: copy it, keep
 * it in a slot, drop it.  It is not a log and not a status.
 */
#ifndef CINDERBANK_BASE_ERR_H
#define CINDERBANK_BASE_ERR_H

#include <stdarg.h>

enum err_kind {
	ERR_NONE,
	ERR_INVALID,   /* the caller asked for something that makes no sense */
	ERR_NOT_FOUND, /* what was named does not exist */
	ERR_CONFLICT,  /* it exists, but in a state that forbids this */
	ERR_DENIED,    /* not allowed, or the credentials are wrong */
	ERR_RETRY,     /* may work if tried again */
	ERR_CORRUPT,   /* stored bytes are not what was written */
	ERR_NO_SPACE,  /* disk, pool or quota is full */
	ERR_CANCELLED, /* stopped because somebody asked for it */
	ERR_SYSTEM,    /* the operating system or a library failed */
};

/* A spot in a text file.  Line and column count from 1; line 0: nowhere. */
struct place {
	const char *file; /* borrowed; outlives the err (arguments, arenas) */
	unsigned line, column;
};

struct err {
	enum err_kind kind;
	int sys;          /* errno, where the kind came from one; else 0 */
	unsigned wait_ms; /* ERR_RETRY: so long the other side wants to be left alone; or 0 */
	struct place at;
	char text[512]; /* cut, never overrun */
};

/* clang-format off */
#define ERR_INIT { .kind = ERR_NONE }
/* clang-format on */

/*
 * Fill err and return -1, so that `return err_set(...)` reads as one act.
 * The text says what was wanted, then what happened: lower case, no full stop.
 */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with the arguments of fmt in a list. */
int err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list args)
    __attribute__((format(printf, 3, 0)));

/* As err_set, and remember the place in a file that is to blame. */
int err_at(struct err *err, struct place at, enum err_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Fill err from errno, which becomes the kind (ENOENT: ERR_NOT_FOUND, ENOSPC
 * and EDQUOT: ERR_NO_SPACE, EACCES, EPERM and EROFS: ERR_DENIED, ENOMEM and
 * others: ERR_SYSTEM) and the text behind ": ".  Return -1.
 */
int err_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put "fmt: " before the old text; kind, sys and place stay.  Return -1. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Fill err with what a failed allocation means.  Return -1. */
int err_memory(struct err *err);

/* The kind as a lower-case word: "not found".  Static text. */
const char *err_kind_name(enum err_kind kind);

#endif
