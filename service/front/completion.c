#include "base/buf.h"
#include "front/doc.h"
#include "front/verbs.h"

static const char preface[] =
    "# Completion of cinderbank for bash.  Made from the rows of service/front/verb_rows.c.\n"
    "_cinderbank() {\n"
    "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= i\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\tcase ${COMP_WORDS[i]} in\n";

static const char appendix[] = "}\n"
			       "complete -o filenames -F _cinderbank cinderbank\n";

static void
add_verbs(struct buf *ret, const char *separator)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		buf_printf(ret, "%s%s", verb == verbs ? "" : separator, verb->name);
}

/* compgen's argument for a kind of value; what nobody can know is left to the typist. */
static void
add_values(struct buf *ret, enum verb_value complete)
{
	unsigned status;

	switch (complete) {
	case VALUE_FILE:
		buf_text(ret, "-f");
		break;
	case VALUE_DIRECTORY:
		buf_text(ret, "-d");
		break;
	case VALUE_FORMAT:
		buf_text(ret, "-W 'table json'");
		break;
	case VALUE_STATUS:
		buf_text(ret, "-W '");
		for (status = BACKUP_CREATING; status <= BACKUP_ERROR_DELETING; status++)
			buf_printf(ret, "%s%s", status ? " " : "",
			    backup_status_name((enum backup_status)status));
		buf_byte(ret, '\'');
		break;
	default:
		buf_text(ret, "-W ''");
	}
}

/* What follows an option that takes a value, behind its verb ("" for all of them). */
static void
add_option_values(struct buf *ret, const char *verb, const struct verb_option *options)
{
	for (; options->name; options++) {
		if (!options->value)
			continue;
		buf_printf(
		    ret, "\t%s--%s)\n\t\tmapfile -t COMPREPLY < <(compgen ", verb, options->name);
		add_values(ret, options->complete);
		buf_text(ret, " -- \"$word\")\n\t\treturn ;;\n");
	}
}

static void
add_option_names(struct buf *ret, const struct verb_option *options)
{
	for (; options->name; options++)
		buf_printf(ret, " --%s", options->name);
}

static void
add_verb(struct buf *ret, const struct verb *verb)
{
	const struct verb_word *word;
	bool files = false;

	for (word = verb->words; word->name; word++)
		files = files || word->complete == VALUE_FILE;
	buf_printf(ret, "\t%s)\n\t\tmapfile -t COMPREPLY < <(compgen %s-W '", verb->name,
	    files ? "-f " : "");
	add_option_names(ret, verb->options);
	add_option_names(ret, verb_common);
	buf_text(ret, "' -- \"$word\") ;;\n");
}

void
doc_completion(struct buf *ret)
{
	const struct verb *verb;

	buf_text(ret, preface);
	buf_text(ret, "\t\t");
	add_verbs(ret, " | ");
	buf_text(ret, ")\n\t\t\tverb=${COMP_WORDS[i]}\n\t\t\tbreak ;;\n\t\tesac\n\tdone\n");
	buf_text(ret, "\tcase $verb$before in\n");
	for (verb = verbs; verb->name; verb++)
		add_option_values(ret, verb->name, verb->options);
	buf_text(ret, "\tesac\n\tcase $before in\n");
	add_option_values(ret, "", verb_common);
	buf_text(ret, "\tesac\n\tcase $verb in\n");
	for (verb = verbs; verb->name; verb++)
		add_verb(ret, verb);
	buf_text(ret, "\t*)\n\t\tmapfile -t COMPREPLY < <(compgen -W '");
	add_verbs(ret, " ");
	add_option_names(ret, verb_common);
	buf_text(ret, "' -- \"$word\") ;;\n\tesac\n");
	buf_text(ret, appendix);
}
