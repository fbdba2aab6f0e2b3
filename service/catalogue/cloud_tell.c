#include <stdio.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/cloud.h"
#include "catalogue/cloud_own.h"
#include "catalogue/sql_bind.h"

static int
insert(struct table *table, void *arg, bool done, struct err *err)
{
	if (done)
		return 0; /* a message that may be there is not told twice */
	return table_run(table, arg, NULL, NULL, NULL, err) < 0 ? -1 : 1;
}

int
cloud_tell(struct catalogue *catalogue, const struct cloud_message *message, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct table *table = cloud_table(catalogue, err);
	char id[DIGEST_UUID_TEXT], event[64];

	if (!table || digest_uuid_random(id, err) < 0)
		return -1;
	snprintf(event, sizeof event, "VOLUME_VOLUME_BACKUP_%.8s_%.8s", message->action,
	    message->detail);
	buf_text(&sql.text,
	    "INSERT INTO messages (created_at, deleted, expires_at, id, project_id, message_level, "
	    "request_id, resource_type, resource_uuid, event_id, detail_id, action_id) SELECT ?, "
	    "0, "
	    "?, ?, ?, 'ERROR', ?, 'VOLUME_BACKUP', ?, ?, ?, ? FROM information_schema.columns "
	    "WHERE table_schema = DATABASE() AND table_name = 'volumes' AND column_name = "
	    "'use_quota'");
	sql_bind_time(&sql, clock_now());
	sql_bind_time(&sql, clock_now() + message->life_s);
	sql_bind_text(&sql, id);
	sql_bind_text(&sql, message->project_id ? message->project_id : "");
	sql_bind_text(&sql, message->request_id);
	sql_bind_text(&sql, message->about);
	sql_bind_text(&sql, event);
	sql_bind_text(&sql, message->detail);
	sql_bind_text(&sql, message->action);
	if (table_transact(table, insert, &sql, err) < 0)
		return err_wrap(err, "message to the user");
	return 0;
}
