#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/md5_lanes.h"
#include "base/md5_wide.h"
#include "base/sha256_lanes.h"
#include "base/sha256_pair.h"

/* With fewer buffers all lanes take longer than pairs do. */
enum { LANES_PAY = 12 };

enum { ZEROS_KNOWN = 32, ZEROS_STEP = 64 * 1024, ZEROS_UNIT = 512 * 1024, ZEROS_UNITS = 32 };

/* OpenSSL's one-shot digests fail only when out of memory for a context. */
static void
digest_once(const EVP_MD *md, const void *data, size_t length, uint8_t *ret)
{
	if (EVP_Digest(data, length, ret, NULL, md, NULL) != 1)
		abort();
}

void
digest_sha256(const void *data, size_t length, uint8_t ret[DIGEST_SHA256_SIZE])
{
	digest_once(EVP_sha256(), data, length, ret);
}

void
digest_sha256_many(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret)
{
	size_t step;

	for (; count; data += step, ret += step, count -= step) {
		step = count < SHA256_LANES ? count : SHA256_LANES;
		if (step >= LANES_PAY && sha256_lanes(data, step, length, ret))
			continue;
		step = count < 2 ? count : 2;
		if (step < 2 || !sha256_pair(data, length, ret)) {
			step = 1;
			digest_sha256(data[0], length, ret[0]);
		}
	}
}

void
digest_md5(const void *data, size_t length, uint8_t ret[DIGEST_MD5_SIZE])
{
	digest_once(EVP_md5(), data, length, ret);
}

void
digest_md5_many(const struct span *data, size_t count, uint8_t (*ret)[DIGEST_MD5_SIZE])
{
	if (count == 1)
		digest_md5(data->data, data->length, ret[0]);
	else
		md5_lanes(data, count, md5_wide_can(), ret);
}

size_t
digest_md5_best(void)
{
	return md5_wide_can() ? MD5_WIDE : MD5_NARROW;
}

bool
digest_named(const char *algorithm, struct span bytes, struct buf *ret)
{
	const EVP_MD *md = EVP_get_digestbyname(algorithm);
	uint8_t digest[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];

	if (!md || EVP_MD_get_flags(md) & EVP_MD_FLAG_XOF)
		return false;
	/* OpenSSL knows names, such as md4, whose code it does not load. */
	if (EVP_Digest(bytes.length ? bytes.data : "", bytes.length, digest, NULL, md, NULL) != 1)
		return false;
	digest_hex(digest, (size_t)EVP_MD_get_size(md), hex);
	buf_text(ret, hex);
	return true;
}

struct zeros {
	uint64_t length;
	bool known;
	uint8_t digest[DIGEST_SHA256_SIZE];
};

static void
hash_zeros(const EVP_MD *md, uint64_t length, uint8_t *ret)
{
	static const uint8_t none[ZEROS_STEP];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t step;

	if (!context || EVP_DigestInit_ex(context, md, NULL) != 1)
		abort();
	for (; length; length -= step) {
		step = length < sizeof none ? (size_t)length : sizeof none;
		EVP_DigestUpdate(context, none, step);
	}
	EVP_DigestFinal_ex(context, ret, NULL);
	EVP_MD_CTX_free(context);
}

/* MD5s of 1, 2, 3, ... units of zeros: one pass makes them all, as far as it has got. */
struct zeros_row {
	EVP_MD_CTX *context;
	size_t count;
	uint8_t md5[ZEROS_UNITS][DIGEST_MD5_SIZE];
};

static void
extend_row(struct zeros_row *row)
{
	static const uint8_t none[ZEROS_STEP];
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	size_t done;

	if (!row->context) {
		row->context = EVP_MD_CTX_new();
		if (!row->context || EVP_DigestInit_ex(row->context, EVP_md5(), NULL) != 1)
			abort();
	}
	for (done = 0; done < ZEROS_UNIT; done += sizeof none)
		EVP_DigestUpdate(row->context, none, sizeof none);
	if (!copy || EVP_MD_CTX_copy_ex(copy, row->context) != 1)
		abort();
	EVP_DigestFinal_ex(copy, row->md5[row->count++], NULL);
	EVP_MD_CTX_free(copy);
}

/* false: not a length of the row. */
static bool
zeros_in_row(uint64_t length, uint8_t *ret)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static struct zeros_row row;
	uint64_t units = length / ZEROS_UNIT;
	scoped_lock(&mutex);

	if (!units || units > ZEROS_UNITS || length % ZEROS_UNIT)
		return false;
	while (row.count < units)
		extend_row(&row);
	memcpy(ret, row.md5[units - 1], DIGEST_MD5_SIZE);
	return true;
}

static void
digest_zeros(struct zeros *known, unsigned *next, const EVP_MD *md, uint64_t length, uint8_t *ret)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	size_t size = (size_t)EVP_MD_get_size(md), i;
	scoped_lock(&mutex);

	for (i = 0; i < ZEROS_KNOWN && !(known[i].known && known[i].length == length);)
		i++;
	if (i == ZEROS_KNOWN) {
		i = (*next)++ % ZEROS_KNOWN;
		hash_zeros(md, length, known[i].digest);
		known[i].length = length;
		known[i].known = true;
	}
	memcpy(ret, known[i].digest, size);
}

void
digest_md5_zeros(uint64_t length, uint8_t ret[DIGEST_MD5_SIZE])
{
	static struct zeros known[ZEROS_KNOWN];
	static unsigned next;

	if (!zeros_in_row(length, ret))
		digest_zeros(known, &next, EVP_md5(), length, ret);
}

void
digest_sha256_zeros(uint64_t length, uint8_t ret[DIGEST_SHA256_SIZE])
{
	static struct zeros known[ZEROS_KNOWN];
	static unsigned next;

	digest_zeros(known, &next, EVP_sha256(), length, ret);
}

struct digest_state {
	EVP_MD_CTX *context;
};

struct digest_state *
digest_md5_open(void)
{
	struct digest_state *state = calloc(1, sizeof *state);

	if (state && !(state->context = EVP_MD_CTX_new())) {
		free(state);
		return NULL;
	}
	if (state && EVP_DigestInit_ex(state->context, EVP_md5(), NULL) != 1) {
		digest_close(state);
		return NULL;
	}
	return state;
}

void
digest_add(struct digest_state *state, const void *data, size_t length)
{
	EVP_DigestUpdate(state->context, data, length);
}

void
digest_finish(struct digest_state *state, uint8_t *ret)
{
	EVP_DigestFinal_ex(state->context, ret, NULL);
	digest_close(state);
}

void
digest_close(struct digest_state *state)
{
	if (!state)
		return;
	EVP_MD_CTX_free(state->context);
	free(state);
}

void
digest_hex(const void *data, size_t length, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < length; i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[2 * length] = '\0';
}

/* What each character stands for, plus one; 0: no digit. */
static const uint8_t digits_of[256] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16 };

bool
digest_unhex(const char *text, void *ret, size_t length)
{
	const uint8_t *from = (const uint8_t *)text;
	uint8_t *bytes = ret, high, low;
	size_t i;

	for (i = 0; i < length; i++) {
		high = digits_of[from[2 * i]];
		low = high ? digits_of[from[2 * i + 1]] : 0;
		if (!low)
			return false;
		bytes[i] = (uint8_t)((high - 1) << 4 | (low - 1));
	}
	return true;
}

bool
digest_all_zero(const void *data, size_t length)
{
	const uint8_t *bytes = data;

	return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static void
uuid_print(uint8_t bytes[16], unsigned version, char *ret)
{
	char hex[33];

	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | version << 4);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	digest_hex(bytes, 16, hex);
	snprintf(ret, DIGEST_UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
}

int
digest_uuid_random(char ret[DIGEST_UUID_TEXT], struct err *err)
{
	uint8_t bytes[16];

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return err_set(err, ERR_SYSTEM, "no random numbers for an id");
	uuid_print(bytes, 4, ret);
	return 0;
}

void
digest_uuid_name(const char *name, char ret[DIGEST_UUID_TEXT])
{
	/* RFC 4122, appendix C: the namespace of URLs. */
	static const uint8_t urls[16] = { 0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80,
		0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8 };
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || EVP_DigestInit_ex(context, EVP_sha1(), NULL) != 1)
		abort();
	EVP_DigestUpdate(context, urls, sizeof urls);
	EVP_DigestUpdate(context, name, strlen(name));
	EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	uuid_print(digest, 5, ret);
}

void
digest_base64(struct span data, struct buf *ret)
{
	size_t length = (data.length + 2) / 3 * 4;
	char *out = buf_reserve(ret, length); /* and the NUL that buf keeps room for */

	if (!out || data.length > INT32_MAX)
		return;
	EVP_EncodeBlock((unsigned char *)out, (const unsigned char *)data.data, (int)data.length);
	ret->length += length;
}

int
digest_unbase64(struct span text, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf packed = BUF(text.length + 1);
	size_t i, pad = 0;
	char *out;
	int length;

	for (i = 0; i < text.length; i++) {
		if (!strchr(" \t\r\n", text.data[i]))
			buf_byte(&packed, text.data[i]);
	}
	if (buf_check(&packed, err) < 0)
		return -1;
	while (pad < 2 && pad < packed.length && packed.data[packed.length - 1 - pad] == '=')
		pad++;
	if (packed.length && memchr(packed.data, '=', packed.length - pad))
		return err_set(err, ERR_INVALID, "base64 text goes on behind its padding");
	if (packed.length % 4 || packed.length > INT32_MAX)
		return err_set(err, ERR_INVALID,
		    "base64 text has %zu characters, not a multiple of 4", packed.length);
	out = buf_reserve(ret, packed.length / 4 * 3);
	if (!out)
		return buf_check(ret, err);
	length = EVP_DecodeBlock(
	    (unsigned char *)out, (const unsigned char *)buf_string(&packed), (int)packed.length);
	if (length < (int)pad)
		return err_set(err, ERR_INVALID, "not base64 text");
	ret->length += (size_t)length - pad;
	ret->data[ret->length] = '\0';
	return 0;
}
