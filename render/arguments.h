/* The command line, read; and the help that teaches it. */
#ifndef CINDERBANK_ARGUMENTS_H
#define CINDERBANK_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>

#include "render.h"
#include "report.h"

struct emitter;

enum command { COMMAND_RENDER, COMMAND_VALIDATE, COMMAND_EXPLAIN, COMMAND_OPTIONS };

struct arguments {
	enum command command;
	struct render_inputs inputs;
	const struct emitter *const *kinds; /* --emit, in the order of the chain */
	size_t n_kinds;
	const char *output; /* -o, or NULL: standard output */
	const char *name;   /* what explain and options are asked for, or NULL */
	enum report_format format;
	bool help, version;
};

/*
 * Read argv into the arena.  ERR_INVALID: usage, to be answered by exit 2.
 */
int
arguments_read(struct arguments *ret, struct arena *arena, int argc, char **argv, struct err *err);

/* The help, on standard output. */
void arguments_help(void);

#endif
