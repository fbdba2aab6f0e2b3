#include "doc/number.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "doc/value.h"

/* Little-endian limbs of nine decimal digits: all that a number may need. */
enum { LIMB = 1000000000, LIMB_DIGITS = 9, LIMBS_MAX = NUMBER_MAX * 4 / 29 + 2 };

struct big {
	uint32_t limbs[LIMBS_MAX];
	size_t count;
};

static void
big_step(struct big *big, uint32_t factor, uint32_t addend)
{
	uint64_t carry = addend;

	for (size_t i = 0; i < big->count; i++) {
		carry += (uint64_t)big->limbs[i] * factor;
		big->limbs[i] = (uint32_t)(carry % LIMB);
		carry /= LIMB;
	}
	for (; carry && big->count < LIMBS_MAX; carry /= LIMB)
		big->limbs[big->count++] = (uint32_t)(carry % LIMB);
}

static const struct value *
big_value(struct arena *arena, const struct big *big, bool negative, struct err *err)
{
	char digits[LIMBS_MAX * LIMB_DIGITS + 2];
	size_t length = 0;

	if (negative && big->count)
		digits[length++] = '-';
	length += (size_t)snprintf(digits + length, sizeof digits - length, "%u",
	    big->count ? (unsigned)big->limbs[big->count - 1] : 0);
	for (size_t i = big->count; i-- > 1;)
		length += (size_t)snprintf(
		    digits + length, sizeof digits - length, "%09u", (unsigned)big->limbs[i - 1]);
	return value_digits(arena, digits, err);
}

/* Text without underscores and the blanks around it.  NULL: too long for a number. */
static char *
normalise(struct span text, char ret[NUMBER_MAX + 1])
{
	static const char blanks[] = " \t\n\r\f\v";
	size_t length = 0;

	while (text.length && strchr(blanks, text.data[0])) {
		text.data++;
		text.length--;
	}
	while (text.length && strchr(blanks, text.data[text.length - 1]))
		text.length--;
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] == '_')
			continue;
		if (length == NUMBER_MAX || text.data[i] == '\0')
			return NULL;
		ret[length++] = text.data[i];
	}
	ret[length] = '\0';
	return ret;
}

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

/* Digits of a base, collected into steps that fit 32 bits. */
static bool
read_digits(struct big *big, const char *text, unsigned base)
{
	uint32_t factor = 1, addend = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		int digit = digit_of(*text);

		if (digit >= (int)base)
			return false;
		addend = addend * base + (uint32_t)digit;
		factor *= base;
		if (factor > UINT32_MAX / base / 2) {
			big_step(big, factor, addend);
			factor = 1;
			addend = 0;
		}
	}
	big_step(big, factor, addend);
	return true;
}

/* 12:30:45: a number of any length, then parts of at most two digits. */
static bool
read_sixties(struct big *big, char *text)
{
	char *next = strchr(text, ':');

	*next++ = '\0';
	if (!read_digits(big, text, 10))
		return false;
	for (;;) {
		uint32_t part = 0;
		size_t length = strspn(next, "0123456789");

		if (length < 1 || length > 2)
			return false;
		for (; length; length--)
			part = part * 10 + (uint32_t)digit_of(*next++);
		big_step(big, 60, part);
		if (*next == '\0')
			return true;
		if (*next++ != ':')
			return false;
	}
}

int
number_integer(struct arena *arena, struct span text, struct value *ret, struct err *err)
{
	char normal[NUMBER_MAX + 1];
	struct big big = { .count = 0 };
	const struct value *value;
	char *digits = normalise(text, normal);
	bool negative, good, decimal;

	if (!digits)
		return 0;
	decimal =
	    text.length && text.data[0] == ' '; /* to Python, what follows a blank has no prefix */
	negative = *digits == '-';
	if (*digits == '-' || *digits == '+')
		digits++;
	if (!decimal && strncmp(digits, "0b", 2) == 0)
		good = read_digits(&big, digits + 2, 2);
	else if (!decimal && strncmp(digits, "0x", 2) == 0)
		good = read_digits(&big, digits + 2, 16);
	else if (!decimal && digits[0] == '0')
		good = read_digits(&big, digits, 8);
	else if (strchr(digits, ':'))
		good = read_sixties(&big, digits);
	else
		good = read_digits(&big, digits, 10);
	if (!good)
		return 0;
	value = big_value(arena, &big, negative, err);
	if (!value)
		return -1;
	ret->type = VALUE_INTEGER;
	ret->integer = value->integer;
	ret->digits = value->digits;
	return 1;
}

/* What strtod() takes, but for its hexadecimal and nan(...) forms. */
static bool
read_float(const char *text, double *ret)
{
	static const char *const words[] = { "inf", "infinity", "nan" };
	char *end;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(text, words[i]) == 0) {
			*ret = i == 2 ? (double)NAN : (double)INFINITY;
			return true;
		}
	if (!*text || text[strspn(text, "0123456789.eE+-")] != '\0')
		return false;
	*ret = strtod(text, &end);
	return end != text && *end == '\0';
}

/* From the right, as Python adds them up. */
static bool
read_float_sixties(char *text, double *ret)
{
	double sum = 0, base = 1, part;

	for (char *colon = text; colon; base *= 60) {
		colon = strrchr(text, ':');
		if (!read_float(colon ? colon + 1 : text, &part))
			return false;
		sum += part * base;
		if (colon)
			*colon = '\0';
	}
	*ret = sum;
	return true;
}

bool
number_float(struct span text, double *ret)
{
	char normal[NUMBER_MAX + 1], *digits = normal;
	bool negative, good = true;
	double value;

	if (!normalise(text, normal))
		return false;
	negative = *digits == '-';
	if (*digits == '-' || *digits == '+')
		digits++;
	if (strcasecmp(digits, ".inf") == 0)
		value = (double)INFINITY;
	else if (strcasecmp(digits, ".nan") == 0)
		value = (double)NAN;
	else if (strchr(digits, ':'))
		good = read_float_sixties(digits, &value);
	else
		good = read_float(digits, &value);
	if (good)
		*ret = negative ? -value : value;
	return good;
}

/* The next number of as many digits, of d.ddde±x; nothing if all of them are 9. */
static void
step_up(char *text)
{
	for (char *c = strchr(text, 'e'); c-- > text;) {
		if (*c == '.')
			continue;
		if (*c < '9') {
			++*c;
			return;
		}
		*c = '0';
	}
}

/*
 * Digits that read back, as d.ddde±x; the fewest, but for zeros at their end.  A
 * decimal of up to DBL_DIG digits survives a normal double, so these come first.
 * Above a power of two the doubles lie wider than below it, so there the digits
 * above the nearest ones may do.
 */
static void
shortest(double number, char *ret, size_t size)
{
	for (int precision = number < DBL_MIN ? 0 : DBL_DIG - 1; precision < 17; precision++) {
		snprintf(ret, size, "%.*e", precision, number);
		if (strtod(ret, NULL) == number)
			return;
		step_up(ret);
		if (strtod(ret, NULL) == number)
			return;
	}
}

void
number_print(double number, struct buf *ret)
{
	char text[40], digits[24] = "";
	int exponent, count = 0;

	if (isnan(number)) {
		buf_text(ret, "nan");
		return;
	}
	if (signbit(number))
		buf_byte(ret, '-');
	if (isinf(number)) {
		buf_text(ret, "inf");
		return;
	}
	shortest(fabs(number), text, sizeof text);
	exponent = atoi(strchr(text, 'e') + 1);
	for (const char *c = text; *c != 'e'; c++)
		if (*c != '.')
			digits[count++] = *c;
	while (count > 1 && digits[count - 1] == '0')
		digits[--count] = '\0';
	if (exponent < -4 || exponent >= 16) {
		buf_byte(ret, digits[0]);
		if (count > 1)
			buf_printf(ret, ".%s", digits + 1);
		buf_printf(ret, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent));
	} else if (exponent < 0) {
		buf_printf(ret, "0.%.*s%s", -exponent - 1, "0000", digits);
	} else if (count <= exponent + 1) {
		buf_printf(ret, "%s%.*s.0", digits, exponent + 1 - count, "0000000000000000");
	} else {
		buf_printf(ret, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
	}
}
