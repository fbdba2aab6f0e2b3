#include "front/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"

struct range {
	uint32_t first, last;
};

static const struct range hidden[] = {
	/* controls, and what changes the direction or the line */
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0x061c, 0x061c },
	{ 0x200e, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2066, 0x2069 },
	{ 0xfeff, 0xfeff },
};

static const struct range wide[] = {
	/* two columns: East Asian scripts and pictographs */
	{ 0x1100, 0x115f },
	{ 0x2e80, 0x303e },
	{ 0x3041, 0xa4cf },
	{ 0xac00, 0xd7a3 },
	{ 0xf900, 0xfaff },
	{ 0xfe30, 0xfe6f },
	{ 0xff00, 0xff60 },
	{ 0xffe0, 0xffe6 },
	{ 0x1f300, 0x1f64f },
	{ 0x1f680, 0x1f6ff },
	{ 0x1f900, 0x1f9ff },
	{ 0x20000, 0x3fffd },
};

static const struct range narrow[] = {
	/* none: marks that stand on the character before */
	{ 0x0300, 0x036f },
	{ 0x0483, 0x0489 },
	{ 0x0591, 0x05bd },
	{ 0x064b, 0x065f },
	{ 0x1ab0, 0x1aff },
	{ 0x1dc0, 0x1dff },
	{ 0x200b, 0x200d },
	{ 0x20d0, 0x20ff },
	{ 0xfe00, 0xfe0f },
	{ 0xfe20, 0xfe2f },
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool
is_in(uint32_t character, const struct range *ranges, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (character >= ranges[i].first && character <= ranges[i].last)
			return true;
	}
	return false;
}

/* Bytes of the character at text, and which; 0: no UTF-8. */
static size_t
decode(const char *text, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text;
	size_t length = byte[0] < 0x80   ? 1
			: byte[0] < 0xc0 ? 0
			: byte[0] < 0xe0 ? 2
			: byte[0] < 0xf0 ? 3
			: byte[0] < 0xf8 ? 4
					 : 0;
	uint32_t character = length == 1 ? byte[0] : byte[0] & (0xffu >> (length + 1));
	size_t i;

	for (i = 1; i < length; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (byte[i] & 0x3f);
	}
	if (!length || character < least[length] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret = character;
	return length;
}

void
text_add(struct buf *ret, const char *text)
{
	uint32_t character;
	size_t length;

	for (; *text; text += length ? length : 1) {
		length = decode(text, &character);
		if (!length)
			buf_printf(ret, "\\x%02x", (unsigned char)*text);
		else if (!is_in(character, hidden, COUNT(hidden)))
			buf_add(ret, text, length);
		else if (character == '\n')
			buf_text(ret, "\\n");
		else if (character == '\t')
			buf_text(ret, "\\t");
		else if (character < 0x80)
			buf_printf(ret, "\\x%02x", character);
		else
			buf_printf(ret, "\\u%04x", character);
	}
}

size_t
text_width(const char *text)
{
	uint32_t character;
	size_t length, width = 0;

	for (; *text; text += length ? length : 1) {
		length = decode(text, &character);
		if (length && is_in(character, narrow, COUNT(narrow)))
			continue;
		width += length && is_in(character, wide, COUNT(wide)) ? 2 : 1;
	}
	return width;
}

void
text_wrap(struct buf *ret, const char *text, size_t indent, size_t width)
{
	size_t word, column = 0;

	while (*text) {
		text += strspn(text, " ");
		word = strcspn(text, " ");
		if (!word)
			break;
		if (column && column + 1 + word > width) {
			buf_byte(ret, '\n');
			column = 0;
		}
		if (column)
			buf_byte(ret, ' ');
		else
			buf_printf(ret, "%*s", (int)indent, "");
		buf_add(ret, text, word);
		column += (column ? 1 : indent) + word;
		text += word;
	}
	buf_byte(ret, '\n');
}
