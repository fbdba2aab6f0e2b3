/*
 * Keys of encrypted volumes, in barbican, the key manager of a cloud.  Who asked for
 * a backup or restore gets and makes keys with his token; barbican has none for others.
 * What a key is made of is in memory only while it is copied, and wiped then; it is in
 * no error.  Every call has deadlines.  Any thread.
 */
#ifndef CINDERBANK_NET_BARBICAN_H
#define CINDERBANK_NET_BARBICAN_H

#include "base/scope.h"

struct barbican;
struct err;
struct wire_opts;

enum { BARBICAN_ID = 36 + 1 };

/* Who asks.  NULL: unknown. */
struct barbican_user {
	const char *token, *catalogue; /* keystone's; the catalogue as JSON */
};

/* Borrows opts until close.  Asks nothing yet. */
int barbican_open(struct barbican **ret, const struct wire_opts *opts, struct err *err);
void barbican_close(struct barbican *barbican);
SCOPED_POINTER(struct barbican, barbican_close);

/*
 * Make a key that is like another one, and that user's.  ERR_NOT_FOUND: it is not
 * there, or not for him; ERR_DENIED; ERR_INVALID: barbican is not in the catalogue, or
 * the key is none that can be copied; ERR_RETRY as http_call().
 */
int barbican_copy(struct barbican *barbican, const struct barbican_user *user, const char *id,
    char ret[BARBICAN_ID], struct err *err);

/* Remove a key: as user, and if he may not, as [keystone_authtoken] says.  Errors likewise. */
int barbican_delete(
    struct barbican *barbican, const struct barbican_user *user, const char *id, struct err *err);

#endif
