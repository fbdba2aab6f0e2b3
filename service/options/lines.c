#include "options/lines.h"

#include <stdint.h>
#include <string.h>

#include "base/err.h"

/*
 * Read one character of UTF-8.  Its length in bytes; 0: no valid one begins
 * here.  Overlong forms, surrogates and what lies beyond Unicode are not valid.
 */
static size_t
decode(struct span text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text.data;
	size_t length = byte[0] < 0x80 ? 1 : byte[0] >= 0xf0 ? 4 : byte[0] >= 0xe0 ? 3 : 2, i;
	uint32_t code = length == 1 ? byte[0] : byte[0] & (0x7fu >> length);

	if (length > text.length || byte[0] >= 0xf8 || (byte[0] >= 0x80 && byte[0] < 0xc0))
		return 0;
	for (i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret = code;
	return length;
}

static bool
is_blank(uint32_t code)
{
	switch (code) {
	case 0x20:
	case 0x85:
	case 0xa0:
	case 0x1680:
	case 0x2028:
	case 0x2029:
	case 0x202f:
	case 0x205f:
	case 0x3000:
		return true;
	default:
		return (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f) ||
		       (code >= 0x2000 && code <= 0x200a);
	}
}

/* Columns count characters, not bytes: what an editor shows. */
static int
check_line(struct place at, struct span line, struct err *err)
{
	uint32_t code;
	size_t step;

	if (line.length > LINES_LENGTH_MAX)
		return err_at(err, at, ERR_INVALID, "line of more than %d bytes", LINES_LENGTH_MAX);
	for (; line.length; line.data += step, line.length -= step, at.column++) {
		step = decode(line, &code);
		if (!step)
			return err_at(err, at, ERR_INVALID, "byte 0x%02x is not UTF-8 text",
			    (unsigned char)*line.data);
		if (!code)
			return err_at(err, at, ERR_INVALID, "NUL byte in a text file");
		if (code == 0xfeff && at.line == 1 && at.column == 1)
			return err_at(err, at, ERR_INVALID,
			    "byte order mark: save the file as UTF-8 without it");
	}
	return 0;
}

int
lines_check(const struct lines *lines, struct err *err)
{
	struct lines walk = *lines;
	struct span line;

	while (lines_next(&walk, &line))
		if (check_line((struct place){ walk.file, walk.number, 1 }, line, err) < 0)
			return -1;
	return 0;
}

bool
lines_next(struct lines *lines, struct span *ret)
{
	struct span *rest = &lines->rest;
	size_t end = 0;

	if (!rest->length)
		return false;
	while (end < rest->length && rest->data[end] != '\n' && rest->data[end] != '\r')
		end++;
	*ret = (struct span){ rest->data, end };
	if (end + 1 < rest->length && rest->data[end] == '\r' && rest->data[end + 1] == '\n')
		end++;
	if (end < rest->length)
		end++;
	rest->data += end;
	rest->length -= end;
	lines->number++;
	return true;
}

struct span
lines_strip_end(struct span text)
{
	size_t start;
	uint32_t code;

	while (text.length) {
		start = text.length - 1;
		while (start && ((unsigned char)text.data[start] & 0xc0) == 0x80)
			start--;
		if (!decode((struct span){ text.data + start, text.length - start }, &code) ||
		    !is_blank(code))
			break;
		text.length = start;
	}
	return text;
}

struct span
lines_strip(struct span text)
{
	size_t step;
	uint32_t code;

	while (text.length) {
		step = decode(text, &code);
		if (!step || !is_blank(code))
			break;
		text.data += step;
		text.length -= step;
	}
	return lines_strip_end(text);
}
