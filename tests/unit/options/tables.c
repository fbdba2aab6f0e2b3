#include "options/tables.h"

#include "base/buf.h"
#include "unit/options/conf.h"

static const struct {
	const struct opt_table *table;
	const char *text;
	const char *error; /* NULL: accepted */
} rules[] = {
	{ &core_table, "", NULL },
	{ &core_table, "[DEFAULT]\nstate_path = $nosuch\n", "state_path: $nosuch is no option" },
	{ &core_table, "[DEFAULT]\nbackup_native_threads_pool_size = 19\n", "must be at least 20" },
	{ &core_table, "[DEFAULT]\nbackup_driver_init_check_interval = 4\n", "must be at least 5" },
	{ &core_table, "[DEFAULT]\nbackup_driver_status_check_interval = 9\n",
	    "backup_driver_stats_polling_interval = \"9\": must be at least 10" },
	{ &core_table, "[DEFAULT]\nbackup_metadata_version = 3\n", "must be at most 2" },
	{ &core_table, "[DEFAULT]\nbackup_compression_algorithm = gzp\n",
	    "must be one of none, off, no, zlib, gzip, bz2, bzip2, zstd; did you mean gzip" },
	{ &core_table, "[DEFAULT]\nquota_backups = -2\n", "must be at least -1" },
	{ &swift_table, "", NULL },
	{ &swift_table, "[DEFAULT]\nbackup_swift_object_size = 100000\n",
	    "backup_swift_object_size (100000) must be a multiple of backup_swift_block_size "
	    "(32768)" },
	{ &swift_table, "[DEFAULT]\nswift_catalog_info = object-store:internalURL\n",
	    "swift_catalog_info = \"object-store:internalURL\": must be type:name:interface" },
	{ &swift_table, "[DEFAULT]\nkeystone_catalog_info = identity\n",
	    "keystone_catalog_info = " },
	{ &swift_table, "[DEFAULT]\nbackup_swift_auth = single_user\n", "needs backup_swift_user" },
	{ &swift_table, "[DEFAULT]\nbackup_swift_auth = single_user\nbackup_swift_user =\n",
	    "needs backup_swift_user" },
	{ &swift_table, "[DEFAULT]\nbackup_swift_auth = single_user\nbackup_swift_user = u\n",
	    "needs backup_swift_key" },
	{ &swift_table,
	    "[DEFAULT]\nbackup_swift_auth = single_user\nbackup_swift_user = u\nbackup_swift_key = "
	    "k\n",
	    NULL },
	{ &swift_table,
	    "[DEFAULT]\nbackup_swift_auth = single_user\nbackup_swift_user = u\nbackup_swift_key = "
	    "k\n"
	    "backup_swift_auth_version = 3.0\n",
	    NULL },
	{ &swift_table,
	    "[DEFAULT]\nbackup_swift_auth = single_user\nbackup_swift_user = u\nbackup_swift_key = "
	    "k\n"
	    "backup_swift_auth_version = 4\n",
	    "backup_swift_auth_version = \"4\": must be 1, 2 or 3" },
	{ &swift_table, "[DEFAULT]\nbackup_swift_auth = per_users\n", "did you mean per_user" },
	{ &ceph_table, "", NULL },
	{ &ceph_table, "[DEFAULT]\nbackup_ceph_user =\n", "backup_ceph_user must not be empty" },
	{ &ceph_table, "[DEFAULT]\nbackup_ceph_pool =\n", "backup_ceph_pool must not be empty" },
	{ &ceph_table, "[DEFAULT]\nbackup_ceph_stripe_unit = 4096\n", "must be set together" },
	{ &ceph_table, "[DEFAULT]\nbackup_ceph_stripe_unit = 4096\nbackup_ceph_stripe_count = 2\n",
	    NULL },
	{ &nfs_table, "", "backup_share must be set" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = nfs.example.org:/srv/backup\n", NULL },
	{ &nfs_table, "[DEFAULT]\nbackup_share = 192.0.2.7:/\n", NULL },
	{ &nfs_table, "[DEFAULT]\nbackup_share = [2001:db8::7]:/srv\n", NULL },
	{ &nfs_table, "[DEFAULT]\nbackup_share = /srv/backup\n", "must be HOST:PATH" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = host:\n", "must be HOST:PATH" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = [2001:db8::7]/srv\n", "must be HOST:PATH" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = [2001:db8::7\n", "the address has no ]" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = :/srv\n", "the host before the colon is missing" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = []:/srv\n",
	    "the host before the colon is missing" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = //host:/srv\n", "a slash stands where the host" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = 2001:db8::7:/srv\n",
	    "an IPv6 address in brackets" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = host:srv\n", "must begin with a slash" },
	{ &nfs_table, "[DEFAULT]\nbackup_share = h:/p\nbackup_file_size = 1000000\n",
	    "backup_file_size (1000000) must be a multiple of backup_sha_block_size_bytes "
	    "(32768)" },
	{ &posix_table, "", NULL },
	{ &posix_table, "[DEFAULT]\nbackup_sha_block_size_bytes = 65536\n", "must be a multiple" },
	{ &posix_table, "[DEFAULT]\nbackup_sha_block_size_bytes = 0\n", "must be at least 1" },
	{ &sql_table, "", NULL },
	{ &bus_table, "", NULL },
	{ &bus_table, "[oslo_messaging_rabbit]\nkombu_failover_strategy = any\n", "round-robin" },
	{ &wire_table, "", NULL },
	{ &cinderbank_table, "", NULL },
	{ &cinderbank_table, "[cinderbank]\nobject_size_max = 1000000\n",
	    "must be a multiple of 32768" },
	{ &cinderbank_table, "[cinderbank]\nlisten = [::1]:80\n", NULL },
	{ &cinderbank_table, "[cinderbank]\nlisten = localhost:80\n", NULL },
	{ &cinderbank_table, "[cinderbank]\nlisten = 0.0.0.0:80\n", "auth = none lets anyone in" },
	{ &cinderbank_table, "[cinderbank]\nhealth_listen = 0.0.0.0:80\n",
	    "health_listen = \"0.0.0.0:80\": anyone may ask" },
	{ &cinderbank_table, "[cinderbank]\nauth = keystone\nhealth_listen = [::]:80\n",
	    "anyone may ask" },
	{ &cinderbank_table, "[cinderbank]\nlisten = 0.0.0.0:80\nauth = keystone\n", NULL },
	{ &cinderbank_table, "[cinderbank]\nlisten = 8776\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = :8776\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = 127.0.0.1:\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = 127.0.0.1:80x\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = 127.0.0.1:65536\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = 127.0.0.1:888888\n", "must be ADDRESS:PORT" },
	{ &cinderbank_table, "[cinderbank]\nlisten = ::1:80\n", "put an IPv6 address in brackets" },
};

static void
tables_check_the_rules_between_their_rows(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rules / sizeof *rules; i++) {
		scoped(config_free_scoped) struct config *config = conf_good(rules[i].text);
		scoped(scoped_free) void *filled = malloc(rules[i].table->size);
		struct err err = ERR_INIT;

		assert_non_null(filled);
		assert_int_equal(
		    config_fill(config, rules[i].table, filled, &err), rules[i].error ? -1 : 0);
		if (rules[i].error && !strstr(err.text, rules[i].error))
			fail_msg("%s: %s", rules[i].text, err.text);
	}
}

static void
the_node_comes_with_the_service(void **state)
{
	scoped(config_free_scoped) struct config *config =
	    conf_good("[DEFAULT]\ndebug = true\nbackup_max_operations = 3\n");
	struct core_opts core;
	struct sql_opts sql;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(config_fill(config, &core_table, &core, &err), 0);
	assert_true(core.debug);
	assert_int_equal(core.backup_max_operations, 3);
	assert_int_equal(core.backup_compression_algorithm, COMPRESSION_ZLIB);
	assert_string_equal(core.coordination_backend_url, "file:///var/lib/cinder");
	assert_int_equal(config_fill(config, &sql_table, &sql, &err), 0);
	assert_string_equal(sql.connection, "sqlite:////var/lib/cinder/cinderbank.sqlite");
}

static const char *
name_of(const struct opt *opt)
{
	return opt ? opt->name : "";
}

static void
rows_are_found_by_every_name_they_have(void **state)
{
	(void)state;
	assert_string_equal(name_of(opt_find("DEFAULT", "backup_share")), "backup_share");
	assert_string_equal(name_of(opt_find("Database", "sql_connection")), "connection");
	assert_string_equal(name_of(opt_find("cinderbank", "backup_share")), "");
	assert_string_equal(name_of(opt_find("default", "backup_share")), "");
	assert_string_equal(
	    name_of(opt_find_hiera("cinder::backup::nfs::backup_share")), "backup_share");
	assert_string_equal(name_of(opt_find_hiera("cinder::database_connection")), "connection");
	assert_string_equal(name_of(opt_find_hiera("cinder::no::such")), "");
	assert_string_equal(name_of(opt_nearest("DEFAULT", "backup_shar")), "backup_share");
	assert_string_equal(name_of(opt_nearest("DEFAULT", "nothing_like_any_of_them")), "");
	assert_string_equal(opt_nearest_section("cinderbnk"), "cinderbank");
	assert_null(opt_nearest_section("nothing_like_any_of_them"));
	assert_string_equal(opt_section_of("connection"), "database");
	assert_null(opt_section_of("no_such_option"));
}

/* The sample with its defaults put in force is the configuration without a file. */
static char *
uncommented_sample(void)
{
	FILE *file = fopen(TESTS_DIR "/../docs/cinderbank.conf.sample", "r");
	char *text = calloc(1, 1 << 20), line[1000];

	assert_non_null(file);
	assert_non_null(text);
	while (fgets(line, sizeof line, file)) {
		size_t length = strcspn(line, "\n");
		bool option = *line == '#' && line[1] >= 'a' && line[1] <= 'z';

		if (!option || line[length - 1] != '=') /* those without a default stay comments */
			strcat(text, line + option);
	}
	fclose(file);
	return text;
}

static void
print_table(struct config *config, const struct opt_table *table, struct buf *ret)
{
	scoped(scoped_free) void *filled = malloc(table->size);
	const struct opt *opt;
	struct err err = ERR_INIT;

	assert_non_null(filled);
	if (config_fill(config, table, filled, &err) < 0)
		buf_text(ret, err.text);
	else
		for (opt = table->rows; opt->name; opt++) {
			buf_printf(ret, "%s = ", opt->name);
			opt_print_secret(opt, filled, ret);
			buf_byte(ret, '\n');
		}
}

static void
the_sample_says_the_defaults(void **state)
{
	scoped(scoped_free) char *text = uncommented_sample();
	scoped(config_free_scoped) struct config *sample = conf_good(text);
	scoped(config_free_scoped) struct config *nothing = conf_good("");
	const struct opt_table *const *table;

	(void)state;
	assert_true(config_place(sample, opt_find("cinderbank", "merge_gap")).line > 0);
	for (table = opt_tables; *table; table++) {
		scoped(buf_drop) struct buf expected = BUF(1 << 20), found = BUF(1 << 20);

		if (!(*table)->size)
			continue;
		print_table(nothing, *table, &expected);
		print_table(sample, *table, &found);
		assert_string_equal(buf_string(&found), buf_string(&expected));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_check_the_rules_between_their_rows),
		cmocka_unit_test(the_node_comes_with_the_service),
		cmocka_unit_test(rows_are_found_by_every_name_they_have),
		cmocka_unit_test(the_sample_says_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
