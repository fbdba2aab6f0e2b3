/* Types of volumes, which the options name: shown, and not to be changed here. */
#include <string.h>

#include "front/rest.h"
#include "job/volumes.h"
#include "model/quota.h"

static void
put_type(const struct rest_call *call, struct json_writer *writer, const char *id, const char *name)
{
	json_begin_object(writer);
	json_member_text(writer, "id", id);
	json_member_text(writer, "name", name);
	json_member_text(writer, "description", NULL);
	json_member_bool(writer, "is_public", true);
	json_member_bool(writer, "os-volume-type-access:is_public", true);
	json_key(writer, "extra_specs");
	json_begin_object(writer);
	json_end_object(writer);
	if (call->admin)
		json_member_text(writer, "qos_specs_id", NULL);
	json_end_object(writer);
}

int
rest_type_list(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	char id[UUID_TEXT], name[COLUMN_TEXT_MAX];
	struct quota_type ignored;
	unsigned i;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "volume_types");
	json_begin_array(&writer);
	for (i = 0; volumes_quota_type(call->rest->desk, i, id, name, &ignored); i++)
		put_type(call, &writer, id, name);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* Of that id, or the default one. */
int
rest_type_show(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	const char *wanted = strcmp(call->id, "default") == 0 ? NULL : call->id;
	char id[UUID_TEXT], name[COLUMN_TEXT_MAX];

	/* A name is not known by this path: clients look it up in the list. */
	if (!volumes_type(call->rest->desk, wanted, id, name, NULL) ||
	    (wanted && strcmp(wanted, id) != 0))
		return rest_fail_absent(call, "Volume type", call->id);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "volume_type");
	put_type(call, &writer, id, name);
	json_end_object(&writer);
	return 0;
}
