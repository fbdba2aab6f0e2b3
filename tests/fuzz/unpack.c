/* Packed objects from anyone: the first byte chooses the codec, the rest is its stream. */
#include <stdint.h>

#include "base/err.h"
#include "engine/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct codec *const codecs[] = { &codec_none, &codec_zlib, &codec_bz2, &codec_zstd };

static void
unpack_all(const struct codec *codec, struct unpacker *unpacker, struct span packed)
{
	char out[4096];
	struct err err = ERR_INIT;
	size_t length, total = 0;
	bool ended = false;

	/* A bomb is the caller's to stop: it knows how long the object may be. */
	while (!ended && total < 1 << 22) {
		size_t before = packed.length;

		if (codec->unpack(unpacker, &packed, out, sizeof out, &length, &ended, &err) < 0)
			return;
		if (length > sizeof out || packed.length > before)
			__builtin_trap();
		if (!ended && length == 0 && packed.length == before)
			return; /* wants more than there is */
		total += length;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct codec *codec;
	struct unpacker *unpacker;
	struct err err = ERR_INIT;

	if (size == 0)
		return 0;
	codec = codecs[data[0] % (sizeof codecs / sizeof codecs[0])];
	if (codec->unpacker_open(&unpacker, &err) < 0)
		return 0;
	unpack_all(codec, unpacker, (struct span){ (const char *)data + 1, size - 1 });
	codec->unpacker_close(unpacker);
	return 0;
}
