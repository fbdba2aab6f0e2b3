/*
 * The catalogue in cinder's own database, on MySQL or MariaDB, alone or as a
 * Galera cluster.  Its tables are cinder's: none is made or changed here.  A
 * connection that was lost is made anew by the next call.
 */
#include <mysql.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/local.h"
#include "catalogue/cinder.h"
#include "catalogue/mysql_fault.h"
#include "catalogue/mysql_run.h"
#include "catalogue/mysql_url.h"
#include "catalogue/sql.h"
#include "catalogue/table.h"
#include "options/tables.h"

enum {
	IDLE_MS = 2000, /* after which a connection may have been closed */
	LOCK_WAIT_S = 10,
};

struct mysql {
	struct table table;
	struct mysql_url url;
	struct buf setup; /* statements for each new connection, one a line */
	MYSQL *db;        /* NULL: none */
	bool inside;      /* a transaction */
	bool narrow;      /* columns hold no characters of four bytes */
	uint64_t recycle_ms, opened_ms, used_ms;
	char name[600]; /* for errors */
};

static struct mysql *
mysql_of(struct catalogue *catalogue)
{
	return (struct mysql *)catalogue;
}

/* ---- errors ---- */

static void
disconnect(struct mysql *mysql)
{
	if (mysql->db)
		mysql_close(mysql->db);
	mysql->db = NULL;
}

/* Of a connection that is of no more use nothing stays, not even the transaction. */
static int
fail(struct mysql *mysql, const struct mysql_fault *fault, struct err *err)
{
	if (mysql_fault_tell(fault, mysql->name, err))
		disconnect(mysql);
	return -1;
}

static int
fail_db(struct mysql *mysql, struct err *err)
{
	struct mysql_fault fault = { .code = mysql_errno(mysql->db) };

	snprintf(fault.text, sizeof fault.text, "%s", mysql_error(mysql->db));
	return fail(mysql, &fault, err);
}

/* ---- connections ---- */

static const char *
given(const char *text)
{
	return *text ? text : NULL;
}

static void
set_text(MYSQL *db, enum mysql_option option, const char *text)
{
	if (*text)
		mysql_options(db, option, text);
}

static void
set_options(MYSQL *db, const struct mysql_url *url)
{
	const my_bool yes = 1;

	mysql_options(db, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &url->connect_timeout);
	mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &url->read_timeout);
	mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &url->write_timeout);
	set_text(db, MYSQL_READ_DEFAULT_FILE, url->default_file);
	set_text(db, MYSQL_READ_DEFAULT_GROUP, url->default_group);
	set_text(db, MYSQL_OPT_BIND, url->bind_address);
	set_text(db, MYSQL_OPT_SSL_CA, url->ssl_ca);
	set_text(db, MYSQL_OPT_SSL_CAPATH, url->ssl_capath);
	set_text(db, MYSQL_OPT_SSL_CERT, url->ssl_cert);
	set_text(db, MYSQL_OPT_SSL_KEY, url->ssl_key);
	set_text(db, MYSQL_OPT_SSL_CIPHER, url->ssl_cipher);
	if (url->tls)
		mysql_options(db, MYSQL_OPT_SSL_ENFORCE, &yes);
	/* Who names an authority wants to know that it is the server; who says no, does not. */
	if (url->verify == MYSQL_CHECK_YES ||
	    (url->verify == MYSQL_CHECK_UNSAID && (*url->ssl_ca || *url->ssl_capath)))
		mysql_options(db, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

static int
set_up(struct mysql *mysql, struct err *err)
{
	const char *line = buf_string(&mysql->setup);

	for (; *line; line += strcspn(line, "\n") + 1)
		if (mysql_real_query(mysql->db, line, strcspn(line, "\n")))
			return fail_db(mysql, err);
	return 0;
}

static int
connect(struct mysql *mysql, struct err *err)
{
	const struct mysql_url *url = &mysql->url;
	/* Without a host the library takes the socket of its own choice. */
	const char *host = *url->host ? url->host : "localhost";

	mysql->db = mysql_init(NULL);
	if (!mysql->db)
		return err_memory(err);
	set_options(mysql->db, url);
	if (!mysql_real_connect(mysql->db, host, given(url->user), given(url->password),
		url->database, url->port, given(url->socket), CLIENT_FOUND_ROWS))
		return fail_db(mysql, err);
	mysql->opened_ms = mysql->used_ms = clock_ms();
	if (set_up(mysql, err) == 0)
		return 0;
	disconnect(mysql);
	return -1;
}

/* A connection that answers, unless it was used just now. */
static int
ensure(struct mysql *mysql, struct err *err)
{
	uint64_t now = clock_ms();

	if (mysql->db && mysql->recycle_ms && now - mysql->opened_ms > mysql->recycle_ms)
		disconnect(mysql);
	if (mysql->db && now - mysql->used_ms > IDLE_MS && mysql_ping(mysql->db))
		disconnect(mysql);
	if (!mysql->db && connect(mysql, err) < 0)
		return -1;
	mysql->used_ms = clock_ms();
	return 0;
}

/* ---- the link ---- */

static int
link_begin(struct catalogue *catalogue, struct err *err)
{
	static const char text[] = "START TRANSACTION";
	struct mysql *mysql = mysql_of(catalogue);

	if (ensure(mysql, err) < 0)
		return -1;
	if (mysql_real_query(mysql->db, text, sizeof text - 1))
		return fail_db(mysql, err);
	mysql->inside = true;
	return 0;
}

static int
link_commit(struct catalogue *catalogue, struct err *err)
{
	struct mysql *mysql = mysql_of(catalogue);

	if (mysql_commit(mysql->db))
		return fail_db(mysql, err);
	mysql->inside = false;
	return 0;
}

static void
link_rollback(struct catalogue *catalogue)
{
	struct mysql *mysql = mysql_of(catalogue);

	mysql->inside = false;
	if (mysql->db && mysql_rollback(mysql->db))
		disconnect(mysql);
}

static int
link_run(struct catalogue *catalogue, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err)
{
	struct mysql *mysql = mysql_of(catalogue);
	struct mysql_fault fault;

	if (!mysql->inside && ensure(mysql, err) < 0)
		return -1;
	if (mysql_run(mysql->db, sql, mysql->narrow, fn, arg, ret_changed, &fault, err) == 0) {
		mysql->used_ms = clock_ms();
		return 0;
	}
	if (fault.code)
		return fail(mysql, &fault, err);
	return err_wrap(err, "catalogue %s", mysql->name);
}

static const struct sql_link mysql_link = {
	.tie = "id",
	.begin = link_begin,
	.commit = link_commit,
	.rollback = link_rollback,
	.run = link_run,
};

/* ---- the schema ---- */

struct look {
	uint32_t found;
	bool narrow;
};

static int
take_column(void *arg, const struct sql_value *columns, struct err *err)
{
	struct look *look = arg;
	enum backup_field field;

	(void)err;
	if (columns[0].kind == SQL_TEXT && backup_field_find(columns[0].text, &field))
		look->found |= 1u << field;
	if (columns[1].kind == SQL_TEXT && strncmp(columns[1].text, "utf8mb4", 7) != 0)
		look->narrow = true;
	return 0;
}

/* Which columns has cinder's table of backups, in the release that made it? */
static int
look(struct mysql *mysql, struct err *err)
{
	static const uint32_t needed = 1u << BACKUP_ID | 1u << BACKUP_STATUS |
				       1u << BACKUP_DELETED_FLAG | 1u << BACKUP_CREATED_AT |
				       1u << BACKUP_PARENT_ID | 1u << BACKUP_VOLUME_ID;
	scoped(sql_drop) struct sql sql = SQL;
	struct look seen = { .found = 0 };

	buf_text(&sql.text,
	    "SELECT column_name, character_set_name FROM information_schema.columns "
	    "WHERE table_schema = DATABASE() AND table_name = 'backups'");
	if (table_read(&mysql->table, &sql, take_column, &seen, err) < 0)
		return -1;
	if ((seen.found & needed) != needed)
		return err_set(err, ERR_CORRUPT,
		    "catalogue %s: has no table of backups such as cinder makes it; is it cinder's "
		    "database, and did `cinder-manage db sync` run?",
		    mysql->name);
	mysql->table.lacks = ~seen.found & ((1u << BACKUP_FIELD_COUNT) - 1);
	mysql->narrow = seen.narrow;
	return 0;
}

/* ---- open and close ---- */

static void
mysql_driver_close(struct catalogue *catalogue)
{
	struct mysql *mysql = mysql_of(catalogue);

	disconnect(mysql);
	buf_drop(&mysql->setup);
	table_drop(&mysql->table);
	free(mysql);
}

/* What a connection is told before it is used. */
static int
describe_setup(struct mysql *mysql, const struct sql_opts *opts, struct err *err)
{
	const char *mode = opts->mysql_sql_mode ? opts->mysql_sql_mode : "TRADITIONAL";
	struct buf *setup = &mysql->setup;

	if (*mysql->url.sql_mode)
		mode = mysql->url.sql_mode;
	if (strspn(mode, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_, ") !=
	    strlen(mode))
		return err_set(err, ERR_INVALID,
		    "[database] mysql_sql_mode: letters, digits, underscores and commas only");
	if (*mode)
		buf_printf(setup, "SET SESSION sql_mode = '%s'\n", mode);
	buf_text(setup, "SET SESSION time_zone = '+00:00'\n");
	/* Each statement sees what was committed before it; what may not change is locked. */
	buf_text(setup, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED\n");
	buf_printf(setup, "SET SESSION innodb_lock_wait_timeout = %d\n", LOCK_WAIT_S);
	if (opts->mysql_wsrep_sync_wait >= 0)
		buf_printf(
		    setup, "SET SESSION wsrep_sync_wait = %d\n", (int)opts->mysql_wsrep_sync_wait);
	if (*mysql->url.init_command)
		buf_printf(setup, "%.*s\n", (int)strcspn(mysql->url.init_command, "\n"),
		    mysql->url.init_command);
	return buf_check(setup, err);
}

static int
configure(struct mysql *mysql, const struct sql_opts *opts, struct err *err)
{
	struct mysql_url *url = &mysql->url;

	if (mysql_url_parse(opts->connection, opts->connection_parameters, url, err) < 0)
		return -1;
	if (*url->socket)
		snprintf(mysql->name, sizeof mysql->name, "mysql %.300s, database %.200s",
		    url->socket, url->database);
	else
		snprintf(mysql->name, sizeof mysql->name, "mysql %s:%u, database %.200s",
		    *url->host ? url->host : "localhost", url->port, url->database);
	if (opts->connection_recycle_time > 0)
		mysql->recycle_ms = (uint64_t)opts->connection_recycle_time * 1000;
	mysql->setup = (struct buf)BUF(4 * MYSQL_TEXT_MAX);
	return describe_setup(mysql, opts, err);
}

static int
mysql_driver_open(struct catalogue **ret, const struct sql_opts *opts, struct err *err)
{
	struct mysql *mysql = calloc(1, sizeof *mysql);
	int result;

	if (!mysql)
		return err_memory(err);
	table_init(&mysql->table, &mysql_link);
	mysql_library_init(0, NULL, NULL);
	result = configure(mysql, opts, err);
	if (result == 0) {
		mysql->table.patience = (struct sql_patience){ .tries = opts->max_retries,
			.wait_ms = (uint64_t)opts->retry_interval * 1000,
			.wait_max_ms = (uint64_t)opts->retry_interval * 1000 };
		result = look(mysql, err);
	}
	if (result < 0) {
		mysql_driver_close(&mysql->table.catalogue);
		return -1;
	}
	mysql->table.patience = (struct sql_patience){ .tries = opts->db_max_retries,
		.wait_ms = (uint64_t)opts->db_retry_interval * 1000,
		.wait_max_ms = (uint64_t)(opts->db_inc_retry_interval ? opts->db_max_retry_interval
								      : opts->db_retry_interval) *
			       1000 };
	*ret = &mysql->table.catalogue;
	return 0;
}

const struct catalogue_driver catalogue_mysql = {
	.scheme = "mysql",
	.open = mysql_driver_open,
	.add = table_add,
	.find = table_find,
	.each = table_each,
	.count = table_count,
	.save = table_save,
	.fill = table_fill,
	.move = cinder_move,
	.beat = cinder_beat,
	.each_service = table_each_service,
	.turn = table_turn,
	.close = mysql_driver_close,
	.local = &table_local,
};
