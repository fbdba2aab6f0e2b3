#include <zlib.h>

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"

/*
 * Whole buffers are packed by libdeflate, or by ISA-L where speed is wanted;
 * only zlib itself unpacks in pieces.
 */
struct packer {
	struct libdeflate_compressor *deflate; /* NULL: ISA-L */
	struct isal_zstream *fast;
	uint8_t *fast_room;
};

enum { FAST_LEVEL = 1, LEVEL_DEFAULT = 6, LEVEL_BEST = 10 };

static void
zlib_packer_close(struct packer *packer)
{
	if (!packer)
		return;
	libdeflate_free_compressor(packer->deflate);
	free(packer->fast);
	free(packer->fast_room);
	free(packer);
}
SCOPED_POINTER(struct packer, zlib_packer_close);

static int
zlib_packer_open(struct packer **ret, enum codec_level level, struct err *err)
{
	scoped(zlib_packer_close_scoped) struct packer *packer = calloc(1, sizeof *packer);

	if (!packer)
		return err_memory(err);
	if (level == CODEC_FAST) {
		packer->fast = malloc(sizeof *packer->fast);
		packer->fast_room = malloc(ISAL_DEF_LVL1_DEFAULT);
		if (!packer->fast || !packer->fast_room)
			return err_memory(err);
	} else {
		packer->deflate =
		    libdeflate_alloc_compressor(level == CODEC_BEST ? LEVEL_BEST : LEVEL_DEFAULT);
		if (!packer->deflate)
			return err_memory(err);
	}
	*ret = take(&packer);
	return 0;
}

/* ISA-L counts in 32 bits; what is longer is left to be stored raw. */
static size_t
pack_fast(struct packer *packer, struct span raw, void *packed, size_t room)
{
	struct isal_zstream *stream = packer->fast;
	int status;

	if (raw.length > UINT32_MAX)
		return 0;
	isal_deflate_stateless_init(stream);
	stream->level = FAST_LEVEL;
	stream->level_buf = packer->fast_room;
	stream->level_buf_size = ISAL_DEF_LVL1_DEFAULT;
	stream->gzip_flag = IGZIP_ZLIB;
	stream->end_of_stream = 1;
	stream->next_in = (uint8_t *)(uintptr_t)raw.data;
	stream->avail_in = (uint32_t)raw.length;
	stream->next_out = packed;
	stream->avail_out = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	status = isal_deflate_stateless(stream);
	return status == COMP_OK ? stream->total_out : 0;
}

static int
zlib_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	size_t length;

	(void)err;
	if (packer->deflate)
		length =
		    libdeflate_zlib_compress(packer->deflate, raw.data, raw.length, packed, room);
	else
		length = pack_fast(packer, raw, packed, room);
	if (!length)
		return 0;
	*ret_length = length;
	return 1;
}

struct unpacker {
	z_stream stream;
	bool ended;
};

static void
zlib_unpacker_close(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	inflateEnd(&unpacker->stream);
	free(unpacker);
}

static int
zlib_unpacker_open(struct unpacker **ret, struct err *err)
{
	struct unpacker *unpacker = calloc(1, sizeof *unpacker);

	if (!unpacker || inflateInit(&unpacker->stream) != Z_OK) {
		free(unpacker);
		return err_memory(err);
	}
	*ret = unpacker;
	return 0;
}

static int
zlib_unpack(struct unpacker *unpacker, struct span *packed, void *out, size_t room,
    size_t *ret_length, bool *ret_ended, struct err *err)
{
	z_stream *stream = &unpacker->stream;
	uInt offered = packed->length < UINT_MAX ? (uInt)packed->length : UINT_MAX;
	uInt space = room < UINT_MAX ? (uInt)room : UINT_MAX;
	int status = Z_STREAM_END;

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
    .unpacker_open = zlib_unpacker_open,
    .unpack = zlib_unpack,
    .unpacker_close = zlib_unpacker_close,
};
