#include <bzlib.h>

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"
#include "engine/fast.h"

enum { BLOCKS_900K = 9, DEFAULT_EFFORT = 0, QUIET = 0 };

/* libbz2 itself keeps nothing from one buffer to the next. */
struct packer {
	struct fast *fast;
};

static int
bz2_packer_open(struct packer **ret, enum codec_level level, struct err *err)
{
	scoped(scoped_free) struct packer *packer = calloc(1, sizeof *packer);

	(void)level; /* upstream always takes the largest blocks; smaller ones are not faster */
	if (!packer || !(packer->fast = fast_new()))
		return err_memory(err);
	*ret = take(&packer);
	return 0;
}

static void
bz2_packer_close(struct packer *packer)
{
	if (!packer)
		return;
	fast_free(packer->fast);
	free(packer);
}

static int
bz2_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	unsigned length = room < UINT_MAX ? (unsigned)room : UINT_MAX;
	int status;

	if (raw.length > UINT_MAX || !fast_shrinks(packer->fast, raw))
		return 0;
	status = BZ2_bzBuffToBuffCompress(packed, &length, (char *)(uintptr_t)raw.data,
	    (unsigned)raw.length, BLOCKS_900K, QUIET, DEFAULT_EFFORT);
	if (status == BZ_OUTBUFF_FULL)
		return 0;
	if (status != BZ_OK)
		return err_memory(err);
	*ret_length = length;
	return 1;
}

struct unpacker {
	bz_stream stream;
	bool ended;
};

static int
bz2_unpacker_open(struct unpacker **ret, struct err *err)
{
	struct unpacker *unpacker = calloc(1, sizeof *unpacker);

	if (!unpacker || BZ2_bzDecompressInit(&unpacker->stream, QUIET, 0) != BZ_OK) {
		free(unpacker);
		return err_memory(err);
	}
	*ret = unpacker;
	return 0;
}

static void
bz2_unpacker_close(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	BZ2_bzDecompressEnd(&unpacker->stream);
	free(unpacker);
}

static int
bz2_unpack(struct unpacker *unpacker, struct span *packed, void *out, size_t room,
    size_t *ret_length, bool *ret_ended, struct err *err)
{
	bz_stream *stream = &unpacker->stream;
	unsigned offered = packed->length < UINT_MAX ? (unsigned)packed->length : UINT_MAX;
	unsigned space = room < UINT_MAX ? (unsigned)room : UINT_MAX;
	int status = BZ_STREAM_END;

	stream->next_in = (char *)(uintptr_t)packed->data;
	stream->avail_in = offered;
	stream->next_out = out;
	stream->avail_out = space;
	if (!unpacker->ended)
		status = BZ2_bzDecompress(stream);
	if (status == BZ_MEM_ERROR)
		return err_memory(err);
	if (status != BZ_OK && status != BZ_STREAM_END)
		return err_set(err, ERR_CORRUPT, "bzip2 stream: %s",
		    status == BZ_DATA_ERROR_MAGIC ? "is none" : "damaged");
	unpacker->ended = status == BZ_STREAM_END;
	packed->data += offered - stream->avail_in;
	packed->length -= offered - stream->avail_in;
	*ret_length = space - stream->avail_out;
	*ret_ended = unpacker->ended;
	return 0;
}

const struct codec codec_bz2 = {
	.name = "bz2",
	.packer_open = bz2_packer_open,
	.pack = bz2_pack,
	.packer_close = bz2_packer_close,
	.unpacker_open = bz2_unpacker_open,
	.unpack = bz2_unpack,
	.unpacker_close = bz2_unpacker_close,
};
