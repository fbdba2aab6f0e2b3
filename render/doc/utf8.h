/* UTF-8, one code point at a time. */
#ifndef CINDERBANK_DOC_UTF8_H
#define CINDERBANK_DOC_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { UTF8_REPLACEMENT = 0xfffd };

/*
 * The code point at a position inside of text, and how many bytes it takes.  A
 * byte that does not belong there counts alone, as UTF8_REPLACEMENT.
 */
size_t utf8_next(struct span text, size_t at, uint32_t *ret_code);

#endif
