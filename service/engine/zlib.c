#include <zlib.h>

#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"
#include "engine/fast.h"

/*
 * Whole buffers are packed by libdeflate, or by ISA-L where speed is wanted, and
 * unpacked by libdeflate; only zlib itself unpacks in pieces.
 */
enum {
	MATCH_MAX = 258,
	ADLER_BASE = 65521,
	EFFORTS = 3,
	ESTIMATE_SURE = 950
}; /* per mille: below, there is no doubt that it shrinks */

/* From which estimate on, per mille, which of libdeflate's levels. */
struct effort {
	unsigned estimate;
	int level;
};

/*
 * What text gains by a longer search, programs and databases do not.  With these
 * levels a volume that has of all is hardly ever larger than by zlib's own level 6;
 * an object of the worst kind by 3 %.
 */
static const struct effort efforts_default[EFFORTS] = { { 320, 4 }, { 260, 5 }, { 0, 6 } };
static const struct effort efforts_best[EFFORTS] = { { 0, 10 } };

struct packer {
	const struct effort *efforts;                   /* NULL: fast packs alone */
	struct libdeflate_compressor *deflate[EFFORTS]; /* one for each effort */
	struct fast *fast;
};

static void
zlib_packer_close(struct packer *packer)
{
	size_t i;

	if (!packer)
		return;
	for (i = 0; i < EFFORTS; i++)
		libdeflate_free_compressor(packer->deflate[i]);
	fast_free(packer->fast);
	free(packer);
}
SCOPED_POINTER(struct packer, zlib_packer_close);

static int
zlib_packer_open(struct packer **ret, enum codec_level level, struct err *err)
{
	scoped(zlib_packer_close_scoped) struct packer *packer = calloc(1, sizeof *packer);
	size_t i;

	if (!packer || !(packer->fast = fast_new()))
		return err_memory(err);
	if (level != CODEC_FAST)
		packer->efforts = level == CODEC_BEST ? efforts_best : efforts_default;
	for (i = 0; packer->efforts && i < EFFORTS && packer->efforts[i].level; i++) {
		packer->deflate[i] = libdeflate_alloc_compressor(packer->efforts[i].level);
		if (!packer->deflate[i])
			return err_memory(err);
	}
	*ret = take(&packer);
	return 0;
}

static size_t
pack_well(struct packer *packer, struct span raw, void *packed, size_t room)
{
	unsigned estimate = fast_estimate(packer->fast, raw);
	size_t i = 0;

	if (estimate > ESTIMATE_SURE && !fast_shrinks(packer->fast, raw))
		return 0;
	while (estimate < packer->efforts[i].estimate)
		i++;
	return libdeflate_zlib_compress(packer->deflate[i], raw.data, raw.length, packed, room);
}

static int
zlib_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	size_t length;

	(void)err;
	if (packer->efforts)
		length = pack_well(packer, raw, packed, room);
	else
		length = fast_pack(packer->fast, raw, packed, room);
	if (!length)
		return 0;
	*ret_length = length;
	return 1;
}

/* Bits, the first one lowest, as RFC 1951 packs them. */
struct bits {
	uint8_t *out;
	size_t room, length;
	uint64_t held;
	unsigned n_held;
};

static void
put(struct bits *bits, uint32_t value, unsigned count)
{
	bits->held |= (uint64_t)value << bits->n_held;
	for (bits->n_held += count; bits->n_held >= 8; bits->n_held -= 8) {
		if (bits->length < bits->room)
			bits->out[bits->length] = (uint8_t)bits->held;
		bits->length++;
		bits->held >>= 8;
	}
}

/*
 * One block of its own codes: a zero is 01, the end 11, and 00 stands for "the
 * longest match, one byte back".  In the order of RFC 1951, 3.2.7: 286 codes of
 * literals, 1 of distances; lengths of the codes 18, 1 and 2; then those of all.
 */
static void
put_codes(struct bits *bits)
{
	static const uint8_t lengths[] = { 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 2 };
	static const struct {
		uint8_t value, count;
	} codes[] = { { 3, 2 }, { 0, 1 }, { 127, 7 }, { 0, 1 }, { 106, 7 }, { 3, 2 }, { 0, 1 },
		{ 17, 7 }, { 1, 2 }, { 1, 2 } };
	size_t i;

	put(bits, 1 | 2 << 1, 3);
	put(bits, 29, 5);
	put(bits, 0, 5);
	put(bits, sizeof lengths - 4, 4);
	for (i = 0; i < sizeof lengths; i++)
		put(bits, lengths[i], 3);
	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		put(bits, codes[i].value, codes[i].count);
}

static size_t
zlib_pack_zeros(uint64_t length, void *packed, size_t room)
{
	struct bits bits = { .out = packed, .room = room };
	uint64_t matches = length ? (length - 1) / MATCH_MAX : 0, i;
	uint32_t adler = (uint32_t)(length % ADLER_BASE) << 16 | 1;

	put(&bits, 0x9c78, 16);
	put_codes(&bits);
	for (i = matches * MATCH_MAX; i < length; i++)
		put(&bits, 1, 2);
	for (i = 0; i < matches; i++)
		put(&bits, 0, 2);
	put(&bits, 3, 2);
	put(&bits, 0, (8 - bits.n_held) % 8);
	put(&bits, __builtin_bswap32(adler), 32);
	return bits.length <= room ? bits.length : 0;
}

struct unpacker {
	struct libdeflate_decompressor *inflate;
	z_stream stream;
	bool begun, ended; /* the stream */
};

static void
zlib_unpacker_close(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	libdeflate_free_decompressor(unpacker->inflate);
	if (unpacker->begun)
		inflateEnd(&unpacker->stream);
	free(unpacker);
}

static int
zlib_unpacker_open(struct unpacker **ret, struct err *err)
{
	struct unpacker *unpacker = calloc(1, sizeof *unpacker);

	if (unpacker)
		unpacker->inflate = libdeflate_alloc_decompressor();
	if (!unpacker || !unpacker->inflate) {
		free(unpacker);
		return err_memory(err);
	}
	*ret = unpacker;
	return 0;
}

static bool
zlib_unpack_whole(struct unpacker *unpacker, struct span packed, void *out, size_t length)
{
	size_t taken, made;

	return libdeflate_zlib_decompress_ex(unpacker->inflate, packed.data, packed.length, out,
		   length, &taken, &made) == LIBDEFLATE_SUCCESS &&
	       taken == packed.length && made == length;
}

static int
zlib_unpack(struct unpacker *unpacker, struct span *packed, void *out, size_t room,
    size_t *ret_length, bool *ret_ended, struct err *err)
{
	z_stream *stream = &unpacker->stream;
	uInt offered = packed->length < UINT_MAX ? (uInt)packed->length : UINT_MAX;
	uInt space = room < UINT_MAX ? (uInt)room : UINT_MAX;
	int status = Z_STREAM_END;

	if (!unpacker->begun && inflateInit(stream) != Z_OK)
		return err_memory(err);
	unpacker->begun = true;
	stream->next_in = (Bytef *)(uintptr_t)packed->data;
	stream->avail_in = offered;
	stream->next_out = out;
	stream->avail_out = space;
	if (!unpacker->ended)
		status = inflate(stream, Z_NO_FLUSH);
	if (status == Z_MEM_ERROR)
		return err_memory(err);
	if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
		return err_set(err, ERR_CORRUPT, "zlib stream: %s",
		    stream->msg ? stream->msg : "cannot be read");
	unpacker->ended = status == Z_STREAM_END;
	packed->data += offered - stream->avail_in;
	packed->length -= offered - stream->avail_in;
	*ret_length = space - stream->avail_out;
	*ret_ended = unpacker->ended;
	return 0;
}

const struct codec codec_zlib = {
	.name = "zlib",
	.packer_open = zlib_packer_open,
	.pack = zlib_pack,
	.packer_close = zlib_packer_close,
	.pack_zeros = zlib_pack_zeros,
	.unpacker_open = zlib_unpacker_open,
	.unpack = zlib_unpack,
	.unpacker_close = zlib_unpacker_close,
	.unpack_whole = zlib_unpack_whole,
};
