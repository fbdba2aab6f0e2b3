#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "model/backup.h"

#define STATUSES (BACKUP_ERROR_DELETING + 1)

static void
columns_are_named_as_in_cinders_table_and_in_its_order(void **state)
{
	static const char *const names[] = { "created_at", "updated_at", "deleted_at", "deleted",
		"id", "volume_id", "user_id", "project_id", "host", "availability_zone",
		"display_name", "display_description", "container", "status", "fail_reason",
		"service_metadata", "service", "size", "object_count", "parent_id",
		"temp_volume_id", "temp_snapshot_id", "num_dependent_backups", "snapshot_id",
		"data_timestamp", "restore_volume_id", "encryption_key_id" };
	enum backup_field found;
	unsigned i;

	(void)state;
	assert_int_equal(sizeof names / sizeof names[0], BACKUP_FIELD_COUNT);
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		assert_string_equal(backup_columns[i].name, names[i]);
		assert_int_equal(backup_field_find(names[i], &found), 1);
		assert_int_equal(found, i);
	}
	assert_int_equal(backup_field_find("sizes", &found), 0);
}

static void
each_column_holds_its_own_value(void **state)
{
	struct backup backup = { 0 };
	struct err err;
	char text[16];
	unsigned i;

	(void)state;
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		snprintf(text, sizeof text, "text %u", i);
		if (backup_columns[i].type == COLUMN_TEXT)
			assert_int_equal(
			    backup_set_text(&backup, (enum backup_field)i, text, &err), 0);
		else
			backup_set_number(&backup, (enum backup_field)i,
			    backup_columns[i].type == COLUMN_BOOL     ? 1
			    : backup_columns[i].type == COLUMN_STATUS ? BACKUP_ERROR
								      : 1000 + i);
	}
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		snprintf(text, sizeof text, "text %u", i);
		assert_true(backup_has(&backup, (enum backup_field)i));
		if (backup_columns[i].type == COLUMN_TEXT)
			assert_string_equal(backup_text(&backup, (enum backup_field)i), text);
	}
	assert_int_equal(backup.created_at, 1000 + BACKUP_CREATED_AT);
	assert_int_equal(backup_number(&backup, BACKUP_SIZE), 1000 + BACKUP_SIZE);
	assert_int_equal(backup_number(&backup, BACKUP_STATUS), BACKUP_ERROR);
	assert_true(backup.deleted);
	assert_string_equal(backup.encryption_key_id, "text 26");
}

static void
an_unset_column_is_null_and_zero(void **state)
{
	struct backup backup = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(backup_set_text(&backup, BACKUP_HOST, "lab", &err), 0);
	assert_int_equal(backup_set_text(&backup, BACKUP_HOST, NULL, &err), 0);
	assert_null(backup_text(&backup, BACKUP_HOST));
	assert_string_equal(backup.host, "");
	backup_set_number(&backup, BACKUP_SIZE, 5);
	backup_unset(&backup, BACKUP_SIZE);
	assert_false(backup_has(&backup, BACKUP_SIZE));
	assert_int_equal(backup_number(&backup, BACKUP_SIZE), 0);
	assert_true(backup_has(&backup, BACKUP_STATUS));
}

static void
an_empty_text_is_not_null(void **state)
{
	struct backup backup = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(backup_set_text(&backup, BACKUP_CONTAINER, "", &err), 0);
	assert_string_equal(backup_text(&backup, BACKUP_CONTAINER), "");
}

/* A text of count times the same character. */
static const char *
repeat(const char *character, unsigned count)
{
	static char text[5000];
	size_t length = strlen(character);
	unsigned i;

	for (i = 0; i < count; i++)
		memcpy(text + i * length, character, length);
	text[count * length] = '\0';
	return text;
}

static void
text_longer_than_its_column_is_refused(void **state)
{
	static const struct {
		enum backup_field field;
		const char *character;
		unsigned fits;
	} rows[] = {
		{ BACKUP_DISPLAY_NAME, "n", 255 },
		{ BACKUP_DISPLAY_NAME, "\xe5\x82\x99", 255 },
		{ BACKUP_DISPLAY_DESCRIPTION, "\xf0\x9f\x92\xbe", 255 },
		{ BACKUP_CONTAINER, "c", 255 },
		{ BACKUP_CONTAINER, "\xc3\xa4", 127 },
		{ BACKUP_PARENT_ID, "1", 36 },
	};
	struct backup backup = { 0 };
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = repeat(rows[i].character, rows[i].fits);

		assert_int_equal(backup_set_text(&backup, rows[i].field, text, &err), 0);
		assert_string_equal(backup_text(&backup, rows[i].field), text);
		text = repeat(rows[i].character, rows[i].fits + 1);
		assert_int_equal(backup_set_text(&backup, rows[i].field, text, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, backup_columns[rows[i].field].name));
	}
}

static void
text_that_is_not_utf8_is_refused(void **state)
{
	static const char *const bad[] = { "\xff", "a\x80", "\xc0\xaf", "\xe0\x80\xaf",
		"\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82",
		"\xf0\x80\x80\x80" };
	static const char *const good[] = { "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80" };
	struct backup backup = { 0 };
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(backup_set_text(&backup, BACKUP_DISPLAY_NAME, bad[i], &err), -1);
		assert_string_equal(err.text, "display_name: not valid UTF-8");
	}
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(backup_set_text(&backup, BACKUP_DISPLAY_NAME, good[i], &err), 0);
}

static void
a_reason_is_cut_at_a_character_and_never_refused(void **state)
{
	struct backup backup = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(
	    backup_set_text(&backup, BACKUP_FAIL_REASON, repeat("\xe5\x82\x99", 300), &err), 0);
	assert_int_equal(strlen(backup.fail_reason), 255 * 3);
	assert_int_equal(
	    backup_set_text(&backup, BACKUP_FAIL_REASON, "file \xff\xfe: gone", &err), 0);
	assert_string_equal(backup.fail_reason, "file ??: gone");
}

static void
every_status_is_found_by_its_name_and_nothing_else_is(void **state)
{
	enum backup_status found;
	unsigned status;
	struct err err;

	(void)state;
	for (status = 0; status < STATUSES; status++) {
		assert_int_equal(backup_status_parse(backup_status_name(status), &found, &err), 0);
		assert_int_equal(found, status);
	}
	assert_int_equal(backup_status_parse("Available", &found, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.text, "no status is called \"Available\"");
}

static void
moves_are_those_of_the_verbs(void **state)
{
	/* rows from, columns to: C creating, A available, R restoring, D deleting,
	   X deleted, E error, F error_deleting */
	static const char *const table[STATUSES] = {
		/* CARDXEF */
		".A.D.E.", /* creating: done, forced delete, failed */
		"..RD.E.", /* available: restore, delete, reset */
		".A.D.E.", /* restoring: done, forced delete, reset */
		"....XEF", /* deleting: done, failed */
		".......", /* deleted */
		".A.D...", /* error: reset, delete */
		".A.D.E.", /* error_deleting: reset, forced delete */
	};
	unsigned from, to;

	(void)state;
	for (from = 0; from < STATUSES; from++) {
		for (to = 0; to < STATUSES; to++)
			assert_int_equal(backup_may_move(from, to), table[from][to] != '.');
	}
}

static void
only_the_usual_form_is_a_uuid(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "8c11b04c-866c-4067-bf4f-f63a15824cdb", true },
		{ "8C11B04C-866C-4067-BF4F-F63A15824CDB", true },
		{ "8c11b04c-866c-4067-bf4f-f63a15824cd", false },
		{ "8c11b04c-866c-4067-bf4f-f63a15824cdb0", false },
		{ "8c11b04c866c4067bf4ff63a15824cdb", false },
		{ "8c11b04c-866c-4067-bf4f-f63a15824cdg", false },
		{ "../../../../etc/passwd", false },
		{ "", false },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(uuid_valid(rows[i].text), rows[i].valid);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_named_as_in_cinders_table_and_in_its_order),
		cmocka_unit_test(each_column_holds_its_own_value),
		cmocka_unit_test(an_unset_column_is_null_and_zero),
		cmocka_unit_test(an_empty_text_is_not_null),
		cmocka_unit_test(text_longer_than_its_column_is_refused),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(a_reason_is_cut_at_a_character_and_never_refused),
		cmocka_unit_test(every_status_is_found_by_its_name_and_nothing_else_is),
		cmocka_unit_test(moves_are_those_of_the_verbs),
		cmocka_unit_test(only_the_usual_form_is_a_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
