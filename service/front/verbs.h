/*
 * Every verb, once: its words, options, help and examples.  cli.c reads them to
 * parse; --help, the manual page and the completion are printed from them.
 */
#ifndef CINDERBANK_FRONT_VERBS_H
#define CINDERBANK_FRONT_VERBS_H

#include <stddef.h>

#include "front/cli.h"

struct buf;

enum verb_kind {
	VERB_FLAG,      /* a bool */
	VERB_TEXT,      /* a const char * */
	VERB_FORMAT,    /* table or json */
	VERB_STATUS,    /* a name of a status, into the filter */
	VERB_FILE,      /* one more source */
	VERB_DIRECTORY, /* likewise */
};

/* What a shell may complete a value with. */
enum verb_value { VALUE_WORD, VALUE_FILE, VALUE_DIRECTORY, VALUE_FORMAT, VALUE_STATUS };

struct verb_option {
	const char *name; /* without the dashes; rows end with one that has none */
	const char *also; /* another spelling that is taken, but not shown; or NULL */
	enum verb_kind kind;
	size_t offset;     /* in struct cli, of flags and texts */
	const char *value; /* what it is called in help; NULL: takes none */
	enum verb_value complete;
	const char *help; /* whole sentences */
};

struct verb_word {
	const char *name; /* as in help; rows end with one that has none */
	bool optional;    /* and so are all that follow */
	bool repeats;     /* the last one, any number of times: cli.words, not at offset */
	size_t offset;    /* in struct cli, of a const char * */
	enum verb_value complete;
	const char *help;
};

struct verb_example {
	const char *command, *does; /* rows end with one that has no command */
};

struct verb {
	const char *name;
	enum cli_verb verb;
	enum request_verb request; /* of the verbs that are jobs */
	bool job;
	const char *summary; /* one line, without a full stop */
	const char *help;    /* whole sentences */
	const struct verb_word *words;
	const struct verb_option *options;
	const struct verb_example *examples;
};

/* In the order of help; ends with a row without a name. */
extern const struct verb verbs[];

/* Options that every verb takes. */
extern const struct verb_option verb_common[];

/* Whole sentences, for help and the manual page. */
extern const char verbs_about[], verbs_exit[];

/* The row of a name; NULL: none. */
const struct verb *verb_find(const char *name);

/* The option of a verb, common ones included; NULL: none. */
const struct verb_option *verb_option_find(const struct verb *verb, const char *name);

/* Append what --help prints: of one verb, or of the program (NULL). */
void verb_help(const struct verb *verb, struct buf *ret);

#endif
