#include "format/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "unit/format/text.h"

#define HEAD "{\"version\": \"1.0.0\", \"objects\": ["
#define OBJECT(number, offset, length)                                                             \
	"{\"vol-" number "\": {\"offset\": " offset ", \"length\": " length                        \
	", \"compression\": \"zlib\", \"md5\": \"d41d8cd98f00b204e9800998ecf8427e\"}}"
#define TAIL "]}"

/* Check text as the manifest of "vol" in blocks of 512 bytes, and drop it again. */
static int
check(const char *text, struct err *err)
{
	scoped(manifest_drop) struct manifest manifest = { 0 };
	scoped(scoped_free) char *copy = text ? strdup(text) : NULL;

	return manifest_check(text_source, copy, "vol", 512, &manifest, err);
}

static void
refuse_each(const char *const (*rows)[2], size_t count, enum err_kind kind)
{
	struct err err;
	size_t i;

	for (i = 0; i < count; i++) {
		err = (struct err)ERR_INIT;
		if (check(rows[i][0], &err) != -1 || err.kind != kind ||
		    !strstr(err.text, rows[i][1]))
			fail_msg("row %zu: %s: %s", i, err_kind_name(err.kind), err.text);
	}
}
#define REFUSE(rows, kind) refuse_each(rows, sizeof rows / sizeof *rows, kind)

static void
lies_about_objects_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ HEAD OBJECT("00001", "0", "1024") ", " OBJECT("00002", "512", "512") TAIL,
		    "vol-00002: overlaps" },
		{ HEAD OBJECT("00001", "1024", "512") ", " OBJECT("00002", "0", "512") TAIL,
		    "vol-00002: overlaps or precedes" },
		{ HEAD OBJECT("00001", "0", "512") ", " OBJECT("00001", "512", "512") TAIL,
		    "vol-00001: has no higher number" },
		{ HEAD OBJECT("00002", "0", "512") ", " OBJECT("00001", "512", "512") TAIL,
		    "vol-00001: has no higher number" },
		{ HEAD OBJECT("00001", "100", "512") TAIL, "vol-00001: does not begin at a block" },
		{ HEAD OBJECT("00001", "0", "0") TAIL, "vol-00001: has no bytes" },
		{ HEAD OBJECT("00001", "0", "-512") TAIL, "vol-00001: length cannot" },
		{ HEAD OBJECT("00001", "-512", "512") TAIL, "vol-00001: offset cannot" },
		{ HEAD OBJECT("00001", "9223372036854775296", "512") TAIL, "ends beyond" },
		{ HEAD OBJECT("00001", "0", "9223372036854775808") TAIL, "length cannot" },
		{ HEAD OBJECT("00001", "1.0", "512") TAIL, "offset cannot" },
		{ HEAD OBJECT("00001", "1e3", "512") TAIL, "offset cannot" },
		{ HEAD OBJECT("00001", "\"0\"", "512") TAIL, "offset cannot" },
		{ HEAD OBJECT("00001", "null", "512") TAIL, "offset cannot" },
		{ HEAD OBJECT("00001", "[0]", "512") TAIL, "offset cannot" },
	};

	(void)state;
	REFUSE(rows, ERR_CORRUPT);
}

static void
foreign_names_are_refused(void **state)
{
	static const char *const names[] = { "", "vol", "vol-", "vol-1", "vol-00000", "vol-000001",
		"vol-0000a", "vol-00001x", "vol-+0001", "vol--0001", "vol- 0001", "lov-00001",
		"vo-00001", "volu-00001", "vol_00001", "../vol-00001", "vol-4294967296",
		"vol-99999999999999999999", "vol_metadata", "VOL-00001" };
	char text[256];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(text, sizeof text,
		    HEAD "{\"%s\": {\"offset\": 0, \"length\": 1, \"compression\": \"none\"}}" TAIL,
		    names[i]);
		assert_int_equal(check(text, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_non_null(strstr(err.text, "foreign object"));
	}
}

static void
bad_descriptions_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "\"offset\": 0, \"length\": 1", "lacks" },
		{ "\"offset\": 0, \"compression\": \"none\"", "lacks" },
		{ "\"length\": 1, \"compression\": \"none\"", "lacks" },
		{ "", "lacks" },
		{ "\"compression\": \"lz4\"", "compression cannot be used: lz4" },
		{ "\"compression\": \"\"", "compression cannot" },
		{ "\"compression\": null", "compression cannot" },
		{ "\"compression\": 0", "compression cannot" },
		{ "\"md5\": \"d41d8cd98f00b204e9800998ecf8427\"", "md5 cannot" },
		{ "\"md5\": \"d41d8cd98f00b204e9800998ecf8427g\"", "md5 cannot" },
		{ "\"md5\": \"d41d8cd98f00b204e9800998ecf8427e0\"", "md5 cannot" },
		{ "\"md5\": null", "md5 cannot" },
		{ "\"offset\": 0, \"offset\": 0", "offset cannot be used: comes twice" },
	};
	char text[256];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		snprintf(text, sizeof text, HEAD "{\"vol-00001\": {%s}}" TAIL, rows[i][0]);
		err = (struct err)ERR_INIT;
		if (check(text, &err) != -1 || err.kind != ERR_CORRUPT ||
		    !strstr(err.text, rows[i][1]))
			fail_msg("row %zu: %s", i, err.text);
	}
}

static void
documents_of_another_shape_are_refused(void **state)
{
	static const char *const rows[][2] = {
		{ "[]", "is no object" },
		{ "null", "is no object" },
		{ "{}", "has no version or no objects" },
		{ "{\"version\": \"1.0.0\"}", "has no version or no objects" },
		{ "{\"objects\": []}", "has no version or no objects" },
		{ "{\"version\": null, \"objects\": []}", "has no version" },
		{ "{\"version\": 1, \"objects\": []}", "version is no text" },
		{ "{\"version\": \"1.0.0\", \"objects\": {}}", "objects is no list" },
		{ "{\"version\": \"1.0.0\", \"objects\": null}", "objects is no list" },
		{ HEAD "], \"objects\": [" TAIL, "objects comes twice" },
		{ HEAD "], \"version\": \"1.0.0\"}", "version comes twice" },
		{ HEAD "], \"volume_meta\": {}}", "volume_meta is no text" },
		{ HEAD "], \"backup_id\": 7}", "backup_id is no text" },
		{ HEAD "{}" TAIL, "names no object" },
		{ HEAD "[]" TAIL, "names no object" },
		{ HEAD "\"vol-00001\"" TAIL, "names no object" },
		{ HEAD "null" TAIL, "names no object" },
		{ HEAD "{\"vol-00001\": []}" TAIL, "is not described" },
		{ HEAD "{\"vol-00001\": {\"offset\": {}}}" TAIL, "offset cannot" },
		{ "", "premature EOF" },
		{ "{", "premature EOF" },
		{ HEAD OBJECT("00001", "0", "512"), "premature EOF" },
		{ HEAD TAIL "x", "byte" },
		{ HEAD TAIL "{}", "trailing garbage" },
		{ "{'version': '1.0.0'}", "byte" },
		{ HEAD TAIL "\xff", "byte" },
		{ HEAD "], \"backup_name\": \"\xff\"}", "byte" },
		{ HEAD "], \"backup_name\": \"\\u0000\"}", "NUL" },
	};

	(void)state;
	REFUSE(rows, ERR_CORRUPT);
}

static void
other_versions_are_named_whatever_their_objects_look_like(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"version\": \"2.0.0\", \"objects\": []}", "version 2.0.0" },
		{ "{\"version\": \"1.0\", \"objects\": []}", "version 1.0" },
		{ "{\"objects\": {\"tree\": {}}, \"version\": \"2.0.0\"}", "version 2.0.0" },
		{ "{\"objects\": [{\"a\": [{}, {\"b\": [1]}]}, 7], \"version\": \"2.0.0\"}",
		    "version 2.0.0" },
		{ "{\"objects\": null, \"version\": \"2.0.0\"}", "version 2.0.0" },
		{ "{\"version\": \"2.0.0\"}", "version 2.0.0" },
	};

	(void)state;
	REFUSE(rows, ERR_INVALID);
}

static void
absurd_depth_is_refused(void **state)
{
	enum { DEEP = 200000 };
	static const char head[] = "{\"version\": \"1.0.0\", \"x\": ";
	scoped(buf_drop) struct buf text = BUF(DEEP + 100);
	struct err err;
	int i;

	(void)state;
	buf_text(&text, head);
	for (i = 0; i < DEEP; i++)
		buf_byte(&text, '[');
	assert_int_equal(check(buf_string(&text), &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_non_null(strstr(err.text, "within each other"));
}

static void
every_cut_through_a_manifest_is_refused(void **state)
{
	char text[] = HEAD OBJECT("00001", "0", "512") ", " OBJECT("00002", "512", "512") TAIL;
	struct err err;
	size_t length;

	(void)state;
	assert_int_equal(check(text, &err), 0);
	for (length = strlen(text); length-- > 0;) {
		text[length] = '\0';
		assert_int_equal(check(text, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

static void
absent_manifest_is_not_found(void **state)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct err err;

	(void)state;
	assert_int_equal(check(NULL, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(manifest_reader_open(&reader, text_source, NULL, "vol", &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static int
broken_source(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	static const char start[] = "{\"version\": \"1.0.0\", ";

	(void)arg;
	if (offset)
		return err_set(err, ERR_RETRY, "connection reset");
	buf_text(ret, start);
	return 1;
}

static void
a_failing_source_keeps_its_kind(void **state)
{
	struct manifest manifest;
	struct err err;

	(void)state;
	assert_int_equal(manifest_check(broken_source, NULL, "vol", 0, &manifest, &err), -1);
	assert_int_equal(err.kind, ERR_RETRY);
	assert_string_equal(err.text, "manifest vol_metadata: connection reset");
}

static int
no_source(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	(void)arg;
	(void)offset;
	(void)ret;
	return err_set(err, ERR_DENIED, "no access");
}

static void
a_source_that_never_works_keeps_its_kind(void **state)
{
	struct manifest_reader *reader = NULL;
	struct err err;

	(void)state;
	assert_int_equal(manifest_reader_open(&reader, no_source, NULL, "vol", &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.text, "manifest vol_metadata: no access");
	manifest_reader_close(NULL);
	manifest_writer_close(NULL);
}

/* As no upstream writes it, but as one may read it. */
static char strange[] =
    "\n{\"future\": [{\"a\": [null, true, -1.5e9]}, \"x\"],"
    "\"objects\": [{"
    " \"vol-00001\": {\"length\": 512, \"extra\": {\"objects\": []}, \"offset\": 1024,"
    "  \"compression\": \"BZIP2\"},"
    " \"vol-00007\": {\"md5\": \"D41D8CD98F00B204E9800998ECF8427E\", \"compression\": \"none\","
    "  \"offset\": 2048, \"length\": 3}}],"
    "\"created_at\": \"2013-04-05 06:07:08\", \"volume_meta\": \"{\\\"version\\\": 2}\","
    "\"backup_name\": \"na\\u00efve \\ud83d\\ude00\", \"backup_description\": null,"
    "\"version\": \"1.0.0\", \"extra_metadata\": {\"k\": 1}}\n";

static void
order_and_unknown_keys_do_not_matter(void **state)
{
	document_source *const sources[] = { text_source, text_drip };
	struct manifest manifest;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(
		    manifest_check(sources[i], strange, "vol", 512, &manifest, &err), 0);
		assert_string_equal(manifest.heading.version, "1.0.0");
		assert_string_equal(manifest.heading.created_at, "2013-04-05 06:07:08");
		assert_string_equal(manifest.heading.backup_name, "na\xc3\xafve \xf0\x9f\x98\x80");
		assert_null(manifest.heading.backup_description);
		assert_null(manifest.heading.backup_id);
		assert_null(manifest.heading.parent_id);
		assert_string_equal(manifest.volume_meta, "{\"version\": 2}");
		assert_int_equal(manifest.n_objects, 2);
		assert_int_equal(manifest.numbers_max, 7);
		assert_int_equal(manifest.end, 2051);
		assert_int_equal(manifest.length_max, 512);
		manifest_drop(&manifest);
	}
}

static void
objects_come_one_by_one(void **state)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct segment segment;
	struct err err;

	(void)state;
	assert_int_equal(manifest_reader_open(&reader, text_source, strange, "vol", &err), 0);
	assert_int_equal(manifest_next(reader, &segment, &err), 1);
	assert_int_equal(segment.number, 1);
	assert_int_equal(segment.offset, 1024);
	assert_int_equal(segment.length, 512);
	assert_string_equal(segment.codec, "bzip2");
	assert_false(segment.has_md5);
	assert_int_equal(manifest_next(reader, &segment, &err), 1);
	assert_int_equal(segment.number, 7);
	assert_true(segment.has_md5);
	assert_int_equal(segment.md5[0], 0xd4);
	assert_int_equal(manifest_next(reader, &segment, &err), 0);
	assert_int_equal(manifest_next(reader, &segment, &err), 0);
}

static void
readers_meet_every_cut_too(void **state)
{
	scoped(scoped_free) char *text = strdup(strange);
	struct segment segment;
	struct err err;
	size_t length;

	(void)state;
	for (length = (size_t)(strstr(strange, "}}]") - strange); length-- > 0;) {
		scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
		int result;

		memcpy(text, strange, length);
		text[length] = '\0';
		result = manifest_reader_open(&reader, text_source, text, "vol", &err);
		while (result == 0 && (result = manifest_next(reader, &segment, &err)) > 0)
			result = 0;
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

static void
readers_without_objects_say_so(void **state)
{
	static char none[] = "{\"version\": \"1.0.0\"}", odd[] = "{\"objects\": 7}";
	struct manifest_reader *reader = NULL;
	struct err err;

	(void)state;
	assert_int_equal(manifest_reader_open(&reader, text_source, none, "vol", &err), -1);
	assert_string_equal(err.text, "manifest vol_metadata: has no objects");
	assert_int_equal(manifest_reader_open(&reader, text_source, odd, "vol", &err), -1);
	assert_string_equal(err.text, "manifest vol_metadata: objects is no list");
	assert_null(reader);
}

static void
what_is_written_is_what_python_writes(void **state)
{
	static const char expected[] =
	    "{\n  \"backup_description\": \"tab\\t and \\u00e9\",\n  \"backup_id\": \"b\",\n"
	    "  \"backup_name\": null,\n  \"created_at\": \"2026-01-02 03:04:05+00:00\",\n"
	    "  \"objects\": [\n    {\n      \"vol-00042\": {\n        \"compression\": \"zlib\",\n"
	    "        \"length\": 512,\n        \"md5\": \"01000000000000000000000000000000\",\n"
	    "        \"offset\": 1099511627776\n      }\n    },\n    {\n      \"vol-123456\": {\n"
	    "        \"compression\": \"none\",\n        \"length\": 1,\n"
	    "        \"offset\": 1099511628800\n      }\n    }\n  ],\n  \"parent_id\": \"p\",\n"
	    "  \"version\": \"1.0.0\",\n  \"volume_id\": \"v\",\n"
	    "  \"volume_meta\": \"{\\\"a\\\": \\\"\\\\u00e9\\\"}\"\n}";
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(4096);
	char moment[32];
	struct heading heading = { "b", "v", NULL, "tab\t and \xc3\xa9", moment, "p", NULL, NULL };
	struct segment first = { .number = 42,
		.offset = 1ull << 40,
		.length = 512,
		.md5 = { 1 },
		.has_md5 = true,
		.codec = "zlib" };
	struct segment second = {
		.number = 123456, .offset = (1ull << 40) + 1024, .length = 1, .codec = "none"
	};
	struct err err;

	(void)state;
	heading_time(1767323045, moment);
	assert_int_equal(manifest_writer_open(&writer, &heading, "vol", text_sink, &out, &err), 0);
	assert_int_equal(manifest_write(writer, &first, &err), 0);
	assert_int_equal(manifest_write(writer, &second, &err), 0);
	assert_int_equal(manifest_finish(writer, "{\"a\": \"\\u00e9\"}", &err), 0);
	assert_string_equal(buf_string(&out), expected);
}

static void
what_a_driver_noted_is_found_before_the_objects(void **state)
{
	static const struct {
		const char *text, *extra; /* NULL: nothing is found */
	} cases[] = {
		{ "{\"a\": [1, {\"extra_metadata\": \"no\"}], \"extra_metadata\": \"yes\", !",
		    "yes" },
		{ "{\"extra_metadata\": {\"of\": \"another driver\"}, \"objects\": []}", NULL },
		{ "{\"extra_metadata\": null, \"objects\": []}", NULL },
		{ "{\"extra_metadata\": \"longer than there is room\", \"objects\": []}", NULL },
		{ "{\"objects\": [], \"extra_metadata\": \"late\"}", NULL },
		{ "{\"version\": \"1.0.0\"}", NULL },
	};
	char extra[8];
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		scoped(scoped_free) char *text = strdup(cases[i].text);
		int found = manifest_extra(text_source, text, "vol", extra, sizeof extra, &err);

		assert_int_equal(found, cases[i].extra != NULL);
		if (cases[i].extra)
			assert_string_equal(extra, cases[i].extra);
	}
	assert_int_equal(
	    manifest_extra(text_source, (char[]){ "{\"a\"" }, "vol", extra, sizeof extra, &err),
	    -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void
what_a_driver_notes_is_written(void **state)
{
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(4096);
	struct heading heading = { .created_at = "now", .extra = "a \"moment\"" };
	struct err err;

	(void)state;
	assert_int_equal(manifest_writer_open(&writer, &heading, "vol", text_sink, &out, &err), 0);
	assert_int_equal(manifest_finish(writer, NULL, &err), 0);
	assert_non_null(strstr(buf_string(&out), "  \"created_at\": \"now\",\n"
						 "  \"extra_metadata\": \"a \\\"moment\\\"\",\n"
						 "  \"objects\": []"));
}

static void
no_objects_are_an_empty_list(void **state)
{
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;
	scoped(buf_drop) struct buf out = BUF(4096);
	struct heading heading = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(manifest_writer_open(&writer, &heading, "vol", text_sink, &out, &err), 0);
	assert_int_equal(manifest_finish(writer, NULL, &err), 0);
	assert_non_null(strstr(buf_string(&out), "\n  \"objects\": [],\n  \"parent_id\": null,\n"));
}

static void
texts_that_are_not_utf8_are_refused(void **state)
{
	struct heading heading = { .backup_name = "caf\xe9" };
	struct manifest_writer *writer = NULL;
	struct err err;

	(void)state;
	assert_int_equal(manifest_writer_open(&writer, &heading, "vol", text_full, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_null(writer);
}

static void
a_full_sink_ends_the_writing(void **state)
{
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer = NULL;
	struct segment segment = { .codec = "none", .length = 1 };
	struct heading heading = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(manifest_writer_open(&writer, &heading, "vol", text_full, NULL, &err), 0);
	do
		segment.number++;
	while (manifest_write(writer, &segment, &err) == 0);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	assert_in_range(segment.number, 100, 2000); /* one window's worth was kept back */
	assert_int_equal(manifest_finish(writer, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies_about_objects_are_refused),
		cmocka_unit_test(foreign_names_are_refused),
		cmocka_unit_test(bad_descriptions_are_refused),
		cmocka_unit_test(documents_of_another_shape_are_refused),
		cmocka_unit_test(other_versions_are_named_whatever_their_objects_look_like),
		cmocka_unit_test(absurd_depth_is_refused),
		cmocka_unit_test(every_cut_through_a_manifest_is_refused),
		cmocka_unit_test(absent_manifest_is_not_found),
		cmocka_unit_test(a_failing_source_keeps_its_kind),
		cmocka_unit_test(a_source_that_never_works_keeps_its_kind),
		cmocka_unit_test(readers_meet_every_cut_too),
		cmocka_unit_test(order_and_unknown_keys_do_not_matter),
		cmocka_unit_test(objects_come_one_by_one),
		cmocka_unit_test(readers_without_objects_say_so),
		cmocka_unit_test(what_is_written_is_what_python_writes),
		cmocka_unit_test(what_a_driver_noted_is_found_before_the_objects),
		cmocka_unit_test(what_a_driver_notes_is_written),
		cmocka_unit_test(no_objects_are_an_empty_list),
		cmocka_unit_test(texts_that_are_not_utf8_are_refused),
		cmocka_unit_test(a_full_sink_ends_the_writing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
