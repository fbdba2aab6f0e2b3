/* Every row of every table: what a row must be for parser, renderer and reader alike. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "options/tables.h"

static unsigned wrong;

static void
complain(const struct opt *opt, const char *what, const char *more)
{
	printf("[%s] %s: %s%s\n", opt_section(opt), opt->name, what, more);
	wrong++;
}

static size_t
field_size(const struct opt *opt)
{
	static const size_t sizes[] = {
		[OPT_TYPE_TEXT] = sizeof(const char *),
		[OPT_TYPE_URI] = sizeof(const char *),
		[OPT_TYPE_LIST] = sizeof(const char *),
		[OPT_TYPE_BOOL] = sizeof(bool),
		[OPT_TYPE_INTEGER] = sizeof(int64_t),
		[OPT_TYPE_BYTES] = sizeof(int64_t),
		[OPT_TYPE_FLOAT] = sizeof(double),
		[OPT_TYPE_CHOICE] = sizeof(int),
	};

	return sizes[opt->type];
}

/* Names are words in lower case, so that no letter case can be got wrong. */
static void
check_name(const struct opt *opt)
{
	const char *letter;

	for (letter = opt->name; *letter; letter++)
		if (!islower((unsigned char)*letter) && !isdigit((unsigned char)*letter) &&
		    *letter != '_')
			complain(opt, "a name in other than lower case, digits and _", "");
	if (opt->was && strcmp(opt->was, opt->name) == 0)
		complain(opt, "its old name is its name", "");
}

static void
check_default(const struct opt *opt)
{
	struct err err = ERR_INIT;

	if (opt->dflt && !strchr(opt->dflt, '$') && opt_check(opt, opt->dflt, &err) < 0)
		complain(opt, "the default is refused: ", err.text);
	if (opt->dflt && (opt->flags & OPT_REQUIRED))
		complain(opt, "required, and yet it has a default", "");
	if (!opt->dflt && opt->type == OPT_TYPE_CHOICE)
		complain(opt, "a choice needs a default", "");
	if ((opt->type == OPT_TYPE_CHOICE) != (opt->choices != NULL))
		complain(opt, "choices belong to choices", "");
	if (opt->min > opt->max)
		complain(opt, "bounds that nothing fits", "");
}

static void
check_help(const struct opt *opt)
{
	size_t length = opt->help ? strlen(opt->help) : 0;

	if (!length || opt->help[length - 1] != '.')
		complain(opt, "help is missing, or has no full stop at its end", "");
	else if (!isupper((unsigned char)*opt->help))
		complain(opt, "help begins in lower case", "");
	if (length && (strstr(opt->help, "  ") || strchr(opt->help, '\n')))
		complain(opt, "help has double blanks or line ends", "");
	if ((opt->flags & OPT_NO_EFFECT) && !strstr(opt->help, "no effect"))
		complain(opt, "no effect, and help does not say why", "");
}

/* Drivers may share an option; then it must be one and the same. */
static void
check_twins(const struct opt *a, const struct opt *b)
{
	bool same =
	    strcmp(a->name, b->name) == 0 && opt_same_section(opt_section(a), opt_section(b));

	if (a->hiera && b->hiera && strcmp(a->hiera, b->hiera) == 0 && !same)
		complain(a, "the class parameter is also that of ", b->name);
	if (a->was && strcmp(a->was, b->name) == 0 &&
	    opt_same_section(opt_section(a), opt_section(b)))
		complain(a, "its old name is another option: ", b->name);
	if (!same)
		return;
	if (a->type != b->type || a->min != b->min || a->max != b->max || a->choices != b->choices)
		complain(a, "two rows of one name with other types, bounds or choices", "");
	if (!a->dflt != !b->dflt || (a->dflt && strcmp(a->dflt, b->dflt) != 0))
		complain(a, "two rows of one name with other defaults", "");
}

static void
check_fields(const struct opt_table *table, const struct opt *opt, const struct opt *other)
{
	if (strcmp(opt->name, other->name) == 0 &&
	    opt_same_section(opt_section(opt), opt_section(other)))
		complain(opt, "twice in the table ", table->name);
	if (table->size && opt->offset < other->offset + field_size(other) &&
	    other->offset < opt->offset + field_size(opt))
		complain(opt, "shares its field with ", other->name);
}

/* What has none would be written to wherever the row says. */
static void
check_field(const struct opt_table *table, const struct opt *opt)
{
	if (!table->size && opt->offset != OPT_NOWHERE)
		complain(opt, "has a field, and there is no struct for the table ", table->name);
	else if (table->size && opt->offset == OPT_NOWHERE)
		complain(opt, "has no field in the struct of ", table->name);
	else if (table->size && opt->offset > table->size - field_size(opt))
		complain(opt, "its field lies outside the struct of ", table->name);
}

static void
check_row(const struct opt_table *table, const struct opt *opt)
{
	const struct opt_table *const *others;
	const struct opt *other;

	check_name(opt);
	check_default(opt);
	check_help(opt);
	check_field(table, opt);
	for (others = opt_tables; *others; others++)
		for (other = (*others)->rows; other->name; other++) {
			if (other == opt)
				continue;
			check_twins(opt, other);
			if (*others == table || *others == table->with)
				check_fields(table, opt, other);
		}
}

/* Each of these is wrong; the check that passes them checks nothing. */
static unsigned
count_missed(void)
{
	static const struct opt nowhere = { .name = "a", OPT_NO_FIELD(TEXT), .help = "A." };
	static const struct opt beyond = { .name = "a", .offset = sizeof(int64_t), .help = "A." };
	static const struct opt_table with = { .name = "with", .size = sizeof(int64_t) };
	static const struct opt_table without = { .name = "without" };
	unsigned before = wrong, missed;

	check_field(&with, &nowhere);
	check_field(&with, &beyond);
	check_field(&without, &beyond);
	missed = 3 - (wrong - before);
	wrong = before;
	return missed;
}

int
main(void)
{
	const struct opt_table *const *table;
	const struct opt *opt;
	unsigned count = 0;

	printf("Three mistakes, to show that they are seen:\n");
	wrong = count_missed();
	for (table = opt_tables; *table; table++)
		for (opt = (*table)->rows; opt->name; opt++, count++)
			check_row(*table, opt);
	printf("rows: %u, %u wrong\n", count, wrong);
	return wrong ? 1 : 0;
}
