#include "catalogue/sql.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/sql_bind.h"

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

void
sql_bind(struct sql *sql, struct sql_value value)
{
	sql->values[sql->n_values++] = value;
}

void
sql_bind_text(struct sql *sql, const char *text)
{
	sql_bind(sql, (struct sql_value){ text ? SQL_TEXT : SQL_NULL, 0, text });
}

void
sql_bind_time(struct sql *sql, int64_t seconds)
{
	sql_bind(sql, (struct sql_value){ SQL_TIME, seconds, NULL });
}

void
sql_bind_integer(struct sql *sql, int64_t number)
{
	sql_bind(sql, (struct sql_value){ SQL_INTEGER, number, NULL });
}

void
sql_bind_column(struct sql *sql, const struct backup *backup, enum backup_field field)
{
	if (!backup_has(backup, field)) {
		sql_bind(sql, (struct sql_value){ SQL_NULL, 0, NULL });
		return;
	}
	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		sql_bind_text(sql, backup_text(backup, field));
		break;
	case COLUMN_STATUS:
		sql_bind_text(sql, backup_status_name(backup->status));
		break;
	case COLUMN_TIME:
		sql_bind_time(sql, backup_number(backup, field));
		break;
	default:
		sql_bind_integer(sql, backup_number(backup, field));
	}
}

/* "name = ?", behind what separates it from those before it. */
void
sql_equals(struct sql *sql, const char *separator, const char *name)
{
	buf_printf(&sql->text, "%s%s = ?", separator, name);
}

void
sql_list_columns(struct sql *sql)
{
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++)
		buf_printf(&sql->text, "%s%s", i ? ", " : "",
		    sql->lacks & 1u << i ? "NULL" : backup_columns[i].name);
}

/* ---- writing ---- */

void
sql_insert(struct sql *ret, const struct backup *backup)
{
	unsigned i;

	buf_text(&ret->text, "INSERT INTO backups (");
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (ret->lacks & 1u << i)
			continue;
		buf_printf(&ret->text, "%s%s", ret->n_values ? ", " : "", backup_columns[i].name);
		sql_bind_column(ret, backup, (enum backup_field)i);
	}
	buf_text(&ret->text, ") VALUES (");
	for (i = 0; i < ret->n_values; i++)
		buf_text(&ret->text, i ? ", ?" : "?");
	buf_byte(&ret->text, ')');
}

void
sql_revive(struct sql *ret, const struct backup *backup)
{
	unsigned i;

	buf_text(&ret->text, "UPDATE backups SET ");
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (ret->lacks & 1u << i)
			continue;
		sql_equals(ret, ret->n_values ? ", " : "", backup_columns[i].name);
		sql_bind_column(ret, backup, (enum backup_field)i);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 1");
	sql_bind_text(ret, backup->id);
}

void
sql_save(struct sql *ret, const struct backup *backup, uint32_t fields, int64_t now)
{
	unsigned i;

	buf_text(&ret->text, "UPDATE backups SET updated_at = ?");
	sql_bind_time(ret, now);
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (i == BACKUP_UPDATED_AT || !(fields & ~ret->lacks & 1u << i))
			continue;
		sql_equals(ret, ", ", backup_columns[i].name);
		sql_bind_column(ret, backup, (enum backup_field)i);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0");
	sql_bind_text(ret, backup->id);
}

void
sql_move(struct sql *ret, const char *id, enum backup_status from, enum backup_status to,
    const char *reason, int64_t now)
{
	buf_text(&ret->text, "UPDATE backups SET status = ?");
	sql_bind_text(ret, backup_status_name(to));
	if (reason) {
		sql_equals(ret, ", ", "fail_reason");
		sql_bind_text(ret, reason);
	}
	if (to == BACKUP_DELETED) {
		buf_text(&ret->text, ", deleted = 1, deleted_at = ?");
		sql_bind_time(ret, now);
	} else {
		sql_equals(ret, ", ", "updated_at");
		sql_bind_time(ret, now);
	}
	buf_text(&ret->text, " WHERE id = ? AND deleted = 0 AND status = ?");
	sql_bind_text(ret, id);
	sql_bind_text(ret, backup_status_name(from));
}

void
sql_count(struct sql *ret, const char *id)
{
	/* The inner table has a name of its own: MySQL updates no table it also reads. */
	buf_text(&ret->text, "UPDATE backups SET num_dependent_backups = (SELECT n FROM (SELECT "
			     "COUNT(*) AS n FROM backups WHERE parent_id = ? AND deleted = 0) AS "
			     "children) WHERE id = ?");
	sql_bind_text(ret, id);
	sql_bind_text(ret, id);
}

void
sql_beat(struct sql *ret, const char *host, const char *zone, int64_t now)
{
	buf_text(&ret->text, "UPDATE services SET updated_at = ?, report_count = report_count + 1, "
			     "availability_zone = ? WHERE host = ? /*! COLLATE utf8mb4_bin */ "
			     "AND `binary` = 'cinder-backup' AND deleted = 0");
	sql_bind_time(ret, now);
	sql_bind_text(ret, zone);
	sql_bind_text(ret, host);
}

void
sql_enlist(struct sql *ret, const char *host, const char *zone, const char *uuid, int64_t now)
{
	buf_text(&ret->text, "INSERT INTO services (created_at, updated_at, deleted, host, "
			     "`binary`, topic, report_count, disabled, availability_zone, uuid) "
			     "VALUES (?, ?, 0, ?, 'cinder-backup', 'cinder-backup', 0, 0, ?, ?)");
	sql_bind_time(ret, now);
	sql_bind_time(ret, now);
	sql_bind_text(ret, host);
	sql_bind_text(ret, zone);
	sql_bind_text(ret, uuid);
}
