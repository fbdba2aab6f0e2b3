#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/scope.h"

enum { TEXT_MAX = 256 * 1024 };

static char folder[] = "/tmp/cinderbank-log-XXXXXX", path[64], moved[64];
static char text[TEXT_MAX];

static int
begin(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/log", folder);
	snprintf(moved, sizeof moved, "%s/log.1", folder);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	log_close();
	unlink(path);
	unlink(moved);
	return rmdir(folder);
}

static const char *
content(const char *of)
{
	scoped(scoped_fclose) FILE *file = fopen(of, "r");
	size_t length;

	assert_non_null(file);
	length = fread(text, 1, sizeof text - 1, file);
	text[length] = '\0';
	return text;
}

static void
open_anew(enum log_level level)
{
	struct err err;

	unlink(path);
	assert_int_equal(log_open(path, level, &err), 0);
}

static void
a_record_is_a_line_as_oslo_writes_it(void **state)
{
	const struct log_who who = { .request_id = "req-1", .user_id = "u1", .project_id = "p1" };
	const struct log_who itself = { .request_id = "req-2" };
	int year, month, day, hour, minute, second, ms, pid, used = 0;

	(void)state;
	open_anew(LOG_LEVEL_INFO);
	log_write(LOG_LEVEL_INFO, "desk", &who, "backup %d begins", 7);
	content(path);
	assert_int_equal(sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d.%3d %d %n", &year, &month, &day,
			     &hour, &minute, &second, &ms, &pid, &used),
	    8);
	assert_int_equal(pid, getpid());
	assert_string_equal(
	    text + used, "INFO cinderbank.desk [req-1 u1 p1 - - -] backup 7 begins\n");
	open_anew(LOG_LEVEL_INFO);
	log_write(LOG_LEVEL_INFO, "desk", &itself, "nobody asked");
	content(path);
	assert_non_null(strstr(text, "[req-2 - - - - -] nobody asked\n"));
}

static void
lower_levels_are_left_out(void **state)
{
	(void)state;
	open_anew(LOG_LEVEL_WARNING);
	log_debug("a", "x");
	log_info("a", "x");
	assert_string_equal(content(path), "");
	log_warning("a", "x");
	log_error("b", "y");
	content(path);
	assert_non_null(strstr(text, " WARNING cinderbank.a [-] x\n"));
	assert_non_null(strstr(text, " ERROR cinderbank.b [-] y\n"));
	assert_false(log_enabled(LOG_LEVEL_INFO));
	assert_true(log_enabled(LOG_LEVEL_ERROR));
}

static void
a_name_with_a_line_end_forges_no_record(void **state)
{
	(void)state;
	open_anew(LOG_LEVEL_INFO);
	log_info("a", "name %s", "x\n2026-01-02 ERROR \033[31m\r\x7f");
	content(path);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_null(strpbrk(text, "\033\r\x7f"));
}

static void
a_long_record_is_cut_and_still_a_line(void **state)
{
	char long_text[5000];
	const struct log_who endless = { .request_id = long_text };

	(void)state;
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	open_anew(LOG_LEVEL_INFO);
	log_info("a", "%s", long_text);
	log_write(LOG_LEVEL_INFO, "a", &endless, "short");
	log_info("a", "next");
	content(path);
	assert_non_null(strstr(text, "x\n"));
	assert_true(strlen(text) < 5000);
	assert_string_equal(text + strlen(text) - 5, "next\n");
}

static void
a_rotated_file_is_opened_again(void **state)
{
	struct err err;

	(void)state;
	open_anew(LOG_LEVEL_INFO);
	log_info("a", "old");
	assert_int_equal(rename(path, moved), 0);
	log_info("a", "still old");
	assert_int_equal(log_reopen(&err), 0);
	log_info("a", "new");
	assert_non_null(strstr(content(moved), "still old"));
	assert_null(strstr(text, "new"));
	assert_non_null(strstr(content(path), "new"));
}

static void
records_are_appended(void **state)
{
	struct err err;

	(void)state;
	open_anew(LOG_LEVEL_INFO);
	log_info("a", "first");
	log_close();
	assert_int_equal(log_open(path, LOG_LEVEL_INFO, &err), 0);
	log_info("a", "second");
	content(path);
	assert_non_null(strstr(text, "first\n"));
	assert_non_null(strstr(text, "second\n"));
}

static void
a_file_that_cannot_be_opened_is_an_error(void **state)
{
	struct err err;

	(void)state;
	open_anew(LOG_LEVEL_INFO);
	assert_int_equal(log_open("/nowhere/at/all", LOG_LEVEL_INFO, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_string_equal(err.text, "log file /nowhere/at/all: No such file or directory");
	log_info("a", "goes where it went before");
	assert_non_null(strstr(content(path), "goes where"));
}

static void *
write_many(void *arg)
{
	int i;

	for (i = 0; i < 200; i++)
		log_info("thread", "%s %d", (const char *)arg, i);
	return NULL;
}

static void
threads_do_not_mix_their_lines(void **state)
{
	static char names[4][2] = { "a", "b", "c", "d" };
	pthread_t threads[4];
	size_t i, lines = 0;
	char *line;

	(void)state;
	open_anew(LOG_LEVEL_INFO);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	content(path);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
		assert_non_null(strstr(line, " INFO cinderbank.thread [-] "));
	assert_int_equal(lines, 800);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_a_line_as_oslo_writes_it),
		cmocka_unit_test(lower_levels_are_left_out),
		cmocka_unit_test(a_name_with_a_line_end_forges_no_record),
		cmocka_unit_test(a_long_record_is_cut_and_still_a_line),
		cmocka_unit_test(a_rotated_file_is_opened_again),
		cmocka_unit_test(records_are_appended),
		cmocka_unit_test(a_file_that_cannot_be_opened_is_an_error),
		cmocka_unit_test(threads_do_not_mix_their_lines),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
