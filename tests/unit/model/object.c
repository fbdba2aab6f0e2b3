/* Versioned objects as recorded in a cloud are read, passed on, and made alike from rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/object.h"

enum { RECORD_MAX = 1 << 20 };

/* The arguments of a recorded request; *ret_root owns them. */
static const struct json *
arguments(const char *name, struct json **ret_root)
{
	scoped(buf_drop) struct buf body = BUF(RECORD_MAX);
	scoped(json_free_scoped) struct json *outer = NULL;
	char path[512];
	struct err err;
	FILE *file;

	snprintf(path, sizeof path, TESTS_DIR "/data/oslo/%s.json", name);
	file = fopen(path, "r");
	assert_non_null(file);
	body.length = fread(buf_reserve(&body, RECORD_MAX - 1), 1, RECORD_MAX - 1, file);
	fclose(file);
	assert_int_equal(json_parse(&outer, buf_span(&body), &err), 0);
	assert_int_equal(
	    json_parse(ret_root, span_of(json_text(json_member(outer, "oslo.message"))), &err), 0);
	return json_member(*ret_root, "args");
}

static void
assert_same(const struct json *a, const struct json *b, const char *what)
{
	scoped(buf_drop) struct buf one = BUF(RECORD_MAX);
	scoped(buf_drop) struct buf other = BUF(RECORD_MAX);
	struct json_writer first = JSON_WRITER(&one, 0), second = JSON_WRITER(&other, 0);

	json_put(&first, a);
	json_put(&second, b);
	if (strcmp(buf_string(&one), buf_string(&other)) != 0)
		fail_msg("%s: %s, not %s", what, buf_string(&one), buf_string(&other));
}

static void
an_object_is_known_by_name_and_version(void **state)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *args = arguments("create_backup", &root), *data;
	struct err err = ERR_INIT;

	(void)state;
	data = object_data(json_member(args, "backup"), "Backup", &err);
	assert_string_equal(json_text(json_member(data, "status")), "creating");
	assert_null(object_data(json_member(args, "backup"), "Volume", &err));
	assert_non_null(strstr(err.text, "an object Volume was expected, not Backup"));
	assert_null(object_data(args, "Backup", &err));
	assert_null(object_data(NULL, "Backup", &err));
}

static void
another_major_version_is_refused(void **state)
{
	static const char text[] = "{\"versioned_object.name\": \"Backup\", "
				   "\"versioned_object.version\": \"2.0\", "
				   "\"versioned_object.data\": {}}";
	scoped(json_free_scoped) struct json *root = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(json_parse(&root, span_of(text), &err), 0);
	assert_null(object_data(root, "Backup", &err));
	assert_non_null(strstr(err.text, "version 2.0"));
}

static void
an_object_goes_on_as_it_came_less_its_changes(void **state)
{
	scoped(json_free_scoped) struct json *root = NULL, *again = NULL, *ours = NULL;
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	struct json_writer json = JSON_WRITER(&text, 0);
	const struct json *args = arguments("continue_backup", &root), *data;
	const struct json *backup = json_member(args, "backup");
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&ours, span_of("{\"host\": \"other\"}"), &err), 0);
	object_put(&json, backup, ours);
	assert_int_equal(json_parse(&again, buf_span(&text), &err), 0);
	assert_null(json_member(again, "versioned_object.changes"));
	data = object_data(again, "Backup", &err);
	assert_string_equal(json_text(json_member(data, "host")), "other");
	assert_same(json_member(data, "metadata"),
	    json_member(object_data(backup, "Backup", &err), "metadata"), "metadata");
	assert_int_equal(
	    json_count(data), json_count(json_member(backup, "versioned_object.data")));
}

static int
compare_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	const struct json *ours = json_member(arg, key);

	(void)err;
	if (!ours)
		fail_msg("%s: is missing", key);
	assert_same(ours, value, key);
	return 0;
}

/* From the columns that a Volume was made of, the same Volume is made again. */
static void
a_volume_from_its_row_is_the_recorded_one(void **state)
{
	scoped(json_free_scoped) struct json *root = NULL, *row = NULL, *made = NULL;
	scoped(buf_drop) struct buf columns = BUF(RECORD_MAX);
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	struct json_writer print = JSON_WRITER(&columns, 0), json = JSON_WRITER(&text, 0);
	const struct json *theirs =
	    json_member(arguments("secure_file_operations_enabled", &root), "volume");
	const struct json *data = json_member(theirs, "versioned_object.data");
	struct err err;

	(void)state;
	json_put(&print, data);
	/* The row is that, with the type as a row, too, and the lists under their tables' names. */
	columns.length--;
	buf_text(&columns, ", \"volume_metadata\": {}, \"volume_type\": ");
	print = (struct json_writer)JSON_WRITER(&columns, 0);
	json_put(&print, json_member(json_member(data, "volume_type"), "versioned_object.data"));
	buf_text(&columns, ", \"volume_attachment\": []}");
	assert_int_equal(json_parse(&row, buf_span(&columns), &err), 0);
	object_put_volume(&json, row, true);
	assert_int_equal(json_parse(&made, buf_span(&text), &err), 0);
	assert_same(json_member(made, "versioned_object.version"),
	    json_member(theirs, "versioned_object.version"), "version");
	assert_int_equal(json_each(data, compare_member,
			     (void *)(uintptr_t)object_data(made, "Volume", &err), &err),
	    0);
	assert_int_equal(json_count(object_data(made, "Volume", &err)), json_count(data));
}

static void
old_clouds_get_old_volumes(void **state)
{
	scoped(json_free_scoped) struct json *row = NULL, *made = NULL;
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	struct json_writer json = JSON_WRITER(&text, 0);
	const struct json *data;
	struct err err;

	(void)state;
	assert_int_equal(
	    json_parse(&row, span_of("{\"id\": \"i\", \"multiattach\": true}"), &err), 0);
	object_put_volume(&json, row, false);
	assert_int_equal(json_parse(&made, buf_span(&text), &err), 0);
	data = object_data(made, "Volume", &err);
	assert_string_equal(json_text(json_member(made, "versioned_object.version")), "1.8");
	assert_null(json_member(data, "use_quota"));
	assert_int_equal(json_kind(json_member(data, "volume_type")), JSON_IS_NULL);
	assert_int_equal(json_kind(json_member(data, "metadata")), JSON_IS_OBJECT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_is_known_by_name_and_version),
		cmocka_unit_test(another_major_version_is_refused),
		cmocka_unit_test(an_object_goes_on_as_it_came_less_its_changes),
		cmocka_unit_test(a_volume_from_its_row_is_the_recorded_one),
		cmocka_unit_test(old_clouds_get_old_volumes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
