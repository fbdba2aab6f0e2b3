/*
 * The verb verify: a job for each backup that was named, or for each that is
 * available, and a line for each about what came of it.
 */
#ifndef CINDERBANK_FRONT_CHECKUP_H
#define CINDERBANK_FRONT_CHECKUP_H

#include <stdio.h>

struct buf;
struct cli;
struct desk;
struct err;

/*
 * Append what was found to ret, in the format that was asked for; tell of the
 * progress on complaints.  1: one of them would not restore; 0: all would;
 * -1: not all were looked at (ERR_CANCELLED, or the catalogue does not answer).
 */
int checkup_run(
    const struct cli *cli, struct desk *desk, FILE *complaints, struct buf *ret, struct err *err);

#endif
