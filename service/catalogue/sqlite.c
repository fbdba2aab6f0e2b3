/*
 * The catalogue in one file, for a service that stands alone.  Several
 * processes have it open at once; SQLite's own locks keep them apart.
 */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/local.h"
#include "catalogue/sql.h"
#include "catalogue/sqlite_run.h"
#include "catalogue/table.h"
#include "options/tables.h"

enum {
	APPLICATION_ID = 0x43426e6b, /* "CBnk", in the header of the file */
	RETRY_MS = 10,
};

struct sqlite {
	struct table table;
	struct sqlite_link link;
};

static struct sqlite *
sqlite_of(struct catalogue *catalogue)
{
	return (struct sqlite *)catalogue;
}

/* ---- the link ---- */

static int
link_run(struct catalogue *catalogue, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err)
{
	return sqlite_run(&sqlite_of(catalogue)->link, sql, fn, arg, ret_changed, err);
}

static int
execute(struct sqlite *sqlite, const char *text, struct err *err)
{
	int code = sqlite3_exec(sqlite->link.db, text, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : sqlite_fail(&sqlite->link, code, err);
}

static int
link_begin(struct catalogue *catalogue, struct err *err)
{
	return execute(sqlite_of(catalogue), "BEGIN IMMEDIATE", err);
}

static int
link_commit(struct catalogue *catalogue, struct err *err)
{
	return execute(sqlite_of(catalogue), "COMMIT", err);
}

static void
link_rollback(struct catalogue *catalogue)
{
	struct err ignored; /* SQLite may have rolled back by itself */

	execute(sqlite_of(catalogue), "ROLLBACK", &ignored);
}

static const struct sql_link sqlite_link = {
	.tie = "rowid",
	.begin = link_begin,
	.commit = link_commit,
	.rollback = link_rollback,
	.run = link_run,
};

/* ---- the schema ---- */

struct header {
	int64_t application, version, tables;
};

static int
take_header(void *arg, const struct sql_value *columns, struct err *err)
{
	struct header *header = arg;

	(void)err;
	header->application = columns[0].number;
	header->version = columns[1].number;
	header->tables = columns[2].number;
	return 0;
}

/* 1: ours and as it should be; 0: of an older version, or empty; -1: somebody else's. */
static int
check_schema(struct sqlite *sqlite, unsigned *ret_version, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;
	struct header header = { 0 };

	buf_text(&sql.text, "SELECT application_id, user_version, (SELECT COUNT(*) FROM "
			    "sqlite_master) FROM pragma_application_id, pragma_user_version");
	if (buf_check(&sql.text, err) < 0 ||
	    link_run(&sqlite->table.catalogue, &sql, take_header, &header, NULL, err) < 0)
		return -1;
	*ret_version = 0;
	if (!header.application && !header.version && !header.tables)
		return 0;
	if (header.application != APPLICATION_ID || header.version < 1)
		return err_set(err, ERR_CONFLICT,
		    "catalogue %s: is a database of another program; name a file of its own in "
		    "[database] connection",
		    sqlite_name(&sqlite->link));
	if (header.version > SQL_SCHEMA_VERSION)
		return err_set(err, ERR_CONFLICT,
		    "catalogue %s: was made by a newer version of this program (schema %lld, "
		    "known %d)",
		    sqlite_name(&sqlite->link), (long long)header.version, SQL_SCHEMA_VERSION);
	*ret_version = (unsigned)header.version;
	return header.version == SQL_SCHEMA_VERSION;
}

static int
make_version(struct sqlite *sqlite, unsigned version, struct err *err)
{
	unsigned number;

	for (number = 0;; number++) {
		scoped(sql_drop) struct sql sql = SQL;

		if (!sql_schema(&sql, version, number))
			return 0;
		if (buf_check(&sql.text, err) < 0 ||
		    link_run(&sqlite->table.catalogue, &sql, NULL, NULL, NULL, err) < 0)
			return -1;
	}
}

/* All versions behind the one there is, in the transaction that is open. */
static int
upgrade(struct sqlite *sqlite, unsigned version, struct err *err)
{
	char pragmas[96];

	while (version < SQL_SCHEMA_VERSION) {
		if (make_version(sqlite, ++version, err) < 0)
			return -1;
	}
	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, SQL_SCHEMA_VERSION);
	return execute(sqlite, pragmas, err);
}

/* Of all who find it so, one makes what is missing, and all of it or nothing. */
static int
make_schema(struct sqlite *sqlite, struct err *err)
{
	unsigned version;
	int known;

	if (execute(sqlite, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE", err) < 0)
		return -1;
	known = check_schema(sqlite, &version, err);
	if (known == 0 && upgrade(sqlite, version, err) == 0)
		return link_commit(&sqlite->table.catalogue, err);
	link_rollback(&sqlite->table.catalogue);
	return known > 0 ? 0 : -1;
}

static int
prepare(struct sqlite *sqlite, struct err *err)
{
	unsigned version;
	int known = check_schema(sqlite, &version, err);

	if (known < 0)
		return -1;
	if (!known)
		return make_schema(sqlite, err);
	return execute(sqlite, "PRAGMA journal_mode = WAL", err);
}

/* ---- open and close ---- */

static void
sqlite_close(struct catalogue *catalogue)
{
	struct sqlite *sqlite = sqlite_of(catalogue);

	sqlite_hang_up(&sqlite->link);
	table_drop(&sqlite->table);
	free(sqlite);
}

static int
connect(struct sqlite *sqlite, bool present, struct err *err)
{
	bool memory = !sqlite->link.url.path[0];
	int code;

	if (!memory && url_make(&sqlite->link.url, present, err) < 0)
		return -1;
	code = sqlite3_open_v2(memory ? ":memory:" : sqlite->link.url.path, &sqlite->link.db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (!sqlite->link.db)
		return err_memory(err);
	if (code != SQLITE_OK)
		return sqlite_fail(&sqlite->link, code, err);
	sqlite3_busy_timeout(sqlite->link.db, sqlite->link.url.wait_ms);
	sqlite3_db_config(sqlite->link.db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return execute(sqlite,
	    "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF",
	    err);
}

static int
sqlite_open(struct catalogue **ret, const struct sql_opts *opts, struct err *err)
{
	struct sqlite *sqlite = calloc(1, sizeof *sqlite);
	uint64_t deadline;
	int result;

	if (!sqlite)
		return err_memory(err);
	table_init(&sqlite->table, &sqlite_link);
	result = url_parse(opts->connection, &sqlite->link.url, err);
	if (result == 0)
		result = connect(sqlite, opts->present, err);
	if (result == 0) {
		/* A change of the journal mode does not wait for others as the rest does. */
		deadline = clock_ms() + (uint64_t)sqlite->link.url.wait_ms;
		while ((result = prepare(sqlite, err)) < 0 && err->kind == ERR_RETRY &&
		       clock_ms() < deadline)
			clock_sleep_ms(RETRY_MS);
	}
	if (result < 0) {
		sqlite_close(&sqlite->table.catalogue);
		return -1;
	}
	*ret = &sqlite->table.catalogue;
	return 0;
}

const struct catalogue_driver catalogue_sqlite = {
	.scheme = "sqlite",
	.open = sqlite_open,
	.add = table_add,
	.find = table_find,
	.each = table_each,
	.count = table_count,
	.save = table_save,
	.fill = table_fill,
	.move = table_move,
	.beat = table_beat,
	.each_service = table_each_service,
	.turn = table_turn,
	.close = sqlite_close,
	.local = &table_local,
};
