#include "base/md5_lanes.h"

#include <string.h>

#include "base/md5_wide.h"

enum { BLOCK = 64, NARROW = MD5_NARROW, WORDS = 16, DIGEST = 16, NOBODY = -1 };

/* With fewer lanes in use, threes are done sooner than all of the wide ones. */
enum { WIDE_PAYS = 6 };

/* RFC 1321, 3.4. */
const uint32_t md5_sines[64] = { 0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf,
	0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51,
	0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6,
	0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942,
	0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8,
	0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82,
	0xbd3af235, 0x2ad7d2bb, 0xeb86d391 };

static const uint32_t start[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };

/* Unrolled, so that each lane's words are registers. */
#define EACH(j) _Pragma("GCC unroll 4") for (size_t j = 0; j < NARROW; j++)

static inline uint32_t
word_at(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static inline uint32_t
rotate(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* The four functions of RFC 1321, 3.4. */
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) (((x) & (z)) + ((y) & ~(z)))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))

/* One step of every lane, with word i of its block. */
#define STEP(FN, a, b, c, d, i, sine, by)                                                          \
	EACH(j) a[j] += word_at(data[j] + 4 * ((i) % WORDS)) + (sine);                             \
	EACH(j) a[j] = rotate(a[j] + FN(b[j], c[j], d[j]), by) + b[j]

/* Sixteen steps, with the words first, first + by, ... */
#define ROUND(FN, sine, first, by, r0, r1, r2, r3)                                                 \
	_Pragma("GCC unroll 4") for (size_t i = 0; i < WORDS; i += 4)                              \
	{                                                                                          \
		STEP(FN, a, b, c, d, (first) + i * (by), (sine)[i], r0);                           \
		STEP(FN, d, a, b, c, (first) + (i + 1) * (by), (sine)[i + 1], r1);                 \
		STEP(FN, c, d, a, b, (first) + (i + 2) * (by), (sine)[i + 2], r2);                 \
		STEP(FN, b, c, d, a, (first) + (i + 3) * (by), (sine)[i + 3], r3);                 \
	}

/* What goes through one lane: the whole blocks of a buffer, and then what ends it. */
struct lane {
	ptrdiff_t job; /* which buffer; NOBODY: idle */
	uint32_t state[4];
	const uint8_t *at;
	size_t blocks; /* left at that place */
	bool ending;
	uint8_t end[2 * BLOCK]; /* the rest, the bit that ends it, and its length in bits */
};

/* As md5_wide_add(), of three buffers at most; where there are fewer, some is done twice. */
static void
add_blocks(uint32_t *const *states, const uint8_t *const *from, size_t n, size_t count)
{
	uint32_t a[NARROW], b[NARROW], c[NARROW], d[NARROW], sum[NARROW][4];
	const uint8_t *data[NARROW];

	EACH(j)
	{
		memcpy(sum[j], states[j < n ? j : 0], sizeof sum[j]);
		a[j] = sum[j][0], b[j] = sum[j][1], c[j] = sum[j][2], d[j] = sum[j][3];
		data[j] = from[j < n ? j : 0];
	}
	for (; count; count--) {
		ROUND(F, md5_sines, 0, 1, 7, 12, 17, 22)
		ROUND(G, md5_sines + WORDS, 1, 5, 5, 9, 14, 20)
		ROUND(H, md5_sines + 2 * WORDS, 5, 3, 4, 11, 16, 23)
		ROUND(I, md5_sines + 3 * WORDS, 0, 7, 6, 10, 15, 21)
		EACH(j)
		{
			a[j] = sum[j][0] += a[j], b[j] = sum[j][1] += b[j];
			c[j] = sum[j][2] += c[j], d[j] = sum[j][3] += d[j];
			data[j] += BLOCK;
		}
	}
	EACH(j)
	{
		if (j < n)
			memcpy(states[j], sum[j], sizeof sum[j]);
	}
}

static void
pad(struct lane *lane, struct span data)
{
	size_t rest = data.length % BLOCK, size = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK, i;
	uint64_t bits = (uint64_t)data.length * 8;

	memset(lane->end, 0, sizeof lane->end);
	if (rest)
		memcpy(lane->end, data.data + data.length - rest, rest);
	lane->end[rest] = 0x80;
	for (i = 0; i < 8; i++)
		lane->end[size - 8 + i] = (uint8_t)(bits >> 8 * i);
	lane->at = lane->end;
	lane->blocks = size / BLOCK;
	lane->ending = true;
}

static void
begin(struct lane *lane, ptrdiff_t job, struct span data)
{
	memcpy(lane->state, start, sizeof start);
	lane->job = job;
	lane->at = (const uint8_t *)data.data;
	lane->blocks = data.length / BLOCK;
	lane->ending = false;
	if (!lane->blocks)
		pad(lane, data);
}

static void
finish(struct lane *lane, uint8_t ret[DIGEST])
{
	size_t i;

	for (i = 0; i < DIGEST; i++)
		ret[i] = (uint8_t)(lane->state[i / 4] >> 8 * (i % 4));
	lane->job = NOBODY;
}

/* As many blocks as all busy lanes have.  false: none is busy. */
static bool
advance(struct lane *lanes, size_t width)
{
	uint32_t *states[MD5_WIDE];
	const uint8_t *data[MD5_WIDE];
	struct lane *busy[MD5_WIDE];
	size_t count = SIZE_MAX, n = 0, j;

	for (j = 0; j < width; j++) {
		if (lanes[j].job == NOBODY)
			continue;
		if (lanes[j].blocks < count)
			count = lanes[j].blocks;
		states[n] = lanes[j].state;
		data[n] = lanes[j].at;
		busy[n++] = &lanes[j];
	}
	if (n >= WIDE_PAYS)
		md5_wide_add(states, data, n, count);
	for (j = 0; n < WIDE_PAYS && j < n; j += NARROW)
		add_blocks(states + j, data + j, n - j < NARROW ? n - j : NARROW, count);
	for (j = 0; j < n; j++) {
		busy[j]->at += count * BLOCK;
		busy[j]->blocks -= count;
	}
	return n > 0;
}

void
md5_lanes(const struct span *data, size_t count, bool wide, uint8_t (*ret)[DIGEST])
{
	struct lane lanes[MD5_WIDE];
	size_t width = wide ? MD5_WIDE : NARROW, next = 0, j;

	for (j = 0; j < width; j++)
		lanes[j].job = NOBODY;
	do {
		for (j = 0; j < width; j++) {
			struct lane *lane = &lanes[j];

			if (lane->job != NOBODY && !lane->blocks && !lane->ending)
				pad(lane, data[lane->job]);
			else if (lane->job != NOBODY && !lane->blocks)
				finish(lane, ret[lane->job]);
			if (lane->job == NOBODY && next < count) {
				begin(lane, (ptrdiff_t)next, data[next]);
				next++;
			}
		}
	} while (advance(lanes, width));
}
