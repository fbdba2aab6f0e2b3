/*
 * Blocks of MD5 of up to sixteen buffers in step, in the lanes of AVX-512's registers.
 * Inside base only: others ask digest.h.
 */
#ifndef CINDERBANK_BASE_MD5_WIDE_H
#define CINDERBANK_BASE_MD5_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MD5_WIDE = 16 };

/* Does this CPU have what md5_wide_add() needs? */
bool md5_wide_can(void);

/*
 * Add count blocks of 64 bytes of each of n buffers, from 1 to MD5_WIDE, to their
 * states of four words.  It takes as long for one as for all.
 */
void md5_wide_add(uint32_t *const *states, const uint8_t *const *data, size_t n, size_t count);

#endif
