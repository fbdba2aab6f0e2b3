#include "front/cli.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "front/verbs.h"
#include "options/nearest.h"

enum { OPTIONS_MAX = 48, HELP_MAX = 64 * 1024 };

/* ---- getopt's table, from the rows ---- */

struct spelling {
	struct option long_options[OPTIONS_MAX];
	const struct verb_option *rows[OPTIONS_MAX];
	unsigned count;
};

static void
add_spelling(struct spelling *spelling, const char *name, const struct verb_option *row)
{
	spelling->rows[spelling->count] = row;
	spelling->long_options[spelling->count++] = (struct option){
		.name = name,
		.has_arg = row->value ? required_argument : no_argument,
	};
}

static void
add_rows(struct spelling *spelling, const struct verb_option *rows)
{
	for (; rows->name; rows++) {
		add_spelling(spelling, rows->name, rows);
		if (rows->also)
			add_spelling(spelling, rows->also, rows);
	}
}

/* ---- values ---- */

static int
take_source(struct cli *cli, enum source_kind kind, const char *path, struct err *err)
{
	if (cli->n_sources == CLI_SOURCES_MAX)
		return err_set(err, ERR_INVALID, "more than %d files and directories of options",
		    CLI_SOURCES_MAX);
	cli->sources[cli->n_sources++] = (struct config_source){ kind, path };
	return 0;
}

static int
take_format(struct cli *cli, const char *value, struct err *err)
{
	if (strcmp(value, "table") == 0)
		cli->format = CLI_TABLE;
	else if (strcmp(value, "json") == 0)
		cli->format = CLI_JSON;
	else
		return err_set(err, ERR_INVALID, "--format: table or json, not %s", value);
	return 0;
}

static int
take_status(struct cli *cli, const char *value, struct err *err)
{
	enum backup_status status;
	struct nearest nearest = { .word = value };
	unsigned i;

	if (backup_status_parse(value, &status, err) == 0) {
		cli->filter.statuses |= 1u << status;
		/* Whoever asks for deleted ones wants to see some. */
		if (status == BACKUP_DELETED)
			cli->filter.deleted = true;
		return 0;
	}
	for (i = BACKUP_CREATING; i <= BACKUP_ERROR_DELETING; i++)
		nearest_offer(&nearest, backup_status_name((enum backup_status)i));
	return err_set(err, ERR_INVALID, "--status: no status is called %s%s%s%s", value,
	    nearest.name ? "; did you mean " : "", nearest.name ? nearest.name : "",
	    nearest.name ? "?" : "");
}

static int
take_option(struct cli *cli, const struct verb_option *row, const char *value, struct err *err)
{
	char *field = (char *)cli + row->offset;

	switch (row->kind) {
	case VERB_FLAG:
		*(bool *)field = true;
		return 0;
	case VERB_TEXT:
		*(const char **)(void *)field = value;
		return 0;
	case VERB_FORMAT:
		return take_format(cli, value, err);
	case VERB_STATUS:
		return take_status(cli, value, err);
	case VERB_FILE:
		return take_source(cli, SOURCE_FILE, value, err);
	default:
		return take_source(cli, SOURCE_DIRECTORY, value, err);
	}
}

/* ---- refusals ---- */

/* Name the word that is wrong, and the option that was meant. */
static int
refuse_option(const struct spelling *spelling, const char *word, struct err *err)
{
	char name[64];
	struct nearest nearest = { .word = name };
	unsigned i;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(word + strspn(word, "-"), "="),
	    word + strspn(word, "-"));
	for (i = 0; i < spelling->count; i++)
		nearest_offer(&nearest, spelling->rows[i]->name);
	if (nearest.name)
		return err_set(err, ERR_INVALID, "no option is called %s; did you mean --%s?", word,
		    nearest.name);
	return err_set(err, ERR_INVALID, "no option is called %s", word);
}

static int
refuse_verb(const char *word, struct err *err)
{
	struct nearest nearest = { .word = word };
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++)
		nearest_offer(&nearest, verb->name);
	if (nearest.name)
		return err_set(
		    err, ERR_INVALID, "no verb is called %s; did you mean %s?", word, nearest.name);
	return err_set(err, ERR_INVALID, "no verb is called %s; see cinderbank --help", word);
}

/* ---- parsing ---- */

/*
 * Read options from the words, and stop at the first other word if first_only.
 * getopt_long() moves the other words behind them; optind is where they begin.
 */
static int
take_options(int argc, char **argv, bool first_only, const struct spelling *spelling,
    struct cli *cli, struct err *err)
{
	int found, index = 0;

	optind = 0; /* begin anew, whoever used it before */
	opterr = 0;
	while ((found = getopt_long(argc, argv, first_only ? "+:hd" : ":hd", spelling->long_options,
		    &index)) != -1) {
		if (found == 'h') {
			cli->help = true;
		} else if (found == 'd') {
			cli->debug = true;
		} else if (found == ':') {
			return err_set(
			    err, ERR_INVALID, "%s: a value is missing", argv[optind - 1]);
		} else if (found == '?') {
			if (optopt)
				return err_set(err, ERR_INVALID, "no option is called -%c", optopt);
			return refuse_option(spelling, argv[optind - 1], err);
		} else if (take_option(cli, spelling->rows[index], optarg, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int
take_words(int count, char **words, struct cli *cli, struct err *err)
{
	const struct verb_word *row = cli->row->words;
	int i, n;

	for (i = 0; i < count && row[i].name && !row[i].repeats; i++) {
		if (!words[i][0])
			return err_set(err, ERR_INVALID, "%s: is empty", row[i].name);
		*(const char **)(void *)((char *)cli + row[i].offset) = words[i];
	}
	if (row[i].repeats) {
		for (n = i; n < count; n++) {
			if (!words[n][0])
				return err_set(err, ERR_INVALID, "%s: is empty", row[i].name);
		}
		cli->words = words + i;
		cli->n_words = count - i;
		return 0;
	}
	if (i < count)
		return err_set(err, ERR_INVALID, "%s is one word too many", words[i]);
	if (row[i].name && !row[i].optional)
		return err_set(err, ERR_INVALID, "%s is missing", row[i].name);
	return 0;
}

/* Words that make no sense together. */
static int
check_together(const struct cli *cli, struct err *err)
{
	const struct request *request = &cli->request;

	if (cli->verb == CLI_VERIFY && request->quick && cli->deep)
		return err_set(err, ERR_INVALID, "--quick and --deep: one of them, not both");
	if (cli->verb != CLI_RESTORE)
		return 0;
	if (request->volume && request->target)
		return err_set(err, ERR_INVALID, "VOLUME and --to: one target, not two");
	if (request->name && (request->volume || request->target))
		return err_set(err, ERR_INVALID,
		    "--name: names a new volume, but VOLUME or --to says where to restore");
	return 0;
}

static int
print_asked(const struct cli *cli, FILE *out, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(HELP_MAX);

	if (cli->version)
		buf_text(&text, "cinderbank " CINDERBANK_VERSION "\n");
	else
		verb_help(cli->row, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	if (fwrite(text.data, 1, text.length, out) != text.length || fflush(out) != 0)
		return err_sys(err, "standard output");
	return 0;
}

static int
parse_verb(int argc, char **argv, struct cli *cli, struct err *err)
{
	struct spelling spelling = { .count = 0 };

	cli->verb = cli->row->verb;
	cli->request.verb = cli->row->request;
	add_rows(&spelling, cli->row->options);
	add_rows(&spelling, verb_common);
	if (take_options(argc, argv, false, &spelling, cli, err) < 0)
		return -1;
	if (cli->help || cli->version)
		return 0;
	if (take_words(argc - optind, argv + optind, cli, err) < 0)
		return -1;
	return check_together(cli, err) < 0 ? -1 : 1;
}

static bool
is_called(const char *program, const char *name)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash ? slash + 1 : program, name) == 0;
}

static int
point_to_help(const struct verb *verb, struct err *err)
{
	struct err why = *err;
	bool advised = why.text[0] && why.text[strlen(why.text) - 1] == '?';

	if (advised)
		return err_set(err, ERR_INVALID, "%s: %s", verb->name, why.text);
	return err_set(
	    err, ERR_INVALID, "%s: %s; see cinderbank %s --help", verb->name, why.text, verb->name);
}

/* Options of every verb may stand before it, too. */
static int
parse_program(int argc, char **argv, struct cli *cli, struct err *err)
{
	struct spelling spelling = { .count = 0 };
	int first = 0;

	add_rows(&spelling, verb_common);
	if (is_called(argv[0], "cinder-backup")) {
		cli->row = verb_find("serve");
	} else {
		if (take_options(argc, argv, true, &spelling, cli, err) < 0)
			return -1;
		if ((cli->help || cli->version) && optind == argc)
			return 0;
		if (optind == argc)
			return err_set(
			    err, ERR_INVALID, "a verb is missing; see cinderbank --help");
		first = optind;
		cli->row = verb_find(argv[first]);
		if (!cli->row)
			return refuse_verb(argv[first], err);
	}
	first = parse_verb(argc - first, argv + first, cli, err);
	return first < 0 ? point_to_help(cli->row, err) : first;
}

int
cli_parse(int argc, char **argv, FILE *out, struct cli *ret, struct err *err)
{
	struct cli cli = { .format = CLI_TABLE };
	int result = parse_program(argc, argv, &cli, err);

	if (result < 0)
		return -1;
	if (result == 0)
		return print_asked(&cli, out, err);
	*ret = cli;
	return 1;
}
