/*
 * Where an SQLite catalogue lies: sqlite:////absolute/path, sqlite:///relative,
 * sqlite:// for one in memory, each with ?timeout=SECONDS behind it where the
 * default wait does not do; and the file itself, made where it is missing.
 */
#ifndef CINDERBANK_CATALOGUE_URL_H
#define CINDERBANK_CATALOGUE_URL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

struct url {
	char path[PATH_MAX]; /* "": in memory */
	int wait_ms;         /* for locks that others hold */
};

/* ERR_INVALID says what is wrong with the text; it holds no secret. */
int url_parse(const char *text, struct url *ret, struct err *err);

/*
 * Make the file (0640) and the directories above it (0750) where they are
 * missing, and see that it may be written.  ERR_DENIED, ERR_INVALID (a
 * directory), ERR_NO_SPACE; present: it is not made, but ERR_NOT_FOUND.  The text
 * names the path.
 */
int url_make(const struct url *url, bool present, struct err *err);

#endif
