/*
 * SHA-256 of sixteen buffers in step, in the lanes of AVX-512's registers.
 * Inside base only: others ask digest.h.
 */
#ifndef CINDERBANK_BASE_SHA256_LANES_H
#define CINDERBANK_BASE_SHA256_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_LANES = 16 };

/*
 * length bytes of each of count buffers, SHA256_LANES at most; 32 into each of
 * ret.  It takes as long for one as for all.  false: not on this CPU, nothing is
 * done.
 */
bool sha256_lanes(const uint8_t *const *data, size_t count, size_t length, uint8_t *const *ret);

#endif
