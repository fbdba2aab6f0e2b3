#include "doc/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "unit/doc/parse.h"

static void
floats_print_as_python_prints_them(void **state)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = {
		{ 0.0, "0.0" },
		{ -0.0, "-0.0" },
		{ 1, "1.0" },
		{ 1.1, "1.1" },
		{ -62.5, "-62.5" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 100, "100.0" },
		{ 123456.789, "123456.789" },
		{ 0.001, "0.001" },
		{ 0.0001, "0.0001" },
		{ 0.00012345, "0.00012345" },
		{ 0.00001, "1e-05" },
		{ 1.5e-7, "1.5e-07" },
		{ 1e15, "1000000000000000.0" },
		{ 123456789012345.6, "123456789012345.6" },
		{ 1e16, "1e+16" },
		{ 1.25e16, "1.25e+16" },
		{ 1e22, "1e+22" },
		{ 1e100, "1e+100" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ DBL_MIN, "2.2250738585072014e-308" },
		{ 5e-324, "5e-324" },
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 0x1p861, "1.5375394465392026e+259" },
		{ 9007199254740993.0, "9007199254740992.0" },
		{ (double)INFINITY, "inf" },
		{ -(double)INFINITY, "-inf" },
		{ (double)NAN, "nan" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(64);

		number_print(rows[i].number, &text);
		assert_string_equal(buf_string(&text), rows[i].text);
	}
}

static void
printed_floats_read_back(void **state)
{
	(void)state;
	for (int exponent = -1074; exponent < 1024; exponent += 7) {
		double around[] = { ldexp(1, exponent), nextafter(ldexp(1, exponent), 0),
			nextafter(ldexp(1, exponent), DBL_MAX), ldexp(1.1, exponent) };

		for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
			scoped(buf_drop) struct buf text = BUF(64);

			number_print(around[i], &text);
			assert_true(strtod(buf_string(&text), NULL) == around[i]);
		}
	}
}

static void
integers_of_every_base(void **state)
{
	static const struct {
		const char *text, *digits; /* NULL: none */
	} rows[] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "+7", "7" },
		{ "0755", "493" },
		{ "08", NULL },
		{ "0b1_01", "5" },
		{ "-0b11", "-3" },
		{ "0b", NULL },
		{ "0b2", NULL },
		{ "0x1F", "31" },
		{ "0x", NULL },
		{ "0xg", NULL },
		{ "1_000", "1000" },
		{ "12:30", "750" },
		{ "-190:20:30", "-685230" },
		{ "1:", NULL },
		{ "1:x", NULL },
		{ "x:1", NULL },
		{ "1:2x", NULL },
		{ " 0755 ", "755" },
		{ "", NULL },
		{ "-", NULL },
		{ "a", NULL },
		{ "1.0", NULL },
		{ "0xffffffffffffffffffffffff", "79228162514264337593543950335" },
		{ "0777777777777777777777777777777", "1237940039285380274899124223" },
		{ "1000000000000000000000:59:59", "3600000000000000000003599" },
		{ "-99999999999999999999", "-99999999999999999999" },
		{ "1000000000000000000000000000", "1000000000000000000000000000" },
	};
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		scoped(buf_drop) struct buf text = BUF(64);
		struct value value = { .type = VALUE_NULL };
		int found = number_integer(arena, span_of(rows[i].text), &value, &err);

		if (found != (rows[i].digits != NULL))
			fail_msg("%s: %d", rows[i].text, found);
		if (!found)
			continue;
		value_python(&value, &text);
		assert_string_equal(buf_string(&text), rows[i].digits);
	}
}

static void
floats_of_every_form(void **state)
{
	static const struct {
		const char *text;
		double number;
		bool good;
	} rows[] = {
		{ "1.5", 1.5, true },
		{ "1_0.5", 10.5, true },
		{ ".5", 0.5, true },
		{ "5.", 5, true },
		{ "1.0e+3", 1000, true },
		{ "1e3", 1000, true },
		{ " 7 ", 7, true },
		{ "-1:30.5", -90.5, true },
		{ "1:2:3.25", 3723.25, true },
		{ "-.INF", -(double)INFINITY, true },
		{ "inf", (double)INFINITY, true },
		{ "Infinity", (double)INFINITY, true },
		{ "", 0, false },
		{ "-", 0, false },
		{ "1:", 0, false },
		{ "0x1p3", 0, false },
		{ "nan(1)", 0, false },
		{ "1.2.3", 0, false },
		{ "word", 0, false },
	};
	double number;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (number_float(span_of(rows[i].text), &number) != rows[i].good)
			fail_msg("%s", rows[i].text);
		if (rows[i].good)
			assert_true(number == rows[i].number);
	}
	assert_true(number_float(span_of("+.NaN"), &number) && isnan(number));
}

static void
number_of_too_many_digits_is_none(void **state)
{
	char digits[NUMBER_MAX + 2];
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);
	struct value value;
	double number;
	struct err err;

	(void)state;
	memset(digits, 'f', sizeof digits);
	memcpy(digits, "0x", 2);
	assert_int_equal(
	    number_integer(arena, (struct span){ digits, NUMBER_MAX }, &value, &err), 1);
	assert_int_equal(strlen(value.digits), 5176);
	assert_int_equal(
	    number_integer(arena, (struct span){ digits, NUMBER_MAX + 1 }, &value, &err), 0);
	memset(digits, '1', sizeof digits);
	assert_false(number_float((struct span){ digits, NUMBER_MAX + 1 }, &number));
	assert_false(number_float((struct span){ "1\0002", 3 }, &number));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats_print_as_python_prints_them),
		cmocka_unit_test(printed_floats_read_back),
		cmocka_unit_test(integers_of_every_base),
		cmocka_unit_test(floats_of_every_form),
		cmocka_unit_test(number_of_too_many_digits_is_none),
	};

	return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
