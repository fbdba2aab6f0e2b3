/*
 * MD5 of several buffers in step: each step of MD5 waits for the one before, and
 * leaves most of the CPU idle, so three buffers cost little more than one.
 * Inside base only: others ask digest.h.
 */
#ifndef CINDERBANK_BASE_MD5_LANES_H
#define CINDERBANK_BASE_MD5_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Digests of count buffers of any length into ret. */
void md5_lanes(const struct span *data, size_t count, uint8_t (*ret)[16]);

#endif
