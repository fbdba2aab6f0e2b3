#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"
#include "front/progress.h"

#define MIB (1024.0 * 1024)

struct screen {
	FILE *stream;
	char *text;
	size_t length;
	struct progress_line line;
};

static void
begin(struct screen *screen, bool terminal)
{
	screen->stream = open_memstream(&screen->text, &screen->length);
	assert_non_null(screen->stream);
	progress_begin(&screen->line, screen->stream, "backup", "stored");
	assert_false(screen->line.terminal);
	screen->line.terminal = terminal;
}

static void
show(struct screen *screen, uint64_t now_ms, double done, double total, double stored)
{
	struct progress progress = { (uint64_t)(done * MIB), (uint64_t)(total * MIB),
		(uint64_t)(stored * MIB), false, 0, false };

	progress_show(&screen->line, &progress, now_ms);
}

static void
assert_screen(struct screen *screen, const char *expected)
{
	fclose(screen->stream);
	assert_string_equal(screen->text, expected);
	free(screen->text);
}

static void
a_terminal_has_one_line_that_is_drawn_again_and_erased(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, true);
	show(&screen, 1000, 0, 100, 0);
	show(&screen, 1100, 5, 100, 0); /* too soon */
	show(&screen, 2000, 10, 100, 4);
	show(&screen, 3000, 30, 100, 9);
	progress_end(&screen.line);
	progress_end(&screen.line);
	assert_screen(&screen,
	    "\rbackup: 0 B of 100.0 MiB (0 %)\033[K"
	    "\rbackup: 10.0 MiB of 100.0 MiB (10 %), stored 4.0 MiB, 10.0 MiB/s, 0:09 left\033[K"
	    "\rbackup: 30.0 MiB of 100.0 MiB (30 %), stored 9.0 MiB, 15.0 MiB/s, 0:05 left\033[K"
	    "\r\033[K");
}

static void
a_terminal_is_drawn_four_times_a_second_at_most(void **state)
{
	struct screen screen;
	unsigned i, drawn = 0;
	char *mark;

	(void)state;
	begin(&screen, true);
	for (i = 0; i < 1000; i++)
		show(&screen, 5000 + i, i, 1000, 0);
	fflush(screen.stream);
	for (mark = screen.text; (mark = strchr(mark, '\r')); mark++)
		drawn++;
	assert_int_equal(drawn, 4);
	fclose(screen.stream);
	free(screen.text);
}

static void
elsewhere_a_line_comes_every_ten_seconds(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, false);
	show(&screen, 1000, 0, 100, 0);
	show(&screen, 10999, 49, 100, 0);
	show(&screen, 11000, 50, 100, 0);
	show(&screen, 20000, 90, 100, 0);
	progress_end(&screen.line);
	assert_screen(&screen, "backup: 50.0 MiB of 100.0 MiB (50 %), 4.9 MiB/s, 0:10 left\n");
}

static void
a_short_job_says_nothing_elsewhere(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, false);
	show(&screen, 1000, 0, 0, 0);
	show(&screen, 9000, 100, 100, 0);
	progress_end(&screen.line);
	assert_screen(&screen, "");
}

static void
a_total_that_is_not_known_yet_is_not_shown(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, true);
	show(&screen, 1000, 0, 0, 0);
	progress_end(&screen.line);
	assert_screen(&screen, "\rbackup: 0 B\033[K\r\033[K");
}

static void
a_narrow_terminal_gets_no_second_line(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, true);
	screen.line.columns = 15;
	show(&screen, 1000, 50, 100, 0);
	assert_screen(&screen, "\rbackup: 50.0 M\033[K");
}

static void
what_is_removed_is_counted_anew(void **state)
{
	struct progress progress = { .erasing = true };
	struct screen screen;

	(void)state;
	begin(&screen, true);
	show(&screen, 1000, 50, 100, 0);
	progress_show(&screen.line, &progress, 2000);
	progress.done = 500;
	progress.total = 2000;
	progress_show(&screen.line, &progress, 3000);
	assert_screen(&screen, "\rbackup: 50.0 MiB of 100.0 MiB (50 %)\033[K"
			       "\rbackup: removed 0 objects\033[K"
			       "\rbackup: removed 500 of 2000 objects, 500/s, 0:03 left\033[K");
}

static void
hours_are_counted_too(void **state)
{
	struct screen screen;

	(void)state;
	begin(&screen, true);
	show(&screen, 1000, 0, 1000000, 0);
	show(&screen, 2000, 100, 1000000, 0);
	assert_screen(&screen,
	    "\rbackup: 0 B of 976.6 GiB (0 %)\033[K"
	    "\rbackup: 100.0 MiB of 976.6 GiB (0 %), 100.0 MiB/s, 2:46:39 left\033[K");
}

static void
bytes_have_the_unit_that_fits(void **state)
{
	static const struct {
		double bytes;
		const char *text;
	} rows[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1024 * 1024 - 1, "1.0 MiB" },
		{ 1.5 * 1024 * 1024 * 1024, "1.5 GiB" },
		{ 18446744073709551615.0, "16.0 EiB" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf text = BUF(64);

		progress_bytes(&text, rows[i].bytes);
		assert_string_equal(buf_string(&text), rows[i].text);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_terminal_has_one_line_that_is_drawn_again_and_erased),
		cmocka_unit_test(a_terminal_is_drawn_four_times_a_second_at_most),
		cmocka_unit_test(elsewhere_a_line_comes_every_ten_seconds),
		cmocka_unit_test(a_short_job_says_nothing_elsewhere),
		cmocka_unit_test(a_total_that_is_not_known_yet_is_not_shown),
		cmocka_unit_test(a_narrow_terminal_gets_no_second_line),
		cmocka_unit_test(what_is_removed_is_counted_anew),
		cmocka_unit_test(hours_are_counted_too),
		cmocka_unit_test(bytes_have_the_unit_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
