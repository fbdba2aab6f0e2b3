#include "arguments.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "emit/emit.h"

static const char help[] =
    "Usage: cinderbank-render [render] [-e FILE]... [--emit KIND]... [-o DIR] [OPTION]...\n"
    "       cinderbank-render validate [-e FILE]... [--against EARLIER] [--format "
    "text|json|junit|sarif]\n"
    "       cinderbank-render explain  [-e FILE]... NAME\n"
    "       cinderbank-render options  [NAME] [--format text|json]\n"
    "\n"
    "Shows what a deployment of the Block Storage backup service comes to, without\n"
    "deploying it: environment files and templates in; hiera data, cinder.conf and\n"
    "Pacemaker's configuration out.\n"
    "\n"
    "  render    write what --emit names (default)\n"
    "  validate  name every mistake with its file, line and column, and what to write\n"
    "  explain   who sets this parameter, hiera key or option: every place, in order\n"
    "  options   the options of cinder.conf: type, default, meaning\n"
    "\n"
    "Inputs:\n"
    "  -e, --environment FILE          environment file; later ones win\n"
    "      --environment-directory DIR all *.yaml of a directory, before every -e\n"
    "      --templates DIR             tree of templates, as tripleo-heat-templates\n"
    "      --template FILE             the service template, whatever the registry says\n"
    "      --values FILE               what the plan hands over: EndpointMap, node names, ...\n"
    "      --role NAME                 role whose nodes are rendered (Controller)\n"
    "      --service NAME              service to render (CinderBackup)\n"
    "      --release NAME              queens, train, ... zed (queens)\n"
    "      --merge STYLE               of several files: director (overcloud deploy), or server\n"
    "                                  (stack create)\n"
    "      --against FILE|DIR          of validate: merged-env.yaml of an earlier run, or its -o\n"
    "\n"
    "Output:\n"
    "      --emit KIND                 one of those below; all that apply if none is named\n"
    "  -o, --output DIR                write files there, each replaced as a whole\n"
    "      --format FORMAT             of validate and options\n"
    "  -h, --help                      this text\n"
    "      --version                   the version\n"
    "\n"
    "Kinds:\n";

static const char help_end[] =
    "\n"
    "Exit status: 0 good, 1 the input is wrong, 2 the command line is.\n"
    "\n"
    "Examples:\n"
    "  cinderbank-render -e environments/cinder-backup-nfs.yaml --emit cinder.conf\n"
    "  cinderbank-render -e environments/cinder-backup-ceph.yaml -e mine.yaml -o out\n"
    "  cinderbank-render validate -e mine.yaml\n"
    "  cinderbank-render explain -e mine.yaml backup_compression_algorithm\n";

enum {
	LONG_DIRECTORY = 256,
	LONG_TEMPLATES,
	LONG_TEMPLATE,
	LONG_VALUES,
	LONG_AGAINST,
	LONG_ROLE,
	LONG_SERVICE,
	LONG_RELEASE,
	LONG_MERGE,
	LONG_EMIT,
	LONG_FORMAT,
	LONG_VERSION
};

static const struct option options[] = {
	{ "environment", required_argument, NULL, 'e' },
	{ "environment-file", required_argument, NULL, 'e' },
	{ "environment-directory", required_argument, NULL, LONG_DIRECTORY },
	{ "templates", required_argument, NULL, LONG_TEMPLATES },
	{ "template", required_argument, NULL, LONG_TEMPLATE },
	{ "values", required_argument, NULL, LONG_VALUES },
	{ "against", required_argument, NULL, LONG_AGAINST },
	{ "role", required_argument, NULL, LONG_ROLE },
	{ "service", required_argument, NULL, LONG_SERVICE },
	{ "release", required_argument, NULL, LONG_RELEASE },
	{ "merge", required_argument, NULL, LONG_MERGE },
	{ "emit", required_argument, NULL, LONG_EMIT },
	{ "output", required_argument, NULL, 'o' },
	{ "format", required_argument, NULL, LONG_FORMAT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, LONG_VERSION },
	{ 0 },
};

void
arguments_help(void)
{
	fputs(help, stdout);
	for (const struct emitter *emitter = emitters; emitter->name; emitter++)
		printf("  %-12s %s\n", emitter->name, emitter->help);
	fputs(help_end, stdout);
}

/* What is being read: lists that grow, as long as argv at most. */
struct reader {
	struct arguments *to;
	const char **files, **directories, **words;
	const struct emitter **kinds;
	size_t n_words;
};

static int
allocate(struct reader *reader, struct arena *arena, int argc, struct err *err)
{
	size_t room = (size_t)argc + 1;

	reader->files = arena_array(arena, room, sizeof(*reader->files), err);
	reader->directories = arena_array(arena, room, sizeof(*reader->directories), err);
	reader->words = arena_array(arena, room, sizeof(*reader->words), err);
	reader->kinds = arena_array(arena, room, sizeof(*reader->kinds), err);
	if (!reader->files || !reader->directories || !reader->words || !reader->kinds)
		return -1;
	reader->to->inputs.files.files = reader->files;
	reader->to->inputs.files.directories = reader->directories;
	reader->to->kinds = reader->kinds;
	return 0;
}

static int
read_format(struct arguments *to, const char *name, struct err *err)
{
	if (report_format_find(name, &to->format))
		return 0;
	return err_set(err, ERR_INVALID, "--format %s: text, json, junit or sarif wanted", name);
}

/* --emit a,b means --emit a --emit b. */
static int
read_kinds(struct reader *reader, struct arena *arena, const char *names, struct err *err)
{
	char *rest = arena_text(arena, names, err), *name;

	if (!rest)
		return -1;
	while ((name = strsep(&rest, ","))) {
		const struct emitter *emitter = emitter_find(name);
		bool twice = false;

		if (!emitter)
			return err_set(err, ERR_INVALID, "--emit %s: no such kind", name);
		for (size_t i = 0; i < reader->to->n_kinds; i++)
			twice = twice || reader->kinds[i] == emitter;
		if (!twice)
			reader->kinds[reader->to->n_kinds++] = emitter;
	}
	return 0;
}

static int
read_merge(struct arguments *to, const char *name, struct err *err)
{
	if (!strcmp(name, "director"))
		to->inputs.merge = MERGE_DIRECTOR;
	else if (!strcmp(name, "server"))
		to->inputs.merge = MERGE_SERVER;
	else
		return err_set(err, ERR_INVALID, "--merge %s: director or server wanted", name);
	return 0;
}

/* Options that hold one text; the last one counts. */
static const char **
text_of(struct arguments *to, int option)
{
	switch (option) {
	case LONG_TEMPLATES:
		return &to->inputs.templates;
	case LONG_TEMPLATE:
		return &to->inputs.template;
	case LONG_VALUES:
		return &to->inputs.values;
	case LONG_AGAINST:
		return &to->inputs.against;
	case LONG_ROLE:
		return &to->inputs.role;
	case LONG_SERVICE:
		return &to->inputs.service;
	case LONG_RELEASE:
		return &to->inputs.release;
	case 'o':
		return &to->output;
	default:
		return NULL;
	}
}

static int
read_option(
    struct reader *reader, struct arena *arena, int option, const char *text, struct err *err)
{
	struct arguments *to = reader->to;

	switch (option) {
	case 'e':
		reader->files[to->inputs.files.n_files++] = text;
		return 0;
	case LONG_DIRECTORY:
		reader->directories[to->inputs.files.n_directories++] = text;
		return 0;
	case LONG_EMIT:
		return read_kinds(reader, arena, text, err);
	case LONG_FORMAT:
		return read_format(to, text, err);
	case LONG_MERGE:
		return read_merge(to, text, err);
	case 'h':
		to->help = true;
		return 0;
	case LONG_VERSION:
		to->version = true;
		return 0;
	default:
		break;
	}
	const char **field = text_of(to, option);
	if (!field || !*text)
		return err_set(err, ERR_INVALID, "an option without its argument");
	*field = text;
	return 0;
}

/* render, validate, explain, options; and a name where the command takes one. */
static int
read_words(struct reader *reader, struct err *err)
{
	static const struct {
		const char *name;
		bool named;
	} commands[] = {
		[COMMAND_RENDER] = { "render", false },
		[COMMAND_VALIDATE] = { "validate", false },
		[COMMAND_EXPLAIN] = { "explain", true },
		[COMMAND_OPTIONS] = { "options", true },
	};
	struct arguments *to = reader->to;
	size_t command = 0, used = 0;

	if (!reader->n_words)
		return 0;
	while (command < sizeof(commands) / sizeof(*commands) &&
	       strcmp(reader->words[0], commands[command].name) != 0)
		command++;
	if (command == sizeof(commands) / sizeof(*commands))
		return err_set(err, ERR_INVALID,
		    "%s: no such command; environment files stand behind -e", reader->words[0]);
	to->command = (enum command)command;
	used = 1;
	if (commands[command].named && reader->n_words > used)
		to->name = reader->words[used++];
	if (to->command == COMMAND_EXPLAIN && !to->name && !to->help)
		return err_set(err, ERR_INVALID, "explain: a name wanted");
	if (reader->n_words > used)
		return err_set(err, ERR_INVALID,
		    "%s: one word too many; environment files stand behind -e",
		    reader->words[used]);
	return 0;
}

static int
check(const struct arguments *arguments, struct err *err)
{
	bool lists = arguments->command == COMMAND_OPTIONS;

	if (arguments->format != REPORT_TEXT && !lists && arguments->command != COMMAND_VALIDATE)
		return err_set(err, ERR_INVALID, "--format goes with validate and options");
	if (lists && arguments->format > REPORT_JSON)
		return err_set(err, ERR_INVALID, "options: --format text or json wanted");
	if (arguments->inputs.against && arguments->command != COMMAND_VALIDATE)
		return err_set(err, ERR_INVALID, "--against goes with validate");
	if ((arguments->n_kinds || arguments->output) && arguments->command != COMMAND_RENDER)
		return err_set(err, ERR_INVALID, "--emit and -o go with render");
	return 0;
}

int
arguments_read(struct arguments *ret, struct arena *arena, int argc, char **argv, struct err *err)
{
	struct arguments to = { .inputs = { .service = "CinderBackup", .release = "queens" } };
	struct reader reader = { .to = &to };
	int option;

	if (allocate(&reader, arena, argc, err) < 0)
		return -1;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":e:o:h", options, NULL)) != -1) {
		const char *word = argv[optind - 1];

		if (option == '?')
			return err_set(err, ERR_INVALID, "%s: no such option", word);
		if (option == ':')
			return err_set(err, ERR_INVALID, "%s: its argument is missing", word);
		if (read_option(&reader, arena, option, optarg, err) < 0)
			return -1;
	}
	while (optind < argc)
		reader.words[reader.n_words++] = argv[optind++];
	if (read_words(&reader, err) < 0 || check(&to, err) < 0)
		return -1;
	*ret = to;
	return 0;
}
