#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/sql.h"

#define COLUMNS                                                                                    \
	"created_at, updated_at, deleted_at, deleted, id, volume_id, user_id, project_id, host, "  \
	"availability_zone, display_name, display_description, container, status, fail_reason, "   \
	"service_metadata, service, size, object_count, parent_id, temp_volume_id, "               \
	"temp_snapshot_id, num_dependent_backups, snapshot_id, data_timestamp, "                   \
	"restore_volume_id, encryption_key_id"

/* Values as text: N, 7, 'x', @seconds. */
static void
print_values(const struct sql *sql, struct buf *ret)
{
	unsigned i;

	for (i = 0; i < sql->n_values; i++) {
		const struct sql_value *value = &sql->values[i];

		if (value->kind == SQL_NULL)
			buf_text(ret, " N");
		else if (value->kind == SQL_TEXT)
			buf_printf(ret, " '%s'", value->text);
		else
			buf_printf(
			    ret, value->kind == SQL_TIME ? " @%d" : " %d", (int)value->number);
	}
}

static void
assert_sql(struct sql *sql, const char *text, const char *values)
{
	scoped(buf_drop) struct buf printed = BUF(4096);
	const char *mark;
	unsigned marks = 0;

	assert_string_equal(buf_string(&sql->text), text);
	print_values(sql, &printed);
	assert_string_equal(buf_string(&printed), values);
	for (mark = text; (mark = strchr(mark, '?')); mark++)
		marks++;
	assert_int_equal(marks, sql->n_values);
	sql_drop(sql);
}

static struct backup
one(void)
{
	struct backup backup = { .status = BACKUP_ERROR };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, "i", &err);
	backup_set_text(&backup, BACKUP_CONTAINER, "c", &err);
	backup_set_number(&backup, BACKUP_CREATED_AT, 5);
	backup_set_number(&backup, BACKUP_SIZE, 9);
	return backup;
}

/* Installed catalogues have these tables: a change is a new version of the schema. */
static void
the_schema_of_version_1_is_what_it_was(void **state)
{
	static const char *const expected[] = {
		"CREATE TABLE backups (created_at DATETIME, updated_at DATETIME, deleted_at "
		"DATETIME, "
		"deleted BOOLEAN, id VARCHAR(36) NOT NULL, volume_id VARCHAR(36) NOT NULL, "
		"user_id VARCHAR(255), project_id VARCHAR(255), host VARCHAR(255), "
		"availability_zone VARCHAR(255), display_name VARCHAR(255), "
		"display_description VARCHAR(255), container VARCHAR(255), status VARCHAR(255), "
		"fail_reason VARCHAR(255), service_metadata VARCHAR(255), service VARCHAR(255), "
		"size INTEGER, object_count INTEGER, parent_id VARCHAR(36), "
		"temp_volume_id VARCHAR(36), temp_snapshot_id VARCHAR(36), "
		"num_dependent_backups INTEGER, snapshot_id VARCHAR(36), data_timestamp DATETIME, "
		"restore_volume_id VARCHAR(36), encryption_key_id VARCHAR(36), PRIMARY KEY (id), "
		"CHECK (deleted IN (0, 1)))",
		"CREATE TABLE services (created_at DATETIME, updated_at DATETIME, deleted_at "
		"DATETIME, "
		"deleted BOOLEAN, id INTEGER NOT NULL PRIMARY KEY, host VARCHAR(255), "
		"`binary` VARCHAR(255), topic VARCHAR(255), report_count INTEGER NOT NULL, "
		"disabled BOOLEAN, availability_zone VARCHAR(255), disabled_reason VARCHAR(255), "
		"uuid VARCHAR(36) UNIQUE)",
		"CREATE INDEX backups_created_at_idx ON backups (created_at)",
		"CREATE INDEX backups_parent_id_idx ON backups (parent_id)",
		"CREATE INDEX backups_volume_id_idx ON backups (volume_id)",
	};
	struct sql none = SQL;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof expected / sizeof expected[0]; i++) {
		struct sql sql = SQL;

		assert_int_equal(sql_schema(&sql, 1, i), 1);
		assert_sql(&sql, expected[i], "");
	}
	assert_int_equal(sql_schema(&none, 1, i), 0);
}

static void
insert_names_every_column(void **state)
{
	struct backup backup = one();
	struct sql sql = SQL;

	(void)state;
	sql_insert(&sql, &backup);
	assert_sql(&sql,
	    "INSERT INTO backups (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
	    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	    " @5 N N 0 'i' N N N N N N N 'c' 'error' N N N 9 N N N N N N N N N");
}

static void
save_sets_what_is_asked_and_the_time(void **state)
{
	struct backup backup = one();
	struct sql sql = SQL;

	(void)state;
	sql_save(&sql, &backup,
	    1u << BACKUP_CONTAINER | 1u << BACKUP_UPDATED_AT | 1u << BACKUP_HOST, 77);
	assert_sql(&sql,
	    "UPDATE backups SET updated_at = ?, host = ?, container = ? WHERE id = ? AND "
	    "deleted = 0",
	    " @77 N 'c' 'i'");
}

static void
move_compares_and_sets(void **state)
{
	struct sql failed = SQL, gone = SQL;

	(void)state;
	sql_move(&failed, "i", BACKUP_CREATING, BACKUP_ERROR, "full", 7);
	assert_sql(&failed,
	    "UPDATE backups SET status = ?, fail_reason = ?, updated_at = ? WHERE id = ? AND "
	    "deleted = 0 AND status = ?",
	    " 'error' 'full' @7 'i' 'creating'");
	sql_move(&gone, "i", BACKUP_DELETING, BACKUP_DELETED, NULL, 7);
	assert_sql(&gone,
	    "UPDATE backups SET status = ?, deleted = 1, deleted_at = ? WHERE id = ? AND "
	    "deleted = 0 AND status = ?",
	    " 'deleted' @7 'i' 'deleting'");
}

#define FROM_WHERE "SELECT " COLUMNS ", rowid FROM backups WHERE deleted = 0"

static void
a_page_has_the_rows_that_are_asked_for(void **state)
{
	struct backup_filter filter = { .id_or_name = "n",
		.project_id = "p",
		.statuses = 1u << BACKUP_ERROR | 1u << BACKUP_AVAILABLE };
	struct sql sql = SQL, all = SQL;

	(void)state;
	sql_page(&sql, &filter, "rowid", 10);
	assert_sql(&sql,
	    FROM_WHERE " AND (id = ? OR display_name = ?) AND project_id = ? AND status IN (?, ?) "
		       "ORDER BY created_at DESC, rowid DESC LIMIT ?",
	    " 'n' 'n' 'p' 'available' 'error' 10");
	filter = (struct backup_filter){ .deleted = true,
		.orders = { { BACKUP_DISPLAY_NAME, true }, { BACKUP_SIZE, false } },
		.n_orders = 2 };
	sql_page(&all, &filter, "id", 1);
	assert_sql(&all,
	    "SELECT " COLUMNS ", id FROM backups WHERE created_at IS NOT NULL ORDER BY "
	    "display_name, size DESC, created_at, id LIMIT ?",
	    " 1");
}

/* What is asked behind a row without a name, in any order of names, sizes and times. */
static void
what_lies_behind_a_row_is_asked_for_step_by_step(void **state)
{
	static const struct {
		struct backup_order orders[2];
		unsigned n_orders;
		const char *steps[6][2];
	} rows[] = {
		{ { { 0 } }, 0,
		    { { " AND created_at = ? AND rowid < ? ORDER BY created_at DESC, rowid DESC "
			"LIMIT ?",
			  " @5 3 10" },
			{ " AND created_at < ? ORDER BY created_at DESC, rowid DESC LIMIT ?",
			    " @5 10" } } },
		{ { { BACKUP_CREATED_AT, true } }, 1,
		    { { " AND created_at = ? AND rowid > ? ORDER BY created_at, rowid LIMIT ?",
			  " @5 3 10" },
			{ " AND created_at > ? ORDER BY created_at, rowid LIMIT ?", " @5 10" } } },
#define BY " ORDER BY size DESC, created_at DESC, rowid DESC LIMIT ?"
		{ { { BACKUP_SIZE, false } }, 1,
		    { { " AND size = ? AND created_at = ? AND rowid < ?" BY, " 9 @5 3 10" },
			{ " AND size = ? AND created_at < ?" BY, " 9 @5 10" },
			{ " AND size < ?" BY, " 9 10" }, { " AND size IS NULL" BY, " 10" } } },
#undef BY
#define BY " ORDER BY display_name, size DESC, created_at, rowid LIMIT ?"
		{ { { BACKUP_DISPLAY_NAME, true }, { BACKUP_SIZE, false } }, 2,
		    { { " AND display_name IS NULL AND size = ? AND created_at = ? AND rowid > "
			"?" BY,
			  " 9 @5 3 10" },
			{ " AND display_name IS NULL AND size = ? AND created_at > ?" BY,
			    " 9 @5 10" },
			{ " AND display_name IS NULL AND size < ?" BY, " 9 10" },
			{ " AND display_name IS NULL AND size IS NULL" BY, " 10" },
			{ " AND display_name IS NOT NULL" BY, " 10" } } },
#undef BY
	};
	struct backup row = one();
	unsigned i, step;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sql_cursor cursor = { &row, { SQL_INTEGER, 3, NULL }, 0 };
		struct backup_filter filter = { .n_orders = rows[i].n_orders };

		memcpy(filter.orders, rows[i].orders, sizeof rows[i].orders);
		for (step = 0;; step++) {
			struct sql sql = SQL;
			char text[2048];

			if (!sql_behind(&sql, &filter, "rowid", &cursor, 10))
				break;
			assert_non_null(rows[i].steps[step][0]);
			snprintf(text, sizeof text, FROM_WHERE "%s", rows[i].steps[step][0]);
			assert_sql(&sql, text, rows[i].steps[step][1]);
		}
		assert_null(rows[i].steps[step][0]);
	}
}

static void
a_moment_has_the_form_of_a_datetime_column(void **state)
{
	char text[SQL_TIME_TEXT];

	(void)state;
	sql_time(1795397494, text);
	assert_string_equal(text, "2026-11-23 01:31:34");
	sql_time(0, text);
	assert_string_equal(text, "1970-01-01 00:00:00");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_of_version_1_is_what_it_was),
		cmocka_unit_test(insert_names_every_column),
		cmocka_unit_test(save_sets_what_is_asked_and_the_time),
		cmocka_unit_test(move_compares_and_sets),
		cmocka_unit_test(a_page_has_the_rows_that_are_asked_for),
		cmocka_unit_test(what_lies_behind_a_row_is_asked_for_step_by_step),
		cmocka_unit_test(a_moment_has_the_form_of_a_datetime_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
