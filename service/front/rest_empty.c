/* What clients ask about although there is little to say. */
#include <string.h>

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

/* Of cinder's extensions, those of which something is here. */
int
rest_extension_list(struct rest_call *call)
{
	static const struct {
		const char *name, *alias, *description, *updated;
	} extensions[] = {
		{ "AdminActions", "os-admin-actions", "Enable admin actions.",
		    "2012-08-25T00:00:00+00:00" },
		{ "AvailabilityZones", "os-availability-zone", "Describe Availability Zones.",
		    "2013-06-27T00:00:00+00:00" },
		{ "Backups", "backups", "Backups support.", "2012-12-12T00:00:00+00:00" },
		{ "ExtendedServices", "os-extended-services", "Extended services support.",
		    "2014-01-10T00:00:00-00:00" },
		{ "ExtendedSnapshotAttributes", "os-extended-snapshot-attributes",
		    "Extended SnapshotAttributes support.", "2012-06-19T00:00:00+00:00" },
		{ "Hosts", "os-hosts", "Admin-only host administration.",
		    "2011-06-29T00:00:00+00:00" },
		{ "Quotas", "os-quota-sets", "Quota management support.",
		    "2011-08-08T00:00:00+00:00" },
		{ "Services", "os-services", "Services support.", "2012-10-28T00:00:00-00:00" },
		{ "UsedLimits", "os-used-limits",
		    "Provide data on limited resources that are being used.",
		    "2013-10-03T00:00:00+00:00" },
		{ "VolumeActions", "os-volume-actions", "Enable volume actions.",
		    "2012-05-31T00:00:00+00:00" },
		{ "VolumeHostAttribute", "os-vol-host-attr",
		    "Expose host as an attribute of a volume.", "2011-11-03T00:00:00+00:00" },
		{ "VolumeManage", "os-volume-manage",
		    "Allows existing backend storage to be 'managed' by Cinder.",
		    "2014-02-10T00:00:00+00:00" },
		{ "VolumeMigStatusAttribute", "os-vol-mig-status-attr",
		    "Expose migration_status as an attribute of a volume.",
		    "2013-08-08T00:00:00+00:00" },
		{ "VolumeTenantAttribute", "os-vol-tenant-attr",
		    "Expose the internal project_id as an attribute of a volume.",
		    "2011-11-03T00:00:00+00:00" },
	};
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	size_t i;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "extensions");
	json_begin_array(&writer);
	for (i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
		json_begin_object(&writer);
		json_member_text(&writer, "name", extensions[i].name);
		json_member_text(&writer, "alias", extensions[i].alias);
		json_member_text(&writer, "description", extensions[i].description);
		json_member_text(&writer, "updated", extensions[i].updated);
		json_key(&writer, "links");
		json_begin_array(&writer);
		json_end_array(&writer);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

static void
put_filters(struct json_writer *writer, const char *resource, const char *const *filters)
{
	json_begin_object(writer);
	json_member_text(writer, "resource", resource);
	json_key(writer, "filters");
	json_begin_array(writer);
	for (; *filters; filters++)
		json_put_text(writer, *filters);
	json_end_array(writer);
	json_end_object(writer);
}

/* GET /resource_filters: by what everybody may filter; of one resource, if that is asked for. */
int
rest_filter_list(struct rest_call *call)
{
	const struct {
		const char *resource;
		const char *const *filters;
	} rows[] = {
		{ "volume", rest_volume_filters(VOLUME) },
		{ "snapshot", rest_volume_filters(SNAPSHOT) },
		{ "backup", rest_backup_filters },
	};
	const char *wanted = rest_param(call, "resource");
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	size_t i;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "resource_filters");
	json_begin_array(&writer);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!wanted || strcmp(wanted, rows[i].resource) == 0)
			put_filters(&writer, rows[i].resource, rows[i].filters);
	}
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}
