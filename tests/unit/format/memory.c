/* Each allocation fails once: an error comes back, and nothing is lost or freed twice. */
#include "unit/base/starve.h"

#include "base/scope.h"
#include "format/manifest.h"
#include "unit/format/text.h"

static char manifest_text[] =
    "{\"backup_id\": \"b\", \"objects\": [{\"vol-00001\": {\"offset\": 0, \"length\": 512,"
    "\"compression\": \"none\"}}], \"version\": \"1.0.0\"}";
static char hashes_text[] =
    "{\"sha256s\": [\"c35020473aed1b4642cd726cad727b63fff2824ad68cedd7ffb73c7cbd890479\"],"
    "\"version\": \"1.0.0\", \"chunk_size\": 4096}";
static const struct heading heading = { "b", "v", "n", "d", "c", "p", NULL, NULL };

static int
check_manifest(struct err *err)
{
	scoped(manifest_drop) struct manifest manifest = { 0 };

	return manifest_check(text_source, manifest_text, "vol", 0, &manifest, err);
}

static int
read_manifest(struct err *err)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct segment segment;
	int result = manifest_reader_open(&reader, text_source, manifest_text, "vol", err);

	while (result >= 0 && (result = manifest_next(reader, &segment, err)) > 0)
		;
	return result;
}

static int
read_hashes(struct err *err)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	uint8_t digests[2][SHA256_SIZE];
	uint64_t block;
	size_t count;

	if (hashes_reader_open(&reader, text_source, hashes_text, &block, err) < 0)
		return -1;
	return hashes_read(reader, digests, 2, &count, err);
}

static int
drop_text(void *arg, struct span text, struct err *err)
{
	(void)arg;
	(void)text;
	(void)err;
	return 0;
}

static int
write_manifest(struct err *err)
{
	static const struct segment segment = { .number = 1, .length = 1, .codec = "none" };
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;

	if (manifest_writer_open(&writer, &heading, "vol", drop_text, NULL, err) < 0 ||
	    manifest_write(writer, &segment, err) < 0)
		return -1;
	return manifest_finish(writer, NULL, err);
}

static int
write_hashes(struct err *err)
{
	static const uint8_t digests[1000][SHA256_SIZE];
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = NULL;

	if (hashes_writer_open(&writer, &heading, 512, drop_text, NULL, err) < 0 ||
	    hashes_write(writer, digests, 1000, err) < 0)
		return -1;
	return hashes_finish(writer, err);
}

static void
every_way_survives_without_memory(void **state)
{
	(void)state;
	starve_each(check_manifest);
	starve_each(read_manifest);
	starve_each(read_hashes);
	starve_each(write_manifest);
	starve_each(write_hashes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_survives_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
