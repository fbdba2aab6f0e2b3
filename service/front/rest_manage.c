/* What is there already becomes a project's volume. */
#include <stdio.h>
#include <string.h>

#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

/* Of which host it is said to be: ours, or one that has no volumes. */
static int
check_host(struct rest_call *call, const char *host)
{
	const char *ours = desk_host(call->rest->desk);
	size_t length = host ? strcspn(host, "@#") : 0;

	if (!host || (length == strlen(ours) && strncmp(host, ours, length) == 0))
		return 0;
	return rest_fail(call, 503, "Host '%.255s' not found", host);
}

static int
take_type(struct rest_call *call, const struct json *object, struct volume_record *new)
{
	const char *type = json_text(json_member(object, "volume_type"));
	bool encrypted = false;

	if (type && !*type)
		type = NULL;
	if (!volumes_type(call->rest->desk, type, new->type_id, NULL, &encrypted))
		return rest_fail(call, 400,
		    "Invalid volume type: Cannot find requested '%.255s' volume type", type);
	return encrypted ? rest_fail(call, 400,
			       "Invalid volume type: Managing to an encrypted volume type is not "
			       "supported.")
			 : 0;
}

static int
manage(struct rest_call *call, const struct json *object)
{
	const struct json *ref = json_member(object, "ref");
	const char *source =
	    json_text(ref) ? json_text(ref) : json_text(json_member(ref, "source-name"));
	struct volume_record new = { .kind = VOLUME };
	struct metadata metadata;
	struct err err = ERR_INIT;

	if (!source || !*source)
		return rest_fail(call, 400,
		    "Invalid input received: Reference must contain source-name element.");
	if (check_host(call, json_text(json_member(object, "host"))) < 0 ||
	    take_type(call, object, &new) < 0 || rest_metadata(call, object, &metadata) < 0)
		return -1;
	rest_volume_describe(call, object, &new);
	if (volumes_manage(call->rest->desk, source, &new, &metadata, &err) == 0)
		return rest_volume_answer(call, 202, &new, true);
	if (err.kind == ERR_NOT_FOUND || err.kind == ERR_INVALID)
		return rest_fail(call, 400,
		    "Manage existing volume failed due to invalid backend reference %.255s: %s",
		    source, err.text);
	if (err.kind == ERR_CONFLICT)
		return rest_fail(call, 400, "Invalid volume: %s", err.text);
	return rest_fail_err(call, &err);
}

int
rest_volume_manage(struct rest_call *call)
{
	static const struct rest_field fields[] = {
		{ "name", REST_TEXT_OR_NULL, 0, false },
		{ "description", REST_PRINTABLE_OR_NULL, 0, false },
		{ "availability_zone", REST_TEXT_OR_NULL, 0, false },
		{ "bootable", REST_BOOLEAN, 0, false },
		{ "volume_type", REST_TEXT_OR_NULL, 0, false },
		{ "host", REST_TEXT_OR_NULL, 0, false },
		{ "cluster", REST_TEXT_OR_NULL, 16, false },
		{ "ref", REST_REFERENCE, 0, true },
		{ "metadata", REST_METADATA_OR_NULL, 0, false },
		{ .name = NULL },
	};
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body(call, "volume", fields, &root, &object) < 0 ||
	    rest_check_admin(call, "volume_extension:volume_manage") < 0)
		return -1;
	return manage(call, object);
}
