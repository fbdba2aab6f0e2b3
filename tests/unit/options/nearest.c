#include "options/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const struct {
	const char *word;
	const char *names[4];
	const char *nearest;
} guesses[] = {
	{ "backup_shar", { "backup_share", "backup_user" }, "backup_share" },
	{ "backup_share", { "backup_user", "backup_share" }, "backup_share" },
	{ "hsot", { "host", "root" }, "host" },
	{ "Debug", { "debug" }, "debug" },
	{ "zlibb", { "bzip2", "zlib", "gzip" }, "zlib" },
	{ "nothing_like_it", { "backup_share", "host" }, NULL },
	{ "x", { "y" }, NULL },
	{ "", { "a" }, NULL },
	{ "a_name_that_is_longer_than_any_name_of_an_option_that_there_can_ever_be", { "a" },
	    NULL },
	{ "equal", { "equal_a", "equal_b" }, "equal_a" },
};

static void
the_nearest_name_is_found_if_it_is_near(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof guesses / sizeof *guesses; i++) {
		struct nearest nearest = { .word = guesses[i].word };

		for (j = 0; guesses[i].names[j]; j++)
			nearest_offer(&nearest, guesses[i].names[j]);
		if (guesses[i].nearest)
			assert_string_equal(nearest.name, guesses[i].nearest);
		else
			assert_null(nearest.name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_nearest_name_is_found_if_it_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
