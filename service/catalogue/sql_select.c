/* The statements that read, and what they read. */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/sql_bind.h"

void
sql_state(struct sql *ret, const char *id)
{
	/* SQLite, whose transactions keep out all others, takes the end for a comment. */
	buf_text(&ret->text,
	    "SELECT status, deleted, parent_id FROM backups WHERE id = ? /*! FOR UPDATE */");
	sql_bind_text(ret, id);
}

void
sql_child(struct sql *ret, const char *id)
{
	buf_text(&ret->text,
	    "SELECT id FROM backups WHERE parent_id = ? AND deleted = 0 ORDER BY id LIMIT 1");
	sql_bind_text(ret, id);
}

void
sql_find(struct sql *ret, const char *id)
{
	buf_text(&ret->text, "SELECT ");
	sql_list_columns(ret);
	buf_text(&ret->text, " FROM backups WHERE id = ? AND deleted = 0");
	sql_bind_text(ret, id);
}

static void
where_equal(struct sql *sql, const char *name, const char *text)
{
	if (!text)
		return;
	sql_equals(sql, " AND ", name);
	sql_bind_text(sql, text);
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
		sql_bind_text(sql, backup_status_name((enum backup_status)status));
		separator = ", ";
	}
	buf_byte(&sql->text, ')');
}

static void
where_matches(struct sql *sql, const struct backup_filter *filter)
{
	unsigned i;

	for (i = 0; i < filter->n_matches; i++) {
		const struct backup_match *match = &filter->matches[i];
		const char *name = backup_columns[match->field].name;

		if (match->within)
			buf_printf(&sql->text, " AND INSTR(%s, ?) > 0", name);
		else
			sql_equals(sql, " AND ", name);
		sql_bind_text(sql, match->text);
	}
}

/* FROM and WHERE. */
static void
where_filter(struct sql *sql, const struct backup_filter *filter)
{
	buf_printf(&sql->text, " FROM backups WHERE %s",
	    filter->deleted ? "created_at IS NOT NULL" : "deleted = 0");
	if (filter->id_or_name) {
		buf_text(&sql->text, " AND (id = ? OR display_name = ?)");
		sql_bind_text(sql, filter->id_or_name);
		sql_bind_text(sql, filter->id_or_name);
	}
	where_equal(sql, "project_id", filter->project_id);
	where_equal(sql, "volume_id", filter->volume_id);
	where_equal(sql, "parent_id", filter->parent_id);
	where_equal(sql, "host", filter->host);
	where_status(sql, filter->statuses);
	where_matches(sql, filter);
}

static void
select_rows(struct sql *sql, const struct backup_filter *filter, const char *tie)
{
	buf_text(&sql->text, "SELECT ");
	sql_list_columns(sql);
	buf_printf(&sql->text, ", %s", tie);
	where_filter(sql, filter);
}

/* The first page of those behind a backup. */
static void
where_behind(struct sql *sql, const char *id, const char *tie)
{
	static const char column[] = "(SELECT %s FROM backups WHERE id = ?)";
	unsigned i;

	buf_text(&sql->text, " AND created_at <= ");
	buf_printf(&sql->text, column, "created_at");
	buf_text(&sql->text, " AND (created_at < ");
	buf_printf(&sql->text, column, "created_at");
	buf_printf(&sql->text, " OR %s < ", tie);
	buf_printf(&sql->text, column, tie);
	buf_byte(&sql->text, ')');
	for (i = 0; i < 3; i++)
		sql_bind_text(sql, id);
}

void
sql_page(struct sql *ret, const struct backup_filter *filter, const char *tie,
    const struct sql_cursor *after, unsigned limit)
{
	select_rows(ret, filter, tie);
	if (after) {
		buf_printf(&ret->text, " AND created_at <= ? AND (created_at < ? OR %s < ?)", tie);
		sql_bind_time(ret, after->created_at);
		sql_bind_time(ret, after->created_at);
		sql_bind(ret, after->tie);
	} else if (filter->after) {
		where_behind(ret, filter->after, tie);
	}
	buf_printf(&ret->text, " ORDER BY created_at DESC, %s DESC LIMIT %u", tie, limit);
}

void
sql_sorted(struct sql *ret, const struct backup_filter *filter, const char *tie, uint64_t skip,
    unsigned limit)
{
	unsigned i;

	select_rows(ret, filter, tie);
	buf_text(&ret->text, " ORDER BY ");
	for (i = 0; i < filter->n_orders; i++)
		buf_printf(&ret->text, "%s%s, ", backup_columns[filter->orders[i].field].name,
		    filter->orders[i].ascending ? "" : " DESC");
	buf_printf(
	    &ret->text, "%s DESC LIMIT %u OFFSET %llu", tie, limit, (unsigned long long)skip);
}

void
sql_total(struct sql *ret, const struct backup_filter *filter)
{
	buf_text(&ret->text, "SELECT COUNT(*)");
	where_filter(ret, filter);
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
	struct backup backup = { .present = 0 };
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
