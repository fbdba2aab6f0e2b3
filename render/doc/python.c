/* Values as Python's str() and repr() write them. */
#include <stdio.h>
#include <string.h>

#include "doc/number.h"
#include "doc/utf8.h"
#include "doc/value.h"

static void repr(const struct value *value, bool tuples, struct buf *ret);

/* Does Python's str.isprintable() say no?  Unassigned code points pass. */
static bool
unprintable(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0, 0x1f },
		{ 0x7f, 0xa0 },
		{ 0xad, 0xad },
		{ 0x600, 0x605 },
		{ 0x61c, 0x61c },
		{ 0x6dd, 0x6dd },
		{ 0x70f, 0x70f },
		{ 0x890, 0x891 },
		{ 0x8e2, 0x8e2 },
		{ 0x1680, 0x1680 },
		{ 0x180e, 0x180e },
		{ 0x2000, 0x200f },
		{ 0x2028, 0x202f },
		{ 0x205f, 0x206f },
		{ 0x3000, 0x3000 },
		{ 0xd800, 0xf8ff },
		{ 0xfeff, 0xfeff },
		{ 0xfff9, 0xfffb },
		{ 0xfffe, 0xffff },
		{ 0x110bd, 0x110bd },
		{ 0x110cd, 0x110cd },
		{ 0x13430, 0x13438 },
		{ 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a },
		{ 0xe0001, 0xe0001 },
		{ 0xe0020, 0xe007f },
		{ 0xf0000, 0x10ffff },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

static void
escape(uint32_t code, struct buf *ret)
{
	switch (code) {
	case '\n':
		buf_text(ret, "\\n");
		break;
	case '\r':
		buf_text(ret, "\\r");
		break;
	case '\t':
		buf_text(ret, "\\t");
		break;
	default:
		buf_printf(ret,
		    code < 0x100     ? "\\x%02x"
		    : code < 0x10000 ? "\\u%04x"
				     : "\\U%08x",
		    (unsigned)code);
	}
}

static void
repr_text(struct span text, bool binary, struct buf *ret)
{
	bool single = text.length && memchr(text.data, '\'', text.length);
	bool two = text.length && memchr(text.data, '"', text.length);
	char quote = single && !two ? '"' : '\'';
	uint32_t code;

	if (binary)
		buf_byte(ret, 'b');
	buf_byte(ret, quote);
	for (size_t at = 0, length; at < text.length; at += length) {
		length = binary ? 1 : utf8_next(text, at, &code);
		if (binary)
			code = (unsigned char)text.data[at];
		if (code == (unsigned char)quote || code == '\\')
			buf_printf(ret, "\\%c", (char)code);
		else if (unprintable(code) || (binary && code > 0x7e))
			escape(code, ret);
		else if (code == UTF8_REPLACEMENT)
			buf_text(ret, "\xef\xbf\xbd");
		else
			buf_add(ret, text.data + at, length);
	}
	buf_byte(ret, quote);
}

static void
repr_map(const struct value *map, bool tuples, struct buf *ret)
{
	buf_byte(ret, '{');
	for (size_t i = 0; i < map->map.count; i++) {
		if (i)
			buf_text(ret, ", ");
		repr(map->map.members[i].key, tuples, ret);
		buf_text(ret, ": ");
		repr(map->map.members[i].value, tuples, ret);
	}
	buf_byte(ret, '}');
}

static void
repr_list(const struct value *list, bool tuples, struct buf *ret)
{
	buf_byte(ret, tuples ? '(' : '[');
	for (size_t i = 0; i < list->list.count; i++) {
		if (i)
			buf_text(ret, ", ");
		repr(list->list.items[i], tuples, ret);
	}
	if (tuples && list->list.count == 1)
		buf_byte(ret, ',');
	buf_byte(ret, tuples ? ')' : ']');
}

static void
repr(const struct value *value, bool tuples, struct buf *ret)
{
	switch (value->type) {
	case VALUE_NULL:
		buf_text(ret, "None");
		break;
	case VALUE_BOOL:
		buf_text(ret, value->boolean ? "True" : "False");
		break;
	case VALUE_INTEGER:
		if (value->digits)
			buf_text(ret, value->digits);
		else
			buf_printf(ret, "%lld", (long long)value->integer);
		break;
	case VALUE_FLOAT:
		number_print(value->number, ret);
		break;
	case VALUE_TEXT:
		repr_text(value->text, value->binary, ret);
		break;
	case VALUE_LIST:
		repr_list(value, tuples, ret);
		break;
	case VALUE_MAP:
		repr_map(value, tuples, ret);
		break;
	}
}

void
value_python(const struct value *value, struct buf *ret)
{
	if (value->type == VALUE_TEXT && !value->binary)
		buf_add(ret, value->text.data, value->text.length);
	else
		repr(value, false, ret);
}

void
value_tuple(const struct value *value, struct buf *ret)
{
	repr(value, true, ret);
}
