#include <string.h>

#include "base/buf.h"
#include "base/scope.h"
#include "options/doc.h"
#include "options/tables.h"

enum { WIDTH = 74 };

static const char preface[] =
    ".\\\" Made from the rows of service/options by cinderbank-doc; change those.\n"
    ".Dd November 23, 2026\n"
    ".Dt CINDERBANK.CONF 5\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm cinderbank.conf\n"
    ".Nd options of cinder.conf as the backup service reads them\n"
    ".Sh DESCRIPTION\n"
    "The service and the verbs of\n"
    ".Xr cinderbank 8\n"
    "read the file\n"
    ".Pa cinder.conf\n"
    "of OpenStack's block storage under the rules of oslo.config, so that a file for\n"
    "cinder-backup is a file for them.\n"
    ".Pp\n"
    "The options\n"
    ".Fl -config-file\n"
    "and\n"
    ".Fl -config-dir\n"
    "may stand several times; what is read later wins, as does the last line of\n"
    "one file.\n"
    "A directory gives its\n"
    ".Pa *.conf\n"
    "in the order of their names.\n"
    ".Ss Syntax\n"
    "A line is a section in brackets, an option as\n"
    ".Ar name Li = Ar value ,\n"
    "or a comment, whose\n"
    ".Sq #\n"
    "or\n"
    ".Sq \\&;\n"
    "stands in the first column.\n"
    "There are no comments behind values.\n"
    "An indented line continues the value before it, even if a\n"
    ".Sq #\n"
    "follows the indent; a blank line ends the value.\n"
    "One pair of quotes around a value is taken off.\n"
    ".Pp\n"
    "In a value,\n"
    ".Li $name\n"
    "and\n"
    ".Li ${name}\n"
    "stand for another option,\n"
    ".Li ${group.name}\n"
    "for one of another section, and\n"
    ".Li $$\n"
    "for a dollar sign.\n"
    "A name reaches as far as letters, digits, underscores and full stops go: write\n"
    ".Li ${host}.log .\n"
    ".Pp\n"
    "A truth is true, 1, on, yes or false, 0, off, no.\n"
    "A number has no unit; an empty one keeps its default.\n"
    "Names of options count with their letter case, names of sections without,\n"
    "save DEFAULT.\n";

static const char appendix[] =
    ".Sh ENVIRONMENT\n"
    ".Bl -tag -width Ds\n"
    ".It Ev OS_GROUP__OPTION\n"
    "beats what the files say of the option in the section, both in upper case,\n"
    "as in\n"
    ".Ev OS_DEFAULT__BACKUP_SHARE .\n"
    ".El\n"
    ".Sh FILES\n"
    "Without\n"
    ".Fl -config-file ,\n"
    "the first\n"
    ".Pa cinder.conf\n"
    "and the first\n"
    ".Pa cinder-backup.conf\n"
    "of these places are read; without\n"
    ".Fl -config-dir ,\n"
    "so are the first\n"
    ".Pa cinder.conf.d\n"
    "and\n"
    ".Pa cinder-backup.conf.d .\n"
    ".Pp\n"
    ".Bl -tag -width /etc/cinder -compact\n"
    ".It Pa ~/.cinder\n"
    ".It Pa ~\n"
    ".It Pa /etc/cinder\n"
    ".It Pa /etc\n"
    ".El\n"
    ".Sh EXAMPLES\n"
    "Backups on an NFS export, in a cloud:\n"
    ".Bd -literal -offset indent\n"
    "[DEFAULT]\n"
    "backup_driver = cinder.backup.drivers.nfs.NFSBackupDriver\n"
    "backup_share = nfs.example.org:/srv/backup\n"
    "transport_url = rabbit://cinder:secret@broker.example.org:5672/\n"
    "\n"
    "[database]\n"
    "connection = mysql+pymysql://cinder:secret@db.example.org/cinder\n"
    "\n"
    "[cinderbank]\n"
    "volumes = cinder\n"
    ".Ed\n"
    ".Sh SEE ALSO\n"
    ".Xr cinderbank-render 1 ,\n"
    ".Xr cinderbank 8\n";

/* Text of any kind, safe from roff, on the line that is being written. */
static void
add_words(const char *text, size_t length, struct buf *ret)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (text[i] == '\\')
			buf_text(ret, "\\e");
		else if (text[i] == '\'' || text[i] == '`' || text[i] == '~' || text[i] == '^')
			buf_printf(ret, "\\%s",
			    text[i] == '\''  ? "(aq"
			    : text[i] == '`' ? "(ga"
			    : text[i] == '~' ? "(ti"
					     : "(ha");
		else
			buf_byte(ret, text[i]);
	}
}

/* Each sentence begins a line, so that roff sees where it ends. */
static void
add_text(const char *text, struct buf *ret)
{
	size_t sentence, length;

	while ((sentence = doc_sentence(text))) {
		length = doc_line(text, WIDTH);
		if (length > sentence)
			length = sentence;
		if (*text == '.')
			buf_text(ret, "\\&");
		add_words(text, length, ret);
		buf_byte(ret, '\n');
		text += length + strspn(text + length, " ");
	}
}

static void
add_option(const struct opt *opt, struct buf *ret)
{
	scoped(buf_drop) struct buf facts = BUF(4096);

	buf_text(&facts, "Value: ");
	buf_text(ret, ".It ");
	if (opt->section)
		buf_printf(ret, "Bq %s ", opt->section);
	buf_printf(ret, "Ic %s\n", opt->name);
	add_text(opt->help, ret);
	doc_kind(opt, &facts);
	buf_printf(&facts, "; default: %s", doc_default(opt));
	if (opt->was)
		buf_printf(&facts, "; older name: %s", opt->was);
	buf_byte(&facts, '.');
	buf_text(ret, ".Pp\n");
	add_text(buf_string(&facts), ret);
}

static void
add_table(const struct opt_table *table, struct buf *ret)
{
	const struct opt *opt;

	buf_printf(ret, ".Ss %s\n", table->title);
	add_text(table->about, ret);
	buf_text(ret, ".Bl -tag -width Ds\n");
	for (opt = table->rows; opt->name; opt++)
		if (!doc_is_repeated(opt))
			add_option(opt, ret);
	buf_text(ret, ".El\n");
}

void
doc_manual(struct buf *ret)
{
	const struct opt_table *const *table;

	buf_text(ret, preface);
	buf_text(ret, ".Sh OPTIONS\n");
	for (table = opt_tables; *table; table++)
		if (!((*table)->rows->flags & OPT_ELSEWHERE))
			add_table(*table, ret);
	buf_text(ret, appendix);
}
