#include "role/ruby.h"

#include <math.h>
#include <string.h>

#include "base/scope.h"
#include "doc/number.h"
#include "doc/utf8.h"
#include "doc/value.h"

enum { DIGITS = 16 }; /* of a whole number from 1e15 on, below 1e16 */

static void inspect(const struct value *value, struct buf *ret);

/* As Python does, but for .0 before an exponent, and whole numbers of 16 digits, which have one. */
static void
print_number(double number, struct buf *ret)
{
	scoped(buf_drop) struct buf text = BUF(64);
	struct span digits;

	number_print(fabs(number), &text);
	digits = buf_span(&text);
	if (signbit(number) && !isnan(number))
		buf_byte(ret, '-');
	if (digits.length == DIGITS + 2 && digits.data[DIGITS] == '.' &&
	    digits.data[DIGITS + 1] == '0') {
		digits.length = DIGITS;
		while (digits.length > 2 && digits.data[digits.length - 1] == '0')
			digits.length--;
		buf_printf(
		    ret, "%c.%.*se+15", digits.data[0], (int)digits.length - 1, digits.data + 1);
		return;
	}
	const char *exponent = memchr(digits.data, 'e', digits.length);
	size_t mantissa = exponent ? (size_t)(exponent - digits.data) : digits.length;
	buf_add(ret, digits.data, mantissa);
	if (exponent && !memchr(digits.data, '.', mantissa))
		buf_text(ret, ".0");
	buf_add(ret, digits.data + mantissa, digits.length - mantissa);
}

/* The letter of a backslash that stands for a character, or 0. */
static char
letter(uint32_t code)
{
	static const char codes[] = "\a\b\t\n\v\f\r\033\"\\", letters[] = "abtnvfre\"\\";
	const char *found = code && code < 0x7f ? strchr(codes, (int)code) : NULL;

	return found ? letters[found - codes] : 0;
}

static void
inspect_text(struct span text, struct buf *ret)
{
	uint32_t code;

	buf_byte(ret, '"');
	for (size_t at = 0, length; at < text.length; at += length) {
		length = utf8_next(text, at, &code);
		char next = at + 1 < text.length ? text.data[at + 1] : 0;

		if (letter(code))
			buf_printf(ret, "\\%c", letter(code));
		else if (code < 0x20 || (code >= 0x7f && code < 0xa0 && code != 0x85) ||
			 code == 0x2028 || code == 0x2029)
			buf_printf(ret, "\\u%04X", (unsigned)code);
		else if (code == '#' && (next == '{' || next == '$' || next == '@'))
			buf_text(ret, "\\#");
		else
			buf_add(ret, text.data + at, length);
	}
	buf_byte(ret, '"');
}

static void
inspect_list(const struct value *list, struct buf *ret)
{
	buf_byte(ret, '[');
	for (size_t i = 0; i < list->list.count; i++) {
		buf_text(ret, i ? ", " : "");
		inspect(list->list.items[i], ret);
	}
	buf_byte(ret, ']');
}

static void
inspect_map(const struct value *map, struct buf *ret)
{
	buf_byte(ret, '{');
	for (size_t i = 0; i < map->map.count; i++) {
		buf_text(ret, i ? ", " : "");
		inspect(map->map.members[i].key, ret);
		buf_text(ret, "=>");
		inspect(map->map.members[i].value, ret);
	}
	buf_byte(ret, '}');
}

static void
inspect(const struct value *value, struct buf *ret)
{
	if (value->type == VALUE_TEXT)
		inspect_text(value->text, ret);
	else if (value->type == VALUE_NULL)
		buf_text(ret, "nil");
	else
		ruby_print(value, ret);
}

void
ruby_print(const struct value *value, struct buf *ret)
{
	switch (value->type) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		buf_text(ret, value->boolean ? "true" : "false");
		break;
	case VALUE_FLOAT:
		print_number(value->number, ret);
		break;
	case VALUE_LIST:
		inspect_list(value, ret);
		break;
	case VALUE_MAP:
		inspect_map(value, ret);
		break;
	default: /* whole numbers and texts are the same to everyone */
		value_python(value, ret);
	}
}
