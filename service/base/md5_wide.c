#include "base/md5_wide.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <pthread.h>

#include "base/columns.h"
#include "base/md5_lanes.h"

enum { BLOCK = 64, LANES = MD5_WIDE, WORDS = 16, STATE = 4 };

#define TARGET __attribute__((target("avx512f")))

#define ADD(x, y) _mm512_add_epi32(x, y)

/* The four functions of RFC 1321, 3.4, as tables of what three bits make. */
#define F(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xca)
#define G(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0xe4)
#define H(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x96)
#define I(x, y, z) _mm512_ternarylogic_epi32(x, y, z, 0x39)

/* One step of every lane, with word i of its block. */
#define STEP(FN, a, b, c, d, i, sine, by)                                                          \
	a = ADD(a, ADD(w[(i) % WORDS], _mm512_set1_epi32((int)(sine))));                           \
	a = ADD(_mm512_rol_epi32(ADD(a, FN(b, c, d)), by), b)

/* Sixteen steps, with the words first, first + by, ... */
#define ROUND(FN, sines, first, by, r0, r1, r2, r3)                                                \
	_Pragma("GCC unroll 4") for (size_t i = 0; i < WORDS; i += 4)                              \
	{                                                                                          \
		STEP(FN, a, b, c, d, (first) + i * (by), (sines)[i], r0);                          \
		STEP(FN, d, a, b, c, (first) + (i + 1) * (by), (sines)[i + 1], r1);                \
		STEP(FN, c, d, a, b, (first) + (i + 2) * (by), (sines)[i + 2], r2);                \
		STEP(FN, b, c, d, a, (first) + (i + 3) * (by), (sines)[i + 3], r3);                \
	}

TARGET static void
add_block(__m512i state[STATE], const uint8_t *const data[LANES])
{
	__m512i a = state[0], b = state[1], c = state[2], d = state[3], w[WORDS];
	size_t j;

#pragma GCC unroll 16
	for (j = 0; j < LANES; j++)
		w[j] = _mm512_loadu_si512(data[j]);
	columns_turn(w);
	ROUND(F, md5_sines, 0, 1, 7, 12, 17, 22)
	ROUND(G, md5_sines + WORDS, 1, 5, 5, 9, 14, 20)
	ROUND(H, md5_sines + 2 * WORDS, 5, 3, 4, 11, 16, 23)
	ROUND(I, md5_sines + 3 * WORDS, 0, 7, 6, 10, 15, 21)
	state[0] = ADD(state[0], a), state[1] = ADD(state[1], b);
	state[2] = ADD(state[2], c), state[3] = ADD(state[3], d);
}

static bool supported;

static void
ask_cpu(void)
{
	__builtin_cpu_init();
	supported = __builtin_cpu_supports("avx512f");
}

bool
md5_wide_can(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, ask_cpu);
	return supported;
}

TARGET void
md5_wide_add(uint32_t *const *states, const uint8_t *const *data, size_t n, size_t count)
{
	uint32_t words[STATE][LANES];
	const uint8_t *at[LANES];
	__m512i state[STATE];
	size_t i, j;

	for (j = 0; j < LANES; j++) {
		at[j] = data[j < n ? j : 0]; /* idle ones repeat another's */
		for (i = 0; i < STATE; i++)
			words[i][j] = states[j < n ? j : 0][i];
	}
	for (i = 0; i < STATE; i++)
		state[i] = _mm512_loadu_si512(words[i]);
	for (; count; count--) {
		add_block(state, at);
		for (j = 0; j < LANES; j++)
			at[j] += BLOCK;
	}
	for (i = 0; i < STATE; i++)
		_mm512_storeu_si512(words[i], state[i]);
	for (j = 0; j < n; j++) {
		for (i = 0; i < STATE; i++)
			states[j][i] = words[i][j];
	}
}

#else

bool
md5_wide_can(void)
{
	return false;
}

void
md5_wide_add(uint32_t *const *states, const uint8_t *const *data, size_t n, size_t count)
{
	(void)states;
	(void)data;
	(void)n;
	(void)count;
}

#endif
