/*
 * MD5 of several buffers in step: each step of MD5 waits for the one before, and
 * leaves most of the CPU idle, so three buffers cost little more than one, and
 * sixteen in the lanes of AVX-512 twice as much.
 * Inside base only: others ask digest.h.
 */
#ifndef CINDERBANK_BASE_MD5_LANES_H
#define CINDERBANK_BASE_MD5_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { MD5_NARROW = 3 };

/* RFC 1321, 3.4. */
extern const uint32_t md5_sines[64];

/* Digests of count buffers of any length into ret.  wide: md5_wide_can() says so. */
void md5_lanes(const struct span *data, size_t count, bool wide, uint8_t (*ret)[16]);

#endif
