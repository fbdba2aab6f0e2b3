#include <string.h>

#include "base/buf.h"
#include "front/doc.h"
#include "front/verbs.h"

enum { WIDTH = 74 };

static const char preface[] =
    ".\\\" Made from the rows of service/front/verb_rows.c by cinderbank-verbs; change those.\n"
    ".Dd November 23, 2026\n"
    ".Dt CINDERBANK 8\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm cinderbank\n"
    ".Nd back up, restore and look after volumes\n"
    ".Sh SYNOPSIS\n"
    ".Nm\n"
    ".Ar verb\n"
    ".Op Ar word ...\n"
    ".Op Ar option ...\n"
    ".Nm cinder-backup\n"
    ".Op Fl -config-file Ar FILE\n"
    ".Sh DESCRIPTION\n";

static const char environment[] =
    ".Sh ENVIRONMENT\n"
    ".Bl -tag -width Ds\n"
    ".It Ev OS_TOKEN , OS_PROJECT_ID\n"
    "Token and project of whoever asks, for a store that keeps backups in his account\n"
    ".Pq Ic backup_swift_auth No = per_user .\n"
    ".El\n";

static const char files[] = ".Sh FILES\n"
			    ".Bl -tag -width Ds\n"
			    ".It Pa /etc/cinder/cinder.conf\n"
			    "What the options are, where no other file is named.\n"
			    ".It Pa /var/lib/cinder/cinderbank.sqlite\n"
			    "The catalogue, where\n"
			    ".Ic connection\n"
			    "names no other.\n"
			    ".El\n";

static const char appendix[] = ".Sh SEE ALSO\n"
			       ".Xr cinderbank-render 1 ,\n"
			       ".Xr cinderbank.conf 5\n";

/* Text of any kind, safe from roff. */
static void
add_words(const char *text, size_t length, struct buf *ret)
{
	static const struct {
		char plain;
		const char *roff;
	} rows[] = { { '\\', "\\e" }, { '\'', "\\(aq" }, { '`', "\\(ga" }, { '~', "\\(ti" },
		{ '^', "\\(ha" }, { '-', "\\-" } };
	size_t i, row;

	for (i = 0; i < length; i++) {
		for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
			if (rows[row].plain == text[i])
				break;
		}
		if (row < sizeof rows / sizeof rows[0])
			buf_text(ret, rows[row].roff);
		else
			buf_byte(ret, text[i]);
	}
}

/* Bytes of the next line: to the end of a sentence, or as many words as fit. */
static size_t
line_length(const char *text)
{
	size_t end, blank = 0;

	for (end = 0; text[end]; end++) {
		if (text[end] == ' ' && end > WIDTH && blank)
			return blank;
		if (text[end] == ' ')
			blank = end;
		if (text[end] == '.' && text[end + 1] == ' ')
			return end + 1;
	}
	return end > WIDTH && blank ? blank : end;
}

static void
add_text(const char *text, struct buf *ret)
{
	size_t length;

	while (*text) {
		length = line_length(text);
		if (*text == '.' || *text == '\'')
			buf_text(ret, "\\&");
		add_words(text, length, ret);
		buf_byte(ret, '\n');
		text += length + strspn(text + length, " ");
	}
}

static void
add_options(const struct verb_option *options, struct buf *ret)
{
	for (; options->name; options++) {
		buf_printf(ret, ".It Fl -%s", options->name);
		if (options->value)
			buf_printf(ret, " Ar %s", options->value);
		buf_byte(ret, '\n');
		add_text(options->help, ret);
	}
}

static void
add_example(const struct verb_example *example, struct buf *ret)
{
	buf_text(ret, ".Pp\n");
	add_text(example->does, ret);
	buf_text(ret, ".Dl ");
	add_words(example->command, strlen(example->command), ret);
	buf_byte(ret, '\n');
}

static void
add_verb(const struct verb *verb, struct buf *ret)
{
	const struct verb_example *example;
	const struct verb_word *word;

	buf_printf(ret, ".Ss %s\n.Nm\n.Cm %s\n", verb->summary, verb->name);
	for (word = verb->words; word->name; word++)
		buf_printf(ret, word->optional ? ".Op Ar %s%s\n" : ".Ar %s%s\n", word->name,
		    word->repeats ? " ..." : "");
	if (verb->options->name)
		buf_text(ret, ".Op Ar option ...\n");
	buf_text(ret, ".Pp\n");
	add_text(verb->help, ret);
	if (verb->words->name || verb->options->name)
		buf_text(ret, ".Bl -tag -width Ds\n");
	for (word = verb->words; word->name; word++) {
		buf_printf(ret, ".It Ar %s\n", word->name);
		add_text(word->help, ret);
	}
	add_options(verb->options, ret);
	if (verb->words->name || verb->options->name)
		buf_text(ret, ".El\n");
	for (example = verb->examples; example->command; example++)
		add_example(example, ret);
}

void
doc_manual(struct buf *ret)
{
	const struct verb *verb;

	buf_text(ret, preface);
	add_text(verbs_about, ret);
	buf_text(ret, ".Pp\nEvery verb takes these options:\n.Bl -tag -width Ds\n");
	add_options(verb_common, ret);
	buf_text(ret, ".El\n.Sh VERBS\n");
	for (verb = verbs; verb->name; verb++)
		add_verb(verb, ret);
	buf_text(ret, environment);
	buf_text(ret, files);
	buf_text(ret, ".Sh EXIT STATUS\n");
	add_text(verbs_exit, ret);
	buf_text(ret, appendix);
}
