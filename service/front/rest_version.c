/* Version discovery and microversions. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"

static void
put_link(struct json_writer *writer, const char *rel, const char *type, const char *href)
{
	json_begin_object(writer);
	json_member_text(writer, "rel", rel);
	if (type)
		json_member_text(writer, "type", type);
	json_member_text(writer, "href", href);
	json_end_object(writer);
}

static void
put_version(struct rest_call *call, struct json_writer *writer)
{
	char self[512], newest[16];

	snprintf(self, sizeof self, "%s/v3/", call->base);
	snprintf(newest, sizeof newest, "3.%d", REST_MINOR_MAX);
	json_begin_object(writer);
	json_member_text(writer, "id", "v3.0");
	json_member_text(writer, "status", "CURRENT");
	json_member_text(writer, "version", newest);
	json_member_text(writer, "min_version", "3.0");
	json_member_text(writer, "updated", "2022-08-31T00:00:00Z");
	json_key(writer, "links");
	json_begin_array(writer);
	put_link(writer, "describedby", "text/html", "https://docs.openstack.org/");
	put_link(writer, "self", NULL, self);
	json_end_array(writer);
	json_key(writer, "media-types");
	json_begin_array(writer);
	json_begin_object(writer);
	json_member_text(writer, "base", "application/json");
	json_member_text(writer, "type", "application/vnd.openstack.volume+json;version=3");
	json_end_object(writer);
	json_end_array(writer);
	json_end_object(writer);
}

/* GET / and GET /v3/, whatever microversion the client knows: it asks in order to learn ours. */
int
rest_versions(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	if (rest_version_choose(call) < 0) {
		buf_clear(&call->answer);
		call->told_version = "3.0";
	}
	call->status = call->n_parts ? 200 : 300;
	json_begin_object(&writer);
	json_key(&writer, "versions");
	json_begin_array(&writer);
	put_version(call, &writer);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* GET /v3 */
int
rest_versions_redirect(struct rest_call *call)
{
	call->status = 302;
	call->kind = "text/plain; charset=utf8";
	call->location = "/v3/";
	return 0;
}

/* Digits without a leading zero, up to stop.  Far too large ones become a large number. */
static bool
take_number(const char **text, char stop, unsigned *ret)
{
	size_t digits = strspn(*text, "0123456789"), i;

	if (digits == 0 || (**text == '0' && digits > 1) || (*text)[digits] != stop)
		return false;
	*ret = 0;
	for (i = 0; i < digits; i++)
		*ret = *ret > 99999 ? *ret : *ret * 10 + (unsigned)((*text)[i] - '0');
	*text += digits + (stop != '\0');
	return true;
}

static void
tell(struct rest_call *call, unsigned major, unsigned minor)
{
	struct err ignored = ERR_INIT;

	call->told_version = arena_printf(call->arena, &ignored, "%u.%u", major, minor);
}

static int
choose(struct rest_call *call, const char *wanted)
{
	const char *at = wanted;
	unsigned major, minor;

	if (strcmp(wanted, "latest") == 0) {
		call->minor = REST_MINOR_MAX;
		tell(call, 3, call->minor);
		return 0;
	}
	if (!take_number(&at, '.', &major) || !take_number(&at, '\0', &minor) || major == 0)
		return rest_fail(call, 400,
		    "API Version String %s is of invalid format. Must be of format "
		    "MajorNum.MinorNum.",
		    wanted);
	if (major >= 3)
		tell(call, major, minor);
	if (major != 3 || minor > REST_MINOR_MAX)
		return rest_fail(call, 406,
		    "Version %s is not supported by the API. Minimum is 3.0 and maximum is 3.%d.",
		    wanted, REST_MINOR_MAX);
	call->minor = minor;
	return 0;
}

/* "compute 2.1, volume 3.56": of the items, ours; its last word. */
int
rest_version_choose(struct rest_call *call)
{
	static const char service[] = "volume";
	const char *item = call->version;
	char wanted[64];

	if (!item) {
		tell(call, 3, 0);
		return 0;
	}
	while (*item) {
		size_t length = strcspn(item += strspn(item, " ,"), ",");

		if (strncmp(item, service, sizeof service - 1) == 0 &&
		    item[sizeof service - 1] == ' ') {
			while (length && item[length - 1] == ' ')
				length--;
			item += sizeof service;
			length -= length < sizeof service ? length : sizeof service;
			snprintf(wanted, sizeof wanted, "%.*s", (int)length, item);
			return choose(call, wanted);
		}
		item += length;
	}
	return rest_fail_generic(call, 400);
}
