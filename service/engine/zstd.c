#include <zstd.h>
#include <zstd_errors.h>

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"

/* Upstream packs at level 3; its windows of 2 MiB are well below what we take. */
enum { LEVEL_FAST = 1, LEVEL_DEFAULT = 3, LEVEL_BEST = 9, WINDOW_LOG_MAX = 23 };

struct packer {
	ZSTD_CCtx *context;
};

static void
zstd_packer_close(struct packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->context);
	free(packer);
}
SCOPED_POINTER(struct packer, zstd_packer_close);

static int
zstd_packer_open(struct packer **ret, enum codec_level level, struct err *err)
{
	static const int levels[] = {
		[CODEC_FAST] = LEVEL_FAST,
		[CODEC_DEFAULT] = LEVEL_DEFAULT,
		[CODEC_BEST] = LEVEL_BEST,
	};
	scoped(zstd_packer_close_scoped) struct packer *packer = calloc(1, sizeof *packer);

	if (packer)
		packer->context = ZSTD_createCCtx();
	if (!packer || !packer->context)
		return err_memory(err);
	ZSTD_CCtx_setParameter(packer->context, ZSTD_c_compressionLevel, levels[level]);
	*ret = take(&packer);
	return 0;
}

static int
zstd_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	size_t length = ZSTD_compress2(packer->context, packed, room, raw.data, raw.length);

	if (!ZSTD_isError(length)) {
		*ret_length = length;
		return 1;
	}
	if (ZSTD_getErrorCode(length) == ZSTD_error_dstSize_tooSmall)
		return 0;
	return err_set(err, ERR_SYSTEM, "zstd: %s", ZSTD_getErrorName(length));
}

struct unpacker {
	ZSTD_DCtx *context;
	bool ended;
};

static void
zstd_unpacker_close(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	ZSTD_freeDCtx(unpacker->context);
	free(unpacker);
}
SCOPED_POINTER(struct unpacker, zstd_unpacker_close);

static int
zstd_unpacker_open(struct unpacker **ret, struct err *err)
{
	scoped(zstd_unpacker_close_scoped) struct unpacker *unpacker = calloc(1, sizeof *unpacker);

	if (unpacker)
		unpacker->context = ZSTD_createDCtx();
	if (!unpacker || !unpacker->context)
		return err_memory(err);
	ZSTD_DCtx_setParameter(unpacker->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	*ret = take(&unpacker);
	return 0;
}

static int
zstd_unpack(struct unpacker *unpacker, struct span *packed, void *out, size_t room,
    size_t *ret_length, bool *ret_ended, struct err *err)
{
	ZSTD_inBuffer in = { packed->data, packed->length, 0 };
	ZSTD_outBuffer space = { out, room, 0 };
	size_t left = 0;

	if (!unpacker->ended)
		left = ZSTD_decompressStream(unpacker->context, &space, &in);
	if (ZSTD_isError(left)) {
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			return err_memory(err);
		return err_set(err, ERR_CORRUPT, "zstd frame: %s", ZSTD_getErrorName(left));
	}
	unpacker->ended = !left;
	packed->data += in.pos;
	packed->length -= in.pos;
	*ret_length = space.pos;
	*ret_ended = unpacker->ended;
	return 0;
}

const struct codec codec_zstd = {
	.name = "zstd",
	.packer_open = zstd_packer_open,
	.pack = zstd_pack,
	.packer_close = zstd_packer_close,
	.unpacker_open = zstd_unpacker_open,
	.unpack = zstd_unpack,
	.unpacker_close = zstd_unpacker_close,
};
