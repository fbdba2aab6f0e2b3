/*
 * SHA-256 of two buffers in step, by the CPU's own instructions: these take
 * longer than they keep their unit busy, so two cost little more than one.
 * Inside base only: others ask digest.h.
 */
#ifndef CINDERBANK_BASE_SHA256_PAIR_H
#define CINDERBANK_BASE_SHA256_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* FIPS 180-4, 4.2.2 and 5.3.3. */
extern const uint32_t sha256_constants[64], sha256_start[8];

/* What is left of length bytes, the bit that ends them, and their length in bits: 64 or 128 bytes.
 */
size_t sha256_pad(const uint8_t *rest, size_t length, uint8_t ret[128]);

/* length bytes of each; 32 into each of ret.  false: not on this CPU, nothing is done. */
bool sha256_pair(const uint8_t *const data[2], size_t length, uint8_t *const ret[2]);

#endif
