#include "model/object.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"

/* clang-format off */
#define PREFIX "versioned_object."
/* clang-format on */

const struct json *
object_data(const struct json *object, const char *name, struct err *err)
{
	const char *found = json_text(json_member(object, PREFIX "name"));
	const char *version = json_text(json_member(object, PREFIX "version"));
	const struct json *data = json_member(object, PREFIX "data");

	if (!found || strcmp(found, name) != 0) {
		err_set(err, ERR_INVALID, "an object %s was expected, not %.40s", name,
		    found ? found : "what came");
		return NULL;
	}
	if (!version || strncmp(version, "1.", 2) != 0 || json_kind(data) != JSON_IS_OBJECT) {
		err_set(err, ERR_INVALID, "object %s of version %.20s: only 1.x is known", name,
		    version ? version : "(none)");
		return NULL;
	}
	return data;
}

void
object_begin(struct json_writer *writer, const char *name, const char *version)
{
	json_begin_object(writer);
	json_member_text(writer, PREFIX "name", name);
	json_member_text(writer, PREFIX "namespace", "cinder");
	json_member_text(writer, PREFIX "version", version);
	json_key(writer, PREFIX "data");
	json_begin_object(writer);
}

void
object_end(struct json_writer *writer)
{
	json_end_object(writer);
	json_end_object(writer);
}

/* ---- as it came ---- */

struct copy {
	struct json_writer *writer;
	const struct json *replace;
};

static int
copy_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	const struct copy *copy = arg;
	const struct json *other = json_member(copy->replace, key);

	(void)err;
	json_key(copy->writer, key);
	json_put(copy->writer, other ? other : value);
	return 0;
}

static int
copy_part(void *arg, const char *key, const struct json *value, struct err *err)
{
	const struct copy *copy = arg;

	if (strcmp(key, PREFIX "changes") == 0)
		return 0;
	json_key(copy->writer, key);
	if (strcmp(key, PREFIX "data") != 0) {
		json_put(copy->writer, value);
		return 0;
	}
	json_begin_object(copy->writer);
	(void)json_each(value, copy_member, arg, err);
	json_end_object(copy->writer);
	return 0;
}

void
object_put(struct json_writer *writer, const struct json *object, const struct json *replace)
{
	struct copy copy = { .writer = writer, .replace = replace };
	struct err ignored = ERR_INIT;

	json_begin_object(writer);
	(void)json_each(object, copy_part, &copy, &ignored);
	json_end_object(writer);
}

/* ---- from rows ---- */

/* Columns that are null where the row, of another release, does not have them. */
static void
put_columns(struct json_writer *writer, const struct json *row, const char *const *names)
{
	for (; *names; names++) {
		const struct json *value = json_member(row, *names);

		json_key(writer, *names);
		if (value)
			json_put(writer, value);
		else
			json_put_null(writer);
	}
}

/* A member of another name, an empty object where there is none. */
static void
put_pairs(struct json_writer *writer, const char *key, const struct json *pairs)
{
	json_key(writer, key);
	if (json_kind(pairs) == JSON_IS_OBJECT) {
		json_put(writer, pairs);
		return;
	}
	json_begin_object(writer);
	json_end_object(writer);
}

static void
put_truth(struct json_writer *writer, const char *key, const struct json *value)
{
	bool truth = false;

	(void)json_truth(value, &truth);
	json_member_bool(writer, key, truth);
}

static void
put_type(struct json_writer *writer, const struct json *row)
{
	static const char *const before[] = { "id", "name", "description", "is_public", NULL };
	static const char *const after[] = { "qos_specs_id", "created_at", "updated_at",
		"deleted_at", "deleted", NULL };

	if (json_kind(row) != JSON_IS_OBJECT) {
		json_put_null(writer);
		return;
	}
	object_begin(writer, "VolumeType", "1.3");
	put_columns(writer, row, before);
	put_pairs(writer, "extra_specs", json_member(row, "extra_specs"));
	put_columns(writer, row, after);
	object_end(writer);
}

/* A column that holds JSON as a text; null where it does not. */
static void
put_inner(struct json_writer *writer, const char *key, const struct json *column)
{
	scoped(json_free_scoped) struct json *inner = NULL;
	const char *text = json_text(column);
	struct err ignored = ERR_INIT;

	json_key(writer, key);
	if (text && json_parse(&inner, span_of(text), &ignored) == 0)
		json_put(writer, inner);
	else
		json_put_null(writer);
}

static void
put_attachments(struct json_writer *writer, const struct json *rows)
{
	static const char *const columns[] = { "id", "volume_id", "instance_uuid", "attached_host",
		"mountpoint", "attach_time", "detach_time", "attach_status", "attach_mode",
		"created_at", "updated_at", "deleted_at", "deleted", NULL };
	size_t i;

	object_begin(writer, "VolumeAttachmentList", "1.1");
	json_key(writer, "objects");
	json_begin_array(writer);
	for (i = 0; i < json_count(rows); i++) {
		const struct json *row = json_element(rows, i);

		object_begin(writer, "VolumeAttachment", "1.3");
		put_columns(writer, row, columns);
		put_inner(writer, "connection_info", json_member(row, "connection_info"));
		put_inner(writer, "connector", json_member(row, "connector"));
		object_end(writer);
	}
	json_end_array(writer);
	object_end(writer);
}

void
object_put_volume(struct json_writer *writer, const struct json *row, bool modern)
{
	static const char *const columns[] = { "id", "_name_id", "ec2_id", "user_id", "project_id",
		"snapshot_id", "cluster_name", "host", "size", "availability_zone", "status",
		"attach_status", "migration_status", "scheduled_at", "launched_at", "terminated_at",
		"display_name", "display_description", "provider_id", "provider_location",
		"provider_auth", "provider_geometry", "volume_type_id", "source_volid",
		"encryption_key_id", "consistencygroup_id", "group_id", "replication_status",
		"replication_extended_status", "replication_driver_data", "previous_status",
		"service_uuid", "created_at", "updated_at", "deleted_at", NULL };

	object_begin(writer, "Volume", modern ? "1.9" : "1.8");
	put_columns(writer, row, columns);
	put_truth(writer, "deleted", json_member(row, "deleted"));
	put_truth(writer, "bootable", json_member(row, "bootable"));
	put_truth(writer, "multiattach", json_member(row, "multiattach"));
	put_truth(writer, "shared_targets", json_member(row, "shared_targets"));
	if (modern)
		put_truth(writer, "use_quota", json_member(row, "use_quota"));
	put_pairs(writer, "metadata", json_member(row, "volume_metadata"));
	put_pairs(writer, "admin_metadata", json_member(row, "volume_admin_metadata"));
	json_key(writer, "volume_type");
	put_type(writer, json_member(row, "volume_type"));
	json_key(writer, "volume_attachment");
	put_attachments(writer, json_member(row, "volume_attachment"));
	object_end(writer);
}

void
object_put_snapshot(struct json_writer *writer, const struct json *row, bool modern)
{
	static const char *const columns[] = { "id", "user_id", "project_id", "volume_id",
		"cgsnapshot_id", "group_snapshot_id", "status", "progress", "volume_size",
		"display_name", "display_description", "encryption_key_id", "volume_type_id",
		"provider_location", "provider_id", "provider_auth", "created_at", "updated_at",
		"deleted_at", NULL };

	object_begin(writer, "Snapshot", modern ? "1.6" : "1.5");
	put_columns(writer, row, columns);
	put_truth(writer, "deleted", json_member(row, "deleted"));
	if (modern)
		put_truth(writer, "use_quota", json_member(row, "use_quota"));
	put_pairs(writer, "metadata", NULL);
	object_end(writer);
}
