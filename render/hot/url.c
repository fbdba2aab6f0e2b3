#include "hot/url.h"

#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "hot/param.h"

static const char *const keys[] = { "scheme", "username", "password", "host", "port", "path",
	"query", "fragment" };
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

/* Schemes that are followed by // even without a host. */
static const char *const with_netloc[] = { "ftp", "http", "gopher", "nntp", "telnet", "imap",
	"wais", "file", "mms", "https", "shttp", "snews", "prospero", "rtsp", "rtsps", "rtspu",
	"rsync", "svn", "svn+ssh", "sftp", "nfs", "git", "git+ssh", "ws", "wss", "itms-services" };

/* Python's urllib.parse.quote(); plus: blanks become +, as in queries. */
static void
quote(struct span text, const char *safe, bool plus, struct buf *ret)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.data[i];
		bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
			     (byte >= '0' && byte <= '9') || (byte && strchr("_.-~", byte)) ||
			     (byte && strchr(safe, byte));

		if (plain)
			buf_byte(ret, (char)byte);
		else if (plus && byte == ' ')
			buf_byte(ret, '+');
		else
			buf_printf(ret, "%%%02X", byte);
	}
}

static struct span
part(const struct value *args, const char *name)
{
	const struct value *value = value_get(args, name);

	return value && value->type == VALUE_TEXT ? value->text : (struct span){ "", 0 };
}

static int
check_port(struct eval *eval, const struct value *port, struct err *err)
{
	char shown[EVAL_SHOWN];
	int64_t number = 0;
	bool good = port->type == VALUE_TEXT && param_integer(port->text, &number);

	if (port->type == VALUE_INTEGER || port->type == VALUE_BOOL) {
		number = port->type == VALUE_BOOL ? port->boolean : port->integer;
		good = true;
	}
	eval_show(port, shown);
	if (!good)
		return eval_fail(eval, err, "Invalid URL port \"%s\" for %s", shown, eval->name);
	if (number <= 0 || number > 65535)
		return eval_fail(eval, err, "Invalid URL port %s, must be in range 1-65535", shown);
	return 0;
}

static int
check_args(struct eval *eval, const struct value *args, struct err *err)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct value *value = value_get(args, keys[i]);

		if (!value)
			continue;
		if (strcmp(keys[i], "port") == 0) {
			if (check_port(eval, value, err) < 0)
				return -1;
		} else if (strcmp(keys[i], "query") == 0) {
			if (value->type != VALUE_MAP)
				return eval_fail(eval, err,
				    "The \"%s\" argument to \"%s\" must be a map", keys[i],
				    eval->name);
		} else if (value->type != VALUE_TEXT) {
			return eval_fail(eval, err,
			    "The \"%s\" argument to \"%s\" must be a string", keys[i], eval->name);
		}
	}
	if (memchr(part(args, "scheme").data, ':', part(args, "scheme").length))
		return eval_fail(eval, err, "URL \"scheme\" should not contain ':'");
	return 0;
}

static int
check_names(struct eval *eval, const struct value *map, struct err *err)
{
	scoped(buf_drop) struct buf unknown = BUF(EVAL_TEXT_MAX);
	size_t k;

	for (size_t i = 0; i < map->map.count; i++) {
		const struct value *key = map->map.members[i].key;

		for (k = 0; k < N_KEYS && !value_is_text(key, keys[k]); k++)
			continue;
		if (k == N_KEYS) {
			buf_text(&unknown, unknown.length ? ", " : "");
			value_python(key, &unknown);
		}
	}
	if (unknown.length)
		return eval_fail(
		    eval, err, "Invalid arguments to \"%s\": %s", eval->name, buf_string(&unknown));
	return 0;
}

static void
add_netloc(const struct value *args, struct buf *url)
{
	struct span host = part(args, "host");
	const struct value *port = value_get(args, "port");

	quote(part(args, "username"), "", false, url);
	if (part(args, "password").length) {
		buf_byte(url, ':');
		quote(part(args, "password"), "", false, url);
	}
	if (part(args, "username").length || part(args, "password").length)
		buf_byte(url, '@');
	if (host.length > 1 && host.data[0] == '[' && host.data[host.length - 1] == ']') {
		host.data++;
		host.length -= 2;
	}
	if (memchr(host.data, ':', host.length)) {
		buf_byte(url, '[');
		quote(host, ":", false, url);
		buf_byte(url, ']');
	} else {
		quote(host, "", false, url);
	}
	if (port) {
		buf_byte(url, ':');
		value_python(port, url);
	}
}

static void
add_query(const struct value *query, struct buf *url)
{
	for (size_t i = 0; i < query->map.count; i++) {
		scoped(buf_drop) struct buf word = BUF(EVAL_TEXT_MAX);

		buf_byte(url, i ? '&' : '?');
		value_python(query->map.members[i].key, &word);
		quote(buf_span(&word), "/", true, url);
		buf_byte(url, '=');
		buf_clear(&word);
		value_python(query->map.members[i].value, &word);
		quote(buf_span(&word), "/", true, url);
	}
}

static bool
wants_netloc(struct span scheme)
{
	for (size_t i = 0; i < sizeof(with_netloc) / sizeof(with_netloc[0]); i++)
		if (span_equal(scheme, span_of(with_netloc[i])))
			return true;
	return false;
}

/* Python's urlunsplit(). */
static void
add_url(const struct value *args, struct buf *url)
{
	scoped(buf_drop) struct buf netloc = BUF(EVAL_TEXT_MAX);
	struct span scheme = part(args, "scheme"), path = part(args, "path");
	const struct value *query = value_get(args, "query");

	add_netloc(args, &netloc);
	buf_add(url, scheme.data, scheme.length);
	buf_text(url, scheme.length ? ":" : "");
	if (netloc.length ||
	    (wants_netloc(scheme) && !(path.length > 1 && memcmp(path.data, "//", 2) == 0))) {
		buf_text(url, "//");
		buf_add(url, buf_string(&netloc), netloc.length);
		if (path.length && path.data[0] != '/')
			buf_byte(url, '/');
	}
	quote(path, "/", false, url);
	if (query)
		add_query(query, url);
	if (part(args, "fragment").length) {
		buf_byte(url, '#');
		quote(part(args, "fragment"), "/", false, url);
	}
}

static int
make_url_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf url = BUF(EVAL_TEXT_MAX);
	const struct value *map = eval_literal_map(eval, arg), *args;

	if (!map)
		return eval_fail(eval, err, "The arguments to \"%s\" must be a map", eval->name);
	if (check_names(eval, map, err) < 0 || eval_value(eval, map, &args, err) < 0 ||
	    check_args(eval, args, err) < 0)
		return -1;
	add_url(args, &url);
	return eval_text(eval, &url, ret, err);
}

const struct intrinsic url_intrinsics[] = {
	{ "make_url", "2017-09-01", make_url_eval },
	{ 0 },
};
