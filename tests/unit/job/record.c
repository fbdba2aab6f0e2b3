#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/digest.h"
#include "base/err.h"
#include "job/record.h"
#include "model/volume.h"

#define ID "8c11b04c-866c-4067-bf4f-f63a15824cdb"

/* What stands behind size in the shortest record that is taken. */
#define REST                                                                                       \
	"\"display_name\": null, \"display_description\": null, \"container\": null, "             \
	"\"service_metadata\": null, \"object_count\": 0"
#define SHORTEST "{\"id\": \"" ID "\", \"size\": 1, " REST "}"

static void
read_fixture(const char *name, struct buf *ret)
{
	char path[512];
	FILE *file;
	char *room = buf_reserve(ret, 4096);

	snprintf(path, sizeof path, "%s/unit/job/record/%s", TESTS_DIR, name);
	file = fopen(path, "r");
	assert_non_null(file);
	ret->length = fread(room, 1, 4096, file);
	fclose(file);
	while (ret->length && ret->data[ret->length - 1] == '\n')
		ret->length--;
	assert_true(ret->length > 0);
}

static int
parse_json(const char *json, size_t length, struct backup *ret, struct err *err)
{
	scoped(buf_drop) struct buf url = BUF(4 * RECORD_MAX);

	digest_base64((struct span){ json, length }, &url);
	return record_parse(buf_span(&url), ret, err);
}

static void
what_upstream_exported_is_read_and_written_byte_for_byte(void **state)
{
	static const char *const names[] = { "posix-full.backup_url", "posix-increment.backup_url",
		"swift-increment.backup_url" };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		scoped(buf_drop) struct buf url = BUF(RECORD_MAX);
		scoped(buf_drop) struct buf again = BUF(RECORD_MAX);
		struct backup backup;
		struct err err;

		read_fixture(names[i], &url);
		assert_int_equal(record_parse(buf_span(&url), &backup, &err), 0);
		assert_int_equal(record_print(&backup, span_of(""), &again, &err), 0);
		assert_true(span_equal(buf_span(&url), buf_span(&again)));
	}
}

static void
columns_of_an_upstream_record_have_their_values(void **state)
{
	scoped(buf_drop) struct buf url = BUF(RECORD_MAX);
	struct backup backup;
	struct err err;

	(void)state;
	read_fixture("swift-increment.backup_url", &url);
	assert_int_equal(record_parse(buf_span(&url), &backup, &err), 0);
	assert_string_equal(backup.id, "af0002aa-63c2-4eaa-b51f-06c527f6af20");
	assert_string_equal(backup.parent_id, "b77479c6-ac7e-474f-860a-967a455c83e4");
	assert_string_equal(backup.container, "volumebackups");
	assert_string_equal(backup.service, "cinder.backup.drivers.swift.SwiftBackupDriver");
	assert_int_equal(backup.status, BACKUP_AVAILABLE);
	assert_int_equal(backup.object_count, 2);
	assert_int_equal(backup.created_at, 1795397494);
	assert_int_equal(backup.data_timestamp, backup.created_at);
	assert_false(backup_has(&backup, BACKUP_SNAPSHOT_ID));
}

static void
text_of_any_script_survives(void **state)
{
	static const char *const names[] = { "\xe5\x82\x99\xe4\xbb\xbd",
		"\xf0\x9f\x92\xbe \"\\\n\x7f", "", "</script>" };
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		scoped(buf_drop) struct buf url = BUF(RECORD_MAX);
		struct backup in, out;
		struct err err;

		assert_int_equal(parse_json(SHORTEST, strlen(SHORTEST), &in, &err), 0);
		assert_int_equal(backup_set_text(&in, BACKUP_DISPLAY_NAME, names[i], &err), 0);
		assert_int_equal(record_print(&in, span_of(""), &url, &err), 0);
		assert_int_equal(record_parse(buf_span(&url), &out, &err), 0);
		assert_string_equal(out.display_name, names[i]);
	}
}

static void
line_ends_around_a_pasted_record_do_no_harm(void **state)
{
	scoped(buf_drop) struct buf url = BUF(RECORD_MAX);
	scoped(buf_drop) struct buf broken = BUF(RECORD_MAX);
	struct backup backup;
	struct err err;
	size_t i;

	(void)state;
	read_fixture("posix-full.backup_url", &url);
	for (i = 0; i < url.length; i++) {
		buf_byte(&broken, url.data[i]);
		if (i % 76 == 75)
			buf_text(&broken, "\r\n");
	}
	assert_int_equal(record_parse(buf_span(&broken), &backup, &err), 0);
}

static void
each_lie_has_its_own_refusal(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{ "{\"id\": \"1\"}", "Provided backup record is missing size attribute" },
		{ "{\"id\": \"" ID "\", \"size\": null, " REST "}",
		    "Provided backup record is missing size attribute" },
		{ "{\"size\": 1, " REST "}", "Provided backup record is missing an id" },
		{ "{\"id\": null, \"size\": 1}", "Provided backup record is missing an id" },
		{ "{\"id\": \"1\", \"size\": 1, " REST "}", "\"1\" is no UUID" },
		{ "{\"id\": \"../../../../../../etc/passwd\", \"size\": 1}", "is no UUID" },
		{ "{\"id\": 7, \"size\": 1}", "id: not a text" },
		{ "{\"id\": \"" ID "0\", \"size\": 1}", "id: longer than 36 characters" },
		{ "{\"id\": \"" ID "\", \"size\": \"1\"}", "size: not a whole number" },
		{ "{\"id\": \"" ID "\", \"size\": 1.5}", "size: not a whole number" },
		{ "{\"id\": \"" ID "\", \"size\": -1}", "size: not a whole number" },
		{ "{\"id\": \"" ID "\", \"size\": 2147483648}", "size: not a whole number" },
		{ "{\"id\": \"" ID "\", \"size\": true}", "size: not a whole number" },
		{ "{\"id\": \"" ID "\", \"size\": 0}", "size: must be at least 1 GiB" },
		{ "{\"id\": \"" ID "\", \"size\": 1}", "missing fields (display_name)" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"display_name\": null, "
		  "\"display_description\": null, \"container\": null, \"service_metadata\": null}",
		    "missing fields (object_count)" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"container\": {}}", "container: not a text" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"container\": \"a\\u0000b\"}",
		    "Can't parse backup record" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"created_at\": \"yesterday\"}",
		    "created_at: not a time" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"created_at\": 5}",
		    "created_at: not a time" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"parent_id\": \"full\"}",
		    "parent_id: \"full\" is no UUID" },
		{ "{\"id\": \"" ID "\", \"size\": 1, \"parent_id\": \"" ID "\"}",
		    "its own parent" },
		{ "[]", "not an object" },
		{ "null", "not an object" },
		{ "", "Can't decode backup record." },
		{ "{\"id\": ", "Can't parse backup record" },
		{ SHORTEST "{}", "Can't parse backup record" },
		{ "\xff\xfe", "Can't parse backup record" },
	};
	struct backup backup = { .size = 77 };
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse_json(rows[i].json, strlen(rows[i].json), &backup, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].json, err.text);
		assert_int_equal(backup.size, 77);
	}
}

static void
what_is_no_base64_is_not_decoded(void **state)
{
	static const struct span rows[] = { { "", 0 }, { "e", 1 }, { "eyJ", 3 }, { "{}!!", 4 },
		{ "eyJ\0", 4 }, { "====", 4 }, { "e===", 4 }, { "\xc3\xa4\xc3\xa4", 4 } };
	struct backup backup;
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(record_parse(rows[i], &backup, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
a_bomb_is_refused(void **state)
{
	enum { SIZE = 3 * RECORD_MAX };
	scoped(scoped_free) char *text = malloc(SIZE);
	struct backup backup;
	struct err err;

	(void)state;
	assert_non_null(text);
	memset(text, 'A', SIZE);
	assert_int_equal(record_parse((struct span){ text, SIZE }, &backup, &err), -1);
	assert_non_null(strstr(err.text, "longer than"));
	memset(text, '[', SIZE);
	assert_int_equal(parse_json(text, RECORD_MAX / 2, &backup, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	memcpy(text, "{\"id\":", 6);
	assert_int_equal(parse_json(text, RECORD_MAX / 2, &backup, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

static void
what_is_overwritten_anyway_is_no_reason_to_refuse(void **state)
{
	static const char json[] =
	    "{\"status\": \"verifying\", \"host\": 5, \"deleted\": \"no\", \"deleted_at\": 0, "
	    "\"num_dependent_backups\": \"1\", \"name\": \"backup-1\", \"driver_info\": {\"x\": "
	    "1}, "
	    "\"metadata\": {\"k\": \"v\"}, \"id\": \"" ID "\", \"size\": 3, " REST "}";
	struct backup backup;
	struct err err;

	(void)state;
	assert_int_equal(parse_json(json, strlen(json), &backup, &err), 0);
	assert_int_equal(backup.size, 3);
	assert_false(backup_has(&backup, BACKUP_HOST));
}

static int
note_pair(void *arg, const struct metadata *metadata, struct err *err)
{
	(void)err;
	snprintf(arg, 16, "%u", metadata->count);
	if (metadata->count)
		snprintf(arg, 16, "%.3s=%.3s", metadata->pairs[0].key, metadata->pairs[0].value);
	return 0;
}

static void
metadata_of_a_record_are_pairs_of_texts(void **state)
{
	static const struct {
		const char *metadata, *found; /* NULL: refused */
	} rows[] = {
		{ "{\"k\": \"v\"}", "k=v" },
		{ "{\"k\": \"\"}", "k=" },
		{ "{}", "0" },
		{ "null", "0" },
		{ "{\"k\": 1}", NULL },
		{ "{\"k\": null}", NULL },
		{ "{\"\": \"v\"}", NULL },
		{ "[\"k\"]", NULL },
		{ "\"k\"", NULL },
	};
	struct err err = ERR_INIT;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf json = BUF(256), url = BUF(512);
		char found[16] = "";
		int used;

		buf_printf(&json, "{\"metadata\": %s}", rows[i].metadata);
		digest_base64(buf_span(&json), &url);
		used = record_metadata(buf_span(&url), note_pair, found, &err);
		assert_int_equal(used, rows[i].found ? 0 : -1);
		assert_string_equal(found, rows[i].found ? rows[i].found : "");
		assert_true(rows[i].found || err.kind == ERR_INVALID);
	}
}

static void
a_metadata_of_256_characters_is_refused(void **state)
{
	scoped(buf_drop) struct buf json = BUF(2048), url = BUF(4096);
	char found[16] = "";
	struct err err = ERR_INIT;
	unsigned i;

	(void)state;
	buf_text(&json, "{\"metadata\": {\"k\": \"");
	for (i = 0; i < 256; i++)
		buf_text(&json, "\xc3\xa4");
	buf_text(&json, "\"}}");
	digest_base64(buf_span(&json), &url);
	assert_int_equal(record_metadata(buf_span(&url), note_pair, found, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

/* Before anybody looks at the rest. */
static void
a_row_needs_little_of_a_record(void **state)
{
	static const struct {
		const char *json, *id, *reason;
	} rows[] = {
		{ "{\"id\": \"00000000-1111-4222-8333-444444444444\", \"size\": 1}",
		    "00000000-1111-4222-8333-444444444444", NULL },
		{ "{\"id\": \"abc\", \"size\": 1, \"display_name\": null, \"parent_id\": 7}", "abc",
		    NULL },
		{ "{\"size\": 1}", NULL, "missing an id" },
		{ "{\"id\": \"abc\"}", NULL, "missing size" },
		{ "{\"id\": \"abc\", \"size\": \"1\"}", NULL, "size: not a whole number" },
		{ "{\"id\": \"../abc\", \"size\": 1}", NULL, "no name of a backup" },
		{ "{\"id\": \"\", \"size\": 1}", NULL, "no name of a backup" },
		{ "[]", NULL, "not an object" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scoped(buf_drop) struct buf url = BUF(4096);
		struct err err = ERR_INIT;
		struct backup backup;

		digest_base64(span_of(rows[i].json), &url);
		assert_int_equal(record_begin(buf_span(&url), &backup, &err), rows[i].id ? 0 : -1);
		if (rows[i].id)
			assert_string_equal(backup.id, rows[i].id);
		else if (err.kind != ERR_INVALID || !strstr(err.text, rows[i].reason))
			fail_msg("%s: %s", rows[i].json, err.text);
	}
}

static void
an_adopted_backup_belongs_to_its_new_home(void **state)
{
	static const struct adoption by = { .service =
						"cinder.backup.drivers.posix.PosixBackupDriver",
		.host = "here",
		.project_id = "p1" };
	scoped(buf_drop) struct buf url = BUF(RECORD_MAX);
	struct backup backup;
	struct err err;

	(void)state;
	read_fixture("swift-increment.backup_url", &url);
	assert_int_equal(record_parse(buf_span(&url), &backup, &err), 0);
	assert_int_equal(record_adopt(&backup, &by, &err), 0);
	assert_string_equal(backup.service, by.service);
	assert_string_equal(backup.host, "here");
	assert_string_equal(backup.project_id, "p1");
	assert_false(backup_has(&backup, BACKUP_USER_ID));
	assert_false(backup_has(&backup, BACKUP_AVAILABILITY_ZONE));
	assert_int_equal(backup.status, BACKUP_CREATING);
	assert_string_equal(backup.volume_id, "89269d3f-2e29-4459-827e-ca2f1470dcee");
	assert_string_equal(backup.parent_id, "b77479c6-ac7e-474f-860a-967a455c83e4");
	assert_int_equal(backup.created_at, 1795397494);
}

static void
a_record_without_volume_belongs_to_none(void **state)
{
	static const struct adoption by = { .service = "s" };
	struct backup backup;
	struct err err;

	(void)state;
	assert_int_equal(parse_json(SHORTEST, strlen(SHORTEST), &backup, &err), 0);
	assert_int_equal(record_adopt(&backup, &by, &err), 0);
	assert_string_equal(backup.volume_id, "00000000-0000-0000-0000-000000000000");
}

static void
a_driver_takes_what_its_older_names_made(void **state)
{
	static const char posix[] = "cinder.backup.drivers.posix.PosixBackupDriver";
	static const struct {
		const char *theirs;
		bool taken;
	} rows[] = {
		{ posix, true },
		{ "cinder.backup.drivers.posix", true },
		{ "cinder.backup.services.posix", true },
		{ "", true },
		{ NULL, true },
		{ "cinder.backup.drivers.swift.SwiftBackupDriver", false },
		{ "cinder.backup.services.swift", false },
		{ "cinder.backup.drivers.posix.PosixBackupDriver2", false },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(backup_is_of(rows[i].theirs, posix), rows[i].taken);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_upstream_exported_is_read_and_written_byte_for_byte),
		cmocka_unit_test(columns_of_an_upstream_record_have_their_values),
		cmocka_unit_test(text_of_any_script_survives),
		cmocka_unit_test(line_ends_around_a_pasted_record_do_no_harm),
		cmocka_unit_test(each_lie_has_its_own_refusal),
		cmocka_unit_test(what_is_no_base64_is_not_decoded),
		cmocka_unit_test(a_bomb_is_refused),
		cmocka_unit_test(what_is_overwritten_anyway_is_no_reason_to_refuse),
		cmocka_unit_test(metadata_of_a_record_are_pairs_of_texts),
		cmocka_unit_test(a_metadata_of_256_characters_is_refused),
		cmocka_unit_test(a_row_needs_little_of_a_record),
		cmocka_unit_test(an_adopted_backup_belongs_to_its_new_home),
		cmocka_unit_test(a_record_without_volume_belongs_to_none),
		cmocka_unit_test(a_driver_takes_what_its_older_names_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
