#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"
#include "front/cli.h"

enum { WORDS_MAX = 16, HELP_MAX = 8192 };

/* Words of one line, as a shell without quotes would cut it. */
static int
parse(const char *line, struct cli *cli, char help[HELP_MAX], struct err *err)
{
	static char words[1024];
	static char *argv[WORDS_MAX + 1];
	scoped(scoped_fclose) FILE *out = fmemopen(help, HELP_MAX, "w");
	char *rest = NULL, *word;
	int argc = 0;

	assert_non_null(out);
	help[0] = '\0';
	snprintf(words, sizeof words, "%s", line);
	for (word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		assert_true(argc < WORDS_MAX);
		argv[argc++] = word;
	}
	argv[argc] = NULL;
	return cli_parse(argc, argv, out, cli, err);
}

static struct cli
parsed(const char *line)
{
	struct cli cli = { .help = false };
	struct err err;
	char help[HELP_MAX];

	if (parse(line, &cli, help, &err) != 1)
		fail_msg("%s: %s", line, err.text);
	return cli;
}

static void
version_is_told_wherever_it_is_asked_for(void **state)
{
	static const char *const lines[] = { "cinderbank --version", "cinderbank backup --version",
		"cinderbank --version backup x", "cinder-backup --version" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct cli cli = { .help = false };
		struct err err;
		char text[HELP_MAX];

		assert_int_equal(parse(lines[i], &cli, text, &err), 0);
		if (strncmp(text, "cinderbank ", 11) != 0 || text[11] < '0' || text[11] > '9')
			fail_msg("%s: %s", lines[i], text);
	}
}

static void
backup_takes_all_that_is_said(void **state)
{
	struct cli cli =
	    parsed("/usr/bin/cinderbank backup ./disk.img --name monday --description d "
		   "--incremental --force --snapshot s --container=c");

	(void)state;
	assert_int_equal(cli.verb, CLI_BACKUP);
	assert_int_equal(cli.request.verb, REQUEST_BACKUP);
	assert_string_equal(cli.request.volume, "./disk.img");
	assert_string_equal(cli.request.name, "monday");
	assert_string_equal(cli.request.description, "d");
	assert_string_equal(cli.request.snapshot, "s");
	assert_string_equal(cli.request.container, "c");
	assert_true(cli.request.incremental && cli.request.force);
	assert_int_equal(cli.format, CLI_TABLE);
}

static void
options_may_stand_anywhere(void **state)
{
	static const char *const lines[] = {
		"cinderbank --config-file a --config-dir b --debug --format json show monday",
		"cinderbank show --config-file a --config-dir b --debug --format json monday",
		"cinderbank show monday --config-file=a --config-dir=b --debug --format=json",
		"cinderbank --config-file a show --config-dir b monday --debug --format json",
		"cinderbank --config-file a --config-dir b show --debug --format json -- monday",
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct cli cli = parsed(lines[i]);

		assert_int_equal(cli.verb, CLI_SHOW);
		assert_string_equal(cli.request.backup, "monday");
		assert_int_equal(cli.n_sources, 2);
		assert_int_equal(cli.sources[0].kind, SOURCE_FILE);
		assert_string_equal(cli.sources[0].path, "a");
		assert_int_equal(cli.sources[1].kind, SOURCE_DIRECTORY);
		assert_string_equal(cli.sources[1].path, "b");
		assert_true(cli.debug);
		assert_int_equal(cli.format, CLI_JSON);
	}
}

static void
each_verb_fills_its_part_of_the_request(void **state)
{
	struct cli cli = parsed("cinderbank restore monday --to ./new.img");

	(void)state;
	assert_int_equal(cli.request.verb, REQUEST_RESTORE);
	assert_string_equal(cli.request.target, "./new.img");
	assert_null(cli.request.volume);
	cli = parsed("cinderbank restore monday ./disk.img");
	assert_string_equal(cli.request.backup, "monday");
	assert_string_equal(cli.request.volume, "./disk.img");
	cli = parsed("cinderbank restore monday --name copy");
	assert_string_equal(cli.request.name, "copy");
	cli = parsed("cinderbank delete monday --force");
	assert_int_equal(cli.request.verb, REQUEST_DELETE);
	assert_true(cli.request.force);
	assert_int_equal(parsed("cinderbank export monday").request.verb, REQUEST_EXPORT);
	cli = parsed("cinderbank import cinder.backup.drivers.posix e30=");
	assert_int_equal(cli.request.verb, REQUEST_IMPORT);
	assert_string_equal(cli.request.service, "cinder.backup.drivers.posix");
	assert_string_equal(cli.request.record, "e30=");
	assert_int_equal(parsed("cinderbank doctor").verb, CLI_DOCTOR);
}

static void
list_filters_by_volume_and_status(void **state)
{
	struct cli cli =
	    parsed("cinderbank list --volume v --status error --status creating --all");

	(void)state;
	assert_string_equal(cli.filter.volume_id, "v");
	assert_int_equal(cli.filter.statuses, 1u << BACKUP_ERROR | 1u << BACKUP_CREATING);
	assert_true(cli.filter.deleted);
	assert_false(parsed("cinderbank list").filter.deleted);
	assert_true(parsed("cinderbank list --status deleted").filter.deleted);
}

static void
by_the_name_of_cinder_backup_it_serves(void **state)
{
	struct cli cli =
	    parsed("/usr/bin/cinder-backup --config-file /usr/share/cinder/cinder-dist.conf "
		   "--config-file /etc/cinder/cinder.conf --logfile /var/log/b.log");

	(void)state;
	assert_int_equal(cli.verb, CLI_SERVE);
	assert_int_equal(cli.n_sources, 2);
	assert_string_equal(cli.log_file, "/var/log/b.log");
}

/* The options that oslo.config and oslo.log register for every service. */
static void
cinder_backup_takes_what_upstream_takes(void **state)
{
	struct cli cli = parsed("cinder-backup -d --config-dir=c --log-dir=/l --use-syslog "
				"--nouse-journal --use-journal --nouse-json --nowatch-log-file "
				"--syslog-log-facility=LOG_USER --log-date-format=%H");

	(void)state;
	assert_int_equal(cli.verb, CLI_SERVE);
	assert_true(cli.debug && cli.use_syslog && !cli.no_syslog && !cli.no_debug);
	assert_string_equal(cli.log_dir, "/l");
	cli = parsed("cinder-backup --logdir /l --nodebug --nouse-syslog --log-config f --use-json "
		     "--watch-log-file");
	assert_true(!cli.debug && !cli.use_syslog && cli.no_syslog && cli.no_debug);
	cli = parsed("cinder-backup --log-config-append f");
	assert_string_equal(cli.python_text, "f");
}

static void
what_makes_no_sense_is_named(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "cinderbank", "a verb is missing" },
		{ "cinderbank --debug", "a verb is missing" },
		{ "cinderbank frobnicate", "no verb is called frobnicate" },
		{ "cinderbank bakcup ./x", "no verb is called bakcup; did you mean backup?" },
		{ "cinderbank undo x", "no verb is called undo" },
		{ "cinderbank backup", "backup: VOLUME is missing; see cinderbank backup --help" },
		{ "cinderbank backup a b", "b is one word too many" },
		{ "cinderbank backup x --no-such", "no option is called --no-such" },
		{ "cinderbank backup x --nmae y",
		    "no option is called --nmae; did you mean --name?" },
		{ "cinderbank backup x --nmae=y", "did you mean --name?" },
		{ "cinderbank --nmae y backup x", "no option is called --nmae" },
		{ "cinderbank --confg-file y backup x", "did you mean --config-file?" },
		{ "cinderbank backup x --name", "--name: a value is missing" },
		{ "cinderbank backup x --force=yes", "--force=yes" },
		{ "cinderbank backup x -n y", "no option is called -n" },
		{ "cinderbank list --format xml", "--format: table or json, not xml" },
		{ "cinderbank list --status eror",
		    "no status is called eror; did you mean error?" },
		{ "cinderbank list --status zzz", "no status is called zzz" },
		{ "cinderbank list monday", "monday is one word too many" },
		{ "cinderbank import service", "URL is missing" },
		{ "cinderbank restore", "BACKUP is missing" },
		{ "cinderbank restore b v --to x", "one target, not two" },
		{ "cinderbank restore b v --name x", "--name" },
		{ "cinderbank verify --quick --deep", "one of them, not both" },
		{ "cinderbank serve now", "now is one word too many" },
		{ "cinder-backup now", "now is one word too many" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cli cli = { .debug = false };
		struct err err;
		char help[HELP_MAX];

		assert_int_equal(parse(rows[i].line, &cli, help, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].line, err.text);
		assert_null(cli.row);
		assert_string_equal(help, "");
	}
}

static void
an_empty_word_names_nothing(void **state)
{
	char program[] = "cinderbank", verb[] = "show", empty[] = "";
	char *argv[] = { program, verb, empty, NULL };
	struct cli cli;
	struct err err;

	(void)state;
	assert_int_equal(cli_parse(3, argv, stdout, &cli, &err), -1);
	assert_non_null(strstr(err.text, "BACKUP: is empty"));
}

static void
too_many_sources_are_an_error(void **state)
{
	char program[] = "cinderbank", verb[] = "list", option[] = "--config-file=x";
	char *argv[CLI_SOURCES_MAX + 4] = { program, verb };
	struct cli cli;
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < CLI_SOURCES_MAX + 1; i++)
		argv[2 + i] = option;
	assert_int_equal(cli_parse(CLI_SOURCES_MAX + 2, argv, stdout, &cli, &err), 1);
	assert_int_equal(cli_parse(CLI_SOURCES_MAX + 3, argv, stdout, &cli, &err), -1);
	assert_non_null(strstr(err.text, "more than 32"));
}

static void
help_explains_and_shows_examples(void **state)
{
	static const struct {
		const char *line, *shows;
	} rows[] = {
		{ "cinderbank --help", "  restore               Restore a backup to a volume\n" },
		{ "cinderbank -h", "exit status:" },
		{ "cinderbank backup --help", "usage: cinderbank backup VOLUME [--name NAME]" },
		{ "cinderbank backup -h",
		    "cinderbank backup ./disk.img --name tuesday --incremental\n" },
		{ "cinderbank restore x y z --help", "--to PATH" },
		{ "cinderbank --help list", "--status STATUS" },
		{ "cinder-backup --help", "usage: cinderbank serve [" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct cli cli;
		struct err err;
		char help[HELP_MAX];

		assert_int_equal(parse(rows[i].line, &cli, help, &err), 0);
		if (!strstr(help, rows[i].shows))
			fail_msg("%s: %s", rows[i].line, help);
	}
}

static void
help_that_cannot_be_written_is_an_error(void **state)
{
	char program[] = "cinderbank", option[] = "--help";
	char *argv[] = { program, option, NULL };
	scoped(scoped_fclose) FILE *full = fopen("/dev/full", "w");
	struct cli cli;
	struct err err;

	(void)state;
	assert_non_null(full);
	assert_int_equal(cli_parse(2, argv, full, &cli, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_is_told_wherever_it_is_asked_for),
		cmocka_unit_test(backup_takes_all_that_is_said),
		cmocka_unit_test(options_may_stand_anywhere),
		cmocka_unit_test(each_verb_fills_its_part_of_the_request),
		cmocka_unit_test(list_filters_by_volume_and_status),
		cmocka_unit_test(by_the_name_of_cinder_backup_it_serves),
		cmocka_unit_test(cinder_backup_takes_what_upstream_takes),
		cmocka_unit_test(what_makes_no_sense_is_named),
		cmocka_unit_test(an_empty_word_names_nothing),
		cmocka_unit_test(too_many_sources_are_an_error),
		cmocka_unit_test(help_explains_and_shows_examples),
		cmocka_unit_test(help_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
