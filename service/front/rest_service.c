/* Services: who takes backups, and who for the time being does not. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "front/rest.h"
#include "job/desk.h"
#include "model/service.h"

static const char backup_binary[] = "cinder-backup";

/* ---- list ---- */

struct listing {
	struct rest_call *call;
	struct json_writer *writer;
};

static bool
is_wanted(const struct rest_call *call, const char *key, const char *value)
{
	const char *wanted = rest_param(call, key);

	return !wanted || strcmp(wanted, value) == 0;
}

static int
tell(void *arg, const struct service_record *service, struct err *err)
{
	const struct listing *listing = arg;
	const struct rest_call *call = listing->call;
	struct json_writer *writer = listing->writer;

	(void)err;
	if (!is_wanted(call, "host", service->host) || !is_wanted(call, "binary", service->binary))
		return 0;
	json_begin_object(writer);
	json_member_text(writer, "binary", service->binary);
	json_member_text(writer, "host", service->host);
	json_member_text(
	    writer, "zone", service->zone[0] ? service->zone : desk_zone(call->rest->desk));
	json_member_text(writer, "status", service->disabled ? "disabled" : "enabled");
	json_member_text(writer, "state", desk_is_up(call->rest->desk, service) ? "up" : "down");
	rest_put_time(writer, "updated_at", service->seen_at, true);
	if (call->minor >= 7)
		json_member_text(writer, "cluster", NULL);
	json_member_text(writer, "disabled_reason",
	    service->disabled_reason[0] ? service->disabled_reason : NULL);
	json_end_object(writer);
	return 0;
}

int
rest_service_list(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct listing listing = { call, &writer };
	struct err err = ERR_INIT;

	if (rest_check_admin(call, "volume_extension:services:index") < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "services");
	json_begin_array(&writer);
	if (desk_each_service(call->rest->desk, tell, &listing, &err) < 0)
		return rest_fail_err(call, &err);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* ---- enable, disable ---- */

/* As the schema has it, and what is no matter of the schema. */
static int
check_turn(struct rest_call *call, const struct json *object, bool with_reason)
{
	static const struct rest_field fields[] = {
		{ "binary", REST_NAME, 0, false },
		{ "cluster", REST_TEXT_OR_NULL, 0, false },
		{ "host", REST_NAME, 0, false },
		{ "service", REST_NAME, 0, false },
		{ "disabled_reason", REST_NAME, 0, false },
		{ .name = NULL },
	};
	struct rest_field allowed[6];

	memcpy(allowed, fields, sizeof allowed);
	if (!with_reason)
		allowed[4] = (struct rest_field){ .name = NULL };
	if (rest_check_object(call, NULL, object, allowed) < 0)
		return -1;
	if (!json_member(object, "binary") && !json_member(object, "service"))
		return rest_fail(call, 400, "'binary' is a required property");
	if (!json_member(object, "host"))
		return rest_fail(call, 400, "Invalid input received: Host field is missing.");
	return 0;
}

static void
put_turn(struct rest_call *call, const struct json *object, bool disabled, const char *reason)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	const char *service = json_text(json_member(object, "service"));
	const char *binary = json_text(json_member(object, "binary"));

	call->status = 200;
	json_begin_object(&writer);
	if (reason)
		json_member_text(&writer, "disabled_reason", reason);
	json_member_bool(&writer, "disabled", disabled);
	json_member_text(&writer, "host", json_text(json_member(object, "host")));
	json_member_text(&writer, "service", service ? service : "");
	json_member_text(&writer, "binary", binary ? binary : "");
	json_member_text(&writer, "status", disabled ? "disabled" : "enabled");
	json_end_object(&writer);
}

static int
turn(struct rest_call *call, bool disabled, bool with_reason)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *host, *binary, *reason;
	struct err err = ERR_INIT;
	int turned;

	if (rest_check_admin(call, "volume_extension:services:update") < 0 ||
	    rest_body_parse(call, &root) < 0 || check_turn(call, root, with_reason) < 0)
		return -1;
	host = json_text(json_member(root, "host"));
	binary = json_text(json_member(root, "binary"));
	reason = with_reason ? json_text(json_member(root, "disabled_reason")) : NULL;
	if (!binary)
		binary = json_text(json_member(root, "service"));
	turned = desk_turn_service(call->rest->desk, host, binary, disabled, reason, &err);
	if (turned < 0)
		return rest_fail_err(call, &err);
	if (!turned)
		return rest_fail(
		    call, 404, "Service %s could not be found on host %s.", binary, host);
	put_turn(call, root, disabled, reason);
	return 0;
}

int
rest_service_turn(struct rest_call *call)
{
	if (strcmp(call->id, "enable") == 0)
		return turn(call, false, false);
	if (strcmp(call->id, "disable") == 0)
		return turn(call, true, false);
	if (strcmp(call->id, "disable-log-reason") == 0)
		return turn(call, true, true);
	if (rest_check_admin(call, "volume_extension:services:update") < 0)
		return -1;
	return rest_fail(call, 400, "Invalid input received: Unknown action");
}

/* ---- who takes work ---- */

struct search {
	const struct rest_call *call;
	bool found;
};

static int
look(void *arg, const struct service_record *service, struct err *err)
{
	struct search *search = arg;

	(void)err;
	if (strcmp(service->binary, backup_binary) != 0 || service->disabled ||
	    !desk_is_up(search->call->rest->desk, service))
		return 0;
	search->found = true;
	return 1;
}

int
rest_service_takes_work(struct rest_call *call, bool *ret)
{
	struct search search = { call, false };
	struct err err = ERR_INIT;

	if (desk_each_service(call->rest->desk, look, &search, &err) < 0)
		return rest_fail_err(call, &err);
	*ret = search.found;
	return 0;
}

int
rest_service_need(struct rest_call *call)
{
	bool takes;

	if (rest_service_takes_work(call, &takes) < 0)
		return -1;
	return takes ? 0 : rest_fail(call, 404, "Service %s could not be found.", backup_binary);
}
