/* Volumes, snapshots, metadata, quotas: see sql_local.h. */
#include "catalogue/sql_local.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/sql_bind.h"

/* ---- volumes and snapshots ---- */

void
sql_bind_volume(
    struct sql *sql, const struct volume_record *volume, const struct volume_column *column)
{
	const void *field = (const char *)volume + column->offset;
	const char *text = field;
	int64_t moment;

	switch (column->type) {
	case VOLUME_TEXT:
		sql_bind_text(sql, *text ? text : NULL);
		break;
	case VOLUME_NUMBER:
		sql_bind_integer(sql, (int64_t) * (const uint64_t *)field);
		break;
	case VOLUME_TIME:
		moment = *(const int64_t *)field;
		sql_bind(sql, (struct sql_value){ moment ? SQL_TIME : SQL_NULL, moment, NULL });
		break;
	case VOLUME_STATUS:
		text = volume_status_name(*(const enum volume_status *)field);
		sql_bind_text(sql, *text ? text : NULL);
	}
}

static void
list_columns(struct sql *sql, const struct volume_table *table)
{
	unsigned i;

	for (i = 0; i < table->n_columns; i++)
		buf_printf(&sql->text, "%s%s", i ? ", " : "", table->columns[i].name);
}

void
sql_volume_insert(struct sql *ret, const struct volume_record *volume)
{
	const struct volume_table *table = &volume_tables[volume->kind];
	unsigned i;

	buf_printf(&ret->text, "INSERT INTO %s (", table->name);
	list_columns(ret, table);
	buf_text(&ret->text, ", deleted) VALUES (");
	for (i = 0; i < table->n_columns; i++) {
		buf_text(&ret->text, "?, ");
		sql_bind_volume(ret, volume, &table->columns[i]);
	}
	buf_text(&ret->text, "0)");
}

static void
select_from(struct sql *sql, enum volume_kind kind)
{
	buf_text(&sql->text, "SELECT ");
	list_columns(sql, &volume_tables[kind]);
	buf_printf(&sql->text, " FROM %s WHERE deleted = 0", volume_tables[kind].name);
}

void
sql_volume_find(struct sql *ret, enum volume_kind kind, const char *id)
{
	select_from(ret, kind);
	sql_equals(ret, " AND ", "id");
	sql_bind_text(ret, id);
}

static void
where_status(struct sql *sql, uint32_t statuses)
{
	const char *separator = " AND status IN (";
	unsigned status;

	for (status = VOLUME_CREATING; status < VOLUME_STATUS_COUNT; status++) {
		if (!(statuses & 1u << status))
			continue;
		buf_printf(&sql->text, "%s?", separator);
		sql_bind_text(sql, volume_status_name((enum volume_status)status));
		separator = ", ";
	}
	buf_byte(&sql->text, ')');
}

static void
where_filter(struct sql *sql, const struct volume_filter *filter)
{
	if (filter->volume_id) {
		sql_equals(sql, " AND ", "volume_id");
		sql_bind_text(sql, filter->volume_id);
	}
	if (filter->project_id) {
		sql_equals(sql, " AND (", "project_id");
		sql_bind_text(sql, filter->project_id);
		buf_printf(&sql->text, "%s)", filter->strays ? " OR project_id IS NULL" : "");
	}
	if (filter->statuses)
		where_status(sql, filter->statuses);
}

void
sql_volume_each(struct sql *ret, const struct volume_filter *filter, const struct volume_page *page)
{
	select_from(ret, filter->kind);
	where_filter(ret, filter);
	if (page)
		sql_volume_page(ret, filter, page);
}

void
sql_volume_move(struct sql *ret, const struct volume_move *move, int64_t now)
{
	bool snapshot = move->kind == SNAPSHOT, back = move->to == VOLUME_NONE;
	enum volume_status to = back ? VOLUME_AVAILABLE : move->to;

	/* MySQL sets one column after the other, and reads what it has set. */
	buf_printf(&ret->text, "UPDATE %s SET updated_at = ?", volume_tables[move->kind].name);
	sql_bind_time(ret, now);
	if (back && !snapshot) {
		buf_text(&ret->text,
		    ", status = COALESCE(previous_status, 'available'), previous_status = ?");
		sql_bind_text(ret, volume_status_name(move->note));
	} else {
		buf_printf(
		    &ret->text, "%s, status = ?", snapshot ? "" : ", previous_status = status");
		sql_bind_text(ret, volume_status_name(to));
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0");
	sql_bind_text(ret, move->id);
	where_status(ret, move->from);
}

void
sql_volume_remove(struct sql *ret, enum volume_kind kind, const char *id, int64_t now)
{
	buf_printf(&ret->text,
	    "UPDATE %s SET deleted = 1, deleted_at = ?, updated_at = ?, status = 'deleted' WHERE "
	    "id = ? AND deleted = 0",
	    volume_tables[kind].name);
	sql_bind_time(ret, now);
	sql_bind_time(ret, now);
	sql_bind_text(ret, id);
}

static void
set_text(struct sql *sql, const char *column, const char *text)
{
	if (!text)
		return;
	sql_equals(sql, ", ", column);
	sql_bind_text(sql, *text ? text : NULL);
}

void
sql_volume_change(struct sql *ret, const struct volume_change *change, int64_t now)
{
	buf_printf(&ret->text, "UPDATE %s SET updated_at = ?", volume_tables[change->kind].name);
	sql_bind_time(ret, now);
	set_text(ret, "display_name", change->name);
	set_text(ret, "display_description", change->description);
	set_text(ret, "encryption_key_id", change->key_id);
	set_text(ret, "volume_type_id", change->type_id);
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0");
	sql_bind_text(ret, change->id);
}

void
sql_volume_clear(struct sql *ret, enum volume_kind kind, const char *id)
{
	buf_printf(&ret->text,
	    "DELETE FROM %s WHERE id = ? AND (deleted = 1 OR project_id IS NULL)",
	    volume_tables[kind].name);
	sql_bind_text(ret, id);
}

void
sql_volume_grow(struct sql *ret, const char *id, uint64_t size, uint32_t from, int64_t now)
{
	buf_text(&ret->text, "UPDATE volumes SET updated_at = ?, previous_status = status, "
			     "status = 'extending', size = ? WHERE id = ? AND deleted = 0");
	sql_bind_time(ret, now);
	sql_bind_integer(ret, (int64_t)size);
	sql_bind_text(ret, id);
	where_status(ret, from);
}

void
sql_volume_snapshot(struct sql *ret, const char *volume_id)
{
	buf_text(&ret->text,
	    "SELECT id FROM snapshots WHERE volume_id = ? AND deleted = 0 ORDER BY id LIMIT 1");
	sql_bind_text(ret, volume_id);
}

/* false: it does not fit the column. */
static bool
read_column(const struct sql_value *value, const struct volume_column *column, void *field)
{
	struct err ignored = ERR_INIT;

	switch (column->type) {
	case VOLUME_TEXT:
		if (value->kind != SQL_TEXT || strlen(value->text) >= column->room)
			return false;
		memcpy(field, value->text, strlen(value->text) + 1);
		return true;
	case VOLUME_NUMBER:
		if (value->kind != SQL_INTEGER || value->number < 0)
			return false;
		*(uint64_t *)field = (uint64_t)value->number;
		return true;
	case VOLUME_TIME:
		return value->kind == SQL_TEXT && clock_parse(value->text, field);
	default:
		return value->kind == SQL_TEXT &&
		       volume_status_parse(value->text, field, &ignored) == 0;
	}
}

int
sql_volume_read(enum volume_kind kind, const struct sql_value *columns, struct volume_record *ret,
    struct err *err)
{
	const struct volume_table *table = &volume_tables[kind];
	unsigned i;

	*ret = (struct volume_record){ .kind = kind };
	for (i = 0; i < table->n_columns; i++) {
		const struct volume_column *column = &table->columns[i];

		if (columns[i].kind != SQL_NULL &&
		    !read_column(&columns[i], column, (char *)ret + column->offset))
			return err_set(err, ERR_CORRUPT, "row of %s %s, column %s: \"%s\"",
			    table->name, ret->id[0] ? ret->id : "without id", column->name,
			    columns[i].kind == SQL_TEXT ? columns[i].text : "a number");
	}
	return 0;
}

/* ---- metadata ---- */

static const struct {
	const char *table, *column;
} owners[] = {
	[METADATA_OF_BACKUP] = { "backup_metadata", "backup_id" },
	[METADATA_OF_VOLUME] = { "volume_metadata", "volume_id" },
	[METADATA_OF_SNAPSHOT] = { "snapshot_metadata", "snapshot_id" },
};

void
sql_metadata_each(struct sql *ret, enum metadata_owner owner, const char *id)
{
	buf_printf(&ret->text,
	    "SELECT `key`, `value` FROM %s WHERE %s = ? AND deleted = 0 ORDER BY id",
	    owners[owner].table, owners[owner].column);
	sql_bind_text(ret, id);
}

void
sql_metadata_clear(struct sql *ret, enum metadata_owner owner, const char *id)
{
	buf_printf(
	    &ret->text, "DELETE FROM %s WHERE %s = ?", owners[owner].table, owners[owner].column);
	sql_bind_text(ret, id);
}

void
sql_metadata_drop(struct sql *ret, enum metadata_owner owner, const char *id, const char *key)
{
	sql_metadata_clear(ret, owner, id);
	sql_equals(ret, " AND ", "`key`");
	sql_bind_text(ret, key);
}

void
sql_metadata_insert(struct sql *ret, enum metadata_owner owner, const char *id,
    const struct metadata_pair *pair, int64_t now)
{
	buf_printf(&ret->text,
	    "INSERT INTO %s (created_at, deleted, %s, `key`, `value`) VALUES (?, 0, ?, ?, ?)",
	    owners[owner].table, owners[owner].column);
	sql_bind_time(ret, now);
	sql_bind_text(ret, id);
	sql_bind_text(ret, pair->key);
	sql_bind_text(ret, pair->value);
}

/* ---- quotas ---- */

/* To MySQL a sum is no integer. */
#define SUM_OF(column, table)                                                                      \
	"(SELECT CAST(COALESCE(SUM(" column "), 0) AS SIGNED) FROM " table " WHERE %s)"

static void
where_type(struct sql *sql, const struct quota_type *type)
{
	if (!type)
		return;
	buf_printf(&sql->text, " AND (volume_type_id = ?%s)",
	    type->untyped ? " OR volume_type_id IS NULL" : "");
	sql_bind_text(sql, type->id);
}

void
sql_quota_used(struct sql *ret, const char *project_id, const struct quota_type *type)
{
	static const char *const of[QUOTA_COUNT] = {
		[QUOTA_VOLUMES] = "(SELECT COUNT(*) FROM volumes WHERE %s)",
		[QUOTA_PER_VOLUME_GIGABYTES] = "0",
		[QUOTA_SNAPSHOTS] = "(SELECT COUNT(*) FROM snapshots WHERE %s)",
		[QUOTA_GIGABYTES] =
		    SUM_OF("size", "volumes") " + " SUM_OF("volume_size", "snapshots"),
		[QUOTA_BACKUPS] = "(SELECT COUNT(*) FROM backups WHERE %s)",
		[QUOTA_BACKUP_GIGABYTES] = SUM_OF("size", "backups"),
		[QUOTA_GROUPS] = "0",
	};
	const char *separator = "SELECT ", *at, *text;
	unsigned i;

	for (i = 0; i < QUOTA_COUNT; i++) {
		buf_text(&ret->text, separator);
		separator = ", ";
		for (text = type && !quota_is_typed(i) ? "0" : of[i]; (at = strstr(text, "%s"));
		     text = at + 2) {
			buf_add(&ret->text, text, (size_t)(at - text));
			buf_text(&ret->text, "project_id = ? AND deleted = 0");
			sql_bind_text(ret, project_id);
			where_type(ret, type);
		}
		buf_text(&ret->text, text);
	}
}

void
sql_quota_limits(struct sql *ret, const char *project_id)
{
	buf_text(&ret->text,
	    "SELECT resource, hard_limit FROM quotas WHERE project_id = ? AND deleted = 0");
	sql_bind_text(ret, project_id);
}

void
sql_quota_clear(struct sql *ret, const char *project_id, const char *resource)
{
	buf_text(&ret->text, "DELETE FROM quotas WHERE project_id = ?");
	sql_bind_text(ret, project_id);
	if (!resource)
		return;
	sql_equals(ret, " AND ", "resource");
	sql_bind_text(ret, resource);
}

void
sql_quota_insert(
    struct sql *ret, const char *project_id, const char *resource, int64_t limit, int64_t now)
{
	buf_text(&ret->text, "INSERT INTO quotas (created_at, deleted, project_id, resource, "
			     "hard_limit) VALUES (?, 0, ?, ?, ?)");
	sql_bind_time(ret, now);
	sql_bind_text(ret, project_id);
	sql_bind_text(ret, resource);
	sql_bind_integer(ret, limit);
}
