#include "options/opt.h"

#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "options/nearest.h"

enum { NUMBER_TEXT_MAX = 64, CHOICES_TEXT_MAX = 256, SHOWN_MAX = 80 };

const char *
opt_section(const struct opt *opt)
{
	return opt->section ? opt->section : "DEFAULT";
}

bool
opt_same_section(const char *a, const char *b)
{
	bool is_default = strcmp(a, "DEFAULT") == 0;

	if (is_default != (strcmp(b, "DEFAULT") == 0))
		return false;
	return is_default || strcasecmp(a, b) == 0;
}

/* The value as far as it may be shown, on one line. */
static void
show(const struct opt *opt, const char *text, char ret[SHOWN_MAX + 8])
{
	size_t i;

	strcpy(ret, "");
	if (opt->flags & OPT_SECRET)
		return;
	strcpy(ret, " = \"");
	for (i = 4; *text && i < SHOWN_MAX; text++)
		ret[i++] = iscntrl((unsigned char)*text) ? ' ' : *text;
	strcpy(ret + i, *text ? "...\"" : "\"");
}

static int refuse(const struct opt *opt, const char *text, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
refuse(const struct opt *opt, const char *text, struct err *err, const char *fmt, ...)
{
	char shown[SHOWN_MAX + 8];
	va_list args;

	va_start(args, fmt);
	err_setv(err, ERR_INVALID, fmt, args);
	va_end(args);
	show(opt, text, shown);
	if (opt->section)
		return err_wrap(err, "[%s] %s%s", opt->section, opt->name, shown);
	return err_wrap(err, "%s%s", opt->name, shown);
}

/*
 * Copy a number without the blanks around it and the underscores between its
 * digits.  0: it has other underscores, or is too long to be one.
 */
static int
strip_number(const char *text, char ret[NUMBER_TEXT_MAX])
{
	size_t length = 0, end = strlen(text), i = 0;

	while (isspace((unsigned char)text[i]))
		i++;
	while (end > i && isspace((unsigned char)text[end - 1]))
		end--;
	for (; i < end; i++) {
		if (text[i] == '_') {
			if (!length || !isdigit((unsigned char)ret[length - 1]) ||
			    !isdigit((unsigned char)text[i + 1]) || text[i - 1] == '_')
				return 0;
			continue;
		}
		if (length + 1 == NUMBER_TEXT_MAX)
			return 0;
		ret[length++] = text[i];
	}
	ret[length] = '\0';
	return 1;
}

/* "64k" or "2 GiB" in bytes: people write it, oslo.config does not take it.  0: not such a text. */
static int64_t
bytes_meant(const char *number)
{
	static const char units[] = "kmgt";
	const char *digit = number, *unit;
	int64_t bytes = 0;

	for (; isdigit((unsigned char)*digit) && bytes < INT64_MAX / 100; digit++)
		bytes = bytes * 10 + (*digit - '0');
	while (*digit == ' ')
		digit++;
	unit = *digit ? strchr(units, tolower((unsigned char)*digit)) : NULL;
	if (!unit || (digit[1] && strcasecmp(digit + 1, "b") && strcasecmp(digit + 1, "ib")))
		return 0;
	if (bytes > INT64_MAX >> (10 * (unit - units + 1)))
		return 0;
	return bytes << (10 * (unit - units + 1));
}

static int
refuse_integer(const struct opt *opt, const char *text, const char *number, struct err *err)
{
	int64_t meant = opt->type == OPT_TYPE_BYTES ? bytes_meant(number) : 0;

	if (meant)
		return refuse(
		    opt, text, err, "must be a whole number; for %s write %" PRId64, number, meant);
	return refuse(opt, text, err, "must be a whole number%s",
	    opt->type == OPT_TYPE_BYTES ? " of bytes" : "");
}

static int
check_bounds(const struct opt *opt, const char *text, double value, struct err *err)
{
	if (!opt->min && !opt->max)
		return 0;
	if (value < (double)opt->min)
		return refuse(opt, text, err, "must be at least %" PRId64, opt->min);
	if (value > (double)opt->max)
		return refuse(opt, text, err, "must be at most %" PRId64, opt->max);
	return 0;
}

static int
parse_integer(const struct opt *opt, const char *text, int64_t *ret, struct err *err)
{
	char number[NUMBER_TEXT_MAX] = "";
	const char *digit = number;
	int64_t value = 0;
	bool negative;

	if (!strip_number(text, number))
		return refuse_integer(opt, text, number, err);
	if (!*number)
		return 0;
	negative = *digit == '-';
	digit += *digit == '-' || *digit == '+';
	if (!isdigit((unsigned char)*digit))
		return refuse_integer(opt, text, number, err);
	for (; isdigit((unsigned char)*digit); digit++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *digit - '0', &value))
			return refuse(opt, text, err, "is out of range");
	if (*digit)
		return refuse_integer(opt, text, number, err);
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return refuse(opt, text, err, "is out of range");
	if (check_bounds(opt, text, (double)value, err) < 0)
		return -1;
	*ret = value;
	return 0;
}

static int
parse_float(const struct opt *opt, const char *text, double *ret, struct err *err)
{
	char number[NUMBER_TEXT_MAX] = "", *end;
	double value;

	if (!strip_number(text, number) || strspn(number, "0123456789+-.eE") != strlen(number))
		return refuse(opt, text, err, "must be a number");
	if (!*number)
		return 0;
	value = strtod(number, &end);
	if (*end || end == number || !isfinite(value))
		return refuse(opt, text, err, "must be a number");
	if (check_bounds(opt, text, value, err) < 0)
		return -1;
	*ret = value;
	return 0;
}

static int
parse_bool(const struct opt *opt, const char *text, bool *ret, struct err *err)
{
	static const char *const names[2][4] = { { "false", "0", "off", "no" },
		{ "true", "1", "on", "yes" } };
	size_t i;

	for (i = 0; i < 8; i++)
		if (strcasecmp(text, names[i / 4][i % 4]) == 0) {
			*ret = i / 4;
			return 0;
		}
	return refuse(opt, text, err, "must be one of true, 1, on, yes, false, 0, off, no");
}

static int
refuse_choice(const struct opt *opt, const char *text, struct err *err)
{
	char all[CHOICES_TEXT_MAX] = "";
	struct nearest nearest = { .word = text };
	const struct choice *choice;
	size_t used = 0;

	for (choice = opt->choices; choice->name; choice++) {
		nearest_offer(&nearest, choice->name);
		if (used < sizeof all)
			used += (size_t)snprintf(
			    all + used, sizeof all - used, "%s%s", used ? ", " : "", choice->name);
	}
	if (nearest.name && !(opt->flags & OPT_SECRET))
		return refuse(
		    opt, text, err, "must be one of %s; did you mean %s", all, nearest.name);
	return refuse(opt, text, err, "must be one of %s", all);
}

static int
parse_choice(const struct opt *opt, const char *text, int *ret, struct err *err)
{
	const struct choice *choice;

	for (choice = opt->choices; choice->name; choice++) {
		if (strcmp(text, choice->name) != 0 &&
		    (!(opt->flags & OPT_ANY_CASE) || strcasecmp(text, choice->name) != 0))
			continue;
		*ret = choice->value;
		return 0;
	}
	return refuse_choice(opt, text, err);
}

/* A scheme, "://" and a host: all that oslo.config asks of a URI. */
static int
check_uri(const struct opt *opt, const char *text, struct err *err)
{
	size_t scheme = 0, host;
	const char *authority;

	while (isalnum((unsigned char)text[scheme]) ||
	       (scheme && text[scheme] && strchr("+-.", text[scheme])))
		scheme++;
	if (!scheme || !isalpha((unsigned char)*text) || strncmp(text + scheme, "://", 3) != 0)
		return refuse(opt, text, err, "must be a URL, as in https://host/path");
	authority = text + scheme + 3;
	host = strcspn(authority, "/?#");
	if (memchr(authority, '@', host)) {
		const char *at = memchr(authority, '@', host);

		host -= (size_t)(at + 1 - authority);
		authority = at + 1;
	}
	if (!host || *authority == ':')
		return refuse(opt, text, err, "must name a host, as in https://host/path");
	if (strcspn(authority, " \t\n\"<>\\^`{|}") < host ||
	    (*authority == '[' && !memchr(authority, ']', host)))
		return refuse(opt, text, err, "has a host name that cannot be");
	return 0;
}

static int
parse_text(const char *text, const char **ret, struct arena *arena, struct err *err)
{
	const char *copy = arena_text(arena, text, err);

	if (!copy)
		return -1;
	*ret = copy;
	return 0;
}

/* What any field may hold, so that a value can be checked without a struct to fill. */
union field {
	const char *text;
	int64_t integer;
	double real;
	bool truth;
	int choice;
};

/* Parse into a field; without an arena texts are only checked. */
static int
parse(const struct opt *opt, const char *text, void *field, struct arena *arena, struct err *err)
{
	switch (opt->type) {
	case OPT_TYPE_BOOL:
		return parse_bool(opt, text, field, err);
	case OPT_TYPE_INTEGER:
	case OPT_TYPE_BYTES:
		return parse_integer(opt, text, field, err);
	case OPT_TYPE_FLOAT:
		return parse_float(opt, text, field, err);
	case OPT_TYPE_CHOICE:
		return parse_choice(opt, text, field, err);
	case OPT_TYPE_URI:
		if (check_uri(opt, text, err) < 0)
			return -1;
		break;
	case OPT_TYPE_TEXT:
	case OPT_TYPE_LIST:
		break;
	}
	return arena ? parse_text(text, field, arena, err) : 0;
}

int
opt_parse(
    const struct opt *opt, const char *text, void *filled, struct arena *arena, struct err *err)
{
	return parse(opt, text, (char *)filled + opt->offset, arena, err);
}

int
opt_check(const struct opt *opt, const char *text, struct err *err)
{
	union field field;

	return parse(opt, text, &field, NULL, err);
}

static const char *
choice_name(const struct opt *opt, int value)
{
	const struct choice *choice = opt->choices;

	while (choice->name && choice->value != value)
		choice++;
	return choice->name ? choice->name : "";
}

void
opt_print_secret(const struct opt *opt, const void *filled, struct buf *ret)
{
	const void *field = (const char *)filled + opt->offset;

	switch (opt->type) {
	case OPT_TYPE_BOOL:
		buf_text(ret, *(const bool *)field ? "True" : "False");
		break;
	case OPT_TYPE_INTEGER:
	case OPT_TYPE_BYTES:
		buf_printf(ret, "%" PRId64, *(const int64_t *)field);
		break;
	case OPT_TYPE_FLOAT:
		buf_printf(ret, "%.*g", DBL_DIG, *(const double *)field);
		break;
	case OPT_TYPE_CHOICE:
		buf_text(ret, choice_name(opt, *(const int *)field));
		break;
	case OPT_TYPE_TEXT:
	case OPT_TYPE_URI:
	case OPT_TYPE_LIST:
		if (*(const char *const *)field)
			buf_text(ret, *(const char *const *)field);
		break;
	}
}

void
opt_print(const struct opt *opt, const void *filled, struct buf *ret)
{
	const char *const *text = (const void *)((const char *)filled + opt->offset);

	if ((opt->flags & OPT_SECRET) && *text)
		buf_text(ret, "***");
	else
		opt_print_secret(opt, filled, ret);
}
