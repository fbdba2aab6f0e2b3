#include <sys/utsname.h>

#include "base/buf.h"
#include "options/load.h"
#include "options/tables.h"
#include "unit/options/conf.h"

union field {
	const char *text;
	int64_t integer;
	bool truth;
	int choice;
};

/* One option alone, whatever its table. */
static int
fill_one(struct config *config, const char *section, const char *name, union field *ret,
    struct opt *row, struct err *err)
{
	const struct opt *known = opt_find(section, name);
	const struct opt_table table = { .size = sizeof *ret, .rows = row };

	assert_non_null(known);
	row[0] = *known;
	row[0].offset = 0;
	row[1] = (struct opt){ 0 };
	return config_fill(config, &table, ret, err);
}

static const struct {
	const char *text, *section, *name;
	const char *value; /* NULL: refused */
	const char *error;
} settings[] = {
	/* Defaults, and where a value is looked for. */
	{ "", "DEFAULT", "state_path", "/var/lib/cinder", NULL },
	{ "", "DEFAULT", "backup_posix_path", "/var/lib/cinder/backup", NULL },
	{ "", "DEFAULT", "log_file", "", NULL },
	{ "[DEFAULT]\nstate_path=/a\nstate_path=/b\n", "DEFAULT", "state_path", "/b", NULL },
	{ "[DEFAULT]\nstate_path=\n", "DEFAULT", "state_path", "", NULL },
	{ "[default]\nstate_path=/a\n", "DEFAULT", "state_path", "/var/lib/cinder", NULL },
	{ "[DEFAULT]\nState_Path=/a\n", "DEFAULT", "state_path", "/var/lib/cinder", NULL },
	{ "[CinderBank]\nvolumes_dir=/a\n", "cinderbank", "volumes_dir", "/a", NULL },
	{ "[DEFAULT]\nbackup_max_operations=\n", "DEFAULT", "backup_max_operations", "15", NULL },
	{ "[DEFAULT]\nbackup_max_operations=7\n", "DEFAULT", "backup_max_operations", "7", NULL },
	{ "[DEFAULT]\nlogfile=a\n", "DEFAULT", "log_file", "a", NULL },
	{ "[DEFAULT]\nlog_file=b\nlogfile=a\n", "DEFAULT", "log_file", "b", NULL },
	{ "[DEFAULT]\nbackup_compression_algorithm=None\n", "DEFAULT",
	    "backup_compression_algorithm", "none", NULL },
	{ "[DEFAULT]\nbackup_compression_algorithm=gzip\n", "DEFAULT",
	    "backup_compression_algorithm", "zlib", NULL },
	{ "[oslo_messaging_notifications]\ndriver=a\ndriver=b\ntopics=x\n",
	    "oslo_messaging_notifications", "driver", "a\nb", NULL },
	/* Substitution. */
	{ "[DEFAULT]\nstate_path=/s\nlog_dir=$state_path/l\n", "DEFAULT", "log_dir", "/s/l", NULL },
	{ "[DEFAULT]\nstate_path=/s\nlog_dir=${state_path}l\n", "DEFAULT", "log_dir", "/sl", NULL },
	{ "[DEFAULT]\nstate_path=/s\n[cinderbank]\nvolumes_dir=$state_path\n", "cinderbank",
	    "volumes_dir", "/s", NULL },
	{ "[DEFAULT]\nlog_dir=${cinderbank.merge_gap}\n", "DEFAULT", "log_dir", "262144", NULL },
	{ "[DEFAULT]\nlog_dir=$cinderbank.volumes_dir\n", "DEFAULT", "log_dir",
	    "/var/lib/cinder/volumes", NULL },
	{ "[DEFAULT]\nlog_dir=$backup_workers\nbackup_workers=1_0\n", "DEFAULT", "log_dir", "10",
	    NULL },
	{ "[DEFAULT]\nlog_dir=$debug\ndebug=yes\n", "DEFAULT", "log_dir", "True", NULL },
	{ "[DEFAULT]\nlog_dir=x$backup_workers\nbackup_workers=\n", "DEFAULT", "log_dir", "x",
	    NULL },
	{ "[DEFAULT]\nlog_dir=x$log_file-\n", "DEFAULT", "log_dir", "x-", NULL },
	{ "[DEFAULT]\nlog_dir=$logfile\nlog_file=f\n", "DEFAULT", "log_dir", "f", NULL },
	{ "[DEFAULT]\nmine=m\nlog_dir=$mine\n", "DEFAULT", "log_dir", "m", NULL },
	{ "[cinderbank]\nmine=m\nvolumes_dir=$mine\n", "cinderbank", "volumes_dir", "m", NULL },
	{ "[cinderbank]\nstate_path=/no\nvolumes_dir=$state_path\n", "cinderbank", "volumes_dir",
	    "/var/lib/cinder", NULL },
	{ "[DEFAULT]\nlog_dir=$$x\\$y\\z$\n", "DEFAULT", "log_dir", "$x$y\\z$", NULL },
	{ "[DEFAULT]\nlog_dir=$1${}${a-b}${\n", "DEFAULT", "log_dir", "$1${}${a-b}${", NULL },
	{ "[DEFAULT]\nlog_dir=$$state_path\n", "DEFAULT", "log_dir", "$state_path", NULL },
	{ "[DEFAULT]\nlog_dir=\\\\$x\n", "DEFAULT", "log_dir", "\\$x", NULL },
	{ "[DEFAULT]\nbackup_workers=$backup_max_operations\n", "DEFAULT", "backup_workers", "15",
	    NULL },
	/* Errors. */
	{ "[DEFAULT]\nlog_dir=$nosuch\n", "DEFAULT", "log_dir", NULL,
	    "log_dir: $nosuch is no option; write $$ for a dollar sign" },
	{ "[DEFAULT]\nlog_dir=$host.d\n", "DEFAULT", "log_dir", NULL,
	    "$host.d is no option; write $$ for a dollar sign, or braces around the name" },
	{ "[DEFAULT]\nlog_dir=a$log_dir\n", "DEFAULT", "log_dir", NULL,
	    "$log_dir refers to itself" },
	{ "[DEFAULT]\nlog_dir=$log_file\nlog_file=$log_dir\n", "DEFAULT", "log_dir", NULL,
	    "$log_dir refers to itself" },
	{ "[DEFAULT]\nlog_dir=$debug\ndebug=t\n", "DEFAULT", "log_dir", NULL,
	    "$debug: debug = \"t\": must be one of" },
	{ "[DEFAULT]\nlog_dir=$backup_swift_url\nbackup_swift_url=x\n", "DEFAULT", "log_dir", NULL,
	    "$backup_swift_url: backup_swift_url = \"x\": must be a URL" },
	{ "[DEFAULT]\nbackup_workers=0\n", "DEFAULT", "backup_workers", NULL,
	    "backup_workers = \"0\": must be at least 1" },
	{ "", "DEFAULT", "backup_share", NULL, "backup_share must be set" },
	{ "[DEFAULT]\nbackup_share=\n", "DEFAULT", "backup_share", NULL,
	    "backup_share must not be empty" },
	{ "[DEFAULT]\nstate_path=$nosuch\n", "DEFAULT", "backup_posix_path", NULL,
	    "backup_posix_path: $state_path: $nosuch is no option" },
	{ "[DEFAULT]\nlog_dir=${this_is_a_name_that_is_longer_than_any_name_of_an_option_can_be_"
	  "because_"
	  "it_"
	  "has_more_than_two_hundred_and_fifty_five_letters_in_it_which_takes_a_while_to_write_and_"
	  "is_never_read_by_anyone_but_the_parser_that_has_to_find_its_end_and_then_refuses_it_all_"
	  "in_"
	  "the_end}\n",
	    "DEFAULT", "log_dir", NULL, "reference with a name of over 255 bytes" },
	/* What a secret went into is one. */
	{ "[DEFAULT]\nbackup_swift_key=hunter2\nbackup_swift_url=$backup_swift_key\n", "DEFAULT",
	    "backup_swift_url", NULL, "backup_swift_url: must be a URL" },
	{ "[DEFAULT]\nmine=hunter2\nbackup_swift_url=$mine\n", "DEFAULT", "backup_swift_url", NULL,
	    "backup_swift_url: must be a URL" },
};

static void
values_are_found_and_put_together(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof settings / sizeof *settings; i++) {
		scoped(config_free_scoped) struct config *config = conf_good(settings[i].text);
		scoped(buf_drop) struct buf printed = BUF(1000);
		struct err err = ERR_INIT;
		struct opt row[2];
		union field field;
		int filled =
		    fill_one(config, settings[i].section, settings[i].name, &field, row, &err);

		if (filled < 0 && settings[i].error && strstr(err.text, settings[i].error)) {
			assert_int_equal(err.kind, ERR_INVALID);
			assert_null(strstr(err.text, "hunter2"));
			continue;
		}
		if (filled < 0 || !settings[i].value)
			fail_msg("%s: %s", settings[i].text, err.text);
		opt_print_secret(row, &field, &printed);
		assert_string_equal(buf_string(&printed), settings[i].value);
	}
}

static void
the_name_of_the_node_stands_in_for_host(void **state)
{
	scoped(config_free_scoped) struct config *config = conf_good("[DEFAULT]\nlog_dir=/$host\n");
	struct err err = ERR_INIT;
	struct utsname node;
	struct opt row[2];
	union field field;

	(void)state;
	assert_int_equal(uname(&node), 0);
	assert_int_equal(fill_one(config, "DEFAULT", "host", &field, row, &err), 0);
	assert_string_equal(field.text, node.nodename);
	assert_int_equal(fill_one(config, "DEFAULT", "log_dir", &field, row, &err), 0);
	assert_string_equal(field.text + 1, node.nodename);
}

static void
the_environment_beats_the_files(void **state)
{
	scoped(config_free_scoped) struct config *config =
	    conf_good("[cinderbank]\nmerge_gap=1\n[oslo_messaging_notifications]\ndriver=a\n");
	struct err err = ERR_INIT;
	struct opt row[2];
	union field field;

	(void)state;
	setenv("OS_CINDERBANK__MERGE_GAP", "$backup_workers", 1);
	setenv("OS_OSLO_MESSAGING_NOTIFICATIONS__DRIVER", "b", 1);
	assert_int_equal(fill_one(config, "cinderbank", "merge_gap", &field, row, &err), 0);
	assert_int_equal(field.integer, 1);
	assert_int_equal(
	    fill_one(config, "oslo_messaging_notifications", "driver", &field, row, &err), 0);
	assert_string_equal(field.text, "b");
	assert_int_equal(config_place(config, opt_find("cinderbank", "merge_gap")).line, 0);
	setenv("OS_CINDERBANK__MERGE_GAP", "x", 1);
	assert_int_equal(fill_one(config, "cinderbank", "merge_gap", &field, row, &err), -1);
	assert_string_equal(err.text,
	    "environment variable OS_CINDERBANK__MERGE_GAP: "
	    "[cinderbank] merge_gap = \"x\": must be a whole number of bytes");
	assert_int_equal(err.at.line, 0);
	unsetenv("OS_CINDERBANK__MERGE_GAP");
	unsetenv("OS_OSLO_MESSAGING_NOTIFICATIONS__DRIVER");
}

static void
an_error_and_a_setting_know_their_place(void **state)
{
	scoped(config_free_scoped) struct config *config =
	    conf_good("[DEFAULT]\n\nbackup_workers = 0\ndebug = yes\nlog_dir = "
		      "$state_path\nstate_path = $x\n");
	struct err err = ERR_INIT;
	struct opt row[2];
	union field field;

	(void)state;
	assert_int_equal(fill_one(config, "DEFAULT", "backup_workers", &field, row, &err), -1);
	assert_int_equal(err.at.line, 3);
	assert_int_equal(err.at.column, 1);
	assert_int_equal(strncmp(err.at.file, "/proc/self/fd/", 14), 0);
	assert_int_equal(fill_one(config, "DEFAULT", "log_dir", &field, row, &err), -1);
	assert_int_equal(err.at.line, 6);
	assert_int_equal(config_place(config, opt_find("DEFAULT", "debug")).line, 4);
	assert_int_equal(config_place(config, opt_find("DEFAULT", "host")).line, 0);
}

/* A later file with the old name beats an earlier one with the new name, as in oslo.config. */
static void
the_last_file_counts_under_either_name(void **state)
{
	char paths[2][64];
	const struct config_source sources[] = { { SOURCE_FILE, paths[0] },
		{ SOURCE_FILE, paths[1] } };
	static const char *const texts[] = { "[DEFAULT]\nlog_file=new\n",
		"[DEFAULT]\nlogfile=old\n" };
	scoped(config_free_scoped) struct config *config = NULL;
	struct err err = ERR_INIT;
	struct opt row[2];
	union field field;
	int i, fds[2];

	(void)state;
	for (i = 0; i < 2; i++) {
		fds[i] = memfd_create("cinder.conf", 0);
		assert_int_equal(write(fds[i], texts[i], strlen(texts[i])), strlen(texts[i]));
		snprintf(paths[i], sizeof *paths, "/proc/self/fd/%d", fds[i]);
	}
	assert_int_equal(config_load(&config, sources, 2, &err), 0);
	assert_int_equal(fill_one(config, "DEFAULT", "log_file", &field, row, &err), 0);
	assert_string_equal(field.text, "old");
	for (i = 0; i < 2; i++)
		close(fds[i]);
}

/* Each value refers twice to the next: without a limit the last would be read 2^30 times. */
static void
references_that_multiply_are_stopped(void **state)
{
	char text[4000] = "[DEFAULT]\nlog_dir = $a0\n";
	size_t used = strlen(text), i;
	struct config *config;
	struct err err = ERR_INIT;
	struct opt row[2];
	union field field;

	(void)state;
	for (i = 0; i < 30; i++)
		used += (size_t)snprintf(
		    text + used, sizeof text - used, "a%zu = $a%zu$a%zu\n", i, i + 1, i + 1);
	snprintf(text + used, sizeof text - used, "a30 =\n");
	config = conf_good(text);
	assert_int_equal(fill_one(config, "DEFAULT", "log_dir", &field, row, &err), -1);
	assert_non_null(strstr(err.text, "more than 200 references"));
	config_free(config);
}

static void
a_value_has_a_ceiling(void **state)
{
	static char text[3 * 40000];
	struct config *config;
	struct err err = ERR_INIT;
	struct opt row[2];
	union field field;
	size_t i, used;

	(void)state;
	used = (size_t)snprintf(text, sizeof text, "[oslo_messaging_notifications]\n");
	for (i = 0; i < 2; i++) {
		used += (size_t)snprintf(text + used, sizeof text - used, "driver = ");
		memset(text + used, 'x', 40000);
		used += 40000;
		text[used++] = '\n';
	}
	config = conf_good(text);
	assert_int_equal(
	    fill_one(config, "oslo_messaging_notifications", "driver", &field, row, &err), -1);
	assert_int_equal(err.at.line, 3);
	assert_int_equal(strncmp(err.text, "[oslo_messaging_notifications] driver: ", 39), 0);
	config_free(config);
}

static void
a_broken_rule_knows_the_place_of_its_option(void **state)
{
	scoped(config_free_scoped) struct config *config = conf_good(
	    "[DEFAULT]\nbackup_share = h:/p\nbackup_file_size = 1\n[cinderbank]\nlisten = 80\n");
	struct cinderbank_opts own;
	struct file_opts nfs;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_fill(config, &nfs_table, &nfs, &err), -1);
	assert_int_equal(err.at.line, 3);
	assert_int_equal(config_fill(config, &cinderbank_table, &own, &err), -1);
	assert_int_equal(err.at.line, 5);
}

static void
a_table_without_a_struct_fills_nothing(void **state)
{
	scoped(config_free_scoped) struct config *config = conf_good("[DEFAULT]\nx = 1\n");
	static const struct opt rows[] = { { .name = "x" }, { 0 } };
	const struct opt_table table = { .rows = rows };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_fill(config, &table, NULL, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_and_put_together),
		cmocka_unit_test(the_name_of_the_node_stands_in_for_host),
		cmocka_unit_test(the_environment_beats_the_files),
		cmocka_unit_test(an_error_and_a_setting_know_their_place),
		cmocka_unit_test(the_last_file_counts_under_either_name),
		cmocka_unit_test(references_that_multiply_are_stopped),
		cmocka_unit_test(a_value_has_a_ceiling),
		cmocka_unit_test(a_broken_rule_knows_the_place_of_its_option),
		cmocka_unit_test(a_table_without_a_struct_fills_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
