/* Limits: of the caller's project, and what of them is used. */
#include "front/rest.h"
#include "job/volumes.h"

static const struct {
	const char *key;
	enum quota_resource resource;
	bool used;
} rows[] = {
	{ "maxTotalVolumes", QUOTA_VOLUMES, false },
	{ "maxTotalSnapshots", QUOTA_SNAPSHOTS, false },
	{ "maxTotalVolumeGigabytes", QUOTA_GIGABYTES, false },
	{ "maxTotalBackups", QUOTA_BACKUPS, false },
	{ "maxTotalBackupGigabytes", QUOTA_BACKUP_GIGABYTES, false },
	{ "totalVolumesUsed", QUOTA_VOLUMES, true },
	{ "totalGigabytesUsed", QUOTA_GIGABYTES, true },
	{ "totalSnapshotsUsed", QUOTA_SNAPSHOTS, true },
	{ "totalBackupsUsed", QUOTA_BACKUPS, true },
	{ "totalBackupGigabytesUsed", QUOTA_BACKUP_GIGABYTES, true },
};

/* An administrator may ask for another project's, from 3.39 on; else that counts as not asked. */
static const char *
choose_project(const struct rest_call *call)
{
	const char *project = rest_param(call, "project_id");

	if (!project)
		project = rest_param(call, "tenant_id");
	return project && call->admin && call->minor >= 39 ? project : call->project_id;
}

int
rest_limit_list(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct quota used, limits;
	struct err err = ERR_INIT;
	size_t i;

	if (volumes_quota(call->rest->desk, choose_project(call), NULL, &used, &limits, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "limits");
	json_begin_object(&writer);
	json_key(&writer, "rate");
	json_begin_array(&writer);
	json_end_array(&writer);
	json_key(&writer, "absolute");
	json_begin_object(&writer);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		json_member_number(
		    &writer, rows[i].key, (rows[i].used ? &used : &limits)->of[rows[i].resource]);
	json_end_object(&writer);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}
