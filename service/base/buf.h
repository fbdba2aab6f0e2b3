/*
 * Bytes.  A span borrows them, a buf owns them.  Every buf states its ceiling;
 * one that hits it, or finds no memory, remembers that and takes no more, so a
 * row of buf_add() calls needs one buf_check() at its end.
 */
#ifndef CINDERBANK_BASE_BUF_H
#define CINDERBANK_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct err;

struct span {
	const char *data;
	size_t length;
};

struct buf {
	char *data; /* NUL behind the last byte, once something was added */
	size_t length, room, ceiling;
	bool failed, starved; /* something was not added; for want of memory */
};

/* clang-format off */
#define BUF(limit) { .ceiling = (limit) }
/* clang-format on */

/* Append; after a failure nothing more is appended until buf_clear(). */
void buf_add(struct buf *buf, const void *data, size_t length);
void buf_text(struct buf *buf, const char *text);
void buf_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Room for length more bytes behind the last one, to be filled by the caller,
 * who then adds to buf->length.  NULL: no memory, or over the ceiling.
 */
char *buf_reserve(struct buf *buf, size_t length);

/* 0, or -1 and err filled if an append failed: ERR_INVALID over the ceiling, else ERR_SYSTEM. */
int buf_check(const struct buf *buf, struct err *err);

/* What the buf holds, borrowed until it changes. */
struct span buf_span(const struct buf *buf);

/* The same as NUL-terminated text; "" while it is empty. */
const char *buf_string(const struct buf *buf);

/* Forget the content, keep the memory. */
void buf_clear(struct buf *buf);

/* Free the memory; the buf is empty and may be used again. */
void buf_drop(struct buf *buf);

/* A span of a NUL-terminated text. */
struct span span_of(const char *text);
bool span_equal(struct span a, struct span b);

#endif
