#include "doc/dump.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "doc/number.h"
#include "doc/utf8.h"
#include "doc/value.h"

enum { PRINTED_MAX = 16 << 20 };

static void
json_text(struct span text, bool ascii, struct buf *ret)
{
	static const char letters[] = "\bb\tt\nn\ff\rr\"\"\\\\";
	const char *letter;
	uint32_t code;

	buf_byte(ret, '"');
	for (size_t at = 0, length; at < text.length; at += length) {
		length = utf8_next(text, at, &code);
		letter = NULL;
		for (size_t i = 0; i + 1 < sizeof letters; i += 2)
			if (code == (unsigned char)letters[i])
				letter = &letters[i + 1];
		if (letter)
			buf_printf(ret, "\\%c", *letter);
		else if (code < 0x20 || (ascii && code > 0x7e && code < 0x10000))
			buf_printf(ret, "\\u%04x", (unsigned)code);
		else if (ascii && code >= 0x10000)
			buf_printf(ret, "\\u%04x\\u%04x",
			    0xd800 + (unsigned)((code - 0x10000) >> 10),
			    0xdc00 + (unsigned)((code - 0x10000) & 0x3ff));
		else if (code == UTF8_REPLACEMENT)
			buf_text(ret, "\xef\xbf\xbd");
		else
			buf_add(ret, text.data + at, length);
	}
	buf_byte(ret, '"');
}

static void
json_scalar(const struct value *value, bool ascii, struct buf *ret)
{
	switch (value->type) {
	case VALUE_NULL:
		buf_text(ret, "null");
		break;
	case VALUE_BOOL:
		buf_text(ret, value->boolean ? "true" : "false");
		break;
	case VALUE_FLOAT:
		if (isnan(value->number))
			buf_text(ret, "NaN");
		else if (isinf(value->number))
			buf_text(ret, value->number < 0 ? "-Infinity" : "Infinity");
		else
			number_print(value->number, ret);
		break;
	case VALUE_TEXT:
		json_text(value->text, ascii, ret);
		break;
	default:
		value_python(value, ret);
	}
}

/* Keys are texts: a number, boolean or null stands in quotes. */
static void
json_key(const struct value *key, bool ascii, struct buf *ret)
{
	if (key->type != VALUE_TEXT)
		buf_byte(ret, '"');
	json_scalar(key, ascii, ret);
	if (key->type != VALUE_TEXT)
		buf_byte(ret, '"');
}

struct json {
	const struct dump_style *style;
	struct buf *ret;
	unsigned depth;
};

static void json_value(struct json *json, const struct value *value);

static void
json_break(const struct json *json)
{
	if (json->style->indent)
		buf_printf(json->ret, "\n%*s", (int)(json->depth * json->style->indent), "");
}

static void
json_comma(const struct json *json)
{
	buf_text(json->ret, json->style->indent ? "," : ", ");
	json_break(json);
}

/* The text of a key; printed into a buf if it is a number, boolean or null. */
static struct span
key_text(const struct value *key, struct buf *printed)
{
	if (key->type == VALUE_TEXT)
		return key->text;
	json_scalar(key, false, printed);
	return buf_span(printed);
}

/* By code points, which is by the bytes of UTF-8. */
static int
compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	scoped(buf_drop) struct buf left_key = BUF(2 * NUMBER_MAX), right_key = BUF(2 * NUMBER_MAX);
	struct span x = key_text(left->key, &left_key), y = key_text(right->key, &right_key);
	size_t shorter = x.length < y.length ? x.length : y.length;
	int order = shorter ? memcmp(x.data, y.data, shorter) : 0;

	return order ? order : (x.length > y.length) - (x.length < y.length);
}

static void
json_map(struct json *json, const struct value *map)
{
	size_t count = map->map.count;
	scoped(scoped_free) struct member *sorted = NULL;
	const struct member *members = map->map.members;

	if (json->style->sorted) {
		sorted = calloc(count, sizeof *sorted);
		if (!sorted) {
			json->ret->failed = true;
			return;
		}
		memcpy(sorted, members, count * sizeof *sorted);
		qsort(sorted, count, sizeof *sorted, compare_members);
		members = sorted;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			json_comma(json);
		json_key(members[i].key, json->style->ascii, json->ret);
		buf_text(json->ret, ": ");
		json_value(json, members[i].value);
	}
}

static void
json_value(struct json *json, const struct value *value)
{
	bool map = value->type == VALUE_MAP;

	if (!map && value->type != VALUE_LIST) {
		json_scalar(value, json->style->ascii, json->ret);
		return;
	}
	if (map ? !value->map.count : !value->list.count) {
		buf_text(json->ret, map ? "{}" : "[]");
		return;
	}
	buf_byte(json->ret, map ? '{' : '[');
	json->depth++;
	json_break(json);
	if (map)
		json_map(json, value);
	for (size_t i = 0; !map && i < value->list.count; i++) {
		if (i)
			json_comma(json);
		json_value(json, value->list.items[i]);
	}
	json->depth--;
	json_break(json);
	buf_byte(json->ret, map ? '}' : ']');
}

void
dump_json(const struct value *value, const struct dump_style *style, struct buf *ret)
{
	struct json json = { .style = style, .ret = ret };

	json_value(&json, value);
}

int
json_print(const struct value *value, FILE *out, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(PRINTED_MAX);
	const struct dump_style style = { .indent = 2 };

	if (!value)
		return -1;
	dump_json(value, &style, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	fprintf(out, "%s\n", buf_string(&text));
	return 0;
}
