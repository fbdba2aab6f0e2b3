/*
 * What the files of the swift driver share.  swift.c is the driver, swift_auth.c
 * knows where the account is and who may use it, swift_call.c makes one request,
 * swift_read.c reads by ranges and lists, swift_document.c writes documents,
 * swift_erase.c removes backups, swift_check.c tells what is wrong.
 */
#ifndef CINDERBANK_STORE_SWIFT_H
#define CINDERBANK_STORE_SWIFT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/http.h"
#include "options/tables.h"
#include "store/layout.h"
#include "store/store.h"

struct err;
struct swift_access;
struct swift_pins;

/* What the cluster says of itself, asked for once. */
struct swift_limits {
	uint64_t object_max;   /* bytes of one object */
	uint64_t segments_max; /* of one large object */
};

struct swift {
	struct store store;
	struct swift_opts opts; /* texts are borrowed from the configuration */
	struct http *http;
	struct swift_access *access;
	struct swift_pins *pins;
	pthread_mutex_t mutex; /* of what follows */
	bool limits_known;
	struct swift_limits limits;
};

static inline struct swift *
swift_of(struct store *store)
{
	return (struct swift *)store;
}

/* ---- swift_auth.c: any thread ---- */

enum { SWIFT_URL_MAX = 8192, SWIFT_TOKEN_MAX = 48 * 1024, SWIFT_CONNECT_MS = 15 * 1000 };

/* What one request needs: URL of the account, token, and the service's or none. */
struct swift_pass {
	struct buf url, token, service_token;
};

/* clang-format off */
#define SWIFT_PASS { BUF(SWIFT_URL_MAX), BUF(SWIFT_TOKEN_MAX), BUF(SWIFT_TOKEN_MAX) }
/* clang-format on */

void swift_pass_drop(struct swift_pass *pass);

/*
 * How the account of opts is reached, as user (per_user; NULL: nobody) or as
 * single_user.  Borrows http and opts; asks nothing yet.
 */
int swift_access_open(struct swift_access **ret, struct http *http, const struct swift_opts *opts,
    const struct store_user *user, struct err *err);
void swift_access_close(struct swift_access *access);

/* Is it known whose account it is? */
bool swift_access_known(const struct swift_access *access);

/* Log in for the service's own token, where one goes with each request. */
int swift_access_check(struct swift_access *access, struct err *err);

/*
 * Fill an empty pass, logging in where that is due.  ERR_DENIED: refused, or nobody asks
 * whose token or catalogue it takes.
 */
int swift_access_get(struct swift_access *access, struct swift_pass *ret, struct err *err);

/* The pass was refused.  true: the next one is another. */
bool swift_access_renew(struct swift_access *access, const struct swift_pass *pass);

/* ---- swift_call.c: any thread ---- */

struct swift_call {
	const char *method, *container, *object; /* NULL: the account, the container itself */
	const char *query;                       /* behind the ?; or NULL */
	const char *headers[4];                  /* up to a NULL */
	struct span body;
	http_source *source; /* as in http.h */
	void *source_arg;
	uint64_t length;
	struct buf *into;
};

/*
 * Ask, once more with a new token after a 401.  -1 for all but 2xx; status 0
 * in answer: there was none.
 */
int swift_call(struct swift *swift, const struct swift_call *call, struct http_answer *answer,
    struct err *err);

/* PUT with the MD5 of the body, which the answer must repeat. */
int swift_put(struct swift *swift, struct swift_call *call, const uint8_t md5[16], struct err *err);

/* The same before the MD5 is there, which is told what the answer says it is. */
int swift_put_later(
    struct swift *swift, struct swift_call *call, struct md5_later *later, struct err *err);

/* DELETE.  1, 0: it is absent, -1. */
int swift_delete(struct swift *swift, const char *container, const char *object, struct err *err);

/* What /info says; where it is not told, what swift is delivered with. */
void swift_limits(struct swift *swift, struct swift_limits *ret);

/* ---- swift_read.c: any thread ---- */

/*
 * Which state of an object was read from its beginning, so that what is read
 * behind is of the same; and how long it is, so that its end needs no request.
 */
struct swift_pins *swift_pins_new(void);
void swift_pins_free(struct swift_pins *pins);
void swift_pins_forget(struct swift_pins *pins, const char *container, const char *object);

/* Append bytes from offset on, as many as fit.  1, 0 no such object, -1. */
int swift_fetch(struct swift *swift, const char *container, const char *object, uint64_t offset,
    struct buf *ret, struct err *err);

/* Told of each object below a prefix, by name, page after page; no container: none. */
int swift_each(struct swift *swift, const char *container, const char *prefix, store_name_fn *fn,
    void *arg, struct err *err);

/* ---- swift.c, swift_check.c, swift_erase.c, swift_scan.c ---- */

/* ERR_INVALID: no container may be called so. */
int swift_check_container(const char *container, struct err *err);

/* Make the container if it is missing and the options allow it. */
int swift_find_container(struct swift *swift, const char *container, struct err *err);

/* May a container and a prefix be called so?  ERR_INVALID: no. */
int swift_check_place(const struct location *at, struct err *err);

/* As store.h describes them. */
int swift_check(struct store *store, struct err *err);
int swift_room(struct store *store, struct store_room *ret, struct err *err);
int swift_erase(struct store *store, const struct location *at, struct err *err);
int swift_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err);

/* ---- swift_document.c: one thread for each document ---- */

int swift_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err);
int swift_append(struct document *document, struct span text, struct err *err);
int swift_commit(struct document *document, struct err *err);
void swift_discard(struct document *document);

/* Where the segments lie of a document that became a large object, or never did. */
void swift_segments_prefix(const struct location *at, const char *name, struct buf *ret);

#endif
