/*
 * MD5 of buffers, put off until somebody needs one: it is then computed together with
 * those of others that wait, since several at once cost little more than one.
 * Any thread.
 */
#ifndef CINDERBANK_BASE_MD5_LATER_H
#define CINDERBANK_BASE_MD5_LATER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/scope.h"

struct err;
struct md5_pool;

/* One buffer; whoever adds it keeps it where it is until its digest is there. */
struct md5_later {
	struct md5_pool *pool;
	struct span data; /* borrowed, and not to change, until the digest is there */
	enum { MD5_WAITS, MD5_TAKEN, MD5_THERE } state;
	uint8_t md5[DIGEST_MD5_SIZE], told[DIGEST_MD5_SIZE];
	bool has_told;
	struct md5_later *next; /* that waits */
};

int md5_pool_open(struct md5_pool **ret, struct err *err);

/* What is not there yet never will be.  NULL is fine. */
void md5_pool_close(struct md5_pool *pool);
SCOPED_POINTER(struct md5_pool, md5_pool_close);

/* later: fills it. */
void md5_later_add(struct md5_pool *pool, struct md5_later *later, struct span data);

/* What somebody else says that it is, such as who was sent the buffer; before get. */
void md5_later_tell(struct md5_later *later, const uint8_t md5[DIGEST_MD5_SIZE]);

/*
 * Wait for the digest, or compute it, with those that were added first.  false: it is not
 * what was told.
 */
bool md5_later_get(struct md5_later *later, uint8_t ret[DIGEST_MD5_SIZE]);

#endif
