#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "front/answer.h"

#define RULE                                                                                       \
	"+--------------------------------------+-----------+-----------+-------"                  \
	"+------+-------------+--------------+-----------+---------------------+\n"
#define ID "5f3b9f15-9c57-4230-be7e-4d4c64b6ebad"

static struct backup
full(void)
{
	struct backup backup = { .status = BACKUP_AVAILABLE };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, ID, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "v", &err);
	backup_set_text(&backup, BACKUP_CONTAINER, "c", &err);
	backup_set_number(&backup, BACKUP_SIZE, 1);
	backup_set_number(&backup, BACKUP_OBJECT_COUNT, 22);
	backup_set_number(&backup, BACKUP_CREATED_AT, 1795397494);
	return backup;
}

static void
assert_list(
    enum cli_format format, const struct backup *backups, unsigned count, const char *expected)
{
	scoped(answer_list_drop) struct answer_list list;
	scoped(buf_drop) struct buf text = BUF(65536);
	struct err err;
	unsigned i;

	answer_list_begin(&list, format);
	for (i = 0; i < count; i++)
		answer_list_add(&list, &backups[i]);
	assert_int_equal(answer_list_end(&list, &text, &err), 0);
	if (expected)
		assert_string_equal(buf_string(&text), expected);
	else
		assert_non_null(strstr(buf_string(&text), "\"display_name\": null"));
}

static void
a_list_is_drawn_like_the_clients(void **state)
{
	struct backup backups[2] = { full(), full() };
	struct err err;

	(void)state;
	backup_set_text(&backups[1], BACKUP_DISPLAY_NAME, "\xe5\x82\x99\n|", &err);
	backup_set_text(&backups[1], BACKUP_PARENT_ID, ID, &err);
	assert_list(CLI_TABLE, backups, 2,
	    RULE "| ID                                   | Volume ID | Status    | Name  | Size | "
		 "Incremental | Object Count | Container | Created At          |\n" RULE "| " ID
		 " | v         | available | -     | 1    | False       | 22           | c         "
		 "| 2026-11-23T01:31:34 |\n"
		 "| " ID " | v         | available | \xe5\x82\x99\\n| | 1    | True        | "
		 "22           | c         | 2026-11-23T01:31:34 |\n" RULE);
	assert_list(CLI_JSON, backups, 2, NULL);
	assert_list(CLI_JSON, backups, 0, "[]\n");
}

static void
json_of_a_backup_has_every_column(void **state)
{
	scoped(json_free_scoped) struct json *json = NULL;
	scoped(buf_drop) struct buf text = BUF(65536);
	struct backup backup = full();
	struct err err;
	unsigned i;
	bool truth;

	(void)state;
	backup.num_dependent_backups = 1;
	assert_int_equal(answer_show(&backup, CLI_JSON, &text, &err), 0);
	assert_int_equal(json_parse(&json, buf_span(&text), &err), 0);
	for (i = 0; i < BACKUP_FIELD_COUNT; i++)
		assert_non_null(json_member(json, backup_columns[i].name));
	assert_string_equal(json_text(json_member(json, "created_at")), "2026-11-23T01:31:34Z");
	assert_int_equal(json_kind(json_member(json, "parent_id")), JSON_IS_NULL);
	assert_string_equal(json_text(json_member(json, "status")), "available");
	assert_true(json_truth(json_member(json, "has_dependent_backups"), &truth) && truth);
	assert_true(json_truth(json_member(json, "is_incremental"), &truth) && !truth);
	assert_true(json_truth(json_member(json, "deleted"), &truth) && !truth);
}

static void
show_names_what_the_client_names(void **state)
{
	static const char *const lines[] = { "| Property              | Value ",
		"| description           | None ", "| id                    | " ID " |",
		"| is_incremental        | False ", "| size                  | 1 ",
		"| fail_reason           | None ",
		"| created_at            | 2026-11-23T01:31:34 " };
	scoped(buf_drop) struct buf text = BUF(65536);
	struct backup backup = full();
	struct err err;
	unsigned i;

	(void)state;
	assert_int_equal(answer_show(&backup, CLI_TABLE, &text, &err), 0);
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_non_null(strstr(buf_string(&text), lines[i]));
}

static void
each_verb_answers_with_what_it_made(void **state)
{
	static const struct {
		enum cli_verb verb;
		enum cli_format format;
		const char *shows;
	} rows[] = {
		{ CLI_BACKUP, CLI_TABLE, "| object_count | 22 " },
		{ CLI_BACKUP, CLI_JSON, "\"status\": \"available\"" },
		{ CLI_RESTORE, CLI_TABLE, "| volume_path | /srv/new.img " },
		{ CLI_RESTORE, CLI_JSON,
		    "{\n  \"backup_id\": \"" ID "\",\n  \"volume_id\": \"w\",\n" },
		{ CLI_EXPORT, CLI_TABLE, "| backup_url     | e30= " },
		{ CLI_EXPORT, CLI_JSON, "\"backup_service\": \"s\"" },
		{ CLI_IMPORT, CLI_TABLE, "| name     | None " },
		{ CLI_IMPORT, CLI_JSON, "\"id\": \"" ID "\"" },
		{ CLI_DELETE, CLI_TABLE, "Backup " ID " is available.\n" },
		{ CLI_DELETE, CLI_JSON, "\"id\": \"" ID "\"" },
	};
	struct reply reply = { .backup = full(),
		.volume_id = "w",
		.volume_path = "/srv/new.img",
		.service = "s",
		.record = "e30=" };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf text = BUF(65536);
		struct err err;

		assert_int_equal(
		    answer_reply(rows[i].verb, &reply, rows[i].format, &text, &err), 0);
		if (!strstr(buf_string(&text), rows[i].shows))
			fail_msg("%s", buf_string(&text));
	}
}

/* What a value that was never set would be full of. */
static void
soil_stack(void)
{
	volatile char soil[8192];
	size_t i;

	for (i = 0; i < sizeof soil; i++)
		soil[i] = 0x5a;
}

static void
findings_say_what_to_do(void **state)
{
	static const struct finding findings[] = {
		{ "store", "posix: writable", NULL, true },
		{ "catalogue", "locked", "stop the other one", false },
	};
	scoped(buf_drop) struct buf table = BUF(65536);
	scoped(buf_drop) struct buf json = BUF(65536);
	struct err err;

	(void)state;
	assert_int_equal(answer_findings(findings, 2, CLI_TABLE, &table, &err), 0);
	assert_string_equal(buf_string(&table),
	    "+-----------+------+-----------------+--------------------+\n"
	    "| Check     | Good | Result          | What to do         |\n"
	    "+-----------+------+-----------------+--------------------+\n"
	    "| store     | yes  | posix: writable | -                  |\n"
	    "| catalogue | NO   | locked          | stop the other one |\n"
	    "+-----------+------+-----------------+--------------------+\n");
	soil_stack();
	assert_int_equal(answer_findings(findings, 2, CLI_JSON, &json, &err), 0);
	assert_non_null(strstr(buf_string(&json), "\"advice\": null"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_drawn_like_the_clients),
		cmocka_unit_test(json_of_a_backup_has_every_column),
		cmocka_unit_test(show_names_what_the_client_names),
		cmocka_unit_test(each_verb_answers_with_what_it_made),
		cmocka_unit_test(findings_say_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
