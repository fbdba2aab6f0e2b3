#include "catalogue/sql.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"

void
sql_drop(struct sql *sql)
{
	buf_drop(&sql->text);
}

void
sql_time(int64_t seconds, char ret[SQL_TIME_TEXT])
{
	char text[CLOCK_TEXT];

	clock_format(seconds, "%Y-%m-%d %H:%M:%S", text);
	memcpy(ret, text, SQL_TIME_TEXT - 1);
	ret[SQL_TIME_TEXT - 1] = '\0';
}

/* ---- values ---- */

static void
bind(struct sql *sql, struct sql_value value)
{
	sql->values[sql->n_values++] = value;
}

static void
bind_text(struct sql *sql, const char *text)
{
	bind(sql, (struct sql_value){text ? SQL_TEXT : SQL_NULL, 0, text});
}

static void
bind_time(struct sql *sql, int64_t seconds)
{
	bind(sql, (struct sql_value){SQL_TIME, seconds, NULL});
}

static void
bind_integer(struct sql *sql, int64_t number)
{
	bind(sql, (struct sql_value){SQL_INTEGER, number, NULL});
}

static void
bind_column(struct sql *sql, const struct backup *backup, enum backup_field field)
{
	if (!backup_has(backup, field)) {
		bind(sql, (struct sql_value){SQL_NULL, 0, NULL});
		return;
	}
	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		bind_text(sql, backup_text(backup, field));
		break;
	case COLUMN_STATUS:
		bind_text(sql, backup_status_name(backup->status));
		break;
	case COLUMN_TIME:
		bind_time(sql, backup_number(backup, field));
		break;
	default:
		bind_integer(sql, backup_number(backup, field));
	}
}

/* "name = ?", behind what separates it from those before it. */
static void
equals(struct sql *sql, const char *separator, const char *name)
{
	buf_printf(&sql->text, "%s%s = ?", separator, name);
}

static void
list_columns(struct sql *sql)
{
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++)
		buf_printf(&sql->text, "%s%s", i ? ", " : "", backup_columns[i].name);
}

/* ---- the tables ---- */

/* Another column here, or in backup_columns[], is another version of the schema. */
static const char services[] =
    "CREATE TABLE services (created_at DATETIME, updated_at DATETIME, "
    "deleted_at DATETIME, deleted BOOLEAN, id INTEGER NOT NULL PRIMARY "
    "KEY, host VARCHAR(255), `binary` VARCHAR(255), topic VARCHAR(255), "
    "report_count INTEGER NOT NULL, disabled BOOLEAN, availability_zone "
    "VARCHAR(255), disabled_reason VARCHAR(255), uuid VARCHAR(36) UNIQUE)";

static const char *const indexes[] = {
    "CREATE INDEX backups_created_at_idx ON backups (created_at)",
    "CREATE INDEX backups_parent_id_idx ON backups (parent_id)",
    "CREATE INDEX backups_volume_id_idx ON backups (volume_id)",
};

static void
describe_column(struct sql *sql, enum backup_field field)
{
	const struct backup_column *column = &backup_columns[field];

	switch (column->type) {
	case COLUMN_TIME:
		buf_text(&sql->text, "DATETIME");
		break;
	case COLUMN_BOOL:
		buf_text(&sql->text, "BOOLEAN");
		break;
	case COLUMN_INTEGER:
		buf_text(&sql->text, "INTEGER");
		break;
	case COLUMN_STATUS:
		buf_text(&sql->text, "VARCHAR(255)");
		break;
	case COLUMN_TEXT:
		buf_printf(&sql->text, "VARCHAR(%u)", column->characters);
	}
	if (field == BACKUP_ID || field == BACKUP_VOLUME_ID)
		buf_text(&sql->text, " NOT NULL");
}

int
sql_schema(struct sql *ret, unsigned number)
{
	unsigned i;

	if (number == 0) {
		buf_text(&ret->text, "CREATE TABLE backups (");
		for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
			buf_printf(&ret->text, "%s ", backup_columns[i].name);
			describe_column(ret, (enum backup_field)i);
			buf_text(&ret->text, ", ");
		}
		buf_text(&ret->text, "PRIMARY KEY (id), CHECK (deleted IN (0, 1)))");
		return 1;
	}
	if (number == 1) {
		buf_text(&ret->text, services);
		return 1;
	}
	number -= 2;
	if (number >= sizeof indexes / sizeof indexes[0])
		return 0;
	buf_text(&ret->text, indexes[number]);
	return 1;
}

/* ---- writing ---- */

void
sql_insert(struct sql *ret, const struct backup *backup)
{
	unsigned i;

	buf_text(&ret->text, "INSERT INTO backups (");
	list_columns(ret);
	buf_text(&ret->text, ") VALUES (");
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		buf_text(&ret->text, i ? ", ?" : "?");
		bind_column(ret, backup, (enum backup_field)i);
	}
	buf_byte(&ret->text, ')');
}

void
sql_revive(struct sql *ret, const struct backup *backup)
{
	unsigned i;

	buf_text(&ret->text, "UPDATE backups SET ");
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		equals(ret, i ? ", " : "", backup_columns[i].name);
		bind_column(ret, backup, (enum backup_field)i);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 1");
	bind_text(ret, backup->id);
}

void
sql_save(struct sql *ret, const struct backup *backup, uint32_t fields, int64_t now)
{
	unsigned i;

	buf_text(&ret->text, "UPDATE backups SET updated_at = ?");
	bind_time(ret, now);
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (i == BACKUP_UPDATED_AT || !(fields & 1u << i))
			continue;
		equals(ret, ", ", backup_columns[i].name);
		bind_column(ret, backup, (enum backup_field)i);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0");
	bind_text(ret, backup->id);
}

void
sql_move(struct sql *ret, const char *id, enum backup_status from, enum backup_status to,
    const char *reason, int64_t now)
{
	buf_text(&ret->text, "UPDATE backups SET updated_at = ?, status = ?");
	bind_time(ret, now);
	bind_text(ret, backup_status_name(to));
	if (reason) {
		equals(ret, ", ", "fail_reason");
		bind_text(ret, reason);
	}
	if (to == BACKUP_DELETED) {
		buf_text(&ret->text, ", deleted = 1, deleted_at = ?");
		bind_time(ret, now);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0 AND status = ?");
	bind_text(ret, id);
	bind_text(ret, backup_status_name(from));
}

void
sql_count(struct sql *ret, const char *id)
{
	/* The inner table has a name of its own: MySQL updates no table it also reads. */
	buf_text(&ret->text, "UPDATE backups SET num_dependent_backups = (SELECT n FROM (SELECT "
			     "COUNT(*) AS n FROM backups WHERE parent_id = ? AND deleted = 0) AS "
			     "children) WHERE id = ?");
	bind_text(ret, id);
	bind_text(ret, id);
}

void
sql_beat(struct sql *ret, const char *host, int64_t now)
{
	buf_text(&ret->text, "UPDATE services SET updated_at = ?, report_count = report_count + 1 "
			     "WHERE host = ? AND `binary` = 'cinder-backup' AND deleted = 0");
	bind_time(ret, now);
	bind_text(ret, host);
}

void
sql_enlist(struct sql *ret, const char *host, const char *uuid, int64_t now)
{
	buf_text(&ret->text, "INSERT INTO services (created_at, updated_at, deleted, host, "
			     "`binary`, topic, report_count, disabled, uuid) VALUES (?, ?, 0, ?, "
			     "'cinder-backup', 'cinder-backup', 0, 0, ?)");
	bind_time(ret, now);
	bind_time(ret, now);
	bind_text(ret, host);
	bind_text(ret, uuid);
}

/* ---- reading ---- */

void
sql_state(struct sql *ret, const char *id)
{
	buf_text(&ret->text, "SELECT status, deleted, parent_id FROM backups WHERE id = ?");
	bind_text(ret, id);
}

void
sql_child(struct sql *ret, const char *id)
{
	buf_text(&ret->text,
	    "SELECT id FROM backups WHERE parent_id = ? AND deleted = 0 ORDER BY id LIMIT 1");
	bind_text(ret, id);
}

void
sql_find(struct sql *ret, const char *id)
{
	buf_text(&ret->text, "SELECT ");
	list_columns(ret);
	buf_text(&ret->text, " FROM backups WHERE id = ? AND deleted = 0");
	bind_text(ret, id);
}

static void
where_equal(struct sql *sql, const char *name, const char *text)
{
	if (!text)
		return;
	equals(sql, " AND ", name);
	bind_text(sql, text);
}

static void
where_status(struct sql *sql, uint32_t statuses)
{
	const char *separator = " AND status IN (";
	unsigned status;

	if (!statuses)
		return;
	for (status = BACKUP_CREATING; status <= BACKUP_ERROR_DELETING; status++) {
		if (!(statuses & 1u << status))
			continue;
		buf_printf(&sql->text, "%s?", separator);
		bind_text(sql, backup_status_name((enum backup_status)status));
		separator = ", ";
	}
	buf_byte(&sql->text, ')');
}

void
sql_page(struct sql *ret, const struct backup_filter *filter, const char *tie,
    const struct sql_cursor *after, unsigned limit)
{
	buf_text(&ret->text, "SELECT ");
	list_columns(ret);
	buf_printf(&ret->text, ", %s FROM backups WHERE %s", tie,
	    filter->deleted ? "created_at IS NOT NULL" : "deleted = 0");
	if (filter->id_or_name) {
		buf_text(&ret->text, " AND (id = ? OR display_name = ?)");
		bind_text(ret, filter->id_or_name);
		bind_text(ret, filter->id_or_name);
	}
	where_equal(ret, "project_id", filter->project_id);
	where_equal(ret, "volume_id", filter->volume_id);
	where_equal(ret, "parent_id", filter->parent_id);
	where_equal(ret, "host", filter->host);
	where_status(ret, filter->statuses);
	if (after) {
		buf_printf(&ret->text, " AND created_at <= ? AND (created_at < ? OR %s < ?)", tie);
		bind_time(ret, after->created_at);
		bind_time(ret, after->created_at);
		bind(ret, after->tie);
	}
	buf_printf(&ret->text, " ORDER BY created_at DESC, %s DESC LIMIT %u", tie, limit);
}

static int
read_text(
    const struct sql_value *value, enum backup_field field, struct backup *ret, struct err *err)
{
	if (value->kind != SQL_TEXT)
		return err_set(
		    err, ERR_CORRUPT, "column %s: not a text", backup_columns[field].name);
	if (backup_set_text(ret, field, value->text, err) == 0)
		return 0;
	err->kind = ERR_CORRUPT;
	return err_wrap(err, "column");
}

static int
read_column(
    const struct sql_value *value, enum backup_field field, struct backup *ret, struct err *err)
{
	const char *text = value->kind == SQL_TEXT ? value->text : "";
	const char *name = backup_columns[field].name;
	int64_t seconds;

	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		return read_text(value, field, ret, err);
	case COLUMN_STATUS:
		if (backup_status_parse(text, &ret->status, err) == 0)
			return 0;
		return err_set(err, ERR_CORRUPT, "column %s: \"%s\"", name, text);
	case COLUMN_TIME:
		if (!clock_parse(text, &seconds))
			return err_set(err, ERR_CORRUPT, "column %s: \"%s\"", name, text);
		backup_set_number(ret, field, seconds);
		return 0;
	default:
		if (value->kind != SQL_INTEGER)
			return err_set(err, ERR_CORRUPT, "column %s: not a number", name);
		backup_set_number(ret, field, value->number);
		return 0;
	}
}

int
sql_read(const struct sql_value *columns, struct backup *ret, struct err *err)
{
	struct backup backup = {.present = 0};
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (columns[i].kind == SQL_NULL && i != BACKUP_STATUS)
			continue;
		if (read_column(&columns[i], (enum backup_field)i, &backup, err) < 0)
			return err_wrap(err, "backup %s", backup.id[0] ? backup.id : "without id");
	}
	*ret = backup;
	return 0;
}
