#include "catalogue/mysql_url.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

enum { CONNECT_S = 10, READ_S = 60, WRITE_S = 30, SECONDS_MAX = 86400, PORT = 3306 };

static int
refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_INVALID, "[database] connection: %s", what);
}

/* ---- quoting ---- */

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *found = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* %XX becomes its byte; in a query `+` is a blank.  0, or -1: a NUL, or too long. */
static int
unquote(struct span text, bool query, char *ret, size_t room)
{
	size_t i, length = 0;

	for (i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == '%' && i + 2 < text.length && hex(text.data[i + 1]) >= 0 &&
		    hex(text.data[i + 2]) >= 0) {
			c = (char)(hex(text.data[i + 1]) * 16 + hex(text.data[i + 2]));
			i += 2;
		} else if (c == '+' && query) {
			c = ' ';
		}
		if (!c || length + 1 >= room)
			return -1;
		ret[length++] = c;
	}
	ret[length] = '\0';
	return 0;
}

/* ---- what follows the `?` ---- */

enum kind { TEXT, SECONDS, TLS_TEXT, TLS_BOOL, TLS_OFF, VERIFY, NOTHING };

struct part {
	const char *name;
	enum kind kind;
	size_t offset, room;
};

#define FIELD(name) offsetof(struct mysql_url, name)
#define TEXT_FIELD(name) FIELD(name), sizeof((struct mysql_url *)0)->name

static const struct part parts[] = {
	{ "bind_address", TEXT, TEXT_FIELD(bind_address) },
	{ "connect_timeout", SECONDS, FIELD(connect_timeout), 0 },
	{ "init_command", TEXT, TEXT_FIELD(init_command) },
	{ "read_default_file", TEXT, TEXT_FIELD(default_file) },
	{ "read_default_group", TEXT, TEXT_FIELD(default_group) },
	{ "read_timeout", SECONDS, FIELD(read_timeout), 0 },
	{ "sql_mode", TEXT, TEXT_FIELD(sql_mode) },
	{ "ssl", TLS_BOOL, 0, 0 },
	{ "ssl_ca", TLS_TEXT, TEXT_FIELD(ssl_ca) },
	{ "ssl_capath", TLS_TEXT, TEXT_FIELD(ssl_capath) },
	{ "ssl_cert", TLS_TEXT, TEXT_FIELD(ssl_cert) },
	{ "ssl_check_hostname", VERIFY, 0, 0 },
	{ "ssl_cipher", TLS_TEXT, TEXT_FIELD(ssl_cipher) },
	{ "ssl_disabled", TLS_OFF, 0, 0 },
	{ "ssl_key", TLS_TEXT, TEXT_FIELD(ssl_key) },
	{ "ssl_verify", VERIFY, 0, 0 },
	{ "ssl_verify_cert", VERIFY, 0, 0 },
	{ "ssl_verify_identity", VERIFY, 0, 0 },
	{ "unix_socket", TEXT, TEXT_FIELD(socket) },
	{ "write_timeout", SECONDS, FIELD(write_timeout), 0 },
	/* Of Python's side. */
	{ "autocommit", NOTHING, 0, 0 },
	{ "binary_prefix", NOTHING, 0, 0 },
	{ "charset", NOTHING, 0, 0 }, /* what is spoken here is always UTF-8 */
	{ "client_flag", NOTHING, 0, 0 },
	{ "local_infile", NOTHING, 0, 0 },
	{ "max_allowed_packet", NOTHING, 0, 0 },
	{ "plugin", NOTHING, 0, 0 },
	{ "program_name", NOTHING, 0, 0 },
	{ "use_unicode", NOTHING, 0, 0 },
};

static int
read_seconds(const char *name, const char *text, unsigned *ret, struct err *err)
{
	char *end;
	long seconds = strtol(text, &end, 10);

	if (end == text || *end || seconds < 1 || seconds > SECONDS_MAX)
		return err_set(err, ERR_INVALID,
		    "[database] connection: %s must be 1 to %d whole seconds", name, SECONDS_MAX);
	*ret = (unsigned)seconds;
	return 0;
}

static int
read_bool(const char *name, const char *text, bool *ret, struct err *err)
{
	static const char *const words[][2] = { { "false", "true" }, { "0", "1" }, { "no", "yes" },
		{ "off", "on" } };
	unsigned i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++) {
		*ret = strcasecmp(text, words[i][1]) == 0;
		if (*ret || strcasecmp(text, words[i][0]) == 0)
			return 0;
	}
	return err_set(err, ERR_INVALID, "[database] connection: %s must be true or false", name);
}

/* A part that switches something on TLS. */
static int
take_switch(const struct part *part, const char *text, struct mysql_url *ret, struct err *err)
{
	bool on;

	if (read_bool(part->name, text, &on, err) < 0)
		return -1;
	if (part->kind == VERIFY)
		ret->verify =
		    on && ret->verify != MYSQL_CHECK_NO ? MYSQL_CHECK_YES : MYSQL_CHECK_NO;
	else
		ret->tls = part->kind == TLS_OFF ? ret->tls && !on : on;
	return 0;
}

static int
take_part(struct span name, struct span value, struct mysql_url *ret, struct err *err)
{
	const struct part *part = parts;
	char text[PATH_MAX];

	while (!span_equal(name, span_of(part->name))) {
		if (++part == parts + sizeof parts / sizeof parts[0])
			return err_set(err, ERR_INVALID,
			    "[database] connection: no parameter \"%.*s\" is known behind the ?",
			    (int)(name.length > 60 ? 60 : name.length), name.data);
	}
	if (unquote(value, true, text, sizeof text) < 0 ||
	    (part->room && strlen(text) >= part->room))
		return err_set(err, ERR_INVALID,
		    "[database] connection: value of %s is too long or holds a NUL", part->name);
	switch (part->kind) {
	case TLS_TEXT:
		ret->tls = true;
		memcpy((char *)ret + part->offset, text, strlen(text) + 1);
		return 0;
	case TEXT:
		memcpy((char *)ret + part->offset, text, strlen(text) + 1);
		return 0;
	case SECONDS:
		return read_seconds(
		    part->name, text, (unsigned *)(void *)((char *)ret + part->offset), err);
	case NOTHING:
		return 0;
	default:
		return take_switch(part, text, ret, err);
	}
}

static int
take_query(const char *query, struct mysql_url *ret, struct err *err)
{
	while (query && *query) {
		size_t length = strcspn(query, "&"), name = strcspn(query, "=&");
		struct span value = { query + name, 0 };

		if (name < length)
			value = (struct span){ query + name + 1, length - name - 1 };
		if (length && take_part((struct span){ query, name }, value, ret, err) < 0)
			return -1;
		query += length + (query[length] == '&');
	}
	return 0;
}

/* ---- what stands before it ---- */

static int
take_user(struct span text, struct mysql_url *ret, struct err *err)
{
	const char *colon = memchr(text.data, ':', text.length);
	size_t length = colon ? (size_t)(colon - text.data) : text.length;

	if (unquote((struct span){ text.data, length }, false, ret->user, sizeof ret->user) < 0)
		return refuse(err, "the user name is too long");
	if (colon && unquote((struct span){ colon + 1, text.length - length - 1 }, false,
			 ret->password, sizeof ret->password) < 0)
		return refuse(err, "the password is too long");
	return 0;
}

static int
take_host(struct span text, struct mysql_url *ret, struct err *err)
{
	const char *colon = memchr(text.data, ':', text.length), *bracket = NULL;
	size_t length = colon ? (size_t)(colon - text.data) : text.length;
	char digits[8] = "";
	char *end;
	long port;

	if (text.length && text.data[0] == '[') {
		bracket = memchr(text.data, ']', text.length);
		if (!bracket)
			return refuse(err, "the host's [ has no ]");
		colon =
		    bracket + 1 < text.data + text.length && bracket[1] == ':' ? bracket + 1 : NULL;
		length = (size_t)(bracket - text.data) - 1;
	}
	if (length >= sizeof ret->host)
		return refuse(err, "the host name is too long");
	memcpy(ret->host, text.data + (bracket ? 1 : 0), length);
	if (!colon)
		return 0;
	length = text.length - (size_t)(colon + 1 - text.data);
	if (length && length < sizeof digits)
		memcpy(digits, colon + 1, length);
	port = strtol(digits, &end, 10);
	if (!digits[0] || *end || port < 1 || port > 65535)
		return refuse(err, "the port must be 1 to 65535");
	ret->port = (unsigned)port;
	return 0;
}

int
mysql_url_parse(const char *text, const char *extra, struct mysql_url *ret, struct err *err)
{
	struct mysql_url url = { .port = PORT,
		.connect_timeout = CONNECT_S,
		.read_timeout = READ_S,
		.write_timeout = WRITE_S };
	const char *at, *slash, *query, *rest = strstr(text, "://");

	if (!rest || strncmp(text, "mysql", 5) != 0 || !strchr(":+", text[5]))
		return refuse(err, "must begin with mysql+pymysql:// or mysql://");
	rest += 3;
	/* A password may hold slashes and question marks that nobody quoted. */
	at = strchr(rest, '@');
	if (at && take_user((struct span){ rest, (size_t)(at - rest) }, &url, err) < 0)
		return -1;
	rest = at ? at + 1 : rest;
	slash = rest + strcspn(rest, "/?");
	if (take_host((struct span){ rest, (size_t)(slash - rest) }, &url, err) < 0)
		return -1;
	slash += *slash == '/';
	query = slash + strcspn(slash, "?");
	if (query == slash)
		return refuse(err, "names no database behind the host, as in ...@host/cinder");
	if (unquote((struct span){ slash, (size_t)(query - slash) }, false, url.database,
		sizeof url.database) < 0)
		return refuse(err, "the name of the database is too long");
	if (take_query(*query ? query + 1 : NULL, &url, err) < 0 ||
	    take_query(extra, &url, err) < 0)
		return -1;
	*ret = url;
	return 0;
}
