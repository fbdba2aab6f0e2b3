#include "doc/dump.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/scope.h"
#include "doc/number.h"
#include "doc/scalar.h"
#include "doc/utf8.h"
#include "doc/value.h"

enum { STEP = 2, KEY_MAX = 120 }; /* blanks a level; characters of a key without ? */

struct yaml {
	struct buf *ret;
	unsigned depth;
};

static void yaml_value(struct yaml *yaml, const struct value *value);

/* Characters that YAML prints as they are, in any style. */
static bool
printable(uint32_t code)
{
	return (code >= 0x20 && code < 0x7f) ||
	       (code >= 0xa0 && code < 0xd800 && code != 0x2028 && code != 0x2029) ||
	       (code >= 0xe000 && code < 0xfffe && code != 0xfeff) ||
	       (code >= 0x10000 && code < 0x110000);
}

static bool
all_printable(struct span text, bool newlines)
{
	uint32_t code;

	for (size_t at = 0, length; at < text.length; at += length) {
		length = utf8_next(text, at, &code);
		if (!printable(code) && !(newlines && code == '\n'))
			return false;
	}
	return true;
}

/* May it stand without quotes, and still be text? */
static bool
plain(struct span text)
{
	static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-./+ :;@%=~^$()<>|&*!?\\'\"";
	static const char first[] = "-?:@%=~^<>|&*!'\" ";

	if (!text.length || scalar_of(text) != SCALAR_TEXT || strchr(first, text.data[0]) ||
	    text.data[text.length - 1] == ' ' || text.data[text.length - 1] == ':')
		return false;
	if (text.length >= 3 && memcmp(text.data, "...", 3) == 0)
		return false;
	for (size_t i = 0; i < text.length; i++) {
		if (!text.data[i] || !strchr(inside, text.data[i]))
			return false;
		if (text.data[i] == ':' && text.data[i + 1] == ' ')
			return false;
	}
	return true;
}

static void
single_quoted(struct span text, struct buf *ret)
{
	buf_byte(ret, '\'');
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '\'')
			buf_byte(ret, '\'');
		buf_byte(ret, text.data[i]);
	}
	buf_byte(ret, '\'');
}

static void
double_quoted(struct span text, struct buf *ret)
{
	uint32_t code;

	buf_byte(ret, '"');
	for (size_t at = 0, length; at < text.length; at += length) {
		length = utf8_next(text, at, &code);
		if (code == '\n')
			buf_text(ret, "\\n");
		else if (code == '\t')
			buf_text(ret, "\\t");
		else if (code == '"' || code == '\\')
			buf_printf(ret, "\\%c", (char)code);
		else if (printable(code) && code != UTF8_REPLACEMENT)
			buf_add(ret, text.data + at, length);
		else if (code < 0x100)
			buf_printf(ret, "\\x%02X", (unsigned)code);
		else
			buf_printf(ret, "\\u%04X", (unsigned)code);
	}
	buf_byte(ret, '"');
}

/* Lines that read well as they are: a script, a list of classes. */
static bool
literal(struct span text)
{
	return text.length && memchr(text.data, '\n', text.length) && text.data[0] != '\n' &&
	       text.data[0] != ' ' && all_printable(text, true);
}

static void
break_line(const struct yaml *yaml)
{
	buf_printf(yaml->ret, "\n%*s", (int)(yaml->depth * STEP), "");
}

static void
literal_block(struct yaml *yaml, struct span text)
{
	size_t end = text.length;

	while (end && text.data[end - 1] == '\n')
		end--;
	buf_text(yaml->ret, text.length == end ? "|-" : text.length == end + 1 ? "|" : "|+");
	for (size_t at = 0, stop; at < end; at = stop + 1) {
		const char *newline = memchr(text.data + at, '\n', end - at);

		stop = newline ? (size_t)(newline - text.data) : end;
		if (stop > at)
			break_line(yaml);
		else
			buf_byte(yaml->ret, '\n');
		buf_add(yaml->ret, text.data + at, stop - at);
	}
	for (size_t i = end + 1; i < text.length; i++)
		buf_byte(yaml->ret, '\n');
}

static void
yaml_text(struct span text, struct buf *ret)
{
	if (plain(text))
		buf_add(ret, text.data, text.length);
	else if (all_printable(text, false))
		single_quoted(text, ret);
	else
		double_quoted(text, ret);
}

static void
yaml_float(double number, struct buf *ret)
{
	scoped(buf_drop) struct buf text = BUF(64);
	const char *exponent;

	if (isnan(number) || isinf(number)) {
		buf_text(ret, isnan(number) ? ".nan" : number < 0 ? "-.inf" : ".inf");
		return;
	}
	number_print(number, &text);
	exponent = strchr(buf_string(&text), 'e');
	if (!exponent || strchr(buf_string(&text), '.')) {
		buf_add(ret, text.data, text.length);
		return;
	}
	buf_printf(ret, "%.*s.0%s", (int)(exponent - text.data), text.data, exponent);
}

/* What fits on the line that is being written. */
static void
yaml_scalar(const struct value *value, struct buf *ret)
{
	switch (value->type) {
	case VALUE_NULL:
		buf_text(ret, "null");
		break;
	case VALUE_BOOL:
		buf_text(ret, value->boolean ? "true" : "false");
		break;
	case VALUE_FLOAT:
		yaml_float(value->number, ret);
		break;
	case VALUE_TEXT:
		if (value->binary) {
			buf_text(ret, "!!binary '");
			digest_base64(value->text, ret);
			buf_byte(ret, '\'');
		} else {
			yaml_text(value->text, ret);
		}
		break;
	case VALUE_LIST:
		buf_text(ret, "[]");
		break;
	case VALUE_MAP:
		buf_text(ret, "{}");
		break;
	default:
		value_python(value, ret);
	}
}

static bool
has_parts(const struct value *value)
{
	return (value->type == VALUE_LIST && value->list.count) ||
	       (value->type == VALUE_MAP && value->map.count);
}

static void
yaml_key(struct yaml *yaml, const struct value *key)
{
	bool simple = key->type != VALUE_TEXT || key->text.length < KEY_MAX;

	if (!simple)
		buf_text(yaml->ret, "? ");
	yaml_scalar(key, yaml->ret);
	if (!simple)
		break_line(yaml);
	buf_byte(yaml->ret, ':');
}

/* Behind "key:" or "-": on the same line if it is one, else below. */
static void
yaml_member(struct yaml *yaml, const struct value *value)
{
	if (!has_parts(value)) {
		buf_byte(yaml->ret, ' ');
		yaml_value(yaml, value);
		return;
	}
	yaml->depth++;
	break_line(yaml);
	yaml_value(yaml, value);
	yaml->depth--;
}

static void
yaml_value(struct yaml *yaml, const struct value *value)
{
	if (value->type == VALUE_TEXT && !value->binary && literal(value->text)) {
		yaml->depth++;
		literal_block(yaml, value->text);
		yaml->depth--;
		return;
	}
	if (!has_parts(value)) {
		yaml_scalar(value, yaml->ret);
		return;
	}
	if (value->type == VALUE_LIST) {
		for (size_t i = 0; i < value->list.count; i++) {
			if (i)
				break_line(yaml);
			buf_text(yaml->ret, "- ");
			yaml->depth++;
			yaml_value(yaml, value->list.items[i]);
			yaml->depth--;
		}
		return;
	}
	for (size_t i = 0; i < value->map.count; i++) {
		if (i)
			break_line(yaml);
		yaml_key(yaml, value->map.members[i].key);
		yaml_member(yaml, value->map.members[i].value);
	}
}

void
dump_yaml(const struct value *value, struct buf *ret)
{
	struct yaml yaml = { .ret = ret };

	yaml_value(&yaml, value);
	buf_byte(ret, '\n');
}
