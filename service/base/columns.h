/*
 * Sixteen registers of AVX-512, of sixteen words each: blocks of as many buffers, of which
 * a digest wants the first word of all, then the second.
 * Inside base only, and x86-64 only: whoever calls has seen that the CPU can.
 */
#ifndef CINDERBANK_BASE_COLUMNS_H
#define CINDERBANK_BASE_COLUMNS_H

#if defined(__x86_64__)

#include <immintrin.h>
#include <stddef.h>

/* Rows become columns. */
__attribute__((target("avx512f"), always_inline)) static inline void
columns_turn(__m512i rows[16])
{
	__m512i twos[16], fours[16], eights[16];
	size_t i;

#pragma GCC unroll 8
	for (i = 0; i < 16; i += 2) {
		twos[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
		twos[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
	}
#pragma GCC unroll 4
	for (i = 0; i < 16; i += 4) {
		fours[i] = _mm512_unpacklo_epi64(twos[i], twos[i + 2]);
		fours[i + 1] = _mm512_unpackhi_epi64(twos[i], twos[i + 2]);
		fours[i + 2] = _mm512_unpacklo_epi64(twos[i + 1], twos[i + 3]);
		fours[i + 3] = _mm512_unpackhi_epi64(twos[i + 1], twos[i + 3]);
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		eights[i] = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0x88);
		eights[i + 4] = _mm512_shuffle_i32x4(fours[i], fours[i + 4], 0xdd);
		eights[i + 8] = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0x88);
		eights[i + 12] = _mm512_shuffle_i32x4(fours[i + 8], fours[i + 12], 0xdd);
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		rows[i] = _mm512_shuffle_i32x4(eights[i], eights[i + 8], 0x88);
		rows[i + 8] = _mm512_shuffle_i32x4(eights[i], eights[i + 8], 0xdd);
		rows[i + 4] = _mm512_shuffle_i32x4(eights[i + 4], eights[i + 12], 0x88);
		rows[i + 12] = _mm512_shuffle_i32x4(eights[i + 4], eights[i + 12], 0xdd);
	}
}

#endif

#endif
