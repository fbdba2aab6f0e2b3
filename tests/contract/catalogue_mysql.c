/*
 * What a catalogue on MySQL does when the server is gone, busy, read-only or
 * not who it should be, and when a connection breaks at the worst moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mysql.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/mysql_fault.h"
#include "catalogue/mysql_run.h"
#include "catalogue/sql.h"
#include "contract/catalogue_world.h"
#include "fake/cut.h"
#include "options/tables.h"

enum { ROWS = 60, PATIENCE_MS = 120000 };

/* Statements of root, past our driver. */
static MYSQL *
root_connect(void)
{
	MYSQL *db = mysql_init(NULL);

	if (!mysql_real_connect(db, "localhost", "root", NULL, "zed", 0, getenv("MYSQL_ROOT"),
		CLIENT_MULTI_STATEMENTS))
		fail_msg("%s", mysql_error(db));
	return db;
}

static void
say(MYSQL *db, const char *text)
{
	if (mysql_query(db, text))
		fail_msg("%s: %s", text, mysql_error(db));
	while (mysql_next_result(db) == 0)
		;
}

static void
as_root(const char *text)
{
	MYSQL *db = root_connect();

	say(db, text);
	mysql_close(db);
}

static void
server(const char *action)
{
	char command[512];

	snprintf(command, sizeof command, "%s/servers/mysql %s %s", TESTS_DIR, action,
	    getenv("MYSQL_FOLDER"));
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* ---- a server that goes and comes ---- */

struct mover {
	struct catalogue *catalogue;
	pthread_t thread;
	atomic_uint moved;
	atomic_bool enough, failed;
	struct err err;
};

static void *
move_all(void *arg)
{
	struct mover *mover = arg;
	unsigned i;

	for (i = 0; !atomic_load(&mover->enough); i = (i + 1) % ROWS) {
		char id[UUID_TEXT];

		snprintf(id, sizeof id, "%08x-0000-4000-8000-000000000000", i);
		if (catalogue_move(mover->catalogue, id, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL,
			&mover->err) != 1 ||
		    catalogue_move(mover->catalogue, id, BACKUP_RESTORING, BACKUP_AVAILABLE, NULL,
			&mover->err) != 1) {
			atomic_store(&mover->failed, true);
			break;
		}
		atomic_fetch_add(&mover->moved, 1);
	}
	return NULL;
}

/* Ten more moves than there are now. */
static void
wait_for_moves(struct mover *mover)
{
	const unsigned wanted = atomic_load(&mover->moved) + 10;
	uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (atomic_load(&mover->moved) < wanted && !atomic_load(&mover->failed)) {
		if (clock_ms() > end_ms)
			fail_msg("only %u moves", atomic_load(&mover->moved));
		clock_sleep_ms(1);
	}
}

static struct catalogue *
patient(const struct world *world)
{
	const struct sql_opts opts = { .connection = world->url,
		.db_max_retries = 200,
		.db_retry_interval = 0,
		.db_max_retry_interval = 0 };
	struct catalogue *catalogue = NULL;
	struct err err;

	if (catalogue_open(&catalogue, world_drivers, &opts, &err) < 0)
		fail_msg("%s", err.text);
	return catalogue;
}

static void
check_kills(void **state, const char *url)
{
	const struct sql_opts opts = { .connection = url,
		.db_max_retries = 600,
		.db_retry_interval = 1,
		.db_max_retry_interval = 1 };
	struct mover mover = { .catalogue = NULL };
	struct err err;
	unsigned i;

	for (i = 0; i < ROWS; i++)
		world_add(world_catalogue(state), world_id(i), NULL, BACKUP_AVAILABLE);
	assert_int_equal(catalogue_open(&mover.catalogue, world_drivers, &opts, &err), 0);
	assert_int_equal(pthread_create(&mover.thread, NULL, move_all, &mover), 0);
	for (i = 0; i < 2; i++) {
		wait_for_moves(&mover);
		server("kill");
		server("up");
	}
	wait_for_moves(&mover);
	atomic_store(&mover.enough, true);
	pthread_join(mover.thread, NULL);
	if (atomic_load(&mover.failed))
		fail_msg("after %u moves: %s", atomic_load(&mover.moved), mover.err.text);
	catalogue_close(mover.catalogue);
}

static void
no_move_is_lost_while_the_server_is_killed_and_comes_back(void **state)
{
	check_kills(state, ((struct world *)*state)->url);
}

static void
nor_is_one_over_tls(void **state)
{
	struct world safe = *(struct world *)*state;

	snprintf(strchr(safe.url, '?'), 200, "?ssl_ca=%s", getenv("MYSQL_CERTIFICATE"));
	check_kills(state, safe.url);
}

static void
a_server_that_is_not_there_is_tried_as_often_as_told(void **state)
{
	const struct sql_opts opts = { .connection = "mysql://a:b@127.0.0.1:9/cinder",
		.max_retries = 2 };
	struct catalogue *catalogue = NULL;
	struct err err;

	(void)state;
	assert_int_equal(catalogue_open(&catalogue, world_drivers, &opts, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.text, "127.0.0.1:9"));
}

static void
a_connection_that_somebody_killed_is_made_anew(void **state)
{
	struct catalogue *catalogue = patient(*state);
	struct err err;

	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	as_root(
	    "BEGIN NOT ATOMIC FOR c IN (SELECT id FROM information_schema.processlist WHERE user = "
	    "'cinder') DO KILL CONNECTION c.id; END FOR; END");
	assert_int_equal(
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL, &err), 1);
	assert_int_equal(world_find(catalogue, FULL_ID).status, BACKUP_RESTORING);
	catalogue_close(catalogue);
}

/* ---- errors that pass ---- */

/* The next updates of backups fail with this error, as often as count says. */
static void
set_trap(unsigned code, unsigned count)
{
	char text[1024];

	/* What a table of MyISAM counts outlives the rollback. */
	snprintf(text, sizeof text,
	    "CREATE OR REPLACE TABLE trap (n INT) ENGINE=MyISAM; INSERT INTO trap VALUES (%u);"
	    "CREATE OR REPLACE TRIGGER trap BEFORE UPDATE ON backups FOR EACH ROW IF (SELECT n "
	    "FROM "
	    "trap) > 0 THEN UPDATE trap SET n = n - 1; SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = "
	    "%u,"
	    " MESSAGE_TEXT = 'trapped'; END IF",
	    count, code);
	as_root(text);
}

static void
clear_trap(void)
{
	as_root("DROP TRIGGER IF EXISTS trap; DROP TABLE IF EXISTS trap");
}

static void
what_passes_is_tried_again(void **state)
{
	static const struct {
		unsigned code;
		const char *what;
	} rows[] = { { 1047, "Galera node not ready" }, { 1213, "deadlock" }, { 1205, "lock wait" },
		{ 1290, "read only server" }, { 1836, "read only mode" }, { 1053, "shutdown" },
		{ 1020, "row has changed" }, { 1180, "conflict at commit" } };
	struct catalogue *catalogue = patient(*state);
	struct err err;
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		world_add(catalogue, world_id(i), NULL, BACKUP_AVAILABLE);
		set_trap(rows[i].code, 3);
		if (catalogue_move(catalogue, world_id(i), BACKUP_AVAILABLE, BACKUP_RESTORING, NULL,
			&err) != 1)
			fail_msg("%s: %s", rows[i].what, err.text);
		clear_trap();
	}
	catalogue_close(catalogue);
}

static void
what_does_not_pass_is_told_and_leaves_nothing(void **state)
{
	const struct sql_opts opts = { .connection = ((struct world *)*state)->url,
		.db_max_retries = 3 };
	struct catalogue *catalogue = NULL;
	struct err err;

	assert_int_equal(catalogue_open(&catalogue, world_drivers, &opts, &err), 0);
	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	set_trap(1213, 1000);
	assert_int_equal(
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL, &err), -1);
	clear_trap();
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.text, "trapped"));
	assert_int_equal(world_find(catalogue, FULL_ID).status, BACKUP_AVAILABLE);
	catalogue_close(catalogue);
}

static void
a_binary_log_of_statements_is_named(void **state)
{
	struct backup row = world_backup(FULL_ID, NULL, BACKUP_AVAILABLE);
	struct catalogue *catalogue;
	struct err err;
	int added;

	as_root("SET GLOBAL binlog_format = STATEMENT");
	catalogue = patient(*state);
	added = catalogue_add(catalogue, &row, &err);
	as_root("SET GLOBAL binlog_format = MIXED");
	catalogue_close(catalogue);
	assert_int_equal(added, -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_non_null(strstr(err.text, "binlog_format = MIXED or ROW"));
}

/* How often somebody has had to wait for a row of this server. */
static unsigned long
lock_waits(MYSQL *db)
{
	MYSQL_RES *result;
	unsigned long count;

	if (mysql_query(db, "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_waits'"))
		fail_msg("%s", mysql_error(db));
	result = mysql_store_result(db);
	count = strtoul(mysql_fetch_row(result)[1], NULL, 10);
	mysql_free_result(result);
	return count;
}

/* Until who waits for it has given up once, and waits again. */
static void *
hold_and_let_go(void *arg)
{
	MYSQL *db = arg;
	const unsigned long before = lock_waits(db);
	const uint64_t end_ms = clock_ms() + PATIENCE_MS;

	while (lock_waits(db) < before + 2 && clock_ms() < end_ms)
		clock_sleep_ms(20);
	say(db, "COMMIT");
	return NULL;
}

static void
a_row_that_another_holds_is_waited_for(void **state)
{
	struct world *world = *state, eager = *world;
	struct catalogue *catalogue;
	pthread_t thread;
	MYSQL *db = root_connect();
	struct err err;

	world_add(world->catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	strcat(eager.url, "&init_command=SET+SESSION+innodb_lock_wait_timeout%3D1");
	catalogue = patient(&eager);
	say(db, "START TRANSACTION; UPDATE backups SET size = 7");
	assert_int_equal(pthread_create(&thread, NULL, hold_and_let_go, db), 0);
	assert_int_equal(
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL, &err), 1);
	pthread_join(thread, NULL);
	assert_int_equal(world_find(catalogue, FULL_ID).size, 7);
	mysql_close(db);
	catalogue_close(catalogue);
}

/* ---- a connection that breaks in its commit ---- */

static void
check_cut(void **state, enum cut_when when)
{
	struct world *world = *state, cut = *world;
	struct backup child = world_backup(CHILD_ID, FULL_ID, BACKUP_CREATING);
	struct cut *line = cut_open(atoi(getenv("MYSQL_PORT")), "COMMIT", when);
	struct catalogue *catalogue;
	struct err err;
	char *port;

	world_add(world->catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	port = strstr(cut.url, getenv("MYSQL_PORT"));
	assert_non_null(port);
	snprintf(port, sizeof cut.url - (size_t)(port - cut.url), "%u/zed", cut_port(line));
	catalogue = patient(&cut);

	cut_arm(line);
	if (catalogue_add(catalogue, &child, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(world_find(world->catalogue, FULL_ID).num_dependent_backups, 1);
	cut_arm(line);
	assert_int_equal(
	    catalogue_move(catalogue, CHILD_ID, BACKUP_CREATING, BACKUP_AVAILABLE, NULL, &err), 1);
	cut_arm(line);
	assert_int_equal(
	    catalogue_move(catalogue, CHILD_ID, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err), 1);
	cut_arm(line);
	assert_int_equal(
	    catalogue_move(catalogue, CHILD_ID, BACKUP_DELETING, BACKUP_DELETED, NULL, &err), 1);
	assert_int_equal(cut_count(line), 4);
	assert_int_equal(world_find(world->catalogue, FULL_ID).num_dependent_backups, 0);
	catalogue_close(catalogue);
	cut_close(line);
}

static void
a_commit_that_never_arrived_is_done_again(void **state)
{
	check_cut(state, CUT_BEFORE);
}

static void
a_commit_whose_answer_was_lost_is_not_taken_for_another_s(void **state)
{
	check_cut(state, CUT_AFTER);
}

/* ---- who is there? ---- */

static void
open_of_what_is_wrong_says_so(void **state)
{
	static const struct {
		const char *user, *tail;
		enum err_kind kind;
		const char *text;
	} rows[] = {
		{ "cinder:secret%20word", "zed", ERR_DENIED, "Access denied" },
		{ "cinder:backup%40%3A%20%2F%25", "nothing", ERR_DENIED, "nothing" },
		{ "cinder:backup%40%3A%20%2F%25", "information_schema", ERR_CORRUPT,
		    "cinder-manage db sync" },
		{ "cinder:backup%40%3A%20%2F%25", "zed?ssl_ca=/nowhere.pem", ERR_DENIED, "" },
		{ "cinder:backup%40%3A%20%2F%25", "zed?ssl=true&ssl_cipher=none", ERR_DENIED, "" },
	};
	struct catalogue *catalogue = NULL;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char url[256];
		const struct sql_opts opts = { .connection = url, .max_retries = 3 };

		snprintf(url, sizeof url, "mysql+pymysql://%s@127.0.0.1:%s/%s", rows[i].user,
		    getenv("MYSQL_PORT"), rows[i].tail);
		assert_int_equal(catalogue_open(&catalogue, world_drivers, &opts, &err), -1);
		if (err.kind != rows[i].kind || !strstr(err.text, rows[i].text))
			fail_msg("%s: %s (kind %d)", rows[i].tail, err.text, err.kind);
		assert_null(strstr(err.text, "secret"));
		assert_null(strstr(err.text, "backup@"));
	}
}

static void
a_server_that_shows_its_certificate_is_spoken_to(void **state)
{
	struct world safe = *(struct world *)*state;
	struct catalogue *catalogue;

	snprintf(strchr(safe.url, '?'), 200, "?ssl_ca=%s", getenv("MYSQL_CERTIFICATE"));
	catalogue = patient(&safe);
	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	catalogue_close(catalogue);
}

static void
a_silent_server_is_given_up(void **state)
{
	struct cut *line = cut_open(0, "", CUT_BEFORE);
	struct catalogue *catalogue = NULL;
	char url[128];
	const struct sql_opts opts = { .connection = url };
	struct err err;

	(void)state;
	snprintf(url, sizeof url,
	    "mysql://a:b@127.0.0.1:%u/cinder?connect_timeout=1&read_timeout=1", cut_port(line));
	assert_int_equal(catalogue_open(&catalogue, world_drivers, &opts, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	cut_close(line);
}

static void
a_character_that_a_column_cannot_hold_is_a_question_mark(void **state)
{
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_CREATING);
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_CREATING,
			     BACKUP_ERROR, "no \xf0\x9f\x92\xbe left in \xc3\xa4", &err),
	    1);
	assert_string_equal(
	    world_find(world_catalogue(state), FULL_ID).fail_reason, "no ? left in \xc3\xa4");
}

static int
count_row(void *arg, const struct sql_value *row, struct err *err)
{
	(void)row;
	(void)err;
	++*(unsigned *)arg;
	return 0;
}

/* What cannot be told whole is an error, and not the end of the rows. */
static void
a_number_that_does_not_fit_is_told(void **state)
{
	scoped(sql_drop) struct sql sql = SQL;
	MYSQL *db = root_connect();
	struct mysql_fault fault;
	struct err err = ERR_INIT;
	unsigned rows = 0;

	(void)state;
	buf_text(&sql.text, "SELECT 1 UNION ALL SELECT 18446744073709551615 UNION ALL SELECT 3");
	assert_int_equal(mysql_run(db, &sql, false, count_row, &rows, NULL, &fault, &err), -1);
	assert_int_equal(fault.code, 0);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(rows, 1);
	mysql_close(db);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(a_server_that_is_not_there_is_tried_as_often_as_told),
		FACT(a_connection_that_somebody_killed_is_made_anew),
		FACT(what_passes_is_tried_again),
		FACT(what_does_not_pass_is_told_and_leaves_nothing),
		FACT(a_binary_log_of_statements_is_named),
		FACT(a_row_that_another_holds_is_waited_for),
		FACT(a_commit_that_never_arrived_is_done_again),
		FACT(a_commit_whose_answer_was_lost_is_not_taken_for_another_s),
		FACT(open_of_what_is_wrong_says_so),
		FACT(a_server_that_shows_its_certificate_is_spoken_to),
		FACT(a_silent_server_is_given_up),
		FACT(a_character_that_a_column_cannot_hold_is_a_question_mark),
		FACT(a_number_that_does_not_fit_is_told),
		FACT(no_move_is_lost_while_the_server_is_killed_and_comes_back),
		FACT(nor_is_one_over_tls),
	};
	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
