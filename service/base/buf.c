#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

char *
buf_reserve(struct buf *buf, size_t length)
{
	size_t room = buf->room ? buf->room : 256, wanted = buf->length + length;
	char *data;

	if (buf->failed || length > buf->ceiling - buf->length || wanted == SIZE_MAX) {
		buf->failed = true;
		return NULL;
	}
	while (room <= wanted)
		room = room <= SIZE_MAX / 2 ? room * 2 : wanted + 1;
	if (room - 1 > buf->ceiling)
		room = buf->ceiling + 1;
	if (room != buf->room) {
		data = realloc(buf->data, room);
		if (!data) {
			buf->failed = buf->starved = true;
			return NULL;
		}
		buf->data = data;
		buf->room = room;
	}
	return buf->data + buf->length;
}

void
buf_add(struct buf *buf, const void *data, size_t length)
{
	char *end = buf_reserve(buf, length);

	if (!end)
		return;
	if (length)
		memcpy(end, data, length);
	buf->length += length;
	buf->data[buf->length] = '\0';
}

void
buf_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_byte(struct buf *buf, char byte)
{
	buf_add(buf, &byte, 1);
}

void
buf_printf(struct buf *buf, const char *fmt, ...)
{
	char *end = buf_reserve(buf, 0);
	size_t left = end ? buf->room - buf->length : 0;
	va_list args, again;
	int length;

	if (!end)
		return;
	va_start(args, fmt);
	va_copy(again, args);
	length = vsnprintf(end, left, fmt, args);
	if (length >= 0 && (size_t)length >= left) { /* it was cut: once more, with room */
		*end = '\0';
		end = buf_reserve(buf, (size_t)length);
		if (end)
			vsnprintf(end, (size_t)length + 1, fmt, again);
	}
	if (length >= 0 && end)
		buf->length += (size_t)length;
	va_end(again);
	va_end(args);
}

int
buf_check(const struct buf *buf, struct err *err)
{
	if (!buf->failed)
		return 0;
	if (buf->starved)
		return err_memory(err);
	return err_set(err, ERR_INVALID, "text of more than %zu bytes", buf->ceiling);
}

struct span
buf_span(const struct buf *buf)
{
	return (struct span){ buf->data, buf->length };
}

const char *
buf_string(const struct buf *buf)
{
	return buf->length ? buf->data : "";
}

void
buf_clear(struct buf *buf)
{
	buf->length = 0;
	buf->failed = buf->starved = false;
}

void
buf_drop(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF(buf->ceiling);
}

struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

bool
span_equal(struct span a, struct span b)
{
	return a.length == b.length && (!a.length || memcmp(a.data, b.data, a.length) == 0);
}
