/*
 * The verbs at a terminal: words become a request, answers become tables or
 * JSON, errors become one line, and all of them an exit status.  Signals,
 * drivers and configuration are main's.  One thread at a time.
 */
#ifndef CINDERBANK_FRONT_CLI_H
#define CINDERBANK_FRONT_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "model/backup.h"
#include "model/request.h"
#include "options/load.h"

struct desk;
struct err;
struct verb;

enum { CLI_SOURCES_MAX = 32 };
enum cli_status { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_CANCELLED = 130 };
enum cli_format { CLI_TABLE, CLI_JSON };

enum cli_verb {
	CLI_SERVE,
	CLI_BACKUP,
	CLI_RESTORE,
	CLI_LIST,
	CLI_SHOW,
	CLI_VERIFY,
	CLI_DELETE,
	CLI_CANCEL,
	CLI_EXPORT,
	CLI_IMPORT,
	CLI_RESCAN,
	CLI_DOCTOR,
};

/* What was asked for.  Texts are borrowed from argv. */
struct cli {
	const struct verb *row;
	enum cli_verb verb;
	enum cli_format format;
	struct request request; /* verbs that are jobs */
	/*
	 * list.  volume_id is what the operator typed: the caller puts the id there
	 * where that is a path or a name.
	 */
	struct backup_filter filter;
	struct config_source sources[CLI_SOURCES_MAX];
	size_t n_sources;
	const char *log_file;
	const char *log_dir; /* serve */
	const char *python_text;
	const char *part; /* doctor: what to look at; NULL: everything */
	char **words;     /* of a verb whose last word may stand several times */
	int n_words;
	bool debug, help, version, deep;
	/* serve; the last is what only upstream's service heeds, as python_text */
	bool no_debug, use_syslog, no_syslog, python_flag;
};

/*
 * Read the words.  A program called cinder-backup is `cinderbank serve`.  1: go
 * on; 0: help or the version was asked for and written to out; -1: ERR_INVALID
 * names the word that is wrong, and the nearest that is not.
 */
int cli_parse(int argc, char **argv, FILE *out, struct cli *ret, struct err *err);

/*
 * Run a verb (neither serve nor doctor) through the desk, answer on out, tell of
 * errors and progress on complaints.  The exit status.
 */
enum cli_status cli_run(const struct cli *cli, struct desk *desk, FILE *out, FILE *complaints);

/* "cinderbank: FILE:LINE:COLUMN: text" on one line; the exit status that goes with it. */
enum cli_status cli_complain(FILE *complaints, const struct err *err);

/* One row of what doctor found: checked, in order or not, and what to do. */
struct finding {
	const char *check, *result, *advice; /* advice: NULL where all is well */
	bool good;
};

/* Write all findings in the format that was asked for.  CLI_FAILED if one is not good. */
enum cli_status cli_report(const struct cli *cli, const struct finding *findings, size_t count,
    FILE *out, FILE *complaints);

#endif
