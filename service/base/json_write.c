#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

/* The character at the front of text: its length in bytes, 0 where it is not UTF-8. */
static size_t
decode(const unsigned char *text, size_t left, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length, i;

	if (text[0] < 0x80) {
		*ret = text[0];
		return 1;
	}
	length = text[0] < 0xc0   ? 0
		 : text[0] < 0xe0 ? 2
		 : text[0] < 0xf0 ? 3
		 : text[0] < 0xf8 ? 4
				  : 0;
	if (!length || length > left)
		return 0;
	*ret = text[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*ret = *ret << 6 | (text[i] & 0x3f);
	}
	if (*ret < smallest[length] || *ret > 0x10ffff || (*ret >= 0xd800 && *ret < 0xe000))
		return 0;
	return length;
}

/* How many bytes at the front are ASCII, or a few less. */
static size_t
skip_ascii(const unsigned char *bytes, size_t length)
{
	uint64_t some;
	size_t i;

	for (i = 0; length - i >= sizeof some; i += sizeof some) {
		memcpy(&some, bytes + i, sizeof some);
		if (some & UINT64_C(0x8080808080808080))
			break;
	}
	return i;
}

bool
json_utf8_valid(struct span text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;
	size_t i = skip_ascii(bytes, text.length), length;
	uint32_t code = 0;

	for (; i < text.length; i += length) {
		length = decode(bytes + i, text.length - i, &code);
		if (!length)
			return false;
	}
	return true;
}

static bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static void
add_escape(struct buf *ret, uint32_t code)
{
	static const char letters[] = "\"\\\n\r\t\b\f", after[] = "\"\\nrtbf";
	const char *found = code && code < 0x80 ? strchr(letters, (int)code) : NULL;

	if (found) {
		buf_byte(ret, '\\');
		buf_byte(ret, after[found - letters]);
	} else if (code < 0x10000) {
		buf_printf(ret, "\\u%04" PRIx32, code);
	} else {
		code -= 0x10000;
		buf_printf(ret, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (code >> 10),
		    0xdc00 + (code & 0x3ff));
	}
}

bool
json_quote(struct buf *ret, struct span text)
{
	const unsigned char *bytes = (const unsigned char *)text.data;
	size_t i = 0, run;
	uint32_t code = 0;

	if (!json_utf8_valid(text))
		return false;
	buf_byte(ret, '"');
	while (i < text.length) {
		for (run = i; run < text.length && is_plain(text.data[run]);)
			run++;
		buf_add(ret, text.data + i, run - i);
		if (run < text.length) {
			i = run + decode(bytes + run, text.length - run, &code);
			add_escape(ret, code);
		} else {
			i = run;
		}
	}
	buf_byte(ret, '"');
	return true;
}

static void
new_line(struct json_writer *writer)
{
	static const char blanks[] = "                                ";
	size_t left = (size_t)writer->depth * writer->indent, step;

	if (!writer->indent)
		return;
	buf_byte(writer->out, '\n');
	for (; left; left -= step) {
		step = left < sizeof blanks - 1 ? left : sizeof blanks - 1;
		buf_add(writer->out, blanks, step);
	}
}

/* What stands between the value before and the next one. */
static void
separate(struct json_writer *writer)
{
	if (writer->keyed) {
		writer->keyed = false;
		return;
	}
	if (!writer->empty)
		buf_text(writer->out, writer->indent ? "," : ", ");
	if (writer->depth)
		new_line(writer);
	writer->empty = false;
}

static void
begin(struct json_writer *writer, char bracket)
{
	separate(writer);
	buf_byte(writer->out, bracket);
	writer->depth++;
	writer->empty = true;
}

static void
end(struct json_writer *writer, char bracket)
{
	assert(writer->depth > 0 && !writer->keyed);
	writer->depth--;
	if (!writer->empty)
		new_line(writer);
	buf_byte(writer->out, bracket);
	writer->empty = false;
}

void
json_begin_object(struct json_writer *writer)
{
	begin(writer, '{');
}

void
json_end_object(struct json_writer *writer)
{
	end(writer, '}');
}

void
json_begin_array(struct json_writer *writer)
{
	begin(writer, '[');
}

void
json_end_array(struct json_writer *writer)
{
	end(writer, ']');
}

void
json_key(struct json_writer *writer, const char *key)
{
	separate(writer);
	if (!json_quote(writer->out, span_of(key)))
		writer->refused = true;
	buf_text(writer->out, ": ");
	writer->keyed = true;
}

void
json_put_text(struct json_writer *writer, const char *text)
{
	separate(writer);
	if (!text)
		buf_text(writer->out, "null");
	else if (!json_quote(writer->out, span_of(text)))
		writer->refused = true;
}

void
json_put_hex(struct json_writer *writer, const void *data, size_t length)
{
	char *out;

	separate(writer);
	out = buf_reserve(writer->out, 2 * length + 2);
	if (!out)
		return;
	digest_hex(data, length, out + 1); /* and a NUL, where the quote comes */
	out[0] = out[2 * length + 1] = '"';
	writer->out->length += 2 * length + 2;
	writer->out->data[writer->out->length] = '\0';
}

void
json_put_number(struct json_writer *writer, int64_t number)
{
	separate(writer);
	buf_printf(writer->out, "%" PRId64, number);
}

void
json_put_bool(struct json_writer *writer, bool truth)
{
	separate(writer);
	buf_text(writer->out, truth ? "true" : "false");
}

void
json_put_null(struct json_writer *writer)
{
	json_put_text(writer, NULL);
}

void
json_put_raw(struct json_writer *writer, struct span json)
{
	separate(writer);
	buf_add(writer->out, json.data, json.length);
}

/* The fewest digits that read back as the same number, as d.ddde+xx. */
static void
shortest(double real, char ret[32])
{
	int precision;

	for (precision = 0; precision < 17; precision++) {
		snprintf(ret, 32, "%.*e", precision, real);
		if (strtod(ret, NULL) == real)
			return;
	}
}

void
json_put_real(struct json_writer *writer, double real)
{
	char text[32], *exponent;
	int power, digits;

	assert(isfinite(real));
	separate(writer);
	shortest(real, text);
	exponent = strchr(text, 'e');
	power = atoi(exponent + 1);
	digits = (int)strspn(text + (text[0] == '-'), "0123456789.");
	digits -= digits > 1;
	if (power >= -4 && power < 16)
		buf_printf(writer->out, "%.*f", digits - 1 > power ? digits - 1 - power : 1, real);
	else
		buf_text(writer->out, text);
}

void
json_member_text(struct json_writer *writer, const char *key, const char *text)
{
	json_key(writer, key);
	json_put_text(writer, text);
}

void
json_member_number(struct json_writer *writer, const char *key, int64_t number)
{
	json_key(writer, key);
	json_put_number(writer, number);
}

void
json_member_bool(struct json_writer *writer, const char *key, bool truth)
{
	json_key(writer, key);
	json_put_bool(writer, truth);
}

int
json_check(const struct json_writer *writer, struct err *err)
{
	if (writer->refused)
		return err_set(err, ERR_INVALID, "text is not UTF-8");
	return buf_check(writer->out, err);
}
