#include "doc/scalar.h"

#include <string.h>
#include <strings.h>

/* How far the characters of set go on from position at. */
static size_t
skip(struct span text, size_t at, const char *set)
{
	while (at < text.length && text.data[at] && strchr(set, text.data[at]))
		at++;
	return at;
}

static bool
starts(struct span text, size_t at, const char *with)
{
	size_t length = strlen(with);

	return text.length - at >= length && memcmp(text.data + at, with, length) == 0;
}

static bool
rests(struct span text, size_t at, const char *with)
{
	return starts(text, at, with) && text.length - at == strlen(with);
}

#define DIGITS "0123456789"

/* Where the parts of a base 60 number end: (:[0-5]?[0-9])+, or at if there is none. */
static size_t
skip_sixties(struct span text, size_t at)
{
	while (at < text.length && text.data[at] == ':') {
		size_t end = skip(text, at + 1, DIGITS);

		if (end == at + 1 || end > at + 3 || (end == at + 3 && text.data[at + 1] > '5'))
			return 0;
		at = end;
	}
	return at;
}

static bool
is_integer(struct span text, size_t at)
{
	size_t end;

	if (at == text.length)
		return false;
	if (text.data[at] == '0') {
		if (starts(text, at, "0b"))
			end = skip(text, at + 2, "01_");
		else if (starts(text, at, "0x"))
			end = skip(text, at + 2, DIGITS "abcdefABCDEF_");
		else
			return skip(text, at, "01234567_") == text.length;
		return end > at + 2 && end == text.length;
	}
	if (text.data[at] == '_')
		return false;
	end = skip(text, at, DIGITS "_");
	return end > at && skip_sixties(text, end) == text.length;
}

/* ([eE][-+][0-9]+)? up to the end of the text. */
static bool
is_exponent(struct span text, size_t at)
{
	size_t end;

	if (at == text.length)
		return true;
	if (skip(text, at, "eE") != at + 1 || skip(text, at + 1, "+-") != at + 2)
		return false;
	end = skip(text, at + 2, DIGITS);
	return end > at + 2 && end == text.length;
}

static bool
is_word_float(struct span text, size_t at)
{
	return rests(text, at, ".inf") || rests(text, at, ".Inf") || rests(text, at, ".INF") ||
	       (at == 0 &&
		   (rests(text, at, ".nan") || rests(text, at, ".NaN") || rests(text, at, ".NAN")));
}

/* at: behind the sign; a number that starts with its point has none. */
static bool
is_float(struct span text, size_t at)
{
	size_t end, fraction;

	if (is_word_float(text, at))
		return true;
	if (at == text.length || text.data[at] == '_')
		return false;
	end = skip(text, at, DIGITS "_");
	if (end == at) {
		if (at > 0 || text.data[0] != '.' || skip(text, 1, DIGITS) == 1)
			return false;
		return is_exponent(text, skip(text, 1, DIGITS "_"));
	}
	fraction = skip_sixties(text, end);
	if (!fraction || fraction == text.length || text.data[fraction] != '.')
		return false;
	at = skip(text, fraction + 1, DIGITS "_");
	return fraction > end ? at == text.length : is_exponent(text, at);
}

static bool
is_null(struct span text)
{
	return text.length == 0 || rests(text, 0, "~") || rests(text, 0, "null") ||
	       rests(text, 0, "Null") || rests(text, 0, "NULL");
}

int
scalar_bool(struct span text, bool *ret)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (text.length == strlen(words[i]) &&
		    strncasecmp(text.data, words[i], text.length) == 0) {
			*ret = i % 2;
			return 1;
		}
	return 0;
}

/* All lower, all upper, or capitalised. */
static bool
is_bool(struct span text)
{
	bool first_upper, rest_upper, value;

	if (!scalar_bool(text, &value))
		return false;
	first_upper = text.data[0] < 'a';
	rest_upper = text.data[1] < 'a';
	if (rest_upper && !first_upper)
		return false;
	for (size_t i = 2; i < text.length; i++)
		if ((text.data[i] < 'a') != rest_upper)
			return false;
	return true;
}

enum scalar
scalar_of(struct span plain)
{
	size_t sign = plain.length && strchr("+-", plain.data[0]) && plain.data[0] ? 1 : 0;

	if (is_null(plain))
		return SCALAR_NULL;
	if (is_bool(plain))
		return SCALAR_BOOL;
	if (is_float(plain, sign))
		return SCALAR_FLOAT;
	if (is_integer(plain, sign))
		return SCALAR_INTEGER;
	if (rests(plain, 0, "<<"))
		return SCALAR_MERGE;
	return rests(plain, 0, "=") ? SCALAR_VALUE : SCALAR_TEXT;
}
