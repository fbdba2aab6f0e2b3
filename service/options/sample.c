#include "base/buf.h"
#include "base/scope.h"
#include "options/doc.h"
#include "options/tables.h"

enum { WIDTH = 76 };

static const char preface[] =
    "# cinder.conf of the backup service: every option with its default, commented out.\n"
    "# A value stands alone on its line; text behind it, even after a #, is part of it.\n"
    "# cinderbank.conf(5) explains the syntax, `cinderbank doctor` checks the file.\n";

/* Text as comment lines. */
static void
add_comment(const char *text, struct buf *ret)
{
	size_t length;

	while ((length = doc_line(text, WIDTH))) {
		buf_text(ret, "# ");
		buf_add(ret, text, length);
		buf_byte(ret, '\n');
		text += length + (text[length] == ' ');
	}
}

static void
add_option(const struct opt *opt, struct buf *ret)
{
	scoped(buf_drop) struct buf facts = BUF(4096);

	buf_byte(ret, '\n');
	add_comment(opt->help, ret);
	doc_kind(opt, &facts);
	if (!opt->dflt)
		buf_printf(&facts, "; default: %s", doc_default(opt));
	buf_text(ret, "# (");
	buf_add(ret, facts.data, facts.length);
	buf_printf(ret, ")\n#%s =", opt->name);
	if (opt->dflt)
		buf_printf(ret, " %s", opt->dflt);
	buf_byte(ret, '\n');
}

/* The rows of a table that stand in a section. */
static void
add_table(const struct opt_table *table, const char *section, struct buf *ret)
{
	const struct opt *opt;
	bool first = true;

	for (opt = table->rows; opt->name; opt++) {
		if (!opt_same_section(section, opt_section(opt)) || doc_is_repeated(opt))
			continue;
		if (first) {
			buf_text(ret, "\n#\n");
			add_comment(table->title, ret);
			buf_text(ret, "#\n");
			first = false;
		}
		add_option(opt, ret);
	}
}

static void
add_section(const char *section, struct buf *ret)
{
	const struct opt_table *const *table;

	buf_printf(ret, "\n[%s]\n", section);
	for (table = opt_tables; *table; table++)
		if ((*table)->size)
			add_table(*table, section, ret);
}

/* Is this the first row of its section?  Options without a field are not for a file to start from.
 */
static bool
opens_section(const struct opt *row)
{
	const struct opt_table *const *table;
	const struct opt *opt;

	for (table = opt_tables; *table; table++)
		for (opt = (*table)->rows; opt->name; opt++)
			if (opt_same_section(opt_section(opt), opt_section(row)))
				return opt == row && (*table)->size;
	return false;
}

void
doc_sample(struct buf *ret)
{
	const struct opt_table *const *table;
	const struct opt *opt;

	buf_text(ret, preface);
	for (table = opt_tables; *table; table++)
		for (opt = (*table)->rows; opt->name; opt++)
			if (opens_section(opt))
				add_section(opt_section(opt), ret);
}
