#include "front/verbs.h"

#include <string.h>

#include "front/verb_rows.h"

const char verbs_about[] =
    "Backups of block storage volumes in the format of OpenStack's cinder-backup: full and "
    "incremental, restored only after they were verified. A volume is a path (it has a slash), or "
    "the name or id of a file in [cinderbank] volumes_dir. A backup is an id, or a name that only "
    "one backup has. What is read from cinder.conf, and from where, is in cinderbank.conf(5).";

const char verbs_exit[] =
    "0: done. 1: failed; one line on standard error says why. 2: the words make no sense. 130: "
    "cancelled by a signal; nothing half done is left.";

const struct verb_option verb_common[] = {
	{
	    .name = "config-file",
	    .kind = VERB_FILE,
	    .value = "FILE",
	    .complete = VALUE_FILE,
	    .help = "Read this cinder.conf. May stand several times; later files win.",
	},
	{
	    .name = "config-dir",
	    .kind = VERB_DIRECTORY,
	    .value = "DIR",
	    .complete = VALUE_DIRECTORY,
	    .help = "Read the *.conf of this directory, in the order of their names.",
	},
	{
	    .name = "format",
	    .kind = VERB_FORMAT,
	    .value = "FORMAT",
	    .complete = VALUE_FORMAT,
	    .help = "How to answer: table (the default) or json.",
	},
	{
	    .name = "log-file",
	    .also = "logfile",
	    TEXT(log_file),
	    .value = "FILE",
	    .complete = VALUE_FILE,
	    .help = "Write the log there instead of to standard error.",
	},
	{ .name = "debug",
	    FLAG(debug),
	    .help = "Log every call of a driver, and how long it took." },
	{ .name = "help", FLAG(help), .help = "Explain the verb, with examples." },
	{ .name = "version", FLAG(version), .help = "Say which version this is." },
	{ .name = NULL },
};

const struct verb *
verb_find(const char *name)
{
	const struct verb *verb;

	for (verb = verbs; verb->name; verb++) {
		if (strcmp(verb->name, name) == 0)
			return verb;
	}
	return NULL;
}

static const struct verb_option *
find_option(const struct verb_option *options, const char *name)
{
	for (; options->name; options++) {
		if (strcmp(options->name, name) == 0 ||
		    (options->also && strcmp(options->also, name) == 0))
			return options;
	}
	return NULL;
}

const struct verb_option *
verb_option_find(const struct verb *verb, const char *name)
{
	const struct verb_option *option = find_option(verb->options, name);

	return option ? option : find_option(verb_common, name);
}
