#include "net/transport.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

static const char *
find(struct span text, char wanted)
{
	return text.length ? memchr(text.data, wanted, text.length) : NULL;
}

/* What stands before the separator, or all there is; text becomes the rest. */
static struct span
cut(struct span *text, char separator)
{
	const char *end = find(*text, separator);
	struct span first = { text->data, end ? (size_t)(end - text->data) : text->length };
	size_t passed = first.length + (end ? 1 : 0);

	text->data += passed;
	text->length -= passed;
	return first;
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Percent-decoded, with a NUL behind. */
static int
decode(struct span text, const char *what, char ret[TRANSPORT_TEXT], struct err *err)
{
	size_t i, length = 0;

	for (i = 0; i < text.length; i++, length++) {
		char c = text.data[i];

		if (c == '%' && i + 2 < text.length && digit(text.data[i + 1]) >= 0 &&
		    digit(text.data[i + 2]) >= 0) {
			c = (char)(digit(text.data[i + 1]) * 16 + digit(text.data[i + 2]));
			i += 2;
		}
		if (!c || length == TRANSPORT_TEXT - 1)
			return err_set(err, ERR_INVALID, "transport_url: %s %s", what,
			    c ? "is too long" : "holds a NUL");
		ret[length] = c;
	}
	ret[length] = '\0';
	return 0;
}

static int
parse_port(struct span text, struct broker *ret, struct err *err)
{
	unsigned port = 0;
	size_t i;

	for (i = 0; i < text.length; i++) {
		if (!isdigit((unsigned char)text.data[i]) || port > 65535)
			break;
		port = port * 10 + (unsigned)(text.data[i] - '0');
	}
	if (i < text.length || !port || port > 65535)
		return err_set(
		    err, ERR_INVALID, "transport_url: host %s has no valid port", ret->host);
	ret->port = port;
	return 0;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT */
static int
parse_host(struct span text, struct broker *ret, struct err *err)
{
	struct span host;

	if (text.length && text.data[0] == '[') {
		const char *end = find(text, ']');

		if (!end)
			return err_set(err, ERR_INVALID, "transport_url: no ] behind an address");
		host = (struct span){ text.data + 1, (size_t)(end - text.data) - 1 };
		text.length -= host.length + 2;
		text.data = end + 1;
		if (text.length && text.data[0] != ':')
			return err_set(err, ERR_INVALID, "transport_url: no : behind an address");
		(void)cut(&text, ':');
	} else {
		host = cut(&text, ':');
	}
	ret->port = TRANSPORT_PORT;
	if (decode(host, "a host", ret->host, err) < 0)
		return -1;
	if (!ret->host[0])
		return err_set(err, ERR_INVALID, "transport_url: names no host");
	return text.length ? parse_port(text, ret, err) : 0;
}

/* The last @ counts, as it does where the URL is made. */
static const char *
last_at(struct span text)
{
	return text.length ? memrchr(text.data, '@', text.length) : NULL;
}

static int
parse_broker(struct span text, const struct broker *first, struct broker *ret, struct err *err)
{
	const char *at = last_at(text);
	struct span user, password;

	if (!at) {
		memcpy(ret->user, first ? first->user : "guest", first ? TRANSPORT_TEXT : 6);
		memcpy(
		    ret->password, first ? first->password : "guest", first ? TRANSPORT_TEXT : 6);
		return parse_host(text, ret, err);
	}
	password = (struct span){ text.data, (size_t)(at - text.data) };
	text.length -= password.length + 1;
	text.data = at + 1;
	user = cut(&password, ':');
	if (decode(user, "a user", ret->user, err) < 0 ||
	    decode(password, "a password", ret->password, err) < 0)
		return -1;
	return parse_host(text, ret, err);
}

static int
parse_brokers(struct span text, struct transport *ret, struct err *err)
{
	while (text.length) {
		struct span one = cut(&text, ',');
		struct broker *broker = &ret->brokers[ret->n_brokers];

		if (!one.length)
			continue;
		if (ret->n_brokers == TRANSPORT_BROKERS_MAX)
			return err_set(err, ERR_INVALID, "transport_url: more than %d hosts",
			    TRANSPORT_BROKERS_MAX);
		if (parse_broker(one, ret->n_brokers ? ret->brokers : NULL, broker, err) < 0)
			return -1;
		ret->n_brokers++;
	}
	if (!ret->n_brokers)
		return err_set(err, ERR_INVALID, "transport_url: names no host");
	return 0;
}

/* ---- behind the question mark ---- */

static bool
truth(const char *text)
{
	return strcasecmp(text, "1") == 0 || strcasecmp(text, "true") == 0 ||
	       strcasecmp(text, "yes") == 0 || strcasecmp(text, "on") == 0;
}

static int
parse_query(struct span query, struct transport *ret, struct err *err)
{
	while (query.length) {
		struct span value = cut(&query, '&'), name = cut(&value, '=');
		char text[TRANSPORT_TEXT];

		if (decode(value, "an option", text, err) < 0)
			return -1;
		if (span_equal(name, span_of("ssl"))) {
			ret->has_ssl = true;
			ret->ssl = truth(text);
		} else if (span_equal(name, span_of("ssl_ca_file"))) {
			memcpy(ret->ssl_ca_file, text, sizeof text);
		} else if (span_equal(name, span_of("ssl_cert_file"))) {
			memcpy(ret->ssl_cert_file, text, sizeof text);
		} else if (span_equal(name, span_of("ssl_key_file"))) {
			memcpy(ret->ssl_key_file, text, sizeof text);
		}
	}
	return 0;
}

int
transport_parse(const char *url, struct transport *ret, struct err *err)
{
	static const char *const schemes[] = { "rabbit://", "kombu://" };
	struct transport transport = { .n_brokers = 0 };
	struct span rest = span_of(url), query, brokers;
	size_t length = 0, i;

	for (i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
			length = strlen(schemes[i]);
	}
	if (!length)
		return err_set(
		    err, ERR_INVALID, "transport_url: begins with neither rabbit:// nor kombu://");
	rest.data += length;
	rest.length -= length;
	query = rest;
	rest = cut(&query, '?');
	brokers = cut(&rest, '/');
	if (parse_brokers(brokers, &transport, err) < 0 ||
	    decode(rest, "the virtual host", transport.vhost, err) < 0 ||
	    parse_query(query, &transport, err) < 0)
		return -1;
	if (!transport.vhost[0])
		memcpy(transport.vhost, "/", 2);
	*ret = transport;
	return 0;
}
