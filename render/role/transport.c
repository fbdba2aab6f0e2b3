#include "role/transport.h"

#include <string.h>

#include "base/arena.h"
#include "role/finding.h"
#include "role/hiera.h"
#include "role/munge.h"
#include "role/ruby.h"
#include "role/rules.h"
#include "role/settings.h"

enum { URL_MAX = 1 << 16 };

/* The value of the first of a part's hiera keys that has one, or NULL. */
static int
part(const struct settings_source *source, const struct value *keys, const char *name,
    const struct value **ret, struct err *err)
{
	const struct value *list = value_get(keys, name);

	*ret = NULL;
	for (size_t i = 0; list && !*ret && i < list->list.count; i++) {
		const struct value *value;
		int got =
		    hiera_find(source->hiera, list->list.items[i]->text.data, &value, NULL, err);

		if (got < 0)
			return -1;
		if (got && value->type != VALUE_NULL)
			*ret = value;
	}
	return 0;
}

/* Puppet's os_transport_url() has its types. */
static void
refuse(const struct settings_source *source, const char *name, const struct value *value,
    const char *what)
{
	struct finding finding = finding_make(
	    FINDING_ERROR, "value-refused", value->at, "%s of transport_url: %s", name, what);

	findings_tell(source->findings, &finding);
}

static int
part_text(const struct settings_source *source, const struct value *keys, const char *name,
    const char *dflt, const char **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(URL_MAX);
	const struct value *value;

	*ret = dflt;
	if (part(source, keys, name, &value, err) < 0)
		return -1;
	if (!value)
		return 0;
	if (value->type != VALUE_TEXT && strcmp(name, "port") != 0 && strcmp(name, "ssl") != 0)
		refuse(source, name, value, "a text wanted; put it in quotes");
	ruby_print(value, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	bool number = value->type != VALUE_TEXT && value->type != VALUE_BOOL;
	if (!strcmp(name, "ssl") && (number || munge_truth(buf_string(&text)) < 0))
		refuse(source, name, value, "true or false wanted");
	*ret = arena_text(source->arena, buf_string(&text), err);
	return *ret ? 0 : -1;
}

/*
 * Ruby's URI.escape leaves what may stand in some URL, even where it breaks this
 * one; from wallaby on all but safe characters is encoded.
 */
static void
escape(const char *text, bool modern, struct buf *out)
{
	const char *safe = modern ? "-_.~" : "-_.!~*'();/?:@&=+$,[]";

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		    strchr(safe, c))
			buf_byte(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

struct bus {
	bool modern; /* wallaby and later */
	const char *scheme, *port, *user, *password, *ssl;
	const struct value *hosts; /* list of text, or one text */
};

static int
read_bus(struct bus *bus, const struct settings_source *source, const struct value *keys,
    struct err *err)
{
	if (part_text(source, keys, "scheme", "rabbit", &bus->scheme, err) < 0 ||
	    part_text(source, keys, "port", "5672", &bus->port, err) < 0 ||
	    part_text(source, keys, "user", "guest", &bus->user, err) < 0 ||
	    part_text(source, keys, "password", NULL, &bus->password, err) < 0 ||
	    part_text(source, keys, "ssl", "0", &bus->ssl, err) < 0)
		return -1;
	return part(source, keys, "hosts", &bus->hosts, err);
}

static void
add_host(const struct bus *bus, const struct value *host, struct buf *out)
{
	const char *name = host->type == VALUE_TEXT ? host->text.data : "";
	bool bare_v6 = strchr(name, ':') && *name != '[';

	if (out->length && out->data[out->length - 1] != '/')
		buf_byte(out, ',');
	if (*bus->user)
		escape(bus->user, bus->modern, out);
	if (*bus->user && bus->password && *bus->password) {
		buf_byte(out, ':');
		escape(bus->password, bus->modern, out);
	}
	if (*bus->user)
		buf_byte(out, '@');
	buf_printf(out, bare_v6 ? "[%s]:%s" : "%s:%s", name, bus->port);
}

int
transport_url(const struct settings_source *source, const struct value *keys,
    const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(URL_MAX);
	const struct value *releases = source->rules->releases;
	struct bus bus = { .modern = rules_release(releases, source->release) >=
				     rules_release(releases, "wallaby") };

	if (read_bus(&bus, source, keys, err) < 0)
		return -1;
	if (!bus.hosts)
		return 0;
	buf_printf(&out, "%s://", bus.scheme);
	if (bus.hosts->type == VALUE_LIST)
		for (size_t i = 0; i < bus.hosts->list.count; i++)
			add_host(&bus, bus.hosts->list.items[i], &out);
	else
		add_host(&bus, bus.hosts, &out);
	buf_printf(&out, "/?ssl=%d", munge_truth(bus.ssl) > 0);
	if (buf_check(&out, err) < 0)
		return -1;
	*ret = value_span(source->arena, buf_span(&out), err);
	return *ret ? 0 : -1;
}
