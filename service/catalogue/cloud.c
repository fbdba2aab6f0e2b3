#include "catalogue/cloud.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/cinder.h"
#include "catalogue/cloud_own.h"
#include "catalogue/sql_bind.h"

enum { COLUMNS_MAX = 64, COLUMN_NAME = 64 };

struct table *
cloud_table(struct catalogue *catalogue, struct err *err)
{
	if (strcmp(catalogue->driver->scheme, "mysql") == 0)
		return (struct table *)catalogue;
	err_set(err, ERR_INVALID,
	    "[database] connection: names no database of cinder, but volumes are cinder's");
	return NULL;
}

/* ---- columns ---- */

enum column_kind { AS_IT_IS, AS_TRUTH, AS_TIME };

struct columns {
	char names[COLUMNS_MAX][COLUMN_NAME];
	enum column_kind kinds[COLUMNS_MAX];
	unsigned count;
};

static int
take_column(void *arg, const struct sql_value *values, struct err *err)
{
	struct columns *columns = arg;
	const char *type = values[1].kind == SQL_TEXT ? values[1].text : "";

	if (values[0].kind != SQL_TEXT || strlen(values[0].text) >= COLUMN_NAME ||
	    columns->count == COLUMNS_MAX)
		return err_set(err, ERR_CORRUPT, "a table with columns that are not cinder's");
	strcpy(columns->names[columns->count], values[0].text);
	columns->kinds[columns->count++] = strcmp(type, "datetime") == 0  ? AS_TIME
					   : strcmp(type, "tinyint") == 0 ? AS_TRUTH
									  : AS_IT_IS;
	return 0;
}

static int
find_columns(struct table *table, const char *name, struct columns *ret, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	ret->count = 0;
	buf_text(&sql.text,
	    "SELECT column_name, data_type FROM information_schema.columns WHERE "
	    "table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position");
	sql_bind_text(&sql, name);
	if (table_read(table, &sql, take_column, ret, err) < 0)
		return -1;
	return ret->count ? 0 : err_set(err, ERR_CORRUPT, "there is no table %s", name);
}

/* ---- rows as JSON ---- */

struct printing {
	const struct columns *columns;
	struct buf *out; /* rows, with commas between */
	unsigned rows;
	bool open; /* leave the brace of the row open, for more members */
};

static void
put_value(struct json_writer *writer, enum column_kind kind, const struct sql_value *value)
{
	char moment[CLOCK_TEXT];
	int64_t seconds;

	if (value->kind == SQL_NULL) {
		json_put_null(writer);
	} else if (value->kind == SQL_INTEGER) {
		if (kind == AS_TRUTH)
			json_put_bool(writer, value->number != 0);
		else
			json_put_number(writer, value->number);
	} else if (kind == AS_TIME && clock_parse(value->text, &seconds)) {
		clock_format(seconds, "%Y-%m-%dT%H:%M:%SZ", moment);
		json_put_text(writer, moment);
	} else {
		json_put_text(writer, value->text);
	}
}

static int
print_row(void *arg, const struct sql_value *values, struct err *err)
{
	struct printing *printing = arg;
	struct json_writer writer = JSON_WRITER(printing->out, 0);
	unsigned i;

	if (printing->rows++)
		buf_text(printing->out, ", ");
	json_begin_object(&writer);
	for (i = 0; i < printing->columns->count; i++) {
		json_key(&writer, printing->columns->names[i]);
		put_value(&writer, printing->columns->kinds[i], &values[i]);
	}
	if (!printing->open)
		json_end_object(&writer);
	return json_check(&writer, err);
}

/* Append the live rows of a table where column is value, and tell how many there were. */
static int
print_rows(struct table *table, const char *name, const char *column, const char *value, bool open,
    struct buf *ret, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct columns columns;
	struct printing printing = { .columns = &columns, .out = ret, .open = open };
	unsigned i;

	if (find_columns(table, name, &columns, err) < 0)
		return -1;
	buf_text(&sql.text, "SELECT ");
	for (i = 0; i < columns.count; i++)
		buf_printf(&sql.text, "%s`%s`", i ? ", " : "", columns.names[i]);
	buf_printf(&sql.text, " FROM %s WHERE %s = ? AND deleted = 0", name, column);
	sql_bind_text(&sql, value);
	if (table_read(table, &sql, print_row, &printing, err) < 0)
		return err_wrap(err, "table %s", name);
	return (int)printing.rows;
}

static int
print_pair(void *arg, const struct sql_value *values, struct err *err)
{
	struct json_writer *writer = arg;

	(void)err;
	if (values[0].kind != SQL_TEXT)
		return 0;
	json_key(writer, values[0].text);
	put_value(writer, AS_IT_IS, &values[1]);
	return 0;
}

/* A table of keys and values, as a member of that name. */
static int
print_pairs(struct table *table, const char *name, const char *column, const char *value,
    const char *member, struct buf *ret, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct json_writer writer = JSON_WRITER(ret, 0);

	buf_printf(&sql.text,
	    "SELECT `key`, value FROM %s WHERE %s = ? AND deleted = 0 ORDER BY id", name, column);
	sql_bind_text(&sql, value);
	buf_printf(ret, ", \"%s\": ", member);
	json_begin_object(&writer);
	if (table_read(table, &sql, print_pair, &writer, err) < 0)
		return err_wrap(err, "table %s", name);
	json_end_object(&writer);
	return json_check(&writer, err);
}

static int
print_type(struct table *table, const char *id, struct buf *ret, struct err *err)
{
	int rows = 0;

	buf_text(ret, ", \"volume_type\": ");
	if (id)
		rows = print_rows(table, "volume_types", "id", id, true, ret, err);
	if (rows < 0)
		return -1;
	if (!rows) {
		buf_text(ret, "null");
		return 0;
	}
	if (print_pairs(table, "volume_type_extra_specs", "volume_type_id", id, "extra_specs", ret,
		err) < 0)
		return -1;
	buf_byte(ret, '}');
	return 0;
}

/* All that hangs on a volume, behind the columns of its row. */
static int
print_volume(
    struct table *table, const char *id, const char *type_id, struct buf *ret, struct err *err)
{
	static const char *const pairs[] = { "volume_metadata", "volume_admin_metadata",
		"volume_glance_metadata" };
	unsigned i;

	for (i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		if (print_pairs(table, pairs[i], "volume_id", id, pairs[i], ret, err) < 0)
			return -1;
	}
	buf_text(ret, ", \"volume_attachment\": [");
	if (print_rows(table, "volume_attachment", "volume_id", id, false, ret, err) < 0)
		return -1;
	buf_byte(ret, ']');
	return print_type(table, type_id, ret, err);
}

/* The volume_type_id of a row whose object is still open. */
static int
type_of(const struct buf *row, struct json **ret, const char **ret_id, struct err *err)
{
	scoped(buf_drop) struct buf whole = BUF(row->ceiling);

	buf_add(&whole, row->data, row->length);
	buf_byte(&whole, '}');
	if (buf_check(&whole, err) < 0 || json_parse(ret, buf_span(&whole), err) < 0)
		return -1;
	*ret_id = json_text(json_member(*ret, "volume_type_id"));
	return 0;
}

int
cloud_row(struct catalogue *catalogue, enum cloud_kind kind, const char *id, struct buf *ret,
    struct err *err)
{
	scoped(json_free_scoped) struct json *parsed = NULL;
	scoped(buf_drop) struct buf row = BUF(ret->ceiling);
	struct table *table = cloud_table(catalogue, err);
	const char *type_id = NULL;
	int rows;

	if (!table)
		return -1;
	rows = print_rows(
	    table, kind == CLOUD_VOLUME ? "volumes" : "snapshots", "id", id, true, &row, err);
	if (rows <= 0)
		return rows;
	if (kind == CLOUD_VOLUME && (type_of(&row, &parsed, &type_id, err) < 0 ||
					print_volume(table, id, type_id, &row, err) < 0))
		return -1;
	buf_byte(&row, '}');
	buf_add(ret, row.data, row.length);
	return buf_check(&row, err) < 0 || buf_check(ret, err) < 0 ? -1 : 1;
}

/* ---- changes ---- */

struct change {
	const struct sql *sql;
	uint64_t rows;
};

static int
run_change(struct table *table, void *arg, bool done, struct err *err)
{
	struct change *change = arg;
	uint64_t rows = 0;

	if (table_run(table, change->sql, NULL, NULL, &rows, err) < 0)
		return -1;
	/* Of what was done already, nothing is left to change. */
	if (!done || rows)
		change->rows = rows;
	return 1;
}

int
cloud_write(struct table *table, const struct sql *sql, uint64_t *ret_rows, struct err *err)
{
	struct change change = { .sql = sql };

	if (table_transact(table, run_change, &change, err) < 0)
		return -1;
	*ret_rows = change.rows;
	return 0;
}

int
cloud_move(struct catalogue *catalogue, const struct cloud_move *move, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct table *table = cloud_table(catalogue, err);
	uint64_t changed;

	if (!table)
		return -1;
	buf_printf(&sql.text, "UPDATE %s SET updated_at = ?",
	    move->kind == CLOUD_VOLUME ? "volumes" : "snapshots");
	sql_bind_time(&sql, clock_now());
	/* MySQL assigns from left to right: status first, while previous_status is what it was. */
	if (move->to)
		sql_equals(&sql, ", ", "status"), sql_bind_text(&sql, move->to);
	else
		buf_text(&sql.text, ", status = COALESCE(previous_status, 'available')");
	if (move->previous)
		sql_equals(&sql, ", ", "previous_status"), sql_bind_text(&sql, move->previous);
	if (move->launched)
		sql_equals(&sql, ", ", "launched_at"), sql_bind_time(&sql, clock_now());
	buf_text(&sql.text, " WHERE id = ? AND deleted = 0 AND status = ?");
	sql_bind_text(&sql, move->id);
	sql_bind_text(&sql, move->from);
	if (cloud_write(table, &sql, &changed, err) < 0)
		return err_wrap(err, "status of %s", move->id);
	return changed > 0;
}

/* ---- services ---- */

static void
keep_least(char held[CLOUD_VERSION_MAX], const struct sql_value *value)
{
	if (value->kind != SQL_TEXT || strlen(value->text) >= CLOUD_VERSION_MAX)
		return;
	if (!held[0] || cinder_before(value->text, held))
		strcpy(held, value->text);
}

static int
take_version(void *arg, const struct sql_value *values, struct err *err)
{
	struct cloud_version *version = arg;

	(void)err;
	keep_least(version->rpc, &values[0]);
	keep_least(version->object, &values[1]);
	return 0;
}

int
cloud_versions(
    struct catalogue *catalogue, const char *binary, struct cloud_version *ret, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct table *table = cloud_table(catalogue, err);

	*ret = (struct cloud_version){ .rpc = "" };
	if (!table)
		return -1;
	buf_text(&sql.text, "SELECT rpc_current_version, object_current_version FROM services "
			    "WHERE `binary` = ? AND deleted = 0");
	sql_bind_text(&sql, binary);
	return table_read(table, &sql, take_version, ret, err);
}
