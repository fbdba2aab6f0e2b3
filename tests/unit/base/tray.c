#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/tray.h"

/* Under address what is used after it was freed is told, and what is never freed. */
static void
tray_lives_as_long_as_somebody_holds_it(void **state)
{
	struct tray *tray = tray_new(100), *held = tray_hold(tray);

	(void)state;
	assert_ptr_equal(tray, held);
	assert_int_equal(tray->size, 100);
	memset(tray->bytes, 1, tray->size);
	tray_drop(tray);
	assert_int_equal(held->bytes[99], 1);
	tray_drop(held);
	tray_drop(NULL);
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(tray_lives_as_long_as_somebody_holds_it),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
