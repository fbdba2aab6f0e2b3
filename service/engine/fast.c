#include "engine/fast.h"

#include <isa-l/igzip_lib.h>
#include <stdint.h>
#include <stdlib.h>

/* A piece is worth a codec's while if it shrinks by more than 1/GAIN. */
enum { LEVEL = 1, PIECE = 64 * 1024, GAIN = 128, SAMPLED = 16 };

struct fast {
	struct isal_zstream stream;
	uint8_t tokens[ISAL_DEF_LVL1_SMALL]; /* small blocks have codes that suit them */
	char piece[PIECE];                   /* a packed one; only its length counts */
};

struct fast *
fast_new(void)
{
	return calloc(1, sizeof(struct fast));
}

void
fast_free(struct fast *fast)
{
	free(fast);
}

/* ISA-L counts in 32 bits; what is longer is left to be stored raw. */
size_t
fast_pack(struct fast *fast, struct span raw, void *packed, size_t room)
{
	struct isal_zstream *stream = &fast->stream;

	if (raw.length > UINT32_MAX)
		return 0;
	isal_deflate_stateless_init(stream);
	stream->level = LEVEL;
	stream->level_buf = fast->tokens;
	stream->level_buf_size = sizeof fast->tokens;
	stream->gzip_flag = IGZIP_ZLIB;
	stream->end_of_stream = 1;
	stream->next_in = (uint8_t *)(uintptr_t)raw.data;
	stream->avail_in = (uint32_t)raw.length;
	stream->next_out = packed;
	stream->avail_out = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	return isal_deflate_stateless(stream) == COMP_OK ? stream->total_out : 0;
}

bool
fast_shrinks(struct fast *fast, struct span raw)
{
	struct span piece;

	for (; raw.length; raw.data += piece.length, raw.length -= piece.length) {
		piece = (struct span){ raw.data, raw.length < PIECE ? raw.length : PIECE };
		if (fast_pack(fast, piece, fast->piece, piece.length - piece.length / GAIN))
			return true;
	}
	return false;
}

unsigned
fast_estimate(struct fast *fast, struct span raw)
{
	size_t at, length, left, taken = 0, packed = 0;

	for (at = 0; at < raw.length; at += SAMPLED * PIECE) {
		length = raw.length - at < PIECE ? raw.length - at : PIECE;
		left = fast_pack(fast, (struct span){ raw.data + at, length }, fast->piece, length);
		packed += left ? left : length;
		taken += length;
	}
	return taken ? (unsigned)(packed * 1000 / taken) : 1000;
}
