/* When two values are one key.  value_equal() of value.h stands here too. */
#ifndef CINDERBANK_DOC_EQUAL_H
#define CINDERBANK_DOC_EQUAL_H

#include <stdint.h>

struct value;

/* Equal values have equal hashes; lists and maps, never keys, hash by their type alone. */
uint64_t equal_hash(const struct value *value);

#endif
