#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

enum { SHOWN_MAX = 360 };

/* The URL without credentials and query. */
static void
show_url(const char *url, struct buf *ret)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
	size_t length = strcspn(host, "?"), slash = strcspn(host, "/?"), i;

	for (i = slash; i > 0; i--)
		if (host[i - 1] == '@')
			break;
	buf_add(ret, url, (size_t)(host - url));
	length -= i;
	buf_add(ret, host + i, length < SHOWN_MAX - 64 ? length : SHOWN_MAX - 64);
}

int
http_refuse(
    const struct http_request *request, enum err_kind kind, const char *why, struct err *err)
{
	scoped(buf_drop) struct buf url = BUF(SHOWN_MAX);

	show_url(request->url, &url);
	return err_set(err, kind, "%s %s: %s", request->method, buf_string(&url), why);
}

static enum err_kind
kind_of_status(unsigned status)
{
	switch (status) {
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
	case 410:
		return ERR_NOT_FOUND;
	case 409:
	case 412:
		return ERR_CONFLICT;
	case 413:
	case 507:
		return ERR_NO_SPACE;
	case 408:
	case 422:
	case 425:
	case 429:
	case 498:
	case 499:
		return ERR_RETRY;
	default:
		return status >= 500 ? ERR_RETRY : ERR_INVALID;
	}
}

int
http_check(const struct http_request *request, const struct http_answer *answer, struct err *err)
{
	const char *line = answer->headers.data, *blank;
	char text[96];
	size_t i;

	if (answer->status >= 200 && answer->status < 300)
		return 0;
	blank = line ? strchr(line, ' ') : NULL;
	snprintf(text, sizeof text, "%.80s", blank ? blank + 1 : "no status");
	for (i = 0; text[i]; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '?';
	http_refuse(request, kind_of_status(answer->status), text, err);
	err->wait_ms = answer->wait_ms;
	return -1;
}

void
http_answer_drop(struct http_answer *answer)
{
	buf_drop(&answer->headers);
}

const char *
http_header(const struct http_answer *answer, const char *name)
{
	const char *line = answer->headers.data, *end = line + answer->headers.length;
	size_t length = strlen(name);

	for (; line && line < end; line += strlen(line) + 1)
		if (strncasecmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1 + strspn(line + length + 1, " \t");
	return NULL;
}

void
http_quote(struct buf *ret, const char *text, bool keep_slashes)
{
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (isalnum(byte) || strchr("-._~", byte) || (byte == '/' && keep_slashes))
			buf_byte(ret, (char)byte);
		else
			buf_printf(ret, "%%%02X", byte);
	}
}
