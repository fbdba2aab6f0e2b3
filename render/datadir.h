/* Where templates/, environments/ and puppet-hiera/ are. */
#ifndef CINDERBANK_DATADIR_H
#define CINDERBANK_DATADIR_H

struct arena;
struct err;

/*
 * CINDERBANK_DATA_DIR of the environment; else ../share/cinderbank from the
 * program; else where it was built to be installed; else where it was built
 * from.  ERR_NOT_FOUND names the places looked at.
 */
int datadir_find(const char **ret, struct arena *arena, struct err *err);

#endif
