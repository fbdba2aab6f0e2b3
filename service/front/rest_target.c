/* Path and query of a request. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "front/rest.h"

static int
hex(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/*
 * Decode %XX, and in a query + for a blank.  NULL: no memory, not UTF-8, or a NUL.
 * A percent sign without two digits stands for itself, as in Python.
 */
static const char *
decode(struct rest_call *call, const char *text, size_t length, bool query)
{
	struct err ignored = ERR_INIT;
	char *ret = arena_alloc(call->arena, length + 1, &ignored);
	size_t i, used = 0;

	if (!ret)
		return NULL;
	for (i = 0; i < length; i++) {
		int high = text[i] == '%' && i + 2 < length ? hex(text[i + 1]) : -1;
		int low = high >= 0 ? hex(text[i + 2]) : -1;

		if (low >= 0) {
			ret[used++] = (char)(high << 4 | low);
			i += 2;
		} else {
			ret[used++] = query && text[i] == '+' ? ' ' : text[i];
		}
	}
	if (memchr(ret, '\0', used) || !json_utf8_valid((struct span){ ret, used }))
		return NULL;
	return ret;
}

static int
parse_path(struct rest_call *call, const char *path, size_t length)
{
	size_t at = 1, part;

	if (length == 0 || path[0] != '/')
		return -1;
	for (; at < length; at += part + 1) {
		for (part = 0; at + part < length && path[at + part] != '/'; part++)
			;
		if (part == 0 || call->n_parts == REST_PARTS_MAX)
			return -1;
		call->parts[call->n_parts] = decode(call, path + at, part, false);
		/* What decodes to a slash is no part of any path we know. */
		if (!call->parts[call->n_parts] || strchr(call->parts[call->n_parts], '/'))
			return -1;
		call->n_parts++;
	}
	return 0;
}

static int
parse_query(struct rest_call *call, const char *query)
{
	while (*query) {
		size_t length = strcspn(query, "&"), key = 0;
		struct rest_param *param = &call->params[call->n_params];

		while (key < length && query[key] != '=')
			key++;
		if (length) {
			if (call->n_params == REST_PARAMS_MAX)
				return -1;
			param->key = decode(call, query, key, true);
			param->value = key < length
					   ? decode(call, query + key + 1, length - key - 1, true)
					   : "";
			if (!param->key || !param->value)
				return -1;
			call->n_params++;
		}
		query += length + (query[length] == '&');
	}
	return 0;
}

int
rest_target_parse(struct rest_call *call)
{
	size_t length = strcspn(call->target, "?");

	if (parse_path(call, call->target, length) < 0)
		return rest_fail_route(call);
	if (call->target[length] && parse_query(call, call->target + length + 1) < 0)
		return rest_fail_generic(call, 400);
	return 0;
}

const char *
rest_param(const struct rest_call *call, const char *key)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		if (strcmp(call->params[i].key, key) == 0)
			return call->params[i].value;
	}
	return NULL;
}

int
rest_boolean(const char *text)
{
	static const char *const yes[] = { "1", "t", "true", "on", "y", "yes" };
	static const char *const no[] = { "0", "f", "false", "off", "n", "no" };
	size_t i;

	for (i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return 1;
		if (strcasecmp(text, no[i]) == 0)
			return 0;
	}
	return -1;
}

void
rest_url_encode(struct buf *ret, const char *text)
{
	for (; *text; text++) {
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~",
			*text))
			buf_byte(ret, *text);
		else
			buf_printf(ret, "%%%02X", (unsigned char)*text);
	}
}
