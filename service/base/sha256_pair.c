#include "base/sha256_pair.h"

#include <string.h>

enum { BLOCK = 64 };

/* FIPS 180-4, 4.2.2. */
const uint32_t sha256_constants[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b,
	0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6,
	0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
	0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585,
	0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa,
	0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

/* Its 5.3.3. */
const uint32_t sha256_start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

size_t
sha256_pad(const uint8_t *data, size_t length, uint8_t ret[2 * BLOCK])
{
	size_t rest = length % BLOCK, size = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK, i;
	uint64_t bits = (uint64_t)length * 8;

	memset(ret, 0, 2 * BLOCK);
	if (rest)
		memcpy(ret, data, rest);
	ret[rest] = 0x80;
	for (i = 0; i < 8; i++)
		ret[size - 1 - i] = (uint8_t)(bits >> 8 * i);
	return size;
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <pthread.h>

enum { LANES = 2, GROUPS = 16, DIGEST = 32 };

/* The instructions keep a, b, e, f in one register and c, d, g, h in the other. */
struct lane {
	__m128i abef, cdgh;
};

/* Two lanes in step: while one waits for an instruction's result, the other has the unit. */
__attribute__((target("sha,sse4.1"))) static void
add_blocks(struct lane lane[LANES], const uint8_t *data[LANES], size_t count)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	struct lane now[LANES];
	__m128i words[LANES][4], sum, k;
	size_t group, j;

	for (; count; count--) {
#pragma GCC unroll 2
		for (j = 0; j < LANES; j++) {
			now[j] = lane[j];
#pragma GCC unroll 4
			for (group = 0; group < 4; group++)
				words[j][group] = _mm_shuffle_epi8(
				    _mm_loadu_si128((const __m128i *)data[j] + group), big_endian);
			data[j] += BLOCK;
		}
#pragma GCC unroll 16
		for (group = 0; group < GROUPS; group++) {
			k = _mm_loadu_si128((const __m128i *)sha256_constants + group);
#pragma GCC unroll 2
			for (j = 0; j < LANES; j++) {
				__m128i *word = &words[j][group % 4];

				sum = _mm_add_epi32(*word, k);
				now[j].cdgh = _mm_sha256rnds2_epu32(now[j].cdgh, now[j].abef, sum);
				now[j].abef = _mm_sha256rnds2_epu32(
				    now[j].abef, now[j].cdgh, _mm_shuffle_epi32(sum, 0x0e));
				if (group >= GROUPS - 4)
					continue;
				*word = _mm_sha256msg1_epu32(*word, words[j][(group + 1) % 4]);
				*word =
				    _mm_add_epi32(*word, _mm_alignr_epi8(words[j][(group + 3) % 4],
							     words[j][(group + 2) % 4], 4));
				*word = _mm_sha256msg2_epu32(*word, words[j][(group + 3) % 4]);
			}
		}
#pragma GCC unroll 2
		for (j = 0; j < LANES; j++) {
			lane[j].abef = _mm_add_epi32(lane[j].abef, now[j].abef);
			lane[j].cdgh = _mm_add_epi32(lane[j].cdgh, now[j].cdgh);
		}
	}
}

__attribute__((target("sse4.1"))) static void
finish(const struct lane *lane, uint8_t ret[DIGEST])
{
	uint32_t abef[4], cdgh[4], words[8];
	size_t i;

	_mm_storeu_si128((__m128i *)abef, lane->abef);
	_mm_storeu_si128((__m128i *)cdgh, lane->cdgh);
	for (i = 0; i < 2; i++) {
		words[i] = abef[3 - i];
		words[2 + i] = cdgh[3 - i];
		words[4 + i] = abef[1 - i];
		words[6 + i] = cdgh[1 - i];
	}
	for (i = 0; i < DIGEST; i++)
		ret[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
}

static bool supported;

static void
ask_cpu(void)
{
	unsigned a, b, c, d;

	supported = __get_cpuid(1, &a, &b, &c, &d) && c & bit_SSE4_1 && c & bit_SSSE3 &&
		    __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & bit_SHA;
}

bool
sha256_pair(const uint8_t *const data[2], size_t length, uint8_t *const ret[2])
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint8_t ends[LANES][2 * BLOCK];
	const uint8_t *at[LANES] = { data[0], data[1] };
	struct lane lane[LANES];
	size_t size = 0, j;

	pthread_once(&once, ask_cpu);
	if (!supported)
		return false;
	for (j = 0; j < LANES; j++) {
		lane[j].abef =
		    _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c);
		lane[j].cdgh = _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
	}
	add_blocks(lane, at, length / BLOCK);
	for (j = 0; j < LANES; j++) {
		size = sha256_pad(at[j], length, ends[j]);
		at[j] = ends[j];
	}
	add_blocks(lane, at, size / BLOCK);
	for (j = 0; j < LANES; j++)
		finish(&lane[j], ret[j]);
	return true;
}

#else

bool
sha256_pair(const uint8_t *const data[2], size_t length, uint8_t *const ret[2])
{
	(void)data;
	(void)length;
	(void)ret;
	return false;
}

#endif
