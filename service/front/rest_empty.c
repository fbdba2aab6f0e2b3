/* What clients ask about although there is little to say. */
#include "front/rest.h"
#include "job/desk.h"

static int
put_empty_list(struct rest_call *call, const char *name)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, name);
	json_begin_array(&writer);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* Files have no snapshots. */
int
rest_snapshot_list(struct rest_call *call)
{
	return put_empty_list(call, "snapshots");
}

int
rest_snapshot_show(struct rest_call *call)
{
	return rest_fail_absent(call, "Snapshot", call->id);
}

int
rest_transfer_list(struct rest_call *call)
{
	return put_empty_list(call, "transfers");
}

int
rest_message_list(struct rest_call *call)
{
	return put_empty_list(call, "messages");
}

int
rest_group_list(struct rest_call *call)
{
	return put_empty_list(call, "groups");
}

int
rest_zone_list(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "availabilityZoneInfo");
	json_begin_array(&writer);
	json_begin_object(&writer);
	json_member_text(&writer, "zoneName", desk_zone(call->rest->desk));
	json_key(&writer, "zoneState");
	json_begin_object(&writer);
	json_member_bool(&writer, "available", true);
	json_end_object(&writer);
	json_end_object(&writer);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* GET /resource_filters: by what everybody may filter backups. */
int
rest_filter_list(struct rest_call *call)
{
	static const char *const filters[] = { "name", "status", "volume_id" };
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	size_t i;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "resource_filters");
	json_begin_array(&writer);
	json_begin_object(&writer);
	json_member_text(&writer, "resource", "backup");
	json_key(&writer, "filters");
	json_begin_array(&writer);
	for (i = 0; i < sizeof filters / sizeof filters[0]; i++)
		json_put_text(&writer, filters[i]);
	json_end_array(&writer);
	json_end_object(&writer);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}
