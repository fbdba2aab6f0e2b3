/*
 * What came of a verb, as text: a table for people, JSON for programs, with
 * the names of cinder's own client and table.  Threads: pure functions.
 */
#ifndef CINDERBANK_FRONT_ANSWER_H
#define CINDERBANK_FRONT_ANSWER_H

#include <stddef.h>

#include "base/json.h"
#include "front/cli.h"
#include "front/grid.h"

struct buf;

/* ---- lists: begin, add each, end ---- */

struct answer_list {
	enum cli_format format;
	struct grid grid;
	struct buf text; /* JSON */
	struct json_writer json;
};

void answer_list_begin(struct answer_list *list, enum cli_format format);
void answer_list_add(struct answer_list *list, const struct backup *backup);
/* Append all of it to ret.  ERR_INVALID: more than GRID_MAX bytes. */
int answer_list_end(struct answer_list *list, struct buf *ret, struct err *err);
void answer_list_drop(struct answer_list *list);

/* Append what show says of a backup. */
int
answer_show(const struct backup *backup, enum cli_format format, struct buf *ret, struct err *err);

/* Append what a job's verb says at its end. */
int answer_reply(enum cli_verb verb, const struct reply *reply, enum cli_format format,
    struct buf *ret, struct err *err);

/* Append what doctor found. */
int answer_findings(const struct finding *findings, size_t count, enum cli_format format,
    struct buf *ret, struct err *err);

#endif
