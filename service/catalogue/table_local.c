/* Volumes, snapshots, and backups that move with them, on any SQL database: see local.h. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/local.h"
#include "catalogue/sql.h"
#include "catalogue/sql_local.h"
#include "catalogue/table.h"
#include "catalogue/table_project.h"

static struct table *
table_of(struct catalogue *catalogue)
{
	return (struct table *)catalogue;
}

/* ---- volumes ---- */

struct found {
	enum volume_kind kind;
	struct volume_record *volume;
	bool any;
};

static int
take_volume(void *arg, const struct sql_value *columns, struct err *err)
{
	struct found *found = arg;

	found->any = true;
	return sql_volume_read(found->kind, columns, found->volume, err);
}

static int
find_row(struct table *table, enum volume_kind kind, const char *id, struct volume_record *ret,
    struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct found found = { kind, ret, false };

	sql_volume_find(&sql, kind, id);
	if (table_run(table, &sql, take_volume, &found, NULL, err) < 0)
		return -1;
	return found.any;
}

static int
local_find(struct catalogue *catalogue, enum volume_kind kind, const char *id,
    struct volume_record *ret, struct err *err)
{
	struct table *table = table_of(catalogue);
	scoped_lock(&table->mutex);

	return find_row(table, kind, id, ret, err);
}

struct telling {
	enum volume_kind kind;
	volume_record_fn *fn;
	void *arg;
	int result;
};

static int
tell_volume(void *arg, const struct sql_value *columns, struct err *err)
{
	struct telling *telling = arg;
	struct volume_record volume;

	if (sql_volume_read(telling->kind, columns, &volume, err) < 0)
		return -1;
	if (telling->result == 0)
		telling->result = telling->fn(telling->arg, &volume, err);
	return telling->result < 0 ? -1 : 0;
}

static int
local_each(struct catalogue *catalogue, const struct volume_filter *filter,
    const struct volume_page *page, volume_record_fn *fn, void *arg, struct err *err)
{
	struct table *table = table_of(catalogue);
	struct telling telling = { filter->kind, fn, arg, 0 };
	scoped(sql_drop) struct sql sql = SQL;

	sql_volume_each(&sql, filter, page);
	return table_read(table, &sql, tell_volume, &telling, err) < 0 ? -1 : telling.result;
}

static int
take_id(void *arg, const struct sql_value *columns, struct err *err)
{
	char *id = arg;

	(void)err;
	snprintf(id, UUID_TEXT, "%s", columns[0].text ? columns[0].text : "");
	return 0;
}

static int
refuse_snapshots(struct table *table, const char *id, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	char snapshot[UUID_TEXT] = "";

	sql_volume_snapshot(&sql, id);
	if (table_run(table, &sql, take_id, snapshot, NULL, err) < 0)
		return -1;
	if (!snapshot[0])
		return 0;
	return err_set(err, ERR_CONFLICT, "volume %s has snapshots, first %s", id, snapshot);
}

static int
move_volume(struct table *table, void *arg, bool done, struct err *err)
{
	const struct volume_move *move = arg;
	scoped(sql_drop) struct sql sql = SQL;
	uint64_t changed = 0;

	(void)done;
	if (move->to == VOLUME_DELETING && move->kind == VOLUME &&
	    refuse_snapshots(table, move->id, err) < 0)
		return -1;
	sql_volume_move(&sql, move, clock_now());
	if (table_run(table, &sql, NULL, NULL, &changed, err) < 0)
		return -1;
	return changed > 0;
}

static int
local_move(struct catalogue *catalogue, const struct volume_move *move, struct err *err)
{
	struct volume_move copy = *move;

	return table_transact(table_of(catalogue), move_volume, &copy, err);
}

struct removal {
	enum volume_kind kind;
	const char *id;
};

static int
remove_volume(struct table *table, void *arg, bool done, struct err *err)
{
	const struct removal *gone = arg;
	scoped(sql_drop) struct sql sql = SQL;

	(void)done;
	sql_volume_remove(&sql, gone->kind, gone->id, clock_now());
	if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	return project_write_metadata(table,
		   gone->kind == VOLUME ? METADATA_OF_VOLUME : METADATA_OF_SNAPSHOT, gone->id, NULL,
		   err) < 0
		   ? -1
		   : 1;
}

static int
local_remove(struct catalogue *catalogue, enum volume_kind kind, const char *id, struct err *err)
{
	struct removal gone = { kind, id };

	return table_transact(table_of(catalogue), remove_volume, &gone, err) < 0 ? -1 : 0;
}

struct growing {
	const char *id;
	uint64_t size;
	uint32_t from;
	const struct quota *limits;
};

static int
grow(struct table *table, void *arg, bool done, struct err *err)
{
	const struct growing *to = arg;
	scoped(sql_drop) struct sql sql = SQL;
	struct volume_record volume;
	int found = find_row(table, VOLUME, to->id, &volume, err);
	uint64_t more, changed = 0;

	if (found <= 0)
		return found;
	if (done && volume.status == VOLUME_EXTENDING && volume.size == to->size)
		return 1;
	if (volume.size >= to->size)
		return 0;
	more = to->size - volume.size;
	volume.size = to->size;
	if (project_check_room(table, &volume, more, to->limits, err) < 0)
		return -1;
	sql_volume_grow(&sql, to->id, to->size, to->from, clock_now());
	return table_run(table, &sql, NULL, NULL, &changed, err) < 0 ? -1 : changed > 0;
}

static int
local_grow(struct catalogue *catalogue, const char *id, uint64_t size, uint32_t from,
    const struct quota *limits, struct err *err)
{
	struct growing to = { id, size, from, limits };

	return table_transact(table_of(catalogue), grow, &to, err);
}

static int
change_volume(struct table *table, void *arg, bool done, struct err *err)
{
	const struct volume_change *change = arg;
	scoped(sql_drop) struct sql sql = SQL;

	(void)done;
	sql_volume_change(&sql, change, clock_now());
	if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	if (!change->metadata)
		return 1;
	return project_write_metadata(table,
		   change->kind == SNAPSHOT ? METADATA_OF_SNAPSHOT : METADATA_OF_VOLUME, change->id,
		   change->metadata, err) < 0
		   ? -1
		   : 1;
}

static int
local_change(struct catalogue *catalogue, const struct volume_change *change, struct err *err)
{
	struct volume_change copy = *change;

	return table_transact(table_of(catalogue), change_volume, &copy, err) < 0 ? -1 : 0;
}

struct addition {
	const struct volume_record *volume;
	const struct quota *limits;
	const struct metadata *metadata;
};

static int
add_volume(struct table *table, void *arg, bool done, struct err *err)
{
	const struct addition *new = arg;
	const struct volume_record *volume = new->volume;
	bool snapshot = volume->kind == SNAPSHOT;
	scoped(sql_drop) struct sql clear = SQL;
	scoped(sql_drop) struct sql sql = SQL;
	struct volume_record other;
	int found = find_row(table, volume->kind, volume->id, &other, err);

	if (found < 0)
		return -1;
	if (found && done)
		return 1;
	if (found && (other.project_id[0] || !volume->project_id[0]))
		return err_set(err, ERR_CONFLICT, "%s %s is in the catalogue already",
		    snapshot ? "snapshot" : "volume", volume->id);
	if (snapshot) {
		found = find_row(table, VOLUME, volume->volume_id, &other, err);
		if (found <= 0)
			return found < 0
				   ? -1
				   : err_set(err, ERR_NOT_FOUND,
					 "volume %s is not in the catalogue", volume->volume_id);
	}
	if (project_check_room(table, volume, 0, new->limits, err) < 0)
		return -1;
	sql_volume_clear(&clear, volume->kind, volume->id);
	sql_volume_insert(&sql, volume);
	if (table_run(table, &clear, NULL, NULL, NULL, err) < 0 ||
	    table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	return project_write_metadata(table, snapshot ? METADATA_OF_SNAPSHOT : METADATA_OF_VOLUME,
		   volume->id, new->metadata, err) < 0
		   ? -1
		   : 1;
}

static int
local_add(struct catalogue *catalogue, const struct volume_record *volume,
    const struct quota *limits, const struct metadata *metadata, struct err *err)
{
	struct addition new = { volume, limits, metadata };

	return table_transact(table_of(catalogue), add_volume, &new, err) < 0 ? -1 : 0;
}

/* ---- backups and what moves with them ---- */

struct admitting {
	const struct backup *backup;
	const struct admission *admission;
};

/* ERR_CONFLICT: it was in none of from. */
static int
move_along(struct table *table, const struct volume_move *move, struct err *err)
{
	struct volume_move copy = *move;
	struct volume_record now;
	int moved = move_volume(table, &copy, false, err);

	if (moved)
		return moved < 0 ? -1 : 0;
	moved = find_row(table, move->kind, move->id, &now, err);
	if (moved < 0)
		return -1;
	return err_set(err, ERR_CONFLICT, "%s %s is %s",
	    move->kind == VOLUME ? "volume" : "snapshot", move->id,
	    moved ? volume_status_name(now.status) : "not in the catalogue");
}

static int
admit(struct table *table, void *arg, bool done, struct err *err)
{
	const struct admitting *new = arg;
	const struct backup *backup = new->backup;
	const struct admission *admission = new->admission;
	struct quota limits, used;
	int added;

	if (admission->limits) {
		limits = *admission->limits;
		if (project_read_quota(table, backup->project_id, &used, &limits, err) < 0)
			return -1;
	}
	added = table_add_row(table, backup, done, err);
	if (added != 1)
		return added;
	if ((admission->limits && quota_check_backup(&limits, &used, backup->size, err) < 0) ||
	    (admission->move && move_along(table, admission->move, err) < 0))
		return -1;
	return project_write_metadata(
		   table, METADATA_OF_BACKUP, backup->id, admission->metadata, err) < 0
		   ? -1
		   : 1;
}

static int
local_admit(struct catalogue *catalogue, const struct backup *backup,
    const struct admission *admission, struct err *err)
{
	struct admitting new = { backup, admission };

	return table_transact(table_of(catalogue), admit, &new, err) < 0 ? -1 : 0;
}

struct moving {
	const char *id;
	enum backup_status from, to;
	const struct admission *admission;
};

static int
move_both(struct table *table, void *arg, bool done, struct err *err)
{
	const struct moving *both = arg;
	const struct admission *admission = both->admission;
	struct addition new = { admission->volume, admission->limits, admission->metadata };
	int moved = table_move_row(table, both->id, both->from, both->to, NULL, done, err);

	if (moved != 1)
		return moved;
	if (admission->volume && add_volume(table, &new, false, err) < 0)
		return -1;
	return admission->move && move_along(table, admission->move, err) < 0 ? -1 : 1;
}

static int
local_move_both(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const struct admission *admission, struct err *err)
{
	struct moving both = { id, from, to, admission };
	int moved = table_transact(table_of(catalogue), move_both, &both, err);

	return moved > 0 ? 1 : moved;
}

const struct catalogue_local table_local = {
	.admit = local_admit,
	.move_both = local_move_both,
	.add = local_add,
	.find = local_find,
	.each = local_each,
	.move = local_move,
	.remove = local_remove,
	.grow = local_grow,
	.change = local_change,
	.metadata = project_metadata,
	.describe = project_describe,
	.tag = project_tag,
	.quota = project_quota,
	.limit = project_limit,
	.unlimit = project_unlimit,
};
