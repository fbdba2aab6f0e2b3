#include "emit/quote.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"

static bool
is_plain(const char *text, const char *also)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr(also, *text))
			return false;
	return true;
}

void
quote_shell(const char *text, struct buf *out)
{
	if (is_plain(text, "@%+=:,./-_")) {
		buf_text(out, text);
		return;
	}
	buf_byte(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			buf_text(out, "'\"'\"'");
		else
			buf_byte(out, *text);
	}
	buf_byte(out, '\'');
}

void
quote_xml(const char *text, struct buf *out)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			buf_text(out, "&amp;");
			break;
		case '<':
			buf_text(out, "&lt;");
			break;
		case '>':
			buf_text(out, "&gt;");
			break;
		case '"':
			buf_text(out, "&quot;");
			break;
		case '\t':
		case '\n':
		case '\r':
			buf_printf(out, "&#%d;", *text);
			break;
		default:
			if ((unsigned char)*text >= ' ')
				buf_byte(out, *text);
		}
	}
}

void
quote_id(const char *text, struct buf *out)
{
	if (!isalpha((unsigned char)*text))
		buf_byte(out, '_');
	for (; *text; text++)
		buf_byte(out, isalnum((unsigned char)*text) || strchr("._-", *text) ? *text : '_');
}

void
quote_systemd(const char *text, struct buf *out)
{
	bool plain = is_plain(text, "@+=:,./-_");

	if (!plain)
		buf_byte(out, '"');
	for (; *text; text++) {
		switch (*text) {
		case '"':
		case '\\':
			buf_byte(out, '\\');
			break;
		case '%':
		case '$':
			buf_byte(out, *text);
			break;
		default:
			break;
		}
		if (*text == '\n')
			buf_text(out, "\\n");
		else
			buf_byte(out, *text);
	}
	if (!plain)
		buf_byte(out, '"');
}
