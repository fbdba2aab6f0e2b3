/* The rows of the verbs: what each takes, and how it is explained. */
#include <stddef.h>

#include "front/verb_rows.h"
#include "front/verbs.h"

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
	{ .name = "description",
	    TEXT(request.description),
	    .value = "TEXT",
	    .help = "What it is good for." },
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
		"is written over; a new file appears when all of it is there. A dash: to "
		"standard output, through a file in TMPDIR that has room for all of it.",
	},
	{ .name = "name",
	    TEXT(request.name),
	    .value = "NAME",
	    .help = "Name of the new volume, where neither VOLUME nor --to is given." },
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
	{ .name = "volume",
	    TEXT(filter.volume_id),
	    .value = "VOLUME",
	    .complete = VALUE_FILE,
	    .help = "Only backups of this volume." },
	{ .name = "status",
	    .kind = VERB_STATUS,
	    .value = "STATUS",
	    .complete = VALUE_STATUS,
	    .help = "Only backups in this status: creating, available, restoring, deleting, "
		    "deleted, error or error_deleting. May stand several times." },
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

static const struct verb_word verify_words[] = {
	{
	    .name = "BACKUP",
	    .optional = true,
	    .repeats = true,
	    .help = "Ids or names. None: every backup that is available, oldest first.",
	},
	{ .name = NULL },
};

static const struct verb_option verify_options[] = {
	{
	    .name = "quick",
	    FLAG(request.quick),
	    .help =
		"Read manifests and hash lists, and see that every object is there, but read none "
		"of them.",
	},
	{ .name = "deep",
	    FLAG(deep),
	    .help = "Read all that a restore would read. This is the default." },
	{ .name = NULL },
};

static const struct verb_example verify_examples[] = {
	{ "cinderbank verify", "Would every backup restore? Nothing is written." },
	{ "cinderbank verify monday tuesday", "These two." },
	{ "cinderbank verify --quick --format json", "Every night, for a program to read." },
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

static const struct verb_example cancel_examples[] = {
	{ "cinderbank cancel tuesday", "From another terminal, or while the service makes it." },
	{ NULL, NULL },
};

/* ---- export, import ---- */

static const struct verb_example export_examples[] = {
	{ "cinderbank export monday", "As `cinder backup-export` prints it." },
	{ "cinderbank export monday --format json > monday.json", "To keep beside the store." },
	{ NULL, NULL },
};

static const struct verb_word import_words[] = {
	{ .name = "SERVICE",
	    WORD(request.service),
	    .help = "The backup_service of the record: class path of the driver that made it." },
	{ .name = "URL", WORD(request.record), .help = "The backup_url of the record." },
	{ .name = NULL },
};

static const struct verb_example import_examples[] = {
	{ "cinderbank import cinder.backup.drivers.posix.PosixBackupDriver eyJkcml2ZXJf...",
	    "What export printed, here or in cinder." },
	{ NULL, NULL },
};

/* ---- rescan, doctor ---- */

static const struct verb_option rescan_options[] = {
	{ .name = "import",
	    FLAG(request.take),
	    .help = "Take what is missing into the catalogue, as far as its manifest tells." },
	{ .name = NULL },
};

static const struct verb_example rescan_examples[] = {
	{ "cinderbank rescan", "Tell what the store has that the catalogue does not know." },
	{ "cinderbank rescan --import", "The catalogue is lost: make it anew." },
	{ NULL, NULL },
};

static const struct verb_word doctor_words[] = {
	{ .name = "PART",
	    .optional = true,
	    WORD(part),
	    .help = "options, catalogue, store or volumes: look at that part alone." },
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
	    .options = verb_serve_options,
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
	    .name = "verify",
	    .verb = CLI_VERIFY,
	    .request = REQUEST_VERIFY,
	    .job = true,
	    .summary = "Check that backups would restore",
	    .help =
		"Does what a restore does, the backups it stands on included, but writes nothing: "
		"every object is fetched, unpacked and compared with its checksums, once for a "
		"whole chain. Exits with 1 if one backup would not restore.",
	    .words = verify_words,
	    .options = verify_options,
	    .examples = verify_examples,
	},
	{
	    .name = "cancel",
	    .verb = CLI_CANCEL,
	    .request = REQUEST_CANCEL,
	    .job = true,
	    .summary = "End a backup or a restore that runs",
	    .help =
		"A backup that was being made is then in error, with nothing of it in the store; "
		"one that was being restored is available again, and the volume is not whole.",
	    .words = one_backup,
	    .options = no_options,
	    .examples = cancel_examples,
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
	    .name = "rescan",
	    .verb = CLI_RESCAN,
	    .request = REQUEST_RESCAN,
	    .job = true,
	    .summary = "Find backups that the catalogue does not have",
	    .help =
		"Reads every manifest in the store, whoever wrote it, and tells of those that are "
		"missing from the catalogue, or damaged. Owner, size and names are taken from the "
		"manifest; what it does not tell is lost. In Ceph, images and snapshots tell, in "
		"every pool that the user may look into. Exits with 1 if one is damaged.",
	    .words = no_words,
	    .options = rescan_options,
	    .examples = rescan_examples,
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
