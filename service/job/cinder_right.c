/* Volumes of a cloud: what is set right after a crash. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "model/object.h"

/* What this host, and no instance on it, has attached. */
static int
detach_all(
    struct cinder *cinder, const struct remote *remote, const struct json *row, struct err *err)
{
	const struct json *attachments = json_member(row, "volume_attachment");
	size_t i;

	for (i = 0; i < json_count(attachments); i++) {
		const struct json *one = json_element(attachments, i);

		if (strcmp(cinder_text(one, "attached_host"), cinder->setup.core->host) == 0 &&
		    !cinder_text(one, "instance_uuid")[0] &&
		    cinder_detach(remote, cinder_text(one, "id"), err) < 0)
			return -1;
	}
	return 0;
}

/* Whatever was connected: a volume that is not connected any more does not mind. */
static int
disconnect_row(
    struct cinder *cinder, const struct envelope_context *context, const char *id, struct err *err)
{
	scoped(json_free_scoped) struct json *row = NULL;
	scoped(buf_drop) struct buf object = BUF(VOLUME_TEXT_MAX);
	struct json_writer json = JSON_WRITER(&object, 0);
	int modern = cinder_is_modern(cinder, err);
	struct remote remote = { .setup = &cinder->setup,
		.context = context,
		.connector = buf_span(&cinder->connector) };

	if (modern < 0)
		return -1;
	if (cinder_read_row(cinder, CLOUD_VOLUME, id, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	object_put_volume(&json, row, modern);
	if (json_check(&json, err) < 0)
		return -1;
	remote.object = buf_span(&object);
	snprintf(remote.id, sizeof remote.id, "%.36s", id);
	cinder_set_host(&remote, row);
	if (detach_all(cinder, &remote, row, err) < 0)
		return -1;
	return cinder_disconnect(&remote, true, err);
}

static int
free_volumes(struct cinder *cinder, const struct envelope_context *context,
    const struct backup *row, struct err *err)
{
	const char *id = row->volume_id;
	int moved = 0;

	if (row->status == BACKUP_CREATING) {
		moved = cinder_free_source(cinder, row, NULL, err);
	} else if (row->status == BACKUP_RESTORING && backup_has(row, BACKUP_RESTORE_VOLUME_ID)) {
		id = row->restore_volume_id;
		moved = cinder_free_target(cinder, id, "error_restoring", "error", err);
	}
	if (moved <= 0 || (row->status == BACKUP_CREATING && backup_has(row, BACKUP_SNAPSHOT_ID)))
		return moved < 0 ? -1 : 0;
	return disconnect_row(cinder, context, id, err);
}

int
cinder_put_right(struct lender *lender, const struct backup *row, struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	char uuid[DIGEST_UUID_TEXT], request_id[DIGEST_UUID_TEXT + 4];
	const struct envelope_context context = { .request_id = request_id };

	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	snprintf(request_id, sizeof request_id, "req-%s", uuid);
	if (free_volumes(cinder, &context, row, err) < 0)
		return -1;
	if (!backup_has(row, BACKUP_TEMP_VOLUME_ID) && !backup_has(row, BACKUP_TEMP_SNAPSHOT_ID))
		return 0;
	return cinder_delete_noted(cinder, &context, row, err);
}
