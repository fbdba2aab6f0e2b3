/*
 * Shares and mount options as operators write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "options/share.h"

static const struct {
	const char *share, *server, *path; /* server NULL: refused, and path is in the error */
} shares[] = {
	{ "nfs.example.org:/srv/backup", "nfs.example.org", "/srv/backup" },
	{ "192.0.2.7:/", "192.0.2.7", "/" },
	{ "[2001:db8::7]:/srv", "2001:db8::7", "/srv" },
	{ "[fe80::1%eth0]:/srv", "fe80::1%eth0", "/srv" },
	{ "host:/a:b", "host", "/a:b" },
	{ "", NULL, "must be HOST:PATH" },
	{ "host", NULL, "must be HOST:PATH" },
	{ "host:", NULL, "must be HOST:PATH" },
	{ "/srv/backup", NULL, "must be HOST:PATH" },
	{ "[2001:db8::7]/srv", NULL, "must be HOST:PATH" },
	{ "[2001:db8::7", NULL, "no ]" },
	{ "[]:/srv", NULL, "the host before the colon" },
	{ ":/srv", NULL, "the host before the colon" },
	{ "2001:db8::7:/srv", NULL, "in brackets" },
	{ "host:srv", NULL, "must begin with a slash" },
};

static void
share_is_a_host_and_a_path(void **state)
{
	struct share share;
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof shares / sizeof shares[0]; i++) {
		int result = share_parse(shares[i].share, NULL, &share, NULL, NULL, &err);

		assert_int_equal(result, shares[i].server ? 0 : -1);
		if (result == 0) {
			assert_string_equal(share.server, shares[i].server);
			assert_string_equal(share.path, shares[i].path);
		} else {
			assert_int_equal(err.kind, ERR_INVALID);
			if (!strstr(err.text, shares[i].path))
				fail_msg("%s: %s", shares[i].share, err.text);
		}
	}
}

static void
long_share_is_refused(void **state)
{
	char text[SHARE_SERVER_MAX + SHARE_PATH_MAX + 8];
	struct share share;
	struct err err = ERR_INIT;

	(void)state;
	memset(text, 'h', SHARE_SERVER_MAX);
	snprintf(text + SHARE_SERVER_MAX, 8, ":/p");
	assert_int_equal(share_parse(text, NULL, &share, NULL, NULL, &err), -1);
	memset(text, 'p', sizeof text);
	memcpy(text, "h:/", 3);
	text[SHARE_PATH_MAX + 4] = '\0';
	assert_int_equal(share_parse(text, NULL, &share, NULL, NULL, &err), -1);
	assert_non_null(strstr(err.text, "too long"));
}

static void
options_that_can_be_honoured_are(void **state)
{
	struct share share;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(share_parse("h:/p", "", &share, NULL, NULL, &err), 0);
	assert_int_equal(share.port, 0);
	assert_int_equal(share.uid, -1);
	assert_int_equal(share.timeout_ms, 60000);
	assert_int_equal(share.retries, 2);
	assert_int_equal(share_parse("h:/p",
			     "vers=3,port=1,mountport=2,rsize=4096,wsize=8192,timeo=5,retrans=7,"
			     "uid=42,gid=43,ro,proto=tcp,sec=sys,nolock,,soft",
			     &share, NULL, NULL, &err),
	    0);
	assert_int_equal(share.port, 1);
	assert_int_equal(share.mount_port, 2);
	assert_int_equal(share.read_size, 4096);
	assert_int_equal(share.write_size, 8192);
	assert_int_equal(share.timeout_ms, 500);
	assert_int_equal(share.retries, 7);
	assert_int_equal(share.uid, 42);
	assert_int_equal(share.gid, 43);
	assert_true(share.read_only);
}

static void
options_that_would_not_be_kept_are_refused(void **state)
{
	static const char *const bad[] = { "vers=4", "vers=4.2", "nfsvers=2", "v4", "v4.1",
		"minorversion=1", "sec=krb5", "sec=krb5p", "port=", "port=x", "port=65536",
		"mountport=-1", "timeo=0", "timeo=1s", "retrans=", "rsize=12", "uid=root",
		"soft,sec=" };
	struct share share = { .port = 7 };
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (share_parse("h:/p", bad[i], &share, NULL, NULL, &err) == 0)
			fail_msg("%s is taken", bad[i]);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, "backup_mount_options"));
		assert_int_equal(share.port, 7);
	}
}

static void
add_note(void *arg, const char *text)
{
	char *notes = arg;
	size_t length = strlen(notes);

	snprintf(notes + length, 1024 - length, "%s\n", text);
}

static const struct {
	const char *options, *noted; /* noted NULL: nothing is */
} noted[] = {
	{ "rw,_netdev,bg,soft,intr,nolock,noatime,tcp,vers=3,proto=tcp6,x-systemd.automount",
	    NULL },
	{ "hard", "hard has no effect" },
	{ "proto=udp", "uses TCP" },
	{ "rdma", "uses TCP" },
	{ "context=system_u:object_r:glance_var_lib_t:s0", "context has no effect" },
	{ "actimeo=600", "nfs_client = mount" },
	{ "nconnect=4", "nconnect has no effect" },
};

static void
options_without_effect_are_noted(void **state)
{
	struct share share;
	struct err err = ERR_INIT;
	char notes[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof noted / sizeof noted[0]; i++) {
		notes[0] = '\0';
		assert_int_equal(
		    share_parse("h:/p", noted[i].options, &share, add_note, notes, &err), 0);
		if (noted[i].noted ? !strstr(notes, noted[i].noted) : notes[0])
			fail_msg("%s: %s", noted[i].options, notes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(share_is_a_host_and_a_path),
		cmocka_unit_test(long_share_is_refused),
		cmocka_unit_test(options_that_can_be_honoured_are),
		cmocka_unit_test(options_that_would_not_be_kept_are_refused),
		cmocka_unit_test(options_without_effect_are_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
