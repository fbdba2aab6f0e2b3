/*
 * What a MySQL or MariaDB server, or the library that speaks to it, says went
 * wrong, and what that means here.
 */
#ifndef CINDERBANK_CATALOGUE_MYSQL_FAULT_H
#define CINDERBANK_CATALOGUE_MYSQL_FAULT_H

#include <stdbool.h>

struct err;

struct mysql_fault {
	unsigned code; /* of the server or the library; 0: it was neither */
	char text[256];
};

/*
 * Fill err: ERR_RETRY where it may pass.  Returns whether the connection, with
 * all that it was in the middle of, is of no more use.
 */
bool mysql_fault_tell(const struct mysql_fault *fault, const char *name, struct err *err);

#endif
