/* What --help prints, from the rows. */
#include "base/buf.h"
#include "base/scope.h"
#include "front/text.h"
#include "front/verbs.h"

enum { WIDTH = 79, INDENT = 2, HELP_COLUMN = 24, LABEL_MAX = 128 };

/* A label, and what it means beside it or below it. */
static void
add_entry(struct buf *ret, const char *label, const char *help)
{
	scoped(buf_drop) struct buf text = BUF(4096);
	size_t used = INDENT + text_width(label);

	buf_printf(ret, "%*s%s", INDENT, "", label);
	text_wrap(&text, help, HELP_COLUMN, WIDTH);
	if (used + INDENT > HELP_COLUMN)
		buf_printf(ret, "\n%s", buf_string(&text));
	else
		buf_printf(ret, "%s", buf_string(&text) + used);
}

static void
add_options(struct buf *ret, const char *title, const struct verb_option *options)
{
	scoped(buf_drop) struct buf label = BUF(LABEL_MAX);

	if (!options->name)
		return;
	buf_printf(ret, "\n%s:\n", title);
	for (; options->name; options++) {
		buf_clear(&label);
		buf_printf(&label, "--%s%s%s", options->name, options->value ? " " : "",
		    options->value ? options->value : "");
		add_entry(ret, buf_string(&label), options->help);
	}
}

static void
add_examples(struct buf *ret, const struct verb_example *examples)
{
	buf_text(ret, "\nexamples:\n");
	for (; examples->command; examples++) {
		buf_printf(ret, "%*s%s\n", INDENT, "", examples->command);
		text_wrap(ret, examples->does, 3 * INDENT, WIDTH);
	}
}

/* Append "VOLUME [--name NAME]..." for a verb. */
static void
add_synopsis(const struct verb *verb, struct buf *ret)
{
	const struct verb_option *option;
	const struct verb_word *word;

	for (word = verb->words; word->name; word++)
		buf_printf(ret, word->optional ? " [%s]%s" : " %s%s", word->name,
		    word->repeats ? "..." : "");
	for (option = verb->options; option->name; option++)
		buf_printf(ret, " [--%s%s%s]", option->name, option->value ? " " : "",
		    option->value ? option->value : "");
}

static void
help_on(const struct verb *verb, struct buf *ret)
{
	scoped(buf_drop) struct buf synopsis = BUF(1024);
	const struct verb_word *word;

	buf_printf(&synopsis, "usage: cinderbank %s", verb->name);
	add_synopsis(verb, &synopsis);
	text_wrap(ret, buf_string(&synopsis), 0, WIDTH);
	buf_printf(ret, "\n%s.\n", verb->summary);
	text_wrap(ret, verb->help, 0, WIDTH);
	if (verb->words->name)
		buf_byte(ret, '\n');
	for (word = verb->words; word->name; word++)
		add_entry(ret, word->name, word->help);
	add_options(ret, "options", verb->options);
	add_options(ret, "options of every verb", verb_common);
	add_examples(ret, verb->examples);
}

void
verb_help(const struct verb *verb, struct buf *ret)
{
	if (verb) {
		help_on(verb, ret);
		return;
	}
	buf_text(ret, "usage: cinderbank VERB [word]... [--option]...\n\n");
	text_wrap(ret, verbs_about, 0, WIDTH);
	buf_text(ret, "\nverbs:\n");
	for (verb = verbs; verb->name; verb++)
		add_entry(ret, verb->name, verb->summary);
	add_options(ret, "options of every verb", verb_common);
	buf_text(ret, "\nexit status:\n");
	text_wrap(ret, verbs_exit, INDENT, WIDTH);
	buf_text(ret, "\n`cinderbank VERB --help` explains a verb, with examples.\n");
}
