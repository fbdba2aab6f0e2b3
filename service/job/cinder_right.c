/* Volumes of a cloud: what is set right after a crash. */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "volume/connection.h"

/* What this host, and no instance on it, has attached. */
static int
detach_all(struct cinder *cinder, const struct cinder_thing *volume, struct err *err)
{
	const struct json *attachments = json_member(volume->row, "volume_attachment");
	size_t i;

	for (i = 0; i < json_count(attachments); i++) {
		const struct json *one = json_element(attachments, i);

		if (strcmp(cinder_text(one, "attached_host"), cinder->setup.core->host) == 0 &&
		    !cinder_text(one, "instance_uuid")[0] &&
		    cinder_detach(&volume->remote, cinder_text(one, "id"), err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Whatever was connected: what is not connected any more does not mind.  A volume in
 * use is not asked about, since its export is that of who uses it: a copy was read.
 */
static int
disconnect(struct cinder *cinder, const struct envelope_context *context, enum cloud_kind kind,
    const char *id, struct err *err)
{
	scoped(cinder_drop_thing) struct cinder_thing thing = CINDER_THING;
	int found = cinder_find(cinder, context, kind, id, &thing, err);

	if (found <= 0)
		return found;
	if (kind == CLOUD_VOLUME && detach_all(cinder, &thing, err) < 0)
		return -1;
	if (strcmp(cinder_text(thing.row, "status"), "in-use") == 0)
		return 0;
	return cinder_disconnect(&thing.remote, true, err);
}

static int
free_source(struct cinder *cinder, const struct envelope_context *context, const struct backup *row,
    struct err *err)
{
	const char *snapshot = backup_text(row, BACKUP_SNAPSHOT_ID);
	int moved = cinder_free_source(cinder, row, NULL, err);

	if (moved <= 0)
		return moved;
	return disconnect(cinder, context, snapshot ? CLOUD_SNAPSHOT : CLOUD_VOLUME,
	    snapshot ? snapshot : row->volume_id, err);
}

static int
free_target(
    struct cinder *cinder, const struct envelope_context *context, const char *id, struct err *err)
{
	int moved = cinder_free_target(cinder, id, "error_restoring", "error", err);

	return moved <= 0 ? moved : disconnect(cinder, context, CLOUD_VOLUME, id, err);
}

int
cinder_put_right(struct lender *lender, const struct backup *row, struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	char request_id[DIGEST_UUID_TEXT + 4];
	struct envelope_context context;

	if (cinder_own_context(request_id, &context, err) < 0)
		return -1;
	if (row->status == BACKUP_CREATING)
		return free_source(cinder, &context, row, err);
	if (row->status == BACKUP_RESTORING && backup_has(row, BACKUP_RESTORE_VOLUME_ID))
		return free_target(cinder, &context, row->restore_volume_id, err);
	return 0;
}

/* As for a backup: whoever connects hears where the image is. */
int
cinder_locate(
    struct lender *lender, const struct backup *row, struct ceph_cluster *ret, struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	scoped(cinder_drop_thing) struct cinder_thing thing = CINDER_THING;
	scoped(json_free_scoped) struct json *answer = NULL;
	char request_id[DIGEST_UUID_TEXT + 4];
	struct envelope_context context;
	struct attachment device = { .kind = ATTACHMENT_PATH };
	struct err ignored = ERR_INIT;
	int found;

	if (cinder_own_context(request_id, &context, err) < 0)
		return -1;
	found = cinder_find(cinder, &context, CLOUD_VOLUME, row->volume_id, &thing, err);
	if (found <= 0)
		return found;
	if (cinder_connect(&thing.remote, &answer, err) < 0)
		return -1;
	/* The export of a volume in use is that of who uses it. */
	if (strcmp(cinder_text(thing.row, "status"), "in-use") != 0)
		(void)cinder_disconnect(&thing.remote, true, &ignored);
	if (connection_read(json_member(answer, "result"), &device, err) < 0)
		return -1;
	*ret = device.cluster;
	return device.kind == ATTACHMENT_RBD;
}
