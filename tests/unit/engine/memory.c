/* Each allocation of ours fails once: an error comes back, and nothing is lost or freed twice. */
#include "unit/base/starve.h"

#include "engine/codec.h"
#include "engine/pipeline.h"

static const struct codec *codec;
static enum codec_level level;

static int
pack(struct err *err)
{
	scoped(packers_close_scoped) struct packers *packers = NULL;
	char raw[70000] = { 0 };
	size_t length;

	if (packers_open(&packers, codec, level, 2, sizeof raw, err) < 0)
		return -1;
	return packers_pack(packers, raw, sizeof raw, &length, err) < 0 ? -1 : 0;
}

static int
unpack(struct err *err)
{
	struct unpacker *unpacker = NULL;
	struct span packed = { "", 0 };
	char out[16];
	size_t length;
	bool ended;
	int result;

	if (codec->unpacker_open(&unpacker, err) < 0)
		return -1;
	result = codec->unpack(unpacker, &packed, out, sizeof out, &length, &ended, err);
	codec->unpacker_close(unpacker);
	return result;
}

static int
fill(void *arg, void *slot, struct err *err)
{
	(void)arg;
	(void)slot;
	(void)err;
	return 1;
}

static int
run(struct err *err)
{
	static const struct stage stages[] = {
		{ .name = "fill", .run = fill, .threads = 1 },
		{ .name = "last", .run = fill, .threads = 1 },
	};
	char slot;
	const struct pipeline pipeline = { stages, 2, &slot, 1, sizeof slot, NULL };

	return pipeline_run(&pipeline, NULL, err);
}

static void
every_codec_survives_without_memory(void **state)
{
	static const struct codec *const codecs[] = { &codec_zlib, &codec_bz2, &codec_zstd };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		codec = codecs[i];
		for (level = CODEC_FAST; level <= CODEC_BEST; level++)
			starve_each(pack);
		starve_each(unpack);
		codec->packer_close(NULL);
		codec->unpacker_close(NULL);
	}
}

static void
the_pipeline_survives_without_memory(void **state)
{
	(void)state;
	starve_each(run);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_codec_survives_without_memory),
		cmocka_unit_test(the_pipeline_survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
