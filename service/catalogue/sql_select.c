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
sql_find(struct sql *ret, const char *id, const char *tie)
{
	buf_text(&ret->text, "SELECT ");
	sql_list_columns(ret);
	buf_printf(&ret->text, ", %s FROM backups WHERE id = ? AND deleted = 0", tie);
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
	if (filter->temporary)
		buf_text(&sql->text,
		    " AND (temp_volume_id IS NOT NULL OR temp_snapshot_id IS NOT NULL)");
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

/* ---- order ---- */

struct key {
	const char *name;
	unsigned field; /* BACKUP_FIELD_COUNT: the tie */
	bool ascending;
};

struct keys {
	struct key all[BACKUP_ORDERS_MAX + 2];
	unsigned count;
};

/* What is asked for, then newest first; or oldest first, where the first of what is asked for
 * rises. */
static void
list_keys(
    const struct sql *sql, const struct backup_filter *filter, const char *tie, struct keys *ret)
{
	bool ascending = filter->n_orders && filter->orders[0].ascending, dated = false;
	unsigned i;

	ret->count = 0;
	for (i = 0; i < filter->n_orders; i++) {
		const struct backup_order *order = &filter->orders[i];

		if (sql->lacks & 1u << order->field)
			continue;
		dated = dated || order->field == BACKUP_CREATED_AT;
		ret->all[ret->count++] = (struct key){ backup_columns[order->field].name,
			order->field, order->ascending };
	}
	if (!dated)
		ret->all[ret->count++] = (struct key){ "created_at", BACKUP_CREATED_AT, ascending };
	ret->all[ret->count++] = (struct key){ tie, BACKUP_FIELD_COUNT, ascending };
}

static void
order_by(struct sql *sql, const struct keys *keys, unsigned limit)
{
	unsigned i;

	for (i = 0; i < keys->count; i++)
		buf_printf(&sql->text, "%s%s%s", i ? ", " : " ORDER BY ", keys->all[i].name,
		    keys->all[i].ascending ? "" : " DESC");
	buf_text(&sql->text, " LIMIT ?");
	sql_bind_integer(sql, limit);
}

void
sql_page(struct sql *ret, const struct backup_filter *filter, const char *tie, unsigned limit)
{
	struct keys keys;

	list_keys(ret, filter, tie, &keys);
	select_rows(ret, filter, tie);
	order_by(ret, &keys, limit);
}

static bool
has(const struct sql_cursor *cursor, const struct key *key)
{
	return key->field == BACKUP_FIELD_COUNT || key->field == BACKUP_STATUS ||
	       backup_has(cursor->row, (enum backup_field)key->field);
}

static bool
may_be_null(const struct key *key)
{
	return key->field != BACKUP_FIELD_COUNT && key->field != BACKUP_CREATED_AT &&
	       key->field != BACKUP_ID && key->field != BACKUP_VOLUME_ID &&
	       key->field != BACKUP_STATUS;
}

static void
compare(struct sql *sql, const struct sql_cursor *cursor, const struct key *key, const char *with)
{
	buf_printf(&sql->text, " AND %s %s ?", key->name, with);
	if (key->field == BACKUP_FIELD_COUNT)
		sql_bind(sql, cursor->tie);
	else
		sql_bind_column(sql, cursor->row, (enum backup_field)key->field);
}

/* Which values of its key a step is of: NULL is less than any, and sought apart. */
enum beyond { BEYOND_NONE, BEYOND_VALUE, BEYOND_SOME, BEYOND_NULL };

static enum beyond
find_beyond(const struct sql_cursor *cursor, const struct key *key)
{
	if (cursor->step % 2)
		return !key->ascending && has(cursor, key) && may_be_null(key) ? BEYOND_NULL
									       : BEYOND_NONE;
	if (has(cursor, key))
		return BEYOND_VALUE;
	return key->ascending ? BEYOND_SOME : BEYOND_NONE;
}

static void
where_beyond(struct sql *sql, const struct sql_cursor *cursor, const struct keys *keys,
    unsigned level, enum beyond beyond)
{
	const struct key *key = &keys->all[level];
	unsigned i;

	for (i = 0; i < level; i++) {
		if (has(cursor, &keys->all[i]))
			compare(sql, cursor, &keys->all[i], "=");
		else
			buf_printf(&sql->text, " AND %s IS NULL", keys->all[i].name);
	}
	if (beyond == BEYOND_VALUE)
		compare(sql, cursor, key, key->ascending ? ">" : "<");
	else
		buf_printf(&sql->text, " AND %s IS %s", key->name,
		    beyond == BEYOND_NULL ? "NULL" : "NOT NULL");
}

bool
sql_behind(struct sql *ret, const struct backup_filter *filter, const char *tie,
    struct sql_cursor *cursor, unsigned limit)
{
	enum beyond beyond = BEYOND_NONE;
	struct keys keys;
	unsigned level = 0;

	list_keys(ret, filter, tie, &keys);
	for (; cursor->step < 2 * keys.count && !beyond; cursor->step++) {
		level = keys.count - 1 - cursor->step / 2;
		beyond = find_beyond(cursor, &keys.all[level]);
	}
	if (!beyond)
		return false;
	select_rows(ret, filter, tie);
	where_beyond(ret, cursor, &keys, level, beyond);
	order_by(ret, &keys, limit);
	return true;
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
