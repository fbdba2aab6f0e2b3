#include "options/tables.h"

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "use_stderr",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether log records also go to standard error. It has no effect: records go to"
	         " one place here: the log file, or standard error where there is none.",
}, {
	.name  = "use_journal",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether log records go to the journal as well. It has no effect: it takes "
	         "standard error, where no log file is named.",
}, {
	.name  = "use_json",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether log records are JSON. It has no effect: they are lines here, as "
	         "without it.",
}, {
	.name  = "use_eventlog",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether log records go to the event log of Windows. It has no effect here.",
}, {
	.name  = "log_config_append",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "File that sets up Python's loggers. It has no effect: there are none.",
}, {
	.name  = "log_date_format",
	OPT_NO_FIELD(TEXT),
	.dflt  = "%Y-%m-%d %H:%M:%S",
	.flags = OPT_NO_EFFECT,
	.help  = "How log records write the time. It has no effect: it is always as by default.",
}, {
	.name  = "logging_context_format_string",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "Format of log records of a request. It has no effect: they have oslo.log's "
	         "own: the time, process, level, name, and in brackets the request, user and "
	         "project.",
}, {
	.name  = "logging_default_format_string",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "Format of all other log records. It has no effect: they have oslo.log's own.",
}, {
	.name  = "logging_debug_format_suffix",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "What debug records end with. It has no effect: they end with what they say.",
}, {
	.name  = "logging_exception_prefix",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "How each line of a Python traceback begins. It has no effect: there are none: "
	         "what failed is one line.",
}, {
	.name  = "logging_user_identity_format",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "How the user of a request is written. It has no effect: it is his id and that "
	         "of his project.",
}, {
	.name  = "instance_format",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "How a server of the compute service is written. It has no effect: none is.",
}, {
	.name  = "instance_uuid_format",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "The same by its id. It has no effect here.",
}, {
	.name  = "watch_log_file",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether a log file that was moved away is opened anew. It has no effect: "
	         "SIGHUP does that, as logrotate sends it.",
}, {
	.name  = "log_rotation_type",
	OPT_NO_FIELD(TEXT),
	.dflt  = "none",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether the service moves its log file away by time or size. It has no effect:"
	         " leave that to logrotate.",
}, {
	.name  = "log_rotate_interval",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "1",
	.flags = OPT_NO_EFFECT,
	.help  = "How often that is. It has no effect here.",
}, {
	.name  = "log_rotate_interval_type",
	OPT_NO_FIELD(TEXT),
	.dflt  = "days",
	.flags = OPT_NO_EFFECT,
	.help  = "The unit of that time. It has no effect here.",
}, {
	.name  = "max_logfile_count",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "30",
	.flags = OPT_NO_EFFECT,
	.help  = "How many old log files are kept. It has no effect here.",
}, {
	.name  = "max_logfile_size_mb",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "200",
	.flags = OPT_NO_EFFECT,
	.help  = "How large a log file gets. It has no effect here.",
}, {
	.name  = "rate_limit_interval",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "0",
	.flags = OPT_NO_EFFECT,
	.help  = "Seconds in which no more than rate_limit_burst records are logged. It has no "
	         "effect: each is.",
}, {
	.name  = "rate_limit_burst",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "0",
	.flags = OPT_NO_EFFECT,
	.help  = "How many records that is. It has no effect here.",
}, {
	.name  = "rate_limit_except_level",
	OPT_NO_FIELD(TEXT),
	.dflt  = "CRITICAL",
	.flags = OPT_NO_EFFECT,
	.help  = "Which records are logged all the same. It has no effect here.",
}, { 0 } };

const struct opt_table log_table = {
	.name  = "log",
	.title = "The log, as Python has it",
	.about = "Options of oslo.log that say how Python's services log. A file may have them, "
	         "and this service warns of each that would change something there. Its records "
	         "have the default format, and go where debug, log_file, log_dir and use_syslog "
	         "say.",
	.size  = 0,
	.rows  = rows,
};
/* clang-format on */
