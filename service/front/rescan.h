/* The verb rescan: a line for each backup of the store that the catalogue lacked. */
#ifndef CINDERBANK_FRONT_RESCAN_H
#define CINDERBANK_FRONT_RESCAN_H

struct buf;
struct cli;
struct desk;
struct err;

/*
 * Append what was found to ret, in the format that was asked for.  1: something is
 * damaged; 0; -1: not all was looked at.
 */
int rescan_run(const struct cli *cli, struct desk *desk, struct buf *ret, struct err *err);

#endif
