/*
 * Tokens from keystone, by user name and password, and the catalogue of
 * services that comes with them.  Protocol v2.0 and v3.  Any thread.
 */
#ifndef CINDERBANK_NET_KEYSTONE_H
#define CINDERBANK_NET_KEYSTONE_H

#include <stdint.h>

#include "base/scope.h"

struct buf;
struct err;
struct http;
struct json;
struct keystone;

/* Who logs in where.  Texts that are NULL are not sent, save as said. */
struct keystone_login {
	const char *url;  /* where it names no version, v2.0 or v3 is put behind it */
	unsigned version; /* 2 or 3 */
	const char *user, *password;
	const char *user_domain, *project_domain;       /* v3: names; where NULL, by the id */
	const char *user_domain_id, *project_domain_id; /* NULL: "default" */
	const char *project;                            /* v2: the tenant */
};

/* Which endpoint.  Type must match; region only where the catalogue has it. */
struct keystone_choice {
	const char *type;      /* "object-store" */
	const char *interface; /* "public", "internal", "admin", with or without "URL" */
	const char *region;    /* or NULL: the first one */
};

/* Borrows http and the texts of login until close.  Asks nothing yet. */
int keystone_open(
    struct keystone **ret, struct http *http, const struct keystone_login *login, struct err *err);
void keystone_close(struct keystone *keystone);
SCOPED_POINTER(struct keystone, keystone_close);

/* Append the URL of tokens: where they are got, and asked about. */
void keystone_print_url(const struct keystone_login *login, struct buf *ret);

/*
 * Append a token that is good for a minute at least; logs in where there is none.
 * ERR_DENIED: user or password are wrong; ERR_INVALID: no keystone answers there;
 * ERR_RETRY as http_call().
 */
int keystone_token(struct keystone *keystone, struct buf *ret, struct err *err);

/* Somebody refused that token: the next one will be another. */
void keystone_forget(struct keystone *keystone, const char *token);

/* Append the URL of an endpoint from the catalogue of that login; see keystone_endpoint(). */
int keystone_find(struct keystone *keystone, const struct keystone_choice *choice, struct buf *ret,
    struct err *err);

/*
 * The same from a catalogue as v3 tokens have it ("interface" and "url" in each
 * endpoint), or v2.0 and the requests of cinder ("publicURL").  ERR_NOT_FOUND
 * says what the catalogue lacks.
 */
int keystone_endpoint(const struct json *catalogue, const struct keystone_choice *choice,
    struct buf *ret, struct err *err);

#endif
