#include "catalogue/mysql_run.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/mysql_fault.h"
#include "catalogue/sql.h"

enum { CHARS_OF_TIME = 40 };

struct value {
	char moment[SQL_TIME_TEXT];
	char *narrowed; /* owned */
	unsigned long length;
};

struct column {
	char *text; /* owned; NULL: a number */
	int64_t number;
	unsigned long length;
	my_bool null;
};

struct run {
	MYSQL_STMT *statement;
	MYSQL_BIND binds[SQL_VALUES_MAX];
	struct value values[SQL_VALUES_MAX];
	struct column columns[SQL_VALUES_MAX];
};

static void
drop_run(struct run *run)
{
	unsigned i;

	if (run->statement)
		mysql_stmt_close(run->statement);
	for (i = 0; i < SQL_VALUES_MAX; i++) {
		free(run->values[i].narrowed);
		free(run->columns[i].text);
	}
}

static int
note_fault(const struct run *run, struct mysql_fault *fault)
{
	fault->code = mysql_stmt_errno(run->statement);
	snprintf(fault->text, sizeof fault->text, "%s", mysql_stmt_error(run->statement));
	return -1;
}

/* ---- values ---- */

static char *
narrowed(const char *text)
{
	char *copy = strdup(text), *to = copy;

	for (; copy && *text; text++) {
		*to++ = (unsigned char)*text >= 0xf0 ? '?' : *text;
		if ((unsigned char)*text >= 0xf0)
			text += strnlen(text + 1, 3);
	}
	if (copy)
		*to = '\0';
	return copy;
}

static bool
has_wide(const char *text)
{
	while (*text && (unsigned char)*text < 0xf0)
		text++;
	return *text;
}

static int
bind_value(struct run *run, unsigned i, const struct sql_value *value, bool narrow, struct err *err)
{
	MYSQL_BIND *bind = &run->binds[i];
	struct value *held = &run->values[i];
	const char *text = value->text;

	switch (value->kind) {
	case SQL_INTEGER:
		bind->buffer_type = MYSQL_TYPE_LONGLONG;
		bind->buffer = (void *)(uintptr_t)&value->number;
		return 0;
	case SQL_TIME:
		sql_time(value->number, held->moment);
		text = held->moment;
		break;
	case SQL_TEXT:
		if (narrow && has_wide(text)) {
			text = held->narrowed = narrowed(text);
			if (!text)
				return err_memory(err);
		}
		break;
	default:
		bind->buffer_type = MYSQL_TYPE_NULL;
		return 0;
	}
	held->length = strlen(text);
	bind->buffer_type = MYSQL_TYPE_STRING;
	bind->buffer = (void *)(uintptr_t)text;
	bind->buffer_length = held->length;
	bind->length = &held->length;
	return 0;
}

static int
execute(
    struct run *run, const struct sql *sql, bool narrow, struct mysql_fault *fault, struct err *err)
{
	const my_bool measure = 1;
	unsigned i;

	mysql_stmt_attr_set(run->statement, STMT_ATTR_UPDATE_MAX_LENGTH, &measure);
	if (mysql_stmt_prepare(run->statement, sql->text.data, sql->text.length))
		return note_fault(run, fault);
	if (mysql_stmt_param_count(run->statement) != sql->n_values)
		return err_set(err, ERR_SYSTEM, "a statement takes %lu values, not %u",
		    mysql_stmt_param_count(run->statement), sql->n_values);
	for (i = 0; i < sql->n_values; i++)
		if (bind_value(run, i, &sql->values[i], narrow, err) < 0)
			return -1;
	if (sql->n_values && mysql_stmt_bind_param(run->statement, run->binds))
		return note_fault(run, fault);
	if (mysql_stmt_execute(run->statement))
		return note_fault(run, fault);
	return 0;
}

/* ---- rows ---- */

static bool
is_number(enum enum_field_types type)
{
	switch (type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_LONGLONG:
	case MYSQL_TYPE_NEWDECIMAL: /* sums */
		return true;
	default:
		return false;
	}
}

/* Room for the longest value of each column. */
static int
bind_columns(struct run *run, const MYSQL_RES *shape, unsigned count, struct err *err)
{
	MYSQL_FIELD *fields = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)shape);
	unsigned i;

	memset(run->binds, 0, sizeof run->binds);
	for (i = 0; i < count; i++) {
		MYSQL_BIND *bind = &run->binds[i];
		struct column *column = &run->columns[i];

		bind->is_null = &column->null;
		bind->length = &column->length;
		if (is_number(fields[i].type)) {
			bind->buffer_type = MYSQL_TYPE_LONGLONG;
			bind->buffer = &column->number;
			continue;
		}
		bind->buffer_type = MYSQL_TYPE_STRING;
		/* Times are measured as they travel, which is shorter than their text. */
		bind->buffer_length = fields[i].max_length + CHARS_OF_TIME;
		bind->buffer = column->text = malloc(bind->buffer_length + 1);
		if (!column->text)
			return err_memory(err);
	}
	return 0;
}

static int
tell_row(struct run *run, const MYSQL_RES *shape, unsigned count, sql_row_fn *fn, void *arg,
    struct err *err)
{
	MYSQL_FIELD *fields = mysql_fetch_fields((MYSQL_RES *)(uintptr_t)shape);
	struct sql_value row[SQL_VALUES_MAX];
	unsigned i;

	for (i = 0; i < count; i++) {
		struct column *column = &run->columns[i];

		row[i] = (struct sql_value){ .kind = SQL_NULL };
		if (column->null)
			continue;
		row[i].kind = column->text ? SQL_TEXT : SQL_INTEGER;
		row[i].number = column->number;
		row[i].text = column->text;
		if (!column->text)
			continue;
		column->text[column->length] = '\0';
		if (strlen(column->text) != column->length)
			return err_set(err, ERR_CORRUPT, "column %s holds a NUL", fields[i].name);
	}
	return fn(arg, row, err);
}

static int
tell_rows(struct run *run, sql_row_fn *fn, void *arg, struct mysql_fault *fault, struct err *err)
{
	MYSQL_RES *shape = mysql_stmt_result_metadata(run->statement);
	unsigned count = mysql_stmt_field_count(run->statement);
	int result = 0, more = 0;

	if (!shape)
		return note_fault(run, fault);
	if (count > SQL_VALUES_MAX)
		result = err_set(err, ERR_SYSTEM, "a row has %u columns", count);
	else if (mysql_stmt_store_result(run->statement))
		result = note_fault(run, fault);
	else
		result = bind_columns(run, shape, count, err);
	if (result == 0 && mysql_stmt_bind_result(run->statement, run->binds))
		result = note_fault(run, fault);
	while (result == 0 && (more = mysql_stmt_fetch(run->statement)) == 0)
		result = tell_row(run, shape, count, fn, arg, err);
	if (result == 0 && more == MYSQL_DATA_TRUNCATED)
		result = err_set(err, ERR_CORRUPT, "a row has a number beyond 63 bits");
	else if (result == 0 && more != MYSQL_NO_DATA)
		result = note_fault(run, fault);
	mysql_free_result(shape);
	return result;
}

int
mysql_run(struct st_mysql *db, const struct sql *sql, bool narrow, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct mysql_fault *fault, struct err *err)
{
	scoped(drop_run) struct run run = { .statement = mysql_stmt_init(db) };

	fault->code = 0;
	if (!run.statement)
		return err_memory(err);
	if (execute(&run, sql, narrow, fault, err) < 0)
		return -1;
	if (ret_changed)
		*ret_changed = (uint64_t)mysql_stmt_affected_rows(run.statement);
	return fn ? tell_rows(&run, fn, arg, fault, err) : 0;
}
