#include "catalogue/sqlite_run.h"

#include <sqlite3.h>
#include <string.h>

#include "base/err.h"
#include "catalogue/sql.h"

const char *
sqlite_name(const struct sqlite_link *link)
{
	return link->url.path[0] ? link->url.path : "in memory";
}

static enum err_kind
kind_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_RETRY;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return ERR_DENIED;
	case SQLITE_FULL:
		return ERR_NO_SPACE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return ERR_CORRUPT;
	default:
		return ERR_SYSTEM;
	}
}

int
sqlite_fail(const struct sqlite_link *link, int code, struct err *err)
{
	enum err_kind kind = kind_of(code);

	if (kind == ERR_RETRY)
		return err_set(err, kind, "catalogue %s: locked by others for more than %d s",
		    sqlite_name(link), link->url.wait_ms / 1000);
	if (kind == ERR_DENIED)
		return err_set(err, kind,
		    "catalogue %s: %s; file and directory must be writable for this user",
		    sqlite_name(link), sqlite3_errmsg(link->db));
	return err_set(err, kind, "catalogue %s: %s", sqlite_name(link), sqlite3_errmsg(link->db));
}

/* ---- statements ---- */

/* As it was kept, or prepared; it comes first among the kept, and the last of a full house goes. */
static int
prepare(struct sqlite_link *link, const struct sql *sql, sqlite3_stmt **ret)
{
	sqlite3_stmt *statement = NULL;
	unsigned i = 0;
	int code;

	while (i < SQLITE_KEPT - 1 && link->kept[i] &&
	       strcmp(sqlite3_sql(link->kept[i]), sql->text.data) != 0)
		i++;
	if (link->kept[i] && strcmp(sqlite3_sql(link->kept[i]), sql->text.data) == 0) {
		statement = link->kept[i];
	} else {
		code = sqlite3_prepare_v3(link->db, sql->text.data, (int)sql->text.length,
		    SQLITE_PREPARE_PERSISTENT, &statement, NULL);
		if (code != SQLITE_OK)
			return code;
		sqlite3_finalize(link->kept[i]);
	}
	memmove(&link->kept[1], &link->kept[0], i * sizeof link->kept[0]);
	link->kept[0] = statement;
	*ret = statement;
	return SQLITE_OK;
}

void
sqlite_hang_up(struct sqlite_link *link)
{
	unsigned i;

	for (i = 0; i < SQLITE_KEPT && link->kept[i]; i++)
		sqlite3_finalize(link->kept[i]);
	sqlite3_close(link->db);
}

/* ---- values ---- */

static int
bind_value(sqlite3_stmt *statement, int position, const struct sql_value *value)
{
	char moment[SQL_TIME_TEXT];

	switch (value->kind) {
	case SQL_INTEGER:
		return sqlite3_bind_int64(statement, position, value->number);
	case SQL_TEXT:
		return sqlite3_bind_text(statement, position, value->text, -1, SQLITE_STATIC);
	case SQL_TIME:
		sql_time(value->number, moment);
		return sqlite3_bind_text(statement, position, moment, -1, SQLITE_TRANSIENT);
	default:
		return sqlite3_bind_null(statement, position);
	}
}

/* 0, or -1: neither number, text nor NULL, or a text with a NUL in it. */
static int
read_value(sqlite3_stmt *statement, int position, struct sql_value *ret)
{
	*ret = (struct sql_value){ .kind = SQL_NULL };
	switch (sqlite3_column_type(statement, position)) {
	case SQLITE_NULL:
		return 0;
	case SQLITE_INTEGER:
		ret->kind = SQL_INTEGER;
		ret->number = sqlite3_column_int64(statement, position);
		return 0;
	case SQLITE_TEXT:
		ret->kind = SQL_TEXT;
		ret->text = (const char *)sqlite3_column_text(statement, position);
		return ret->text && strlen(ret->text) ==
					(size_t)sqlite3_column_bytes(statement, position)
			   ? 0
			   : -1;
	default:
		return -1;
	}
}

static int
tell_row(
    struct sqlite_link *link, sqlite3_stmt *statement, sql_row_fn *fn, void *arg, struct err *err)
{
	struct sql_value columns[SQL_VALUES_MAX];
	int i, count = sqlite3_column_count(statement);

	for (i = 0; i < count && i < SQL_VALUES_MAX; i++) {
		if (read_value(statement, i, &columns[i]) < 0)
			return err_set(err, ERR_CORRUPT,
			    "catalogue %s: column %s holds neither text nor number",
			    sqlite_name(link), sqlite3_column_name(statement, i));
	}
	if (fn(arg, columns, err) < 0)
		return err_wrap(err, "catalogue %s", sqlite_name(link));
	return 0;
}

/* ---- run ---- */

static int
step(struct sqlite_link *link, sqlite3_stmt *statement, const struct sql *sql, sql_row_fn *fn,
    void *arg, struct err *err)
{
	int code = SQLITE_OK;
	unsigned i;

	for (i = 0; i < sql->n_values && code == SQLITE_OK; i++)
		code = bind_value(statement, (int)i + 1, &sql->values[i]);
	if (code != SQLITE_OK)
		return sqlite_fail(link, code, err);
	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (fn && tell_row(link, statement, fn, arg, err) < 0)
			return -1;
	}
	return code == SQLITE_DONE ? 0 : sqlite_fail(link, code, err);
}

int
sqlite_run(struct sqlite_link *link, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err)
{
	sqlite3_stmt *statement;
	int code = prepare(link, sql, &statement), result;

	if (code != SQLITE_OK)
		return sqlite_fail(link, code, err);
	result = step(link, statement, sql, fn, arg, err);
	/* What it holds is let go: a lock, and texts that are borrowed. */
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	if (result == 0 && ret_changed)
		*ret_changed = (uint64_t)sqlite3_changes(link->db);
	return result;
}
