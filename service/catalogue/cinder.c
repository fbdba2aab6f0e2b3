#include "catalogue/cinder.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/sql_bind.h"

/* ---- versions ---- */

bool
cinder_before(const char *a, const char *b)
{
	unsigned major[2] = { 0 }, minor[2] = { 0 };

	if (sscanf(a, "%9u.%9u", &major[0], &minor[0]) != 2)
		return true;
	sscanf(b, "%9u.%9u", &major[1], &minor[1]);
	return major[0] != major[1] ? major[0] < major[1] : minor[0] < minor[1];
}

/* By what the releases of that set of objects have besides. */
static const char *
rpc_beside(const struct cinder_peers *peers, const char *object)
{
	if (cinder_before(object, "1.38"))
		return "2.1";
	if (cinder_before(object, "1.39"))
		return cinder_before(peers->scheduler.rpc, "3.12") ? "2.1" : "2.2";
	return cinder_before(peers->volume.rpc, "3.17") ? "2.2" : "2.3";
}

void
cinder_decide(const struct cinder_peers *peers, struct cinder_versions *ret)
{
	const char *object = peers->use_quota ? "1.39" : "1.38";
	const char *rpc;

	if (*peers->scheduler.object)
		object = peers->scheduler.object;
	else if (*peers->volume.object)
		object = peers->volume.object;
	rpc = rpc_beside(peers, object);
	/* Upstream's own service of this release has told. */
	if (*peers->own.rpc && strcmp(peers->own.object, object) == 0)
		rpc = peers->own.rpc;
	else if (*peers->backup.rpc && strcmp(peers->backup.object, object) == 0)
		rpc = peers->backup.rpc;
	snprintf(ret->object, sizeof ret->object, "%s", object);
	snprintf(ret->rpc, sizeof ret->rpc, "%s", rpc);
}

/* ---- the row in services ---- */

struct entry {
	const char *host, *zone;
	struct cinder_peers peers;
	int64_t id; /* of the row; 0: there is none */
};

static void
keep_least(struct cinder_versions *least, const struct sql_value *columns)
{
	if (columns[0].kind != SQL_TEXT || columns[1].kind != SQL_TEXT)
		return;
	if (!*least->rpc || cinder_before(columns[0].text, least->rpc))
		snprintf(least->rpc, sizeof least->rpc, "%s", columns[0].text);
	if (!*least->object || cinder_before(columns[1].text, least->object))
		snprintf(least->object, sizeof least->object, "%s", columns[1].text);
}

/* Columns: both versions, binary, host, id. */
static int
take_peer(void *arg, const struct sql_value *columns, struct err *err)
{
	struct entry *entry = arg;
	const char *binary = columns[2].kind == SQL_TEXT ? columns[2].text : "";

	(void)err;
	if (strcmp(binary, "cinder-scheduler") == 0)
		keep_least(&entry->peers.scheduler, columns);
	else if (strcmp(binary, "cinder-volume") == 0)
		keep_least(&entry->peers.volume, columns);
	else if (strcmp(binary, "cinder-backup") != 0 || columns[3].kind != SQL_TEXT)
		return 0;
	else if (strcmp(columns[3].text, entry->host) != 0)
		keep_least(&entry->peers.backup, columns);
	else {
		keep_least(&entry->peers.own, columns);
		entry->id = columns[4].number;
	}
	return 0;
}

static int
take_any(void *arg, const struct sql_value *columns, struct err *err)
{
	(void)columns;
	(void)err;
	*(bool *)arg = true;
	return 0;
}

static int
find_peers(struct table *table, struct entry *entry, struct err *err)
{
	scoped(sql_drop) struct sql services = SQL;
	scoped(sql_drop) struct sql column = SQL;

	memset(&entry->peers, 0, sizeof entry->peers);
	entry->id = 0;
	buf_text(&services.text,
	    "SELECT rpc_current_version, object_current_version, `binary`, host, "
	    "id FROM services WHERE deleted = 0 ORDER BY id");
	buf_text(&column.text,
	    "SELECT 1 FROM information_schema.columns WHERE table_schema = "
	    "DATABASE() AND table_name = 'volumes' AND column_name = 'use_quota'");
	if (table_run(table, &services, take_peer, entry, NULL, err) < 0)
		return -1;
	return table_run(table, &column, take_any, &entry->peers.use_quota, NULL, err);
}

static int
insert_row(struct table *table, const struct entry *entry, const struct cinder_versions *can,
    struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	char uuid[DIGEST_UUID_TEXT];
	int64_t now = clock_now();

	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	buf_text(&sql.text,
	    "INSERT INTO services (created_at, updated_at, deleted, uuid, host, `binary`, topic, "
	    "report_count, disabled, availability_zone, rpc_current_version, "
	    "object_current_version, replication_status, frozen) VALUES (?, ?, 0, ?, ?, "
	    "'cinder-backup', 'cinder-backup', 0, 0, ?, ?, ?, 'not-capable', 0)");
	sql_bind_time(&sql, now);
	sql_bind_time(&sql, now);
	sql_bind_text(&sql, uuid);
	sql_bind_text(&sql, entry->host);
	sql_bind_text(&sql, entry->zone);
	sql_bind_text(&sql, can->rpc);
	sql_bind_text(&sql, can->object);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}

/* What the row says is made to be true; the row is made if need be. */
static int
enlist(struct table *table, struct entry *entry, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct cinder_versions can;

	if (find_peers(table, entry, err) < 0)
		return -1;
	cinder_decide(&entry->peers, &can);
	if (!entry->id)
		return insert_row(table, entry, &can, err);
	buf_text(&sql.text, "UPDATE services SET updated_at = ?, rpc_current_version = ?, "
			    "object_current_version = ? WHERE id = ? AND deleted = 0");
	sql_bind_time(&sql, clock_now());
	sql_bind_text(&sql, can.rpc);
	sql_bind_text(&sql, can.object);
	sql_bind_integer(&sql, entry->id);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}

static int
beat(struct table *table, void *arg, bool done, struct err *err)
{
	struct entry *entry = arg;
	scoped(sql_drop) struct sql sql = SQL;
	uint64_t changed = 0;

	(void)done;
	if (table->enlisted) {
		sql_beat(&sql, entry->host, entry->zone, clock_now());
		if (table_run(table, &sql, NULL, NULL, &changed, err) < 0)
			return -1;
	}
	return !changed && enlist(table, entry, err) < 0 ? -1 : 1;
}

int
cinder_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err)
{
	struct table *table = (struct table *)catalogue;
	struct entry entry = { .host = host, .zone = zone };

	if (table_transact(table, beat, &entry, err) < 0)
		return -1;
	table->enlisted = true;
	return 0;
}

/* ---- the end of a backup ---- */

struct owned {
	char project_id[COLUMN_TEXT_MAX];
	int64_t size;
};

static int
take_owned(void *arg, const struct sql_value *columns, struct err *err)
{
	struct owned *owned = arg;

	(void)err;
	if (columns[0].kind == SQL_TEXT)
		snprintf(owned->project_id, sizeof owned->project_id, "%s", columns[0].text);
	owned->size = columns[1].number;
	return 0;
}

static int
end_metadata(struct table *table, const char *id, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	buf_text(&sql.text, "UPDATE backup_metadata SET deleted = 1, deleted_at = ? WHERE "
			    "backup_id = ? AND deleted = 0");
	sql_bind_time(&sql, clock_now());
	sql_bind_text(&sql, id);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}

/* Where less would be in use than nothing, what is there is counted. */
static int
release(struct table *table, const struct owned *owned, const char *resource, int64_t amount,
    const char *count, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	buf_printf(&sql.text,
	    "UPDATE quota_usages SET updated_at = ?, in_use = CASE WHEN in_use >= ? THEN in_use - "
	    "? "
	    "ELSE (SELECT %s FROM backups WHERE project_id = ? AND deleted = 0) END WHERE "
	    "project_id = ? AND resource = ? AND deleted = 0",
	    count);
	sql_bind_time(&sql, clock_now());
	sql_bind_integer(&sql, amount);
	sql_bind_integer(&sql, amount);
	sql_bind_text(&sql, owned->project_id);
	sql_bind_text(&sql, owned->project_id);
	sql_bind_text(&sql, resource);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}

static int
end_owned(struct table *table, const char *id, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct owned owned = { .size = 0 };

	buf_text(&sql.text, "SELECT project_id, size FROM backups WHERE id = ?");
	sql_bind_text(&sql, id);
	if (table_run(table, &sql, take_owned, &owned, NULL, err) < 0 ||
	    end_metadata(table, id, err) < 0 ||
	    release(table, &owned, "backups", 1, "COUNT(*)", err) < 0)
		return -1;
	return release(
	    table, &owned, "backup_gigabytes", owned.size, "COALESCE(SUM(size), 0)", err);
}

struct move {
	const char *id, *reason;
	enum backup_status from, to;
};

/* Who ends the row pays the quota back, in the same act: nobody does it twice. */
static int
move(struct table *table, void *arg, bool done, struct err *err)
{
	const struct move *move = arg;
	int moved = table_move_row(table, move->id, move->from, move->to, move->reason, done, err);

	if (moved == 1 && move->to == BACKUP_DELETED && end_owned(table, move->id, err) < 0)
		return -1;
	return moved;
}

int
cinder_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err)
{
	struct backup cut = { .present = 0 };
	struct move what = { .id = id, .from = from, .to = to };
	int moved;

	if (reason && backup_set_text(&cut, BACKUP_FAIL_REASON, reason, err) < 0)
		return -1;
	what.reason = backup_text(&cut, BACKUP_FAIL_REASON);
	moved = table_transact((struct table *)catalogue, move, &what, err);
	return moved > 0 ? 1 : moved;
}
