/* Documents in memory, as sources and sinks of format's functions. */
#ifndef CINDERBANK_TESTS_FORMAT_TEXT_H
#define CINDERBANK_TESTS_FORMAT_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

/* A document_source of the NUL-terminated text arg, or, for NULL, of no document. */
static inline int
text_source(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const char *text = arg;
	size_t length, room = ret->ceiling - ret->length;

	(void)err;
	if (!text)
		return 0;
	length = strlen(text + offset);
	buf_add(ret, text + offset, length < room ? length : room);
	return 1;
}

/* The same, a byte at a time. */
static inline int
text_drip(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const char *text = arg;

	(void)err;
	buf_add(ret, text + offset, text[offset] ? 1 : 0);
	return 1;
}

/* A document_sink into the buf arg. */
static inline int
text_sink(void *arg, struct span text, struct err *err)
{
	buf_add(arg, text.data, text.length);
	return buf_check(arg, err);
}

/* Every call fails, as a full disk would. */
static inline int
text_full(void *arg, struct span text, struct err *err)
{
	(void)arg;
	(void)text;
	return err_set(err, ERR_NO_SPACE, "disk full");
}

#endif
