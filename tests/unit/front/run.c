/* Verbs through a desk that has a catalogue in memory and no store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "front/cli.h"
#include "job/desk.h"
#include "options/tables.h"

#define ID "5f3b9f15-9c57-4230-be7e-4d4c64b6ebad"

struct scene {
	struct core_opts core;
	struct cinderbank_opts own;
	struct catalogue *catalogue;
	struct desk *desk;
};

static int
set_up(void **state)
{
	static const struct sql_opts opts = { .connection = "sqlite://" };
	static const struct volume_driver *const none[] = { NULL };
	struct scene *scene = calloc(1, sizeof *scene);
	struct backup backup = { .status = BACKUP_AVAILABLE };
	struct desk_setup setup = {
		.core = &scene->core, .own = &scene->own, .volumes = none, .cpus = 1
	};
	struct err err;

	assert_non_null(scene);
	scene->core.state_path = "/tmp";
	scene->core.host = "lab";
	assert_int_equal(catalogue_sqlite.open(&scene->catalogue, &opts, &err), 0);
	scene->catalogue->driver = &catalogue_sqlite;
	backup_set_text(&backup, BACKUP_ID, ID, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, "v", &err);
	backup_set_text(&backup, BACKUP_DISPLAY_NAME, "monday", &err);
	backup_set_text(&backup, BACKUP_SERVICE, "s", &err);
	assert_int_equal(catalogue_add(scene->catalogue, &backup, &err), 0);
	setup.catalogue = scene->catalogue;
	assert_int_equal(desk_open(&scene->desk, &setup, &err), 0);
	*state = scene;
	return 0;
}

static int
tear_down(void **state)
{
	struct scene *scene = *state;

	desk_close(scene->desk);
	catalogue_close(scene->catalogue);
	free(scene);
	return 0;
}

struct heard {
	char out[16384], complaints[4096];
	enum cli_status status;
};

static void
run(const struct scene *scene, const char *line, struct heard *ret)
{
	scoped(scoped_fclose) FILE *out = fmemopen(ret->out, sizeof ret->out, "w");
	scoped(scoped_fclose) FILE *complaints =
	    fmemopen(ret->complaints, sizeof ret->complaints, "w");
	char words[512], *argv[16], *rest = NULL, *word;
	struct cli cli;
	struct err err;
	int argc = 0;

	ret->out[0] = ret->complaints[0] = '\0';
	snprintf(words, sizeof words, "%s", line);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	if (cli_parse(argc, argv, out, &cli, &err) != 1)
		fail_msg("%s", err.text);
	ret->status = cli_run(&cli, scene->desk, out, complaints);
}

static void
what_is_known_is_answered(void **state)
{
	static const struct {
		const char *line, *shows;
	} rows[] = {
		{ "cinderbank list", "| " ID " | v         | available | monday |" },
		{ "cinderbank list --format json", "\"display_name\": \"monday\"" },
		{ "cinderbank list --volume other --format json", "[]\n" },
		{ "cinderbank show monday", "| id                    | " ID " |" },
		{ "cinderbank show " ID " --format json", "\"service\": \"s\"" },
		{ "cinderbank export monday", "| backup_service | s " },
		{ "cinderbank export monday --format json", "\"backup_url\": \"eyJ" },
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct heard heard;

		run(*state, rows[i].line, &heard);
		assert_int_equal(heard.status, CLI_DONE);
		assert_string_equal(heard.complaints, "");
		if (!strstr(heard.out, rows[i].shows))
			fail_msg("%s: %s", rows[i].line, heard.out);
	}
}

static void
what_fails_says_so_in_one_line_and_nowhere_else(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "cinderbank show nothing", "cinderbank: no backup has the id or name nothing\n" },
		{ "cinderbank export nothing", "nothing" },
		{ "cinderbank delete monday", "store" },
		{ "cinderbank backup /nowhere/disk", "store" },
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct heard heard;

		run(*state, rows[i].line, &heard);
		assert_int_equal(heard.status, CLI_FAILED);
		assert_string_equal(heard.out, "");
		assert_non_null(strstr(heard.complaints, rows[i].says));
		assert_ptr_equal(strchr(heard.complaints, '\n'),
		    heard.complaints + strlen(heard.complaints) - 1);
	}
}

static void
what_was_cancelled_has_a_status_of_its_own(void **state)
{
	struct scene *scene = *state;
	struct heard heard;

	desk_cancel_all(scene->desk);
	run(scene, "cinderbank export monday", &heard);
	assert_int_equal(heard.status, CLI_CANCELLED);
	assert_string_equal(heard.out, "");
}

static void
an_answer_that_cannot_be_written_is_no_success(void **state)
{
	static const char *const lines[] = { "list", "show", "export" };
	struct scene *scene = *state;
	unsigned i;

	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		scoped(scoped_fclose) FILE *full = fopen("/dev/full", "w");
		scoped(scoped_fclose) FILE *complaints = tmpfile();
		char program[] = "cinderbank", verb[16], backup[] = "monday";
		char *argv[] = { program, verb, i ? backup : NULL, NULL };
		struct cli cli;
		struct err err;

		snprintf(verb, sizeof verb, "%s", lines[i]);
		assert_int_equal(cli_parse(i ? 3 : 2, argv, full, &cli, &err), 1);
		assert_int_equal(cli_run(&cli, scene->desk, full, complaints), CLI_FAILED);
		assert_true(ftell(complaints) > 0);
	}
}

static void
a_complaint_names_the_place_and_is_one_line(void **state)
{
	static const struct {
		struct err err;
		const char *line;
		enum cli_status status;
	} rows[] = {
		{ { .kind = ERR_INVALID, .at = { "cinder.conf", 3, 7 }, .text = "no equals sign" },
		    "cinderbank: cinder.conf:3:7: no equals sign\n", CLI_FAILED },
		{ { .kind = ERR_INVALID, .at = { "cinder.conf", 3, 0 }, .text = "x" },
		    "cinderbank: cinder.conf:3: x\n", CLI_FAILED },
		{ { .kind = ERR_NOT_FOUND, .text = "no backup \033[2J\nforged" },
		    "cinderbank: no backup \\x1b[2J\\nforged\n", CLI_FAILED },
		{ { .kind = ERR_CANCELLED, .text = "cancelled" }, "cinderbank: cancelled\n",
		    CLI_CANCELLED },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[256] = "";
		scoped(scoped_fclose) FILE *complaints = fmemopen(text, sizeof text, "w");

		assert_int_equal(cli_complain(complaints, &rows[i].err), rows[i].status);
		assert_string_equal(text, rows[i].line);
	}
}

static void
a_report_fails_where_one_finding_does(void **state)
{
	static const struct finding findings[] = { { "options", "read", NULL, true },
		{ "store", "full", "make room", false } };
	struct cli cli = { .format = CLI_TABLE };
	char text[2048] = "";
	scoped(scoped_fclose) FILE *out = fmemopen(text, sizeof text, "w");

	(void)state;
	assert_int_equal(cli_report(&cli, findings, 1, out, stderr), CLI_DONE);
	assert_int_equal(cli_report(&cli, findings, 2, out, stderr), CLI_FAILED);
	assert_non_null(strstr(text, "make room"));
}

#define FACT(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FACT(what_is_known_is_answered),
		FACT(what_fails_says_so_in_one_line_and_nowhere_else),
		FACT(what_was_cancelled_has_a_status_of_its_own),
		FACT(an_answer_that_cannot_be_written_is_no_success),
		cmocka_unit_test(a_complaint_names_the_place_and_is_one_line),
		cmocka_unit_test(a_report_fails_where_one_finding_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
