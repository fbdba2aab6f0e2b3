/*
 * An allocator that refuses one call, so that a test can refuse each in turn.
 * The program is linked with --wrap for every function below; what libraries
 * allocate inside is not touched.  Included once a program.
 */
#ifndef CINDERBANK_TESTS_BASE_STARVE_H
#define CINDERBANK_TESTS_BASE_STARVE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static long starve_calls = -1, starve_at; /* calls -1: none is counted */

static bool
starve_now(void)
{
	return starve_calls >= 0 && starve_calls++ == starve_at;
}

void *
__wrap_malloc(size_t size)
{
	return starve_now() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return starve_now() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return starve_now() ? NULL : __real_realloc(old, size);
}

char *
__wrap_strdup(const char *text)
{
	return starve_now() ? NULL : __real_strdup(text);
}

/* Run act with its first allocation refused, then its second, until none is; 0 is success. */
static void
starve_each(int (*act)(struct err *err))
{
	struct err err;
	int result;
	bool refused;

	for (starve_at = 0;; starve_at++) {
		err = (struct err)ERR_INIT;
		starve_calls = 0;
		result = act(&err);
		refused = starve_calls > starve_at;
		starve_calls = -1;
		if (!refused)
			break;
		if (result != -1 || err.kind != ERR_SYSTEM || !strstr(err.text, "out of memory"))
			fail_msg("allocation %ld: %d %s", starve_at, result, err.text);
	}
	assert_int_equal(result, 0);
	assert_true(starve_at > 0);
}

#endif
