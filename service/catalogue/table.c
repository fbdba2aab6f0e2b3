#include "catalogue/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "catalogue/sql.h"

/* Columns that save() leaves alone. */
static const uint32_t kept = 1u << BACKUP_ID | 1u << BACKUP_STATUS | 1u << BACKUP_DELETED_FLAG |
			     1u << BACKUP_DELETED_AT | 1u << BACKUP_NUM_DEPENDENT_BACKUPS;

static struct table *
table_of(struct catalogue *catalogue)
{
	return (struct table *)catalogue;
}

/* ---- small questions ---- */

struct state {
	bool found, deleted;
	char status[COLUMN_TEXT_MAX], parent_id[COLUMN_TEXT_MAX];
};

static void
copy_text(char ret[COLUMN_TEXT_MAX], const struct sql_value *value)
{
	ret[0] = '\0';
	if (value->kind == SQL_TEXT)
		strncat(ret, value->text, COLUMN_TEXT_MAX - 1);
}

static int
take_state(void *arg, const struct sql_value *columns, struct err *err)
{
	struct state *state = arg;

	(void)err;
	state->found = true;
	copy_text(state->status, &columns[0]);
	state->deleted = columns[1].number != 0;
	copy_text(state->parent_id, &columns[2]);
	return 0;
}

static int
state_of(struct table *table, const char *id, struct state *ret, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	*ret = (struct state){ .found = false };
	sql_state(&sql, id);
	return table_run(table, &sql, take_state, ret, NULL, err);
}

static bool
is_in(const struct state *state, enum backup_status status)
{
	return state->found && !state->deleted &&
	       strcmp(state->status, backup_status_name(status)) == 0;
}

static int
take_id(void *arg, const struct sql_value *columns, struct err *err)
{
	(void)err;
	copy_text(arg, &columns[0]);
	return 0;
}

static int
refuse_children(struct table *table, const char *id, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	char child[COLUMN_TEXT_MAX] = "";

	sql_child(&sql, id);
	if (table_run(table, &sql, take_id, child, NULL, err) < 0)
		return -1;
	if (!child[0])
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "backup %s: incremental backups exist for this backup, first %s", id, child);
}

static int
count_children(struct table *table, const char *id, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct state parent;

	/* Who counts has the row to himself, or another's count would overwrite his. */
	if (state_of(table, id, &parent, err) < 0)
		return -1;
	sql_count(&sql, id);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}

/* ---- add ---- */

static int
check_parent(struct table *table, const struct backup *backup, struct err *err)
{
	const char *id = backup_text(backup, BACKUP_PARENT_ID);
	struct state parent;

	if (!id)
		return 0;
	if (state_of(table, id, &parent, err) < 0)
		return -1;
	if (!parent.found || parent.deleted)
		return err_set(err, ERR_CONFLICT,
		    "backup %s: its parent %s is not in the catalogue", backup->id, id);
	if (!is_in(&parent, BACKUP_AVAILABLE))
		return err_set(err, ERR_CONFLICT, "backup %s: its parent %s is %s, not available",
		    backup->id, id, parent.status);
	return 0;
}

static int
insert(struct table *table, const struct backup *backup, bool done, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);
	struct state old;

	if (state_of(table, backup->id, &old, err) < 0)
		return -1;
	if (old.found && !old.deleted && done)
		return 2;
	if (old.found && !old.deleted)
		return err_set(
		    err, ERR_CONFLICT, "backup %s already exists in the catalogue", backup->id);
	/* Only what is being made needs its parent now; records come in any order. */
	if (backup->status == BACKUP_CREATING && check_parent(table, backup, err) < 0)
		return -1;
	(old.found ? sql_revive : sql_insert)(&sql, backup);
	if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	if (count_children(table, backup->id, err) < 0)
		return -1;
	if (backup_has(backup, BACKUP_PARENT_ID) &&
	    count_children(table, backup->parent_id, err) < 0)
		return -1;
	return 1;
}

int
table_add_row(struct table *table, const struct backup *backup, bool done, struct err *err)
{
	struct backup row = *backup;

	if (!backup_has(&row, BACKUP_CREATED_AT))
		backup_set_number(&row, BACKUP_CREATED_AT, clock_now());
	row.deleted = false;
	backup_unset(&row, BACKUP_DELETED_AT);
	return insert(table, &row, done, err);
}

static int
add(struct table *table, void *arg, bool done, struct err *err)
{
	return table_add_row(table, arg, done, err);
}

int
table_add(struct catalogue *catalogue, const struct backup *backup, struct err *err)
{
	struct backup row = *backup;

	return table_transact(table_of(catalogue), add, &row, err) < 0 ? -1 : 0;
}

/* ---- save and move ---- */

struct change {
	const struct backup *backup;
	uint32_t fields;
	const char *id, *reason;
	enum backup_status from, to;
};

static int
save(struct table *table, void *arg, bool done, struct err *err)
{
	const struct change *change = arg;
	const struct backup *backup = change->backup;
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);
	struct state old;

	(void)done; /* twice is as good as once */
	if (state_of(table, backup->id, &old, err) < 0)
		return -1;
	if (!old.found || old.deleted)
		return err_set(err, ERR_NOT_FOUND, "backup %s is not in the catalogue", backup->id);
	sql_save(&sql, backup, change->fields, clock_now());
	if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	if (!(change->fields & 1u << BACKUP_PARENT_ID))
		return 1;
	if (count_children(table, old.parent_id, err) < 0 ||
	    count_children(table, backup->parent_id, err) < 0)
		return -1;
	return 1;
}

int
table_save(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	struct change change = { .backup = backup, .fields = fields & ~kept };

	return table_transact(table_of(catalogue), save, &change, err) < 0 ? -1 : 0;
}

static bool
was_moved(const struct state *row, enum backup_status to)
{
	return to == BACKUP_DELETED ? row->found && row->deleted : is_in(row, to);
}

int
table_move_row(struct table *table, const char *id, enum backup_status from, enum backup_status to,
    const char *reason, bool done, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct state old;

	if (state_of(table, id, &old, err) < 0)
		return -1;
	if (!is_in(&old, from))
		return done && was_moved(&old, to) ? 2 : 0;
	if ((to == BACKUP_DELETING || to == BACKUP_DELETED) && refuse_children(table, id, err) < 0)
		return -1;
	sql_move(&sql, id, from, to, reason, clock_now());
	if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	/* A cloud's API adds rows past us; at the latest now they count. */
	if (*old.parent_id && (to == BACKUP_DELETED || from == BACKUP_CREATING) &&
	    count_children(table, old.parent_id, err) < 0)
		return -1;
	return 1;
}

static int
move(struct table *table, void *arg, bool done, struct err *err)
{
	const struct change *change = arg;

	return table_move_row(
	    table, change->id, change->from, change->to, change->reason, done, err);
}

int
table_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err)
{
	struct backup cut = { .present = 0 };
	struct change change = { .id = id, .from = from, .to = to };
	int moved;

	if (reason && backup_set_text(&cut, BACKUP_FAIL_REASON, reason, err) < 0)
		return -1;
	change.reason = backup_text(&cut, BACKUP_FAIL_REASON);
	moved = table_transact(table_of(catalogue), move, &change, err);
	return moved > 0 ? 1 : moved;
}

/* Both, or none. */
static int
fill(struct table *table, void *arg, bool done, struct err *err)
{
	const struct change *change = arg;
	int moved = table_move_row(
	    table, change->backup->id, BACKUP_CREATING, BACKUP_AVAILABLE, NULL, done, err);

	return moved == 1 ? save(table, arg, done, err) : moved;
}

int
table_fill(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	struct change change = { .backup = backup, .fields = fields & ~kept };
	int filled = table_transact(table_of(catalogue), fill, &change, err);

	return filled > 0 ? 1 : filled;
}

/* ---- services ---- */

struct pulse {
	const char *host, *zone;
};

static int
beat(struct table *table, void *arg, bool done, struct err *err)
{
	const struct pulse *pulse = arg;
	scoped(sql_drop) struct sql update = SQL;
	scoped(sql_drop) struct sql insert = SQL;
	char uuid[DIGEST_UUID_TEXT];
	uint64_t changed = 0;

	(void)done;
	sql_beat(&update, pulse->host, pulse->zone, clock_now());
	if (table_run(table, &update, NULL, NULL, &changed, err) < 0)
		return -1;
	if (changed)
		return 1;
	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	sql_enlist(&insert, pulse->host, pulse->zone, uuid, clock_now());
	return table_run(table, &insert, NULL, NULL, NULL, err) < 0 ? -1 : 1;
}

int
table_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err)
{
	struct pulse pulse = { host, zone };

	return table_transact(table_of(catalogue), beat, &pulse, err) < 0 ? -1 : 0;
}
