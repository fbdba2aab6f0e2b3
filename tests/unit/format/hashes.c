#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "format/manifest.h"
#include "unit/format/text.h"

#define ONE "\"c35020473aed1b4642cd726cad727b63fff2824ad68cedd7ffb73c7cbd890479\""
#define TWO "\"C35020473AED1B4642CD726CAD727B63FFF2824AD68CEDD7FFB73C7CBD890480\""
#define TAIL "], \"version\": \"1.0.0\"}"

/* Read all of a list.  Number of digests, or -1. */
static int
read_all(const char *text, struct err *err)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	scoped(scoped_free) char *copy = strdup(text);
	uint8_t digests[2][SHA256_SIZE];
	size_t count = 2, total = 0;
	uint64_t block;

	if (hashes_reader_open(&reader, text_source, copy, &block, err) < 0)
		return -1;
	assert_int_equal(block, 4096);
	for (; count == 2; total += count) {
		if (hashes_read(reader, digests, 2, &count, err) < 0)
			return -1;
	}
	assert_int_equal(hashes_read(reader, digests, 2, &count, err), 0);
	assert_int_equal(count, 0);
	return (int)total;
}

static void
lists_are_read_in_any_order_of_keys(void **state)
{
	static const struct {
		const char *text;
		int count;
	} rows[] = {
		{ "{\"chunk_size\": 4096, \"sha256s\": [" TAIL, 0 },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE TAIL, 1 },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE ", " TWO TAIL, 2 },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE ", " TWO ", " ONE TAIL, 3 },
		{ "{\"sha256s\": [" ONE "], \"version\": \"1.0.0\", \"chunk_size\": 4096}", 1 },
		{ "{\"version\": \"1.0.0\", \"sha256s\": [" ONE "], \"chunk_size\": 4096}", 1 },
		{ "{\"x\": [{}], \"chunk_size\": 4096, \"sha256s\": [" ONE
		  "], \"y\": {\"z\": [1]}, "
		  "\"version\": \"1.0.0\", \"volume_id\": null}",
		    1 },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(read_all(rows[i].text, &err), rows[i].count);
}

static void
digests_are_read_as_they_are_written(void **state)
{
	static char text[] = "{\"chunk_size\": 1, \"sha256s\": [" TWO TAIL;
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	uint8_t digest[1][SHA256_SIZE];
	uint64_t block;
	size_t count;
	struct err err;

	(void)state;
	assert_int_equal(hashes_reader_open(&reader, text_drip, text, &block, &err), 1);
	assert_int_equal(block, 1);
	assert_int_equal(hashes_read(reader, digest, 1, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(digest[0][0], 0xc3);
	assert_int_equal(digest[0][31], 0x80);
}

static void
absent_list_is_no_error(void **state)
{
	struct hashes_reader *reader = NULL;
	uint64_t block;
	struct err err;

	(void)state;
	assert_int_equal(hashes_reader_open(&reader, text_source, NULL, &block, &err), 0);
	assert_null(reader);
}

static void
bad_lists_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
		enum err_kind kind;
	} rows[] = {
		{ "", "premature EOF", ERR_CORRUPT },
		{ "[]", "is no object", ERR_CORRUPT },
		{ "{}", "has no sha256s", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096}", "has no sha256s", ERR_CORRUPT },
		{ "{\"sha256s\": [" TAIL, "has no chunk_size", ERR_CORRUPT },
		{ "{\"chunk_size\": 0, \"sha256s\": [" TAIL, "chunk_size", ERR_CORRUPT },
		{ "{\"chunk_size\": -1, \"sha256s\": [" TAIL, "chunk_size", ERR_CORRUPT },
		{ "{\"chunk_size\": 4611686018427387904, \"sha256s\": [" TAIL, "above 16 GiB",
		    ERR_CORRUPT },
		{ "{\"chunk_size\": \"1\", \"sha256s\": [" TAIL, "chunk_size", ERR_CORRUPT },
		{ "{\"chunk_size\": 1, \"chunk_size\": 1, \"sha256s\": [" TAIL, "twice",
		    ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": {}}", "sha256s is no list", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [\"c3\"" TAIL, "SHA-256", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [7" TAIL, "SHA-256", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [[" ONE "]" TAIL, "SHA-256", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE, "premature EOF", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE "]", "premature EOF", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE "]}", "no version", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [" ONE TAIL "x", "byte", ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [], \"sha256s\": [" TAIL, "twice",
		    ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [], \"version\": 1}", "version",
		    ERR_CORRUPT },
		{ "{\"chunk_size\": 4096, \"sha256s\": [], \"version\": \"2.0\"}", "version 2.0",
		    ERR_INVALID },
		{ "{\"version\": \"2.0\", \"chunk_size\": 4096, \"sha256s\": []}", "version 2.0",
		    ERR_INVALID },
	};
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		err = (struct err)ERR_INIT;
		if (read_all(rows[i].text, &err) != -1 || err.kind != rows[i].kind ||
		    !strstr(err.text, rows[i].why))
			fail_msg("row %zu: %s: %s", i, err_kind_name(err.kind), err.text);
	}
}

static void
every_cut_through_a_list_is_refused(void **state)
{
	static const char *const texts[] = {
		"{\"a\": 1, \"chunk_size\": 4096, \"sha256s\": [" ONE ", " TWO TAIL,
		"{\"sha256s\": [" ONE "], \"version\": \"1.0.0\", \"chunk_size\": 4096}",
	};
	struct err err;
	size_t i, length;

	(void)state;
	for (i = 0; i < 2; i++) {
		scoped(scoped_free) char *text = strdup(texts[i]);

		for (length = strlen(text); length-- > 0;) {
			text[length] = '\0';
			assert_int_equal(read_all(text, &err), -1);
			assert_int_equal(err.kind, ERR_CORRUPT);
		}
	}
}

static void
texts_that_are_not_utf8_are_refused(void **state)
{
	struct heading heading = { .backup_description = "\x80" };
	struct hashes_writer *writer = NULL;
	struct err err;

	(void)state;
	assert_int_equal(hashes_writer_open(&writer, &heading, 1, text_full, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	hashes_writer_close(NULL);
	hashes_reader_close(NULL);
}

static void
what_is_written_is_what_python_writes(void **state)
{
	static const char expected[] =
	    "{\n  \"backup_description\": null,\n  \"backup_id\": \"b\",\n  \"backup_name\": "
	    "\"n\",\n"
	    "  \"chunk_size\": 32768,\n  \"created_at\": \"2026-01-02 03:04:05+00:00\",\n"
	    "  \"sha256s\": [\n"
	    "    \"0100000000000000000000000000000000000000000000000000000000000000\",\n"
	    "    \"0200000000000000000000000000000000000000000000000000000000000000\"\n"
	    "  ],\n  \"version\": \"1.0.0\",\n  \"volume_id\": \"v\"\n}";
	static const uint8_t digests[2][SHA256_SIZE] = { { 1 }, { 2 } };
	struct heading heading = { "b", "v", "n", NULL, "2026-01-02 03:04:05+00:00", NULL, NULL,
		NULL };
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(4096);
	struct err err;

	(void)state;
	assert_int_equal(hashes_writer_open(&writer, &heading, 32768, text_sink, &out, &err), 0);
	assert_int_equal(hashes_write(writer, digests, 2, &err), 0);
	assert_int_equal(hashes_finish(writer, &err), 0);
	assert_string_equal(buf_string(&out), expected);
}

static void
a_full_sink_ends_the_writing(void **state)
{
	static const uint8_t digests[1000][SHA256_SIZE];
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = NULL;
	struct heading heading = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(hashes_writer_open(&writer, &heading, 1, text_full, NULL, &err), 0);
	assert_int_equal(hashes_write(writer, digests, 1000, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
}

/* A list of any length, made as it is asked for: 72 bytes a digest. */
enum { LINE = 72 };
static const char before[] = "{\n  \"chunk_size\": 32768,\n  \"sha256s\": [\n    " ONE;
static const char line[] =
    ",\n    \"0000000000000000000000000000000000000000000000000000000000000000\"";
static const char after[] = "\n  ],\n  \"version\": \"1.0.0\"\n}";

static int
endless_source(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	uint64_t lines = *(const uint64_t *)arg * LINE, start = sizeof before - 1;
	size_t room = ret->ceiling - ret->length;

	(void)err;
	if (offset < start) {
		buf_text(ret, before + offset);
	} else if (offset < start + lines) {
		buf_text(ret, line + (offset - start) % LINE);
		while (ret->length + LINE <= room && offset + ret->length < start + lines)
			buf_add(ret, line, LINE);
	} else {
		buf_text(ret, after + (offset - start - lines));
	}
	return 1;
}

static int
count_sink(void *arg, struct span text, struct err *err)
{
	uint64_t *total = arg;

	if (text.length > 70000)
		return err_set(err, ERR_INVALID, "a piece of %zu bytes", text.length);
	*total += text.length;
	return 0;
}

static long
resident_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static void
two_million_digests_need_no_more_memory_than_two(void **state)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = NULL;
	uint64_t lines = 2000000, total = 0, written = 0, block;
	static uint8_t digests[512][SHA256_SIZE];
	struct heading heading = { 0 };
	size_t count = 512;
	struct err err;
	long start;

	(void)state;
	assert_int_equal(hashes_reader_open(&reader, endless_source, &lines, &block, &err), 1);
	assert_int_equal(
	    hashes_writer_open(&writer, &heading, block, count_sink, &written, &err), 0);
	start = resident_kib();
	for (; count == 512; total += count) {
		assert_int_equal(hashes_read(reader, digests, 512, &count, &err), 0);
		assert_int_equal(
		    hashes_write(writer, (const uint8_t(*)[SHA256_SIZE])digests, count, &err), 0);
	}
	assert_int_equal(hashes_finish(writer, &err), 0);
	assert_int_equal(total, lines + 1);
	assert_in_range(written, lines * LINE, lines * LINE + 1000);
	assert_in_range(resident_kib() - start, 0, 8192); /* of 144 MB; sanitizers need some */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_million_digests_need_no_more_memory_than_two),
		cmocka_unit_test(lists_are_read_in_any_order_of_keys),
		cmocka_unit_test(digests_are_read_as_they_are_written),
		cmocka_unit_test(absent_list_is_no_error),
		cmocka_unit_test(bad_lists_are_refused),
		cmocka_unit_test(every_cut_through_a_list_is_refused),
		cmocka_unit_test(texts_that_are_not_utf8_are_refused),
		cmocka_unit_test(what_is_written_is_what_python_writes),
		cmocka_unit_test(a_full_sink_ends_the_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
