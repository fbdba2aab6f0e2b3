/* What upstream wrote, read and written again: the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/scope.h"
#include "format/manifest.h"
#include "unit/format/text.h"

enum { DOCUMENTS_MAX = 16 * 1024 * 1024 };

/* The documents of an archive whose names end so, one behind the other. */
static void
unpack(const char *archive, const char *ending, struct buf *ret)
{
	char command[512];
	char part[4096];
	size_t length;
	FILE *pipe;

	snprintf(command, sizeof command, "tar -xJOf '%s/data/golden/%s' --wildcards '*%s'",
	    TESTS_DIR, archive, ending);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((length = fread(part, 1, sizeof part, pipe)) > 0)
		buf_add(ret, part, length);
	assert_int_equal(pclose(pipe), 0);
	assert_true(ret->length > 0 && !ret->failed);
}

/* Where the document at text ends: its last line is a brace alone, without a line end. */
static char *
document_end(char *text)
{
	return strstr(text, "\n}") + 2;
}

/* Upstream's prefix, as the record of the backup has it: the name of the first object less its
 * number. */
static void
find_prefix(const char *text, char *ret)
{
	const char *name =
	    strstr(text, "\"volume_meta") ? strstr(text, "      \"volume_") + 7 : NULL;

	assert_non_null(name);
	memcpy(ret, name, strcspn(name, "\""));
	ret[strcspn(name, "\"") - strlen("-00001")] = '\0';
}

static void
rewrite_manifest(char *text)
{
	scoped(manifest_drop) struct manifest manifest = { 0 };
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(DOCUMENTS_MAX);
	struct segment segment;
	char prefix[256] = "";
	struct err err;

	find_prefix(text, prefix);
	assert_int_equal(manifest_check(text_source, text, prefix, 32768, &manifest, &err), 0);
	assert_int_equal(manifest_reader_open(&reader, text_source, text, prefix, &err), 0);
	assert_int_equal(
	    manifest_writer_open(&writer, &manifest.heading, prefix, text_sink, &out, &err), 0);
	while (manifest_next(reader, &segment, &err) == 1)
		assert_int_equal(manifest_write(writer, &segment, &err), 0);
	assert_int_equal(manifest_finish(writer, manifest.volume_meta, &err), 0);
	assert_int_equal(segment.number, manifest.n_objects);
	assert_string_equal(buf_string(&out), text);
}

static void
rewrite_hashes(char *text)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(DOCUMENTS_MAX);
	char id[37] = "", name[16] = "", moment[32] = "", volume[37] = "";
	struct heading heading = { id, volume, name, NULL, moment, NULL, NULL, NULL };
	uint8_t digests[100][SHA256_SIZE];
	size_t count = 100, total = 0;
	uint64_t block;
	struct err err;

	sscanf(strstr(text, "backup_id"), "backup_id\": \"%36[^\"]", id);
	sscanf(strstr(text, "backup_name"), "backup_name\": \"%15[^\"]", name);
	sscanf(strstr(text, "created_at"), "created_at\": \"%31[^\"]", moment);
	sscanf(strstr(text, "volume_id"), "volume_id\": \"%36[^\"]", volume);
	assert_int_equal(hashes_reader_open(&reader, text_source, text, &block, &err), 1);
	assert_int_equal(hashes_writer_open(&writer, &heading, block, text_sink, &out, &err), 0);
	for (; count == 100; total += count) {
		assert_int_equal(hashes_read(reader, digests, 100, &count, &err), 0);
		assert_int_equal(
		    hashes_write(writer, (const uint8_t(*)[SHA256_SIZE])digests, count, &err), 0);
	}
	assert_int_equal(total, (1 << 30) / 32768);
	assert_int_equal(hashes_finish(writer, &err), 0);
	assert_true(strcmp(buf_string(&out), text) == 0);
}

static void
each_document(const char *ending, void (*rewrite)(char *text))
{
	static const char *const archives[] = { "posix-zlib.tar.xz", "swift-zlib.tar.xz" };
	scoped(buf_drop) struct buf documents = BUF(DOCUMENTS_MAX);
	char *text, *end, after;
	size_t i, count = 0;

	for (i = 0; i < 2; i++) {
		buf_clear(&documents);
		unpack(archives[i], ending, &documents);
		for (text = documents.data; *text; text = end, count++) {
			end = document_end(text);
			after = *end;
			*end = '\0';
			rewrite(text);
			*end = after;
		}
	}
	assert_int_equal(count, 6);
}

static void
manifests_of_upstream_come_out_as_they_went_in(void **state)
{
	(void)state;
	each_document("_metadata", rewrite_manifest);
}

static void
hash_lists_of_upstream_come_out_as_they_went_in(void **state)
{
	(void)state;
	each_document("_sha256file", rewrite_hashes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manifests_of_upstream_come_out_as_they_went_in),
		cmocka_unit_test(hash_lists_of_upstream_come_out_as_they_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
