/*
 * What `serve` takes besides: the words of upstream's command line, so that units and
 * containers start it as they are.
 */
#include "front/verb_rows.h"
#include "front/verbs.h"

const struct verb_option verb_serve_options[] = {
	{
	    .name = "log-dir",
	    .also = "logdir",
	    TEXT(log_dir),
	    .value = "DIR",
	    .complete = VALUE_DIRECTORY,
	    .help = "Write the log below this directory, as [DEFAULT] log_dir says it.",
	},
	{ .name = "use-syslog", FLAG(use_syslog), .help = "Send the log to syslog, too." },
	{ .name = "nouse-syslog", FLAG(no_syslog), .help = "Do not, whatever cinder.conf says." },
	{ .name = "nodebug", FLAG(no_debug), .help = "No --debug, whatever cinder.conf says." },
	{
	    .name = "log-config-append",
	    .also = "log-config",
	    TEXT(python_text),
	    .value = "FILE",
	    .complete = VALUE_FILE,
	    .help = "Loggers of Python. It and those that follow are taken as upstream's "
		    "service takes them, and have no effect here.",
	},
	{
	    .name = "log-date-format",
	    TEXT(python_text),
	    .value = "FORMAT",
	    .help = "How to write the time.",
	},
	{
	    .name = "syslog-log-facility",
	    TEXT(python_text),
	    .value = "FACILITY",
	    .help = "Of records in syslog.",
	},
	{ .name = "use-journal", FLAG(python_flag), .help = "Records go to the journal." },
	{ .name = "nouse-journal", FLAG(python_flag), .help = "They do not." },
	{ .name = "use-json", FLAG(python_flag), .help = "Records are JSON." },
	{ .name = "nouse-json", FLAG(python_flag), .help = "They are not." },
	{ .name = "watch-log-file", FLAG(python_flag), .help = "Open a moved log file anew." },
	{ .name = "nowatch-log-file", FLAG(python_flag), .help = "Wait for a SIGHUP." },
	{ .name = NULL },
};
