/*
 * What the contract suite cannot see: files that are none of ours, locks, and
 * what stands in the tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "catalogue/sql.h"
#include "options/tables.h"

#define ID "8c11b04c-866c-4067-bf4f-f63a15824cdb"

struct site {
	char folder[64], path[128], url[160];
};

static int
set_up(void **state)
{
	struct site *site = calloc(1, sizeof *site);

	assert_non_null(site);
	strcpy(site->folder, "/tmp/unit-sqlite-XXXXXX");
	assert_non_null(mkdtemp(site->folder));
	snprintf(site->path, sizeof site->path, "%s/a/b/c.sqlite", site->folder);
	snprintf(site->url, sizeof site->url, "sqlite:///%s?timeout=0", site->path);
	clock_set(1795400000);
	*state = site;
	return 0;
}

static int
tear_down(void **state)
{
	struct site *site = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -r %s", site->folder);
	assert_int_equal(system(command), 0);
	free(site);
	clock_set(-1);
	return 0;
}

static int
open_it(const struct site *site, struct catalogue **ret, struct err *err)
{
	struct sql_opts opts = { .connection = site->url };

	return catalogue_sqlite.open(ret, &opts, err);
}

static void
make_it(const struct site *site)
{
	struct catalogue *catalogue;
	struct err err;

	if (open_it(site, &catalogue, &err) < 0)
		fail_msg("%s", err.text);
	catalogue_sqlite.close(catalogue);
}

static void
add_one(const struct site *site)
{
	struct backup backup = { .status = BACKUP_AVAILABLE };
	struct catalogue *catalogue;
	struct err err;

	backup_set_text(&backup, BACKUP_ID, ID, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "v", &err);
	assert_int_equal(open_it(site, &catalogue, &err), 0);
	assert_int_equal(catalogue_sqlite.add(catalogue, &backup, &err), 0);
	assert_int_equal(catalogue_sqlite.beat(catalogue, "lab", "nova", &err), 0);
	assert_int_equal(catalogue_sqlite.beat(catalogue, "lab", "nova", &err), 0);
	catalogue_sqlite.close(catalogue);
}

static sqlite3 *
raw(const struct site *site)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(site->path, &db), SQLITE_OK);
	return db;
}

static void
execute(const struct site *site, const char *text)
{
	sqlite3 *db = raw(site);

	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The only column of the only row. */
static void
query(const struct site *site, const char *text, char ret[128])
{
	sqlite3 *db = raw(site);
	sqlite3_stmt *statement;

	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	snprintf(ret, 128, "%s", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void
assert_refused(const struct site *site, enum err_kind kind, const char *says)
{
	struct catalogue *catalogue = NULL;
	struct err err;

	assert_int_equal(open_it(site, &catalogue, &err), -1);
	assert_null(catalogue);
	if (err.kind != kind || !strstr(err.text, says) || !strstr(err.text, site->path))
		fail_msg("%s: %s", err_kind_name(err.kind), err.text);
}

static void
directories_and_file_are_made_for_the_service_alone(void **state)
{
	struct site *site = *state;
	struct stat status;
	char parent[128];
	mode_t mask = umask(0);

	make_it(site);
	umask(mask);
	assert_int_equal(stat(site->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	snprintf(parent, sizeof parent, "%s/a", site->folder);
	assert_int_equal(stat(parent, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0750);
}

static void
rows_look_as_in_cinders_tables(void **state)
{
	static const struct {
		const char *query, *expected;
	} rows[] = {
		{ "SELECT id || ' ' || status || ' ' || deleted || ' ' || created_at FROM backups",
		    ID " available 0 2026-11-23 02:13:20" },
		{ "SELECT typeof(deleted) || typeof(created_at) || typeof(size) FROM backups",
		    "integertextnull" },
		{ "SELECT host || ' ' || `binary` || ' ' || topic || ' ' || report_count || ' ' || "
		  "disabled || ' ' || deleted || ' ' || updated_at || ' ' || length(uuid) FROM "
		  "services",
		    "lab cinder-backup cinder-backup 1 0 0 2026-11-23 02:13:20 36" },
		{ "PRAGMA journal_mode", "wal" },
		{ "PRAGMA user_version", "3" },
	};
	char text[128];
	unsigned i;

	add_one(*state);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		query(*state, rows[i].query, text);
		assert_string_equal(text, rows[i].expected);
	}
}

static void
what_is_no_catalogue_is_left_alone(void **state)
{
	struct site *site = *state;
	char text[128];

	make_it(site);
	unlink(site->path);
	execute(site, "CREATE TABLE backups (id TEXT)");
	assert_refused(site, ERR_CONFLICT, "database of another program");
	query(site, "PRAGMA journal_mode", text);
	assert_string_equal(text, "delete");
}

static void
a_newer_catalogue_is_left_alone(void **state)
{
	add_one(*state);
	execute(*state, "PRAGMA user_version = 4");
	assert_refused(*state, ERR_CONFLICT, "newer version");
}

/* Put a catalogue there that version 1 of the schema was made for, with two backups. */
static void
make_version_1(const struct site *site)
{
	static char text[1 << 16];
	FILE *file = fopen(TEST_DATA "/catalogue/version-1.sql", "r");
	size_t length;

	make_it(site); /* for its directories */
	assert_int_equal(unlink(site->path), 0);
	assert_non_null(file);
	length = fread(text, 1, sizeof text - 1, file);
	text[length] = '\0';
	fclose(file);
	execute(site, text);
}

static int
count_backup(void *arg, const struct backup *backup, struct err *err)
{
	(void)err;
	*(unsigned *)arg += backup->status == BACKUP_AVAILABLE && backup_has(backup, BACKUP_HOST);
	return 0;
}

static void
an_older_catalogue_becomes_a_new_one(void **state)
{
	const struct backup_filter all = { .deleted = true };
	struct quota limits = { .of = { 0 } }, used;
	struct catalogue *catalogue;
	char old[128], new[128];
	unsigned count = 0;
	struct err err;

	add_one(*state);
	query(*state, "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_master ORDER BY name)",
	    new);
	make_version_1(*state);
	assert_int_equal(open_it(*state, &catalogue, &err), 0);
	assert_int_equal(catalogue_sqlite.each(catalogue, &all, count_backup, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_int_equal(
	    catalogue_sqlite.local->quota(catalogue, "admin", &used, &limits, &err), 0);
	assert_int_equal(used.of[QUOTA_BACKUPS], 2);
	catalogue_sqlite.close(catalogue);
	query(*state, "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_master ORDER BY name)",
	    old);
	assert_string_equal(old, new);
	query(*state, "PRAGMA user_version", new);
	assert_string_equal(new, "3");
}

/* The upgrade is killed where it writes, again and again, a little later each time. */
static void
an_upgrade_that_is_killed_is_made_again(void **state)
{
	struct site *site = *state;
	unsigned upgraded = 0, wait_us = 300;
	char text[128];
	int status;

	for (; upgraded < 2; wait_us += wait_us / 4) {
		pid_t child;

		make_version_1(site);
		child = fork();
		if (child == 0) {
			struct catalogue *catalogue;
			struct err err;

			for (;;) {
				if (open_it(site, &catalogue, &err) < 0)
					_exit(1);
				catalogue_sqlite.close(catalogue);
			}
		}
		usleep(wait_us);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		query(site,
		    "SELECT (SELECT user_version FROM pragma_user_version) || ' ' || (SELECT "
		    "COUNT(*) FROM sqlite_master WHERE name IN ('volumes', "
		    "'backups_project_size_idx'))",
		    text);
		if (strcmp(text, "1 0") != 0)
			assert_string_equal(text, "3 2");
		upgraded += text[0] == '3';
		make_it(site);
		query(site, "SELECT COUNT(*) FROM backups", text);
		assert_string_equal(text, "2");
	}
}

static void
a_damaged_file_is_told_from_all_else(void **state)
{
	static const char noise[4096] = "this is no database";
	struct site *site = *state;
	int fd;

	make_it(site);
	fd = open(site->path, O_WRONLY);
	assert_int_equal(pwrite(fd, noise, sizeof noise, 0), sizeof noise);
	close(fd);
	assert_refused(site, ERR_CORRUPT, "not a database");
}

static void
a_file_cut_short_is_damaged(void **state)
{
	struct site *site = *state;
	struct catalogue *catalogue;
	struct backup backup;
	struct err err;

	add_one(site);
	assert_int_equal(truncate(site->path, 5000), 0);
	if (open_it(site, &catalogue, &err) == 0) {
		assert_int_equal(catalogue_sqlite.find(catalogue, ID, &backup, &err), -1);
		catalogue_sqlite.close(catalogue);
	}
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_non_null(strstr(err.text, site->path));
}

static void
a_directory_is_no_catalogue(void **state)
{
	struct site *site = *state;

	snprintf(site->path, sizeof site->path, "%s", site->folder);
	snprintf(site->url, sizeof site->url, "sqlite:///%s", site->path);
	assert_refused(site, ERR_INVALID, "irectory");
}

static void
a_file_in_the_way_of_a_directory_is_named(void **state)
{
	struct site *site = *state;
	char parent[128];

	snprintf(parent, sizeof parent, "%s/a", site->folder);
	close(open(parent, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_refused(site, ERR_NOT_FOUND, "Not a directory");
}

static void
who_may_not_write_is_told_so(void **state)
{
	struct site *site = *state;
	pid_t child;
	int status;

	make_it(site);
	assert_int_equal(chmod(site->folder, 0755), 0);
	assert_int_equal(chmod(site->path, 0444), 0);
	child = fork();
	if (child == 0) {
		struct catalogue *catalogue;
		struct err err;

		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(9);
		if (open_it(site, &catalogue, &err) == 0)
			_exit(1);
		_exit(err.kind == ERR_DENIED && strstr(err.text, site->path) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void
a_lock_that_is_held_too_long_is_an_error_that_may_pass(void **state)
{
	struct site *site = *state;
	struct backup backup = { .status = BACKUP_AVAILABLE };
	struct catalogue *catalogue;
	struct err err;
	sqlite3 *other;

	make_it(site);
	assert_int_equal(open_it(site, &catalogue, &err), 0);
	other = raw(site);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	backup_set_text(&backup, BACKUP_ID, ID, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "v", &err);
	assert_int_equal(catalogue_sqlite.add(catalogue, &backup, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_non_null(strstr(err.text, "locked by others"));
	assert_non_null(strstr(err.text, site->path));
	assert_int_equal(catalogue_sqlite.find(catalogue, ID, &backup, &err), 0);
	sqlite3_close(other);
	assert_int_equal(catalogue_sqlite.add(catalogue, &backup, &err), 0);
	catalogue_sqlite.close(catalogue);
}

static void
a_file_that_is_locked_from_the_start_is_an_error_that_may_pass(void **state)
{
	sqlite3 *other;

	make_it(*state);
	unlink(((struct site *)*state)->path);
	other = raw(*state);
	assert_int_equal(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_refused(*state, ERR_RETRY, "locked by others");
	sqlite3_close(other);
	make_it(*state);
}

static void
values_that_cannot_be_are_corrupt_and_named(void **state)
{
	static const struct {
		const char *change, *says;
	} rows[] = {
		{ "UPDATE backups SET status = 'verifying'", "column status: \"verifying\"" },
		{ "UPDATE backups SET status = NULL", "column status: \"\"" },
		{ "UPDATE backups SET status = 'error', updated_at = 'noon'", "column updated_at" },
		{ "UPDATE backups SET updated_at = NULL, size = 'big'", "column size" },
		{ "UPDATE backups SET size = 1.5", "column size" },
		{ "UPDATE backups SET size = 1, container = x'00ff'", "column container" },
		{ "UPDATE backups SET container = CAST(x'410042' AS TEXT)", "column container" },
		{ "UPDATE backups SET container = CAST(x'ff' AS TEXT)", "not valid UTF-8" },
		{ "UPDATE backups SET container = hex(zeroblob(200))", "longer than" },
	};
	struct catalogue *catalogue;
	struct backup backup;
	struct err err;
	unsigned i;

	add_one(*state);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		execute(*state, rows[i].change);
		assert_int_equal(open_it(*state, &catalogue, &err), 0);
		assert_int_equal(catalogue_sqlite.find(catalogue, ID, &backup, &err), -1);
		catalogue_sqlite.close(catalogue);
		if (err.kind != ERR_CORRUPT || !strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].change, err.text);
	}
}

static void
what_was_not_committed_is_gone_after_a_kill(void **state)
{
	struct catalogue *catalogue;
	struct backup backup;
	struct err err;
	int ready[2], status;
	pid_t child;
	char byte;

	make_it(*state);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		sqlite3_exec(raw(*state),
		    "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE;"
		    "INSERT INTO backups (id, volume_id, deleted, status) VALUES ('" ID
		    "', hex(zeroblob(100000)), 0, 'available')",
		    NULL, NULL, NULL);
		status = write(ready[1], "", 1) == 1;
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(open_it(*state, &catalogue, &err), 0);
	assert_int_equal(catalogue_sqlite.find(catalogue, ID, &backup, &err), 0);
	catalogue_sqlite.close(catalogue);
	close(ready[0]);
	close(ready[1]);
}

static void
of_many_that_begin_at_once_one_makes_the_tables(void **state)
{
	enum { PROCESSES = 5 };
	struct site *site = *state;
	pid_t children[PROCESSES];
	char text[128];
	int status;
	unsigned i;

	snprintf(site->url, sizeof site->url, "sqlite:///%s", site->path);
	for (i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			struct catalogue *catalogue;
			struct err err;

			if (open_it(site, &catalogue, &err) < 0 ||
			    catalogue_sqlite.beat(catalogue, "lab", "nova", &err) < 0) {
				fprintf(stderr, "%s\n", err.text);
				_exit(1);
			}
			_exit(0);
		}
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	query(site, "SELECT COUNT(*) || ' ' || SUM(report_count) FROM services", text);
	assert_string_equal(text, "1 4");
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* How SQLite goes about it: one line of EXPLAIN QUERY PLAN; a second would be a sort. */
static void
assert_plan(const struct site *site, const struct sql *sql, const char *expected)
{
	sqlite3 *db = raw(site);
	sqlite3_stmt *statement;
	char text[SQL_TEXT_MAX];
	const char *plan;

	snprintf(text, sizeof text, "EXPLAIN QUERY PLAN %s", sql->text.data);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	plan = (const char *)sqlite3_column_text(statement, 3);
	if (!strstr(plan, expected) || !strstr(plan, "INDEX backups_"))
		fail_msg("%s: %s", sql->text.data, plan);
	if (sqlite3_step(statement) != SQLITE_DONE)
		fail_msg("%s: %s", sql->text.data, sqlite3_column_text(statement, 3));
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

static void
rows_are_counted_without_a_look_at_each(void **state)
{
	struct backup_filter filter = { .project_id = "p" };
	struct sql of_project = SQL, of_all = SQL, of_status = SQL, of_volume = SQL;

	make_it(*state);
	sql_total(&of_project, &filter);
	assert_plan(*state, &of_project, "COVERING INDEX backups_project_size_idx (project_id=?");
	sql_drop(&of_project);
	filter.project_id = NULL;
	sql_total(&of_all, &filter);
	assert_plan(*state, &of_all, "COVERING INDEX");
	sql_drop(&of_all);
	filter.statuses = 1u << BACKUP_AVAILABLE;
	sql_total(&of_status, &filter);
	assert_plan(*state, &of_status, "COVERING INDEX backups_status_idx (status=?");
	sql_drop(&of_status);
	filter.volume_id = "v";
	filter.project_id = "p";
	sql_total(&of_volume, &filter);
	assert_plan(*state, &of_volume, "COVERING INDEX backups_volume_id_idx (volume_id=? AND ");
	sql_drop(&of_volume);
}

/* Else each page would take as long as there are backups, of this project or of others. */
static void
pages_in_any_usual_order_come_from_an_index(void **state)
{
	static const struct {
		enum backup_field field;
		bool ascending;
	} rows[] = {
		{ BACKUP_CREATED_AT, false },
		{ BACKUP_CREATED_AT, true },
		{ BACKUP_DISPLAY_NAME, false },
		{ BACKUP_DISPLAY_NAME, true },
		{ BACKUP_STATUS, false },
		{ BACKUP_STATUS, true },
		{ BACKUP_SIZE, false },
		{ BACKUP_SIZE, true },
	};
	struct backup row = { .status = BACKUP_ERROR };
	struct err err;
	unsigned i;

	make_it(*state);
	backup_set_text(&row, BACKUP_DISPLAY_NAME, "n", &err);
	backup_set_number(&row, BACKUP_SIZE, 1);
	backup_set_number(&row, BACKUP_CREATED_AT, 1);
	for (i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
		struct backup_filter filter = { .project_id = i % 2 ? "p" : NULL,
			.orders = { { rows[i / 2].field, rows[i / 2].ascending } },
			.n_orders = 1 };
		struct sql_cursor cursor = { &row, { SQL_INTEGER, 3, NULL }, 0 };
		const char *expected = i % 2 ? "project_id=?" : "";
		struct sql first = SQL, matched = SQL;

		sql_page(&first, &filter, "rowid", 10);
		assert_plan(*state, &first, expected);
		sql_drop(&first);
		if (rows[i / 2].field == BACKUP_CREATED_AT) {
			filter.matches[0].field = BACKUP_STATUS;
			filter.matches[0].text = "available";
			filter.n_matches = 1;
			sql_page(&matched, &filter, "rowid", 10);
			assert_plan(*state, &matched, "status=?");
			sql_drop(&matched);
			filter.n_matches = 0;
		}
		for (;;) {
			struct sql next = SQL;

			if (!sql_behind(&next, &filter, "rowid", &cursor, 10))
				break;
			assert_plan(*state, &next, expected);
			sql_drop(&next);
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FACT(directories_and_file_are_made_for_the_service_alone),
		FACT(rows_look_as_in_cinders_tables),
		FACT(what_is_no_catalogue_is_left_alone),
		FACT(a_newer_catalogue_is_left_alone),
		FACT(an_older_catalogue_becomes_a_new_one),
		FACT(an_upgrade_that_is_killed_is_made_again),
		FACT(a_damaged_file_is_told_from_all_else),
		FACT(a_file_cut_short_is_damaged),
		FACT(a_directory_is_no_catalogue),
		FACT(a_file_in_the_way_of_a_directory_is_named),
		FACT(who_may_not_write_is_told_so),
		FACT(a_lock_that_is_held_too_long_is_an_error_that_may_pass),
		FACT(a_file_that_is_locked_from_the_start_is_an_error_that_may_pass),
		FACT(values_that_cannot_be_are_corrupt_and_named),
		FACT(what_was_not_committed_is_gone_after_a_kill),
		FACT(of_many_that_begin_at_once_one_makes_the_tables),
		FACT(pages_in_any_usual_order_come_from_an_index),
		FACT(rows_are_counted_without_a_look_at_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
