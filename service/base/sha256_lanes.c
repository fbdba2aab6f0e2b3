#include "base/sha256_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <pthread.h>
#include <string.h>

#include "base/columns.h"
#include "base/sha256_pair.h"

enum { BLOCK = 64, LANES = SHA256_LANES, WORDS = 16, ROUNDS = 64, STATE = 8 };

#define TARGET __attribute__((target("avx512f,avx512bw")))

/* The functions of FIPS 180-4, 4.1.2. */
#define ADD(x, y) _mm512_add_epi32(x, y)
#define ROTATE(x, by) _mm512_ror_epi32(x, by)
#define XOR(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define CHOOSE(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define MAJORITY(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe8)
#define SUM_A(x) XOR(ROTATE(x, 2), ROTATE(x, 13), ROTATE(x, 22))
#define SUM_E(x) XOR(ROTATE(x, 6), ROTATE(x, 11), ROTATE(x, 25))
#define SIGMA_0(x) XOR(ROTATE(x, 7), ROTATE(x, 18), _mm512_srli_epi32(x, 3))
#define SIGMA_1(x) XOR(ROTATE(x, 17), ROTATE(x, 19), _mm512_srli_epi32(x, 10))

/* Round i, with word j = i % 16; the word of sixteen rounds later takes its place. */
#define ROUND(a, b, c, d, e, f, g, h, j)                                                           \
	h = ADD(h, ADD(w[j], _mm512_set1_epi32((int)sha256_constants[i + (j)])));                  \
	w[j] = ADD(ADD(w[j], w[((j) + 9) % WORDS]),                                                \
	    ADD(SIGMA_0(w[((j) + 1) % WORDS]), SIGMA_1(w[((j) + 14) % WORDS])));                   \
	h = ADD(h, ADD(SUM_E(e), CHOOSE(e, f, g)));                                                \
	d = ADD(d, h);                                                                             \
	h = ADD(h, ADD(SUM_A(a), MAJORITY(a, b, c)))

#define EIGHT_ROUNDS(j)                                                                            \
	ROUND(a, b, c, d, e, f, g, h, j);                                                          \
	ROUND(h, a, b, c, d, e, f, g, (j) + 1);                                                    \
	ROUND(g, h, a, b, c, d, e, f, (j) + 2);                                                    \
	ROUND(f, g, h, a, b, c, d, e, (j) + 3);                                                    \
	ROUND(e, f, g, h, a, b, c, d, (j) + 4);                                                    \
	ROUND(d, e, f, g, h, a, b, c, (j) + 5);                                                    \
	ROUND(c, d, e, f, g, h, a, b, (j) + 6);                                                    \
	ROUND(b, c, d, e, f, g, h, a, (j) + 7)

TARGET static void
add_block(__m512i state[STATE], const uint8_t *const data[LANES])
{
	const __m512i big_endian =
	    _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
	__m512i a = state[0], b = state[1], c = state[2], d = state[3];
	__m512i e = state[4], f = state[5], g = state[6], h = state[7], w[WORDS];
	size_t i;

#pragma GCC unroll 16
	for (i = 0; i < LANES; i++)
		w[i] = _mm512_loadu_si512(data[i]);
	columns_turn(w);
#pragma GCC unroll 16
	for (i = 0; i < WORDS; i++)
		w[i] = _mm512_shuffle_epi8(w[i], big_endian);
	for (i = 0; i < ROUNDS; i += WORDS) {
		EIGHT_ROUNDS(0);
		EIGHT_ROUNDS(8);
	}
	state[0] = ADD(state[0], a), state[1] = ADD(state[1], b);
	state[2] = ADD(state[2], c), state[3] = ADD(state[3], d);
	state[4] = ADD(state[4], e), state[5] = ADD(state[5], f);
	state[6] = ADD(state[6], g), state[7] = ADD(state[7], h);
}

static bool supported;

static void
ask_cpu(void)
{
	__builtin_cpu_init();
	supported = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
}

/* Eight words of each lane into its digest. */
TARGET static void
finish(const __m512i state[STATE], size_t count, uint8_t *const *ret)
{
	uint32_t words[STATE][LANES];
	size_t i, j;

	for (i = 0; i < STATE; i++)
		_mm512_storeu_si512(words[i], state[i]);
	for (j = 0; j < count; j++) {
		for (i = 0; i < 4 * STATE; i++)
			ret[j][i] = (uint8_t)(words[i / 4][j] >> (24 - 8 * (i % 4)));
	}
}

TARGET static void
run(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret)
{
	uint8_t ends[LANES][2 * BLOCK];
	const uint8_t *at[LANES];
	__m512i state[STATE];
	size_t size = 0, i, j;

	for (i = 0; i < STATE; i++)
		state[i] = _mm512_set1_epi32((int)sha256_start[i]);
	for (j = 0; j < LANES; j++)
		at[j] = data[j < count ? j : 0];
	for (i = 0; i < length / BLOCK; i++) {
		add_block(state, at);
		for (j = 0; j < LANES; j++)
			at[j] += BLOCK;
	}
	for (j = 0; j < LANES; j++) {
		size = sha256_pad(at[j], length, ends[j]);
		at[j] = ends[j];
	}
	add_block(state, at);
	if (size > BLOCK) {
		for (j = 0; j < LANES; j++)
			at[j] += BLOCK;
		add_block(state, at);
	}
	finish(state, count, ret);
}

bool
sha256_lanes(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ask_cpu);
	if (supported)
		run(data, count, length, ret);
	return supported;
}

#else

bool
sha256_lanes(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret)
{
	(void)data;
	(void)count;
	(void)length;
	(void)ret;
	return false;
}

#endif
