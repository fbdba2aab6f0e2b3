#include <syslog.h>

#include "options/tables.h"

/* clang-format off */
/* As oslo.log takes them, with LOG_ or without. */
#define WHOLE(name) { "LOG_" #name, LOG_##name }
#define SHORT(name) { #name, LOG_##name }
static const struct choice facility_choices[] = {
	WHOLE(KERN), WHOLE(USER), WHOLE(MAIL), WHOLE(DAEMON), WHOLE(AUTH), WHOLE(SYSLOG),
	WHOLE(LPR), WHOLE(NEWS), WHOLE(UUCP), WHOLE(CRON), WHOLE(AUTHPRIV), WHOLE(FTP),
	WHOLE(LOCAL0), WHOLE(LOCAL1), WHOLE(LOCAL2), WHOLE(LOCAL3), WHOLE(LOCAL4),
	WHOLE(LOCAL5), WHOLE(LOCAL6), WHOLE(LOCAL7),
	SHORT(KERN), SHORT(USER), SHORT(MAIL), SHORT(DAEMON), SHORT(AUTH), SHORT(SYSLOG),
	SHORT(LPR), SHORT(NEWS), SHORT(UUCP), SHORT(CRON), SHORT(AUTHPRIV), SHORT(FTP),
	SHORT(LOCAL0), SHORT(LOCAL1), SHORT(LOCAL2), SHORT(LOCAL3), SHORT(LOCAL4),
	SHORT(LOCAL5), SHORT(LOCAL6), SHORT(LOCAL7),
	{ NULL, 0 },
};

static const struct opt rows[] = { {
	.name  = "state_path",
	OPT_TEXT(struct core_opts, state_path),
	.dflt  = "/var/lib/cinder",
	.help  = "Directory of everything the service keeps on this node. Other options refer to "
	         "it as $state_path, so that one change moves them all.",
}, {
	.name  = "host",
	OPT_TEXT(struct core_opts, host),
	.hiera = "cinder::host",
	.flags = OPT_NODE_NAME,
	.help  = "Name of this service in the catalogue and on the message bus. Unset, it is the "
	         "name of the node. In a cluster where the service moves from node to node "
	         "(Pacemaker) all nodes need the same name, or what one node began the next will "
	         "not find.",
}, {
	.name  = "my_ip",
	OPT_TEXT(struct core_opts, my_ip),
	.help  = "Address of this node in the storage network, told to the volume service when a "
	         "volume is attached. Unset, it is the address that the default route leaves by.",
}, {
	.name  = "storage_availability_zone",
	OPT_TEXT(struct core_opts, storage_availability_zone),
	.dflt  = "nova",
	.hiera = "cinder::storage_availability_zone",
	.help  = "Availability zone of this service. Backups of a volume are made by a service "
	         "of the volume's zone.",
}, {
	.name  = "rootwrap_config",
	OPT_TEXT(struct core_opts, rootwrap_config),
	.dflt  = "/etc/cinder/rootwrap.conf",
	.help  = "Configuration of the program through which cinder's services run commands as "
	         "root.",
}, {
	.name  = "report_interval",
	OPT_INTEGER(struct core_opts, report_interval),
	.dflt  = "10",
	.hiera = "cinder::report_interval",
	.help  = "Seconds between two signs of life in the catalogue.",
}, {
	.name  = "service_down_time",
	OPT_INTEGER(struct core_opts, service_down_time),
	.dflt  = "60",
	.hiera = "cinder::service_down_time",
	.help  = "Seconds without a sign of life after which a service counts as down. Let it be "
	         "several times report_interval, or a service that is well counts as down now "
	         "and then.",
}, {
	.name  = "periodic_interval",
	OPT_INTEGER(struct core_opts, periodic_interval),
	.dflt  = "60",
	.help  = "Seconds between two runs of periodic tasks.",
}, {
	.name  = "periodic_fuzzy_delay",
	OPT_INTEGER(struct core_opts, periodic_fuzzy_delay),
	.dflt  = "60",
	.help  = "Upper limit of a random wait, in seconds, before the first run of periodic "
	         "tasks, so that services started together do not all work at once. 0 means no "
	         "wait.",
}, {
	.name  = "graceful_shutdown_timeout",
	OPT_INTEGER(struct core_opts, graceful_shutdown_timeout),
	.dflt  = "60", .min = 0, .max = 86400,
	.help  = "Seconds that a service of a cloud waits for its running jobs when it is told to "
	         "stop; then they are ended, and can be asked for again. 0 waits as long as they "
	         "take, as does a service that stands alone.",
}, {
	.name  = "volume_name_template",
	OPT_TEXT(struct core_opts, volume_name_template),
	.dflt  = "volume-%s",
	.help  = "How the name of a volume in its storage is made from its id, which replaces "
	         "%s. Must be what the volume service uses: it is the name of the RBD image that "
	         "is read.",
}, {
	.name  = "debug",
	OPT_BOOL(struct core_opts, debug),
	.dflt  = "False",
	.hiera = "cinder::debug",
	.help  = "Whether debug records are logged. They show each call to the store, the volume "
	         "and the catalogue, with its duration.",
}, {
	.name  = "log_file",
	OPT_TEXT(struct core_opts, log_file),
	.hiera = "cinder::logging::log_file",
	.was   = "logfile",
	.help  = "File to append log records to, relative to log_dir if it has no leading slash. "
	         "Unset, they go to standard error, where systemd's journal or the container's "
	         "log takes them.",
}, {
	.name  = "log_dir",
	OPT_TEXT(struct core_opts, log_dir),
	.hiera = "cinder::logging::log_dir",
	.was   = "logdir",
	.help  = "Directory of log files. With log_dir and no log_file the file is "
	         "cinder-backup.log.",
}, {
	.name  = "use_syslog",
	OPT_BOOL(struct core_opts, use_syslog),
	.dflt  = "False",
	.hiera = "cinder::logging::use_syslog",
	.help  = "Whether the service also sends its records to syslog, as cinder-backup with the "
	         "facility of syslog_log_facility.",
}, {
	.name  = "syslog_log_facility",
	OPT_CHOICE(struct core_opts, syslog_log_facility),
	.dflt  = "LOG_USER",
	.choices = facility_choices,
	.flags = OPT_ANY_CASE,
	.hiera = "cinder::logging::log_facility",
	.help  = "Facility of records sent to syslog, with LOG_ or without, as in local4.",
}, {
	.name  = "default_log_levels",
	OPT_TEXT(struct core_opts, default_log_levels),
	.hiera = "cinder::logging::default_log_levels",
	.flags = OPT_NO_EFFECT,
	.help  = "Log levels of single Python modules, as in sqlalchemy=WARN,amqp=WARN. It has "
	         "no effect here, where there are no such modules; debug sets the level of all.",
}, {
	.name  = "backend_url",
	OPT_TEXT(struct core_opts, coordination_backend_url),
	.section = "coordination",
	.dflt  = "file://$state_path",
	.help  = "Where locks that span nodes are kept, as in file://$state_path for one node or "
	         "etcd3+http://host:2379 for several.",
}, {
	.name  = "lock_path",
	OPT_TEXT(struct core_opts, lock_path),
	.section = "oslo_concurrency",
	.hiera = "cinder::lock_path",
	.help  = "Directory of the files by which processes of this node lock each other out. "
	         "All of cinder's services on a node need the same one.",
}, {
	.name  = "backend",
	OPT_TEXT(struct core_opts, key_manager_backend),
	.section = "key_manager",
	.dflt  = "barbican",
	.was   = "api_class",
	.help  = "Where keys of encrypted volumes are kept: barbican, or the Python class of "
	         "another key manager. Each backup in a cloud gets a copy of its volume's key; of "
	         "key managers other than barbican, and cinder's with one fixed key, this service "
	         "knows nothing, and refuses such volumes.",
}, {
	.name  = "fixed_key",
	OPT_TEXT(struct core_opts, key_manager_fixed_key),
	.section = "key_manager",
	.flags = OPT_SECRET,
	.help  = "The one key of the key manager that has a single key for all volumes, in "
	         "hexadecimal. Only for tests and for the way to barbican.",
}, { 0 } };

const struct opt_table general_table = {
	.name  = "general",
	.title = "The node",
	.about = "Names, places and logging: options that cinder's services share. They stand in "
	         "[DEFAULT] unless a section is named.",
	.size  = sizeof(struct core_opts),
	.rows  = rows,
};
/* clang-format on */
