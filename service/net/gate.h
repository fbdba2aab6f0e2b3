/*
 * Whom the token of a caller stands for: keystone v3 is asked, by a service that
 * logs in itself, and what it says is remembered for a while.  A token that is
 * revoked meanwhile is good until then, never beyond its expiry.  Any thread.
 */
#ifndef CINDERBANK_NET_GATE_H
#define CINDERBANK_NET_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct err;
struct gate;
struct http;
struct keystone_login;

enum { GATE_ID_MAX = 256, GATE_ANSWER_MAX = 1048576 };

struct gate_caller {
	char user_id[GATE_ID_MAX], project_id[GATE_ID_MAX]; /* project_id "": the token has none */
	bool admin;                                         /* has the role of that name */
	int64_t expires_at;                                 /* seconds since 1970 */
	char *catalogue; /* of services, as JSON; NULL: none; gate_caller_drop() frees it */
};

void gate_caller_drop(struct gate_caller *caller);

/* Borrows http and the texts of login, the service's own, until close.  Asks nothing yet. */
int gate_open(struct gate **ret, struct http *http, const struct keystone_login *login,
    int64_t remember_s, struct err *err);
void gate_close(struct gate *gate);
SCOPED_POINTER(struct gate, gate_close);

/*
 * 1: it is the caller's; 0: the token is no good, or no longer; -1: keystone does
 * not say: ERR_RETRY, it does not answer; else the service's own login is wrong.
 */
int gate_ask(struct gate *gate, const char *token, struct gate_caller *ret, struct err *err);

/* Read what keystone says of a token.  0, or -1 with ERR_INVALID; ret needs no drop then. */
int gate_read(struct span document, struct gate_caller *ret, struct err *err);

#endif
