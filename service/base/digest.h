/*
 * SHA-256, MD5 and SHA-1 through OpenSSL, and hexadecimal, base64 and UUIDs on
 * top of them.  Any thread; a digest_state belongs to one at a time.
 */
#ifndef CINDERBANK_BASE_DIGEST_H
#define CINDERBANK_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct err;

enum { DIGEST_SHA256_SIZE = 32, DIGEST_MD5_SIZE = 16, DIGEST_UUID_TEXT = 37 };

void digest_sha256(const void *data, size_t length, uint8_t ret[DIGEST_SHA256_SIZE]);
void digest_md5(const void *data, size_t length, uint8_t ret[DIGEST_MD5_SIZE]);

/* MD5 of count buffers, sooner than one after the other. */
void digest_md5_many(const struct span *data, size_t count, uint8_t (*ret)[DIGEST_MD5_SIZE]);

/* How many buffers it had best have at once, on this CPU. */
size_t digest_md5_best(void);

/* SHA-256 of count buffers of the same length, sooner than one after the other: best of many. */
void
digest_sha256_many(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret);

/* MD5 of length zero bytes; what was asked for lately is remembered. */
void digest_md5_zeros(uint64_t length, uint8_t ret[DIGEST_MD5_SIZE]);

/* SHA-256 of length zero bytes; likewise. */
void digest_sha256_zeros(uint64_t length, uint8_t ret[DIGEST_SHA256_SIZE]);

/*
 * Append the digest that an algorithm of that name (any case: "sha512") makes,
 * in hexadecimal.  false: no such algorithm, or one without a fixed length.
 */
bool digest_named(const char *algorithm, struct span bytes, struct buf *ret);

/* MD5 in pieces.  NULL: out of memory.  finish frees it, as close does. */
struct digest_state;
struct digest_state *digest_md5_open(void);
void digest_add(struct digest_state *state, const void *data, size_t length);
void digest_finish(struct digest_state *state, uint8_t *ret);
void digest_close(struct digest_state *state);
SCOPED_POINTER(struct digest_state, digest_close);

/* Lower-case hexadecimal: 2 * length characters and a NUL. */
void digest_hex(const void *data, size_t length, char *ret);

/* The reverse, of exactly 2 * length digits; false: other characters in between. */
bool digest_unhex(const char *text, void *ret, size_t length);

/* Are all bytes zero?  Compared wide. */
bool digest_all_zero(const void *data, size_t length);

/* A random UUID (version 4), and the one of a name in the URL namespace (version 5). */
int digest_uuid_random(char ret[DIGEST_UUID_TEXT], struct err *err);
void digest_uuid_name(const char *name, char ret[DIGEST_UUID_TEXT]);

/* Standard base64, one line.  decode: blanks and line ends are skipped; ERR_INVALID. */
void digest_base64(struct span data, struct buf *ret);
int digest_unbase64(struct span text, struct buf *ret, struct err *err);

#endif
