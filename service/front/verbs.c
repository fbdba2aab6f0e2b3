#include "front/verbs.h"

#include <string.h>

#define OFFSET(field, ctype)                                                                       \
	(_Generic(((struct cli *)0)->field, ctype : offsetof(struct cli, field)))
#define FLAG(field) .kind = VERB_FLAG, .offset = OFFSET(field, bool)
#define TEXT(field) .kind = VERB_TEXT, .offset = OFFSET(field, const char *)
#define WORD(field) .offset = OFFSET(field, const char *)

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
	{ .name = NULL },
};

static const struct verb_word no_words[] = { { .name = NULL } };

static const struct verb_option no_options[] = { { .name = NULL } };

static const struct verb_word one_backup[] = {
	{ .name = "BACKUP", WORD(request.backup), .help = "Its id or name." },
	{ .name = NULL },
};

/* ---- serve ---- */

static const struct verb_example serve_examples[] = {
	{ "cinderbank serve --config-file /etc/cinder/cinder.conf", "Serve in the foreground." },
	{ "cinder-backup --config-file /etc/cinder/cinder.conf",
	    "The same, by the name that the units and containers of OpenStack use." },
	{ NULL, NULL },
};

/* ---- backup ---- */

static const struct verb_word backup_words[] = {
	{
	    .name = "VOLUME",
	    WORD(request.volume),
	    .complete = VALUE_FILE,
	    .help = "A file or block device by its path (with a slash), or a volume by name or id.",
	},
	{ .name = NULL },
};

static const struct verb_option backup_options[] = {
	{ .name = "name", TEXT(request.name), .value = "NAME", .help = "Name of the backup." },
	{
	    .name = "description",
	    TEXT(request.description),
	    .value = "TEXT",
	    .help = "What it is good for.",
	},
	{
	    .name = "incremental",
	    FLAG(request.incremental),
	    .help = "Store what changed since the newest available backup of the volume.",
	},
	{
	    .name = "force",
	    FLAG(request.force),
	    .help = "Back up a volume that is in use; it is as consistent as after a power cut.",
	},
	{
	    .name = "snapshot",
	    TEXT(request.snapshot),
	    .value = "SNAPSHOT",
	    .help = "Back up this snapshot of the volume.",
	},
	{
	    .name = "container",
	    TEXT(request.container),
	    .value = "NAME",
	    .help =
		"Where the store keeps it: a directory below the root of a file store, a container "
		"of an object store.",
	},
	{ .name = NULL },
};

static const struct verb_example backup_examples[] = {
	{ "cinderbank backup ./disk.img --name monday", "A full backup of a file." },
	{ "cinderbank backup ./disk.img --name tuesday --incremental",
	    "What changed since monday; restore finds monday by itself." },
	{ "cinderbank backup /dev/vg0/db --force", "A device that a running machine writes to." },
	{ NULL, NULL },
};

/* ---- restore ---- */

static const struct verb_word restore_words[] = {
	{ .name = "BACKUP", WORD(request.backup), .help = "Its id or name." },
	{
	    .name = "VOLUME",
	    .optional = true,
	    WORD(request.volume),
	    .complete = VALUE_FILE,
	    .help = "An existing volume, which is overwritten. It must be as large as the backup.",
	},
	{ .name = NULL },
};

static const struct verb_option restore_options[] = {
	{
	    .name = "to",
	    TEXT(request.target),
	    .value = "PATH",
	    .complete = VALUE_FILE,
	    .help =
		"Restore to the file, device or image (rbd:POOL/IMAGE) of this name. What exists "
		"is written over; a new file appears when all of it is there.",
	},
	{
	    .name = "name",
	    TEXT(request.name),
	    .value = "NAME",
	    .help = "Name of the new volume, where neither VOLUME nor --to is given.",
	},
	{ .name = NULL },
};

static const struct verb_example restore_examples[] = {
	{ "cinderbank restore tuesday --to ./restored.img", "A new file, to look at it first." },
	{ "cinderbank restore tuesday ./disk.img", "Over the volume, with all that stood there." },
	{ "cinderbank restore tuesday", "A new volume in [cinderbank] volumes_dir." },
	{ NULL, NULL },
};

/* ---- list ---- */

static const struct verb_option list_options[] = {
	{
	    .name = "volume",
	    TEXT(filter.volume_id),
	    .value = "VOLUME",
	    .complete = VALUE_FILE,
	    .help = "Only backups of this volume.",
	},
	{
	    .name = "status",
	    .kind = VERB_STATUS,
	    .value = "STATUS",
	    .complete = VALUE_STATUS,
	    .help = "Only backups in this status. May stand several times.",
	},
	{ .name = "all", FLAG(filter.deleted), .help = "Deleted backups too." },
	{ .name = NULL },
};

static const struct verb_example list_examples[] = {
	{ "cinderbank list", "Every backup, the newest first." },
	{ "cinderbank list --status error", "What went wrong; `cinderbank show` has the reasons." },
	{ "cinderbank list --volume ./disk.img --format json", "For a program to read." },
	{ NULL, NULL },
};

/* ---- show, delete ---- */

static const struct verb_example show_examples[] = {
	{ "cinderbank show tuesday", "Everything that is known of it." },
	{ NULL, NULL },
};

static const struct verb_option delete_options[] = {
	{
	    .name = "force",
	    FLAG(request.force),
	    .help =
		"Also while it is being made or restored: the job is cancelled first. And where "
		"the store does not have the backup: the record goes all the same.",
	},
	{ .name = NULL },
};

static const struct verb_example delete_examples[] = {
	{ "cinderbank delete tuesday", "Objects first, then the record." },
	{ "cinderbank delete 8c11b04c-866c-4067-bf4f-f63a15824cdb --force",
	    "End a backup that runs, and remove what it stored." },
	{ NULL, NULL },
};

/* ---- export, import ---- */

static const struct verb_example export_examples[] = {
	{ "cinderbank export monday", "As `cinder backup-export` prints it." },
	{ "cinderbank export monday --format json > monday.json", "To keep beside the store." },
	{ NULL, NULL },
};

static const struct verb_word import_words[] = {
	{
	    .name = "SERVICE",
	    WORD(request.service),
	    .help = "The backup_service of the record: class path of the driver that made it.",
	},
	{ .name = "URL", WORD(request.record), .help = "The backup_url of the record." },
	{ .name = NULL },
};

static const struct verb_example import_examples[] = {
	{ "cinderbank import cinder.backup.drivers.posix.PosixBackupDriver eyJkcml2ZXJf...",
	    "What export printed, here or in cinder." },
	{ NULL, NULL },
};

static const struct verb_word doctor_words[] = {
	{
	    .name = "PART",
	    .optional = true,
	    WORD(part),
	    .help = "options, catalogue, store or volumes: look at that part alone.",
	},
	{ .name = NULL },
};

static const struct verb_example doctor_examples[] = {
	{ "cinderbank doctor options --config-file cinder.conf",
	    "Before a deployment: is every value one that its option takes." },
	{ "cinderbank doctor --config-file /etc/cinder/cinder.conf", "Before the service starts." },
	{ NULL, NULL },
};

const struct verb verbs[] = {
	{
	    .name = "serve",
	    .verb = CLI_SERVE,
	    .summary = "Run the service in the foreground",
	    .help =
		"Puts right what a crash left half done, then waits for requests until a signal "
		"ends it.",
	    .words = no_words,
	    .options = no_options,
	    .examples = serve_examples,
	},
	{
	    .name = "backup",
	    .verb = CLI_BACKUP,
	    .request = REQUEST_BACKUP,
	    .job = true,
	    .summary = "Back up a volume",
	    .help =
		"Reads the volume, stores what it holds, and answers when the backup is safe. An "
		"incremental backup needs an available backup of the same volume.",
	    .words = backup_words,
	    .options = backup_options,
	    .examples = backup_examples,
	},
	{
	    .name = "restore",
	    .verb = CLI_RESTORE,
	    .request = REQUEST_RESTORE,
	    .job = true,
	    .summary = "Restore a backup to a volume",
	    .help =
		"Checks the backup, and all backups it stands on, before it writes; what it writes "
		"was verified by length, MD5 and block hashes.",
	    .words = restore_words,
	    .options = restore_options,
	    .examples = restore_examples,
	},
	{
	    .name = "list",
	    .verb = CLI_LIST,
	    .summary = "List backups, newest first",
	    .help = "Size is that of the volume, in GiB.",
	    .words = no_words,
	    .options = list_options,
	    .examples = list_examples,
	},
	{
	    .name = "show",
	    .verb = CLI_SHOW,
	    .summary = "Show one backup",
	    .help = "With the reason of a failure, where it has one.",
	    .words = one_backup,
	    .options = no_options,
	    .examples = show_examples,
	},
	{
	    .name = "delete",
	    .verb = CLI_DELETE,
	    .request = REQUEST_DELETE,
	    .job = true,
	    .summary = "Delete a backup",
	    .help = "A backup that increments stand on stays until they are deleted.",
	    .words = one_backup,
	    .options = delete_options,
	    .examples = delete_examples,
	},
	{
	    .name = "export",
	    .verb = CLI_EXPORT,
	    .request = REQUEST_EXPORT,
	    .job = true,
	    .summary = "Print the record of a backup",
	    .help =
		"The record is what is needed to restore when the catalogue is lost. Export every "
		"backup of a chain.",
	    .words = one_backup,
	    .options = no_options,
	    .examples = export_examples,
	},
	{
	    .name = "import",
	    .verb = CLI_IMPORT,
	    .request = REQUEST_IMPORT,
	    .job = true,
	    .summary = "Take a record into the catalogue",
	    .help = "Import a full backup before the increments that stand on it. The id of the "
		    "backup stays.",
	    .words = import_words,
	    .options = no_options,
	    .examples = import_examples,
	},
	{
	    .name = "doctor",
	    .verb = CLI_DOCTOR,
	    .summary = "Check configuration, store and catalogue",
	    .help = "Says what works, what does not, and what to do about it. Changes nothing.",
	    .words = doctor_words,
	    .options = no_options,
	    .examples = doctor_examples,
	},
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
