#include "base/buf.h"
#include "options/load.h"
#include "unit/options/conf.h"

static const struct {
	const char *text;
	const char *notes; /* "LINE: what\n", each up to its first colon or in full */
} files[] = {
	{ "", "" },
	{ "[DEFAULT]\nbackup_share=h:/p\nglance_api_servers=x\n[nova]\nauth_url=x\n", "" },
	{ "[lvm]\nvolume_driver=x\nuse_multipath_for_image_xfer=true\n", "" },
	{ "[DEFAULT]\nlogfile=x\n", "2: logfile is the old name of log_file\n" },
	{ "[DEFAULT]\nbackup_driver_status_check_interval=60\n",
	    "2: backup_driver_status_check_interval is the old name of "
	    "backup_driver_stats_polling_interval\n" },
	{ "[DEFAULT]\nbackup_s3_store_secret_key=hunter2\n",
	    "2: backup_s3_store_secret_key has no effect: Secret key of the account. The store s3 "
	    "is not built in, so this has no effect.\n" },
	{ "[DEFAULT]\nuse_json=true\nuse_journal=false\nlog_date_format=%Y-%m-%d %H:%M:%S\n"
	  "logging_exception_prefix=x\n",
	    "2: use_json has no effect: Whether log records are JSON. It has no effect: they are "
	    "lines here, as without it.\n"
	    "5: logging_exception_prefix has no effect: How each line of a Python traceback "
	    "begins. It has no effect: there are none: what failed is one line.\n" },
	{ "[DEFAULT]\nbackup_shar=h:/p\n",
	    "2: no option backup_shar in [DEFAULT]; did you mean backup_share\n" },
	{ "[DEFAULT]\nBackup_Share=h:/p\n",
	    "2: no option Backup_Share in [DEFAULT]; did you mean backup_share\n" },
	{ "[DEFAULT]\nmerge_gap=1\n",
	    "2: no option merge_gap in [DEFAULT]; it belongs in [cinderbank]\n" },
	{ "[Database]\nno_such_thing=hunter2\n",
	    "2: no option no_such_thing in [Database] of this service\n" },
	{ "[default]\nbackup_share=h:/p\nhost=x\n",
	    "2: no section [default]; did you mean [DEFAULT]\n" },
	{ "[cinderbanc]\nvolumes=local\n",
	    "2: no section [cinderbanc]; did you mean [cinderbank]\n" },
	{ "[DEFAULT]\nosapi_volume_listen_port=1\n[tgt]\nbackup_use_temp_snapshot=true\n", "" },
	{ "[ceph]\nbackup_ceph_pool=x\nother=y\n",
	    "2: backup_ceph_pool has no effect in [ceph]; it belongs in [DEFAULT]\n" },
	{ "[DEFAULT]\nhost=a\ndebug=true\n\nhost=b\n",
	    "5: host is set again; line 2 no longer counts\n" },
	{ "[DEFAULT]\nbackup_driver=cinder.backup.drivers.nfs\nbackup_share=h:/p\n"
	  "backup_mount_attempts=5\n",
	    "4: backup_mount_attempts has no effect without [cinderbank] nfs_client = mount\n" },
	{ "[oslo_messaging_notifications]\ndriver=a\ndriver=b\n", "" },
};

static void
add_note(void *arg, struct place at, const char *text)
{
	buf_printf(arg, "%u: %s\n", at.line, text);
	assert_int_equal(at.column, 1);
	assert_int_equal(strncmp(at.file, "/proc/self/fd/", 14), 0);
}

static void
what_has_no_effect_is_told(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		scoped(config_free_scoped) struct config *config = conf_good(files[i].text);
		scoped(buf_drop) struct buf notes = BUF(10000);

		config_notes(config, add_note, &notes);
		assert_string_equal(buf_string(&notes), files[i].notes);
		assert_null(strstr(buf_string(&notes), "hunter2"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_has_no_effect_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
