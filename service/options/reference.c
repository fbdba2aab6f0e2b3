#include "base/buf.h"
#include "options/doc.h"
#include "options/tables.h"

static const char preface[] =
    "# Options of cinder.conf\n"
    "\n"
    "Made from the rows of `service/options/` by `cinderbank-doc`; change those, then build the\n"
    "target `docs`.  The same text is the manual page `cinderbank.conf(5)`, and\n"
    "[cinderbank.conf.sample](cinderbank.conf.sample) is a file to start from.\n"
    "\n"
    "## The file\n"
    "\n"
    "    [DEFAULT]\n"
    "    # A comment has its sign in the first column.\n"
    "    state_path = /var/lib/cinder\n"
    "    backup_posix_path = $state_path/backup\n"
    "    backup_swift_container = \"with blanks at its ends \"\n"
    "\n"
    "The rules are those of oslo.config, so a file for cinder-backup is a file for us.\n"
    "\n"
    "- `--config-file` and `--config-dir` may stand several times; what is read later wins, as "
    "does\n"
    "  the last line of one file. A directory gives its `*.conf` in the order of their names. "
    "Without\n"
    "  a file, the first `cinder.conf` and the first `cinder-backup.conf` in `~/.cinder`, `~`,\n"
    "  `/etc/cinder` and `/etc` are read; without a directory, `cinder.conf.d` and\n"
    "  `cinder-backup.conf.d` from the same places. These come before what the command line "
    "names.\n"
    "- The environment beats the files: `OS_DEFAULT__BACKUP_SHARE`, `OS_CINDERBANK__MERGE_GAP`.\n"
    "- `#` and `;` begin a comment in the first column only. `value ; text` is all value.\n"
    "- An indented line continues the value before it, even if a `#` follows the indent. A blank\n"
    "  line ends the value.\n"
    "- One pair of quotes around a value is taken off.\n"
    "- `$name` and `${name}` stand for another option, `${group.name}` for one of another "
    "section,\n"
    "  `$$` for a dollar sign. A name reaches as far as letters, digits, `_` and `.` go: write\n"
    "  `${host}.log`.\n"
    "- A truth is `true`, `1`, `on`, `yes` or `false`, `0`, `off`, `no`. A number has no unit: "
    "`64k`\n"
    "  and `0x10` are refused, `1_000` is not. An empty number keeps its default.\n"
    "- Names of options count with their letter case, names of sections without, save `DEFAULT`.\n"
    "\n"
    "`cinderbank doctor` says what in your files is misspelt, misplaced, outdated or without "
    "effect.\n";

static void
add_facts(const struct opt *opt, struct buf *ret)
{
	doc_kind(opt, ret);
	if (opt->dflt)
		buf_printf(ret, "; default `%s`", opt->dflt);
	else
		buf_printf(ret, "; default: %s", doc_default(opt));
	if (opt->since)
		buf_printf(ret, "; cinder has it since %s", opt->since);
	buf_byte(ret, '\n');
}

static void
add_option(const struct opt *opt, struct buf *ret)
{
	buf_text(ret, "\n### ");
	if (opt->section)
		buf_printf(ret, "[%s] ", opt->section);
	buf_printf(ret, "%s\n\n", opt->name);
	add_facts(opt, ret);
	buf_printf(ret, "\n%s\n", opt->help);
	if (opt->was)
		buf_printf(ret, "\nOlder name: `%s`.\n", opt->was);
	if (opt->hiera)
		buf_printf(ret, "\nPuppet: `%s`.\n", opt->hiera);
}

/* Options that earlier tables explain; a class of Puppet's may still have its own name for them. */
static void
add_repeated(const struct opt_table *table, struct buf *ret)
{
	const struct opt *opt;
	bool first = true;

	for (opt = table->rows; opt->name; opt++) {
		if (!doc_is_repeated(opt))
			continue;
		buf_text(ret, first ? "\nExplained above, and read here too:\n\n" : "");
		first = false;
		buf_printf(ret, "- `%s`", opt->name);
		if (opt->hiera)
			buf_printf(ret, ", which Puppet has as `%s`", opt->hiera);
		buf_byte(ret, '\n');
	}
}

/* Options without a field are a table: one looks them up, one does not read them. */
static void
add_brief(const struct opt_table *table, struct buf *ret)
{
	const struct opt *opt;

	buf_text(ret, "\n| option | default | meaning |\n|---|---|---|\n");
	for (opt = table->rows; opt->name; opt++) {
		buf_text(ret, "| ");
		if (opt->section)
			buf_printf(ret, "[%s] ", opt->section);
		if (opt->dflt)
			buf_printf(ret, "%s | `%s` | %s |\n", opt->name, opt->dflt, opt->help);
		else
			buf_printf(ret, "%s | %s | %s |\n", opt->name, doc_default(opt), opt->help);
	}
}

void
doc_reference(struct buf *ret)
{
	const struct opt_table *const *table;
	const struct opt *opt;

	buf_text(ret, preface);
	for (table = opt_tables; *table; table++) {
		buf_printf(ret, "\n## %s\n\n%s\n", (*table)->title, (*table)->about);
		if (!(*table)->size) {
			add_brief(*table, ret);
			continue;
		}
		for (opt = (*table)->rows; opt->name; opt++)
			if (!doc_is_repeated(opt))
				add_option(opt, ret);
		add_repeated(*table, ret);
	}
}
