/*
 * What a volume of iSCSI does when a portal is gone, silent or breaks under way,
 * and when the target turns it down.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "fake/cut.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { MIB = 1024 * 1024, SKIP = 77 };

static const struct volume_driver *const drivers[] = { &volume_iscsi, NULL };

/* The big unit, by these ports; 0 ends them. */
static struct attachment
by_ports(const unsigned *ports)
{
	struct attachment attachment = { .kind = ATTACHMENT_ISCSI };
	struct iscsi_target *to = &attachment.iscsi;

	for (; *ports; ports++, to->n_paths++) {
		struct iscsi_path *path = &to->paths[to->n_paths];

		snprintf(path->portal, sizeof path->portal, "127.0.0.1:%u", *ports);
		snprintf(path->target, sizeof path->target, "%s", getenv("ISCSI_TARGET"));
		path->lun = 2;
	}
	snprintf(to->user, sizeof to->user, "%s", getenv("ISCSI_USER"));
	snprintf(to->password, sizeof to->password, "%s", getenv("ISCSI_PASSWORD"));
	to->multipath = true;
	to->tries = 1;
	to->timeout_s = 60;
	return attachment;
}

static unsigned
port(void)
{
	return (unsigned)atoi(getenv("ISCSI_PORTS"));
}

static struct volume *
open_good(const struct attachment *attachment)
{
	struct volume *volume = NULL;
	struct err err;

	if (volume_open(&volume, drivers, attachment, true, &err) < 0)
		fail_msg("%s", err.text);
	return volume;
}

static void
open_bad(const struct attachment *attachment, enum err_kind kind, const char *text)
{
	struct volume *volume = NULL;
	struct err err;

	assert_int_equal(volume_open(&volume, drivers, attachment, true, &err), -1);
	if (err.kind != kind || !strstr(err.text, text))
		fail_msg("kind %d: %s", err.kind, err.text);
	assert_null(strstr(err.text, getenv("ISCSI_PASSWORD")));
}

static void
a_portal_where_nobody_is_gives_way_to_the_next(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ 9, port(), 0 });
	scoped(volume_close_scoped) struct volume *volume = open_good(&to);

	(void)state;
	assert_int_equal(volume->size, 256 * MIB);
}

static void
a_silent_portal_gives_way_to_the_next(void **state)
{
	struct cut *silence = cut_open(0, "", CUT_BEFORE);
	struct attachment to = by_ports((const unsigned[]){ cut_port(silence), port() + 1, 0 });

	(void)state;
	/* Which has to pass, and to suffice for the other one. */
	to.iscsi.timeout_s = 5;
	volume_close(open_good(&to));
	cut_close(silence);
}

static void
without_any_portal_the_error_names_one(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ 9, 0 });

	(void)state;
	open_bad(&to, ERR_RETRY, "127.0.0.1:9");
}

static void
a_wrong_password_is_denied_and_not_tried_again(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ port(), 0 });

	(void)state;
	to.iscsi.tries = 100;
	strcpy(to.iscsi.password, "wrongpassword");
	open_bad(&to, ERR_DENIED, "uthentic");
}

static void
what_is_not_there_is_named(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ port(), 0 });

	(void)state;
	to.iscsi.paths[0].lun = 7;
	open_bad(&to, ERR_NOT_FOUND, "LUN 7");
	to.iscsi.paths[0].lun = 2;
	strcpy(to.iscsi.paths[0].target, "iqn.2026-11.nowhere:x");
	open_bad(&to, ERR_NOT_FOUND, "iqn.2026-11.nowhere:x");
}

/* Write and read 8 MiB with a word in the middle, over a line that breaks at the word. */
static void
check_break(enum cut_when when, bool second_path)
{
	static const char word[] = "HERE IT BREAKS";
	struct cut *line = cut_open((int)port(), word, when);
	struct attachment to =
	    by_ports((const unsigned[]){ cut_port(line), second_path ? port() + 1 : 0, 0 });
	scoped(scoped_free) char *bytes = malloc(8 * MIB), *again = malloc(8 * MIB);
	struct volume *volume = open_good(&to);
	struct err err;
	size_t i;

	for (i = 0; i < 8 * MIB; i++)
		bytes[i] = (char)(i * 7 + i / 4096);
	memcpy(bytes + 5 * MIB + 100, word, sizeof word);
	cut_arm(line);
	if (volume_write(volume, 3 * MIB, bytes, 8 * MIB, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(cut_count(line), 1);
	if (volume_read(volume, 3 * MIB, again, 8 * MIB, &err) < 0 ||
	    volume_flush(volume, &err) < 0)
		fail_msg("%s", err.text);
	assert_memory_equal(bytes, again, 8 * MIB);
	volume_close(volume);
	cut_close(line);
}

static void
a_line_that_breaks_in_a_write_is_changed_for_another(void **state)
{
	(void)state;
	check_break(CUT_BEFORE, true);
	check_break(CUT_AFTER, true);
}

static void
the_only_line_is_made_anew(void **state)
{
	(void)state;
	check_break(CUT_BEFORE, false);
}

/* Nobody answers any more, and after a moment somebody cancels. */
static void *
cancel_soon(void *cancel)
{
	clock_sleep_ms(200);
	atomic_store((atomic_bool *)cancel, true);
	return NULL;
}

static void
a_cancel_waits_for_no_target_that_hangs(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ port(), 0 });
	pid_t server = (pid_t)atoi(getenv("ISCSI_PID"));
	scoped(scoped_free) char *bytes = malloc(MIB);
	atomic_bool cancel = false;
	struct volume *volume;
	pthread_t thread;
	struct err err;
	int done;

	(void)state;
	to.cancel = &cancel;
	to.iscsi.timeout_s = 500;
	volume = open_good(&to);
	assert_int_equal(kill(server, SIGSTOP), 0);
	pthread_create(&thread, NULL, cancel_soon, &cancel);
	done = volume_read(volume, 0, bytes, MIB, &err);
	volume_close(volume);
	kill(server, SIGCONT);
	pthread_join(thread, NULL);
	assert_int_equal(done, -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
}

static void
a_cancel_ends_a_login_that_nobody_answers(void **state)
{
	struct cut *silence = cut_open(0, "", CUT_BEFORE);
	struct attachment to = by_ports((const unsigned[]){ cut_port(silence), 0 });
	atomic_bool cancel = false;
	pthread_t thread;

	(void)state;
	to.cancel = &cancel;
	to.iscsi.timeout_s = 500;
	pthread_create(&thread, NULL, cancel_soon, &cancel);
	open_bad(&to, ERR_CANCELLED, "cancelled");
	pthread_join(thread, NULL);
	cut_close(silence);
}

static void
zeros_take_no_space(void **state)
{
	struct attachment to = by_ports((const unsigned[]){ port(), 0 });
	scoped(scoped_free) char *bytes = calloc(1, MIB);
	struct volume *volume = open_good(&to);
	struct err err;
	size_t i;

	(void)state;
	memset(bytes, 'x', MIB);
	assert_int_equal(volume_write(volume, 64 * MIB, bytes, MIB, &err), 0);
	if (volume_zero(volume, (struct extent){ 0, 256 * MIB }, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(volume_read(volume, 64 * MIB, bytes, MIB, &err), 0);
	for (i = 0; i < MIB; i++)
		assert_int_equal(bytes[i], 0);
	volume_close(volume);
}

/* Of a login that is given up, libiscsi 1.19 forgets 24 bytes. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:iscsi_session_open";
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_portal_where_nobody_is_gives_way_to_the_next),
		cmocka_unit_test(a_silent_portal_gives_way_to_the_next),
		cmocka_unit_test(without_any_portal_the_error_names_one),
		cmocka_unit_test(a_wrong_password_is_denied_and_not_tried_again),
		cmocka_unit_test(what_is_not_there_is_named),
		cmocka_unit_test(a_line_that_breaks_in_a_write_is_changed_for_another),
		cmocka_unit_test(the_only_line_is_made_anew),
		cmocka_unit_test(a_cancel_waits_for_no_target_that_hangs),
		cmocka_unit_test(a_cancel_ends_a_login_that_nobody_answers),
		cmocka_unit_test(zeros_take_no_space),
	};

	/* As the program does: a line that breaks is told by its errno. */
	signal(SIGPIPE, SIG_IGN);
	if (!getenv("ISCSI_TARGET")) {
		printf("skipped: no iSCSI target: tests/servers/iscsi brings one up\n");
		return SKIP;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
