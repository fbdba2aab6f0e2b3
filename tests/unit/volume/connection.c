#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "volume/attach.h"
#include "volume/connection.h"

static int
read_text(const char *text, struct attachment *ret, struct err *err)
{
	struct json *json = NULL;
	int result;

	if (json_parse(&json, span_of(text), err) < 0)
		fail_msg("%s", err->text);
	result = connection_read(json, ret, err);
	json_free(json);
	return result;
}

#define RBD(more) "{\"driver_volume_type\": \"rbd\", \"data\": {\"name\": \"volumes/v-1\"" more "}}"
#define MONITORS ", \"hosts\": [\"10.0.0.1\", \"fd00::2\"], \"ports\": [\"6789\", \"3300\"]"

static void
an_image_is_where_the_connection_says(void **state)
{
	struct attachment to = { .kind = ATTACHMENT_PATH };
	struct err err;

	(void)state;
	assert_int_equal(read_text(RBD(MONITORS ", \"cluster_name\": \"blue\", \"auth_username\": "
						"\"cinder\", \"keyring\": null"),
			     &to, &err),
	    0);
	assert_int_equal(to.kind, ATTACHMENT_RBD);
	assert_string_equal(to.pool, "volumes");
	assert_string_equal(to.image, "v-1");
	assert_string_equal(to.snapshot, "");
	assert_string_equal(to.cluster.monitors, "10.0.0.1:6789,[fd00::2]:3300");
	assert_string_equal(to.cluster.name, "blue");
	assert_string_equal(to.cluster.user, "cinder");
	assert_string_equal(to.cluster.key, "");
}

static void
the_key_is_taken_out_of_a_keyring(void **state)
{
	static const char *const rows[] = {
		RBD(MONITORS ", \"keyring\": \"[client.c]\\n\\tkey = AQ==\\n\\tcaps mon = x\""),
		RBD(MONITORS ", \"keyring\": \"AQ==\\n\""),
	};
	struct attachment to = { .kind = ATTACHMENT_PATH };
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(read_text(rows[i], &to, &err), 0);
		assert_string_equal(to.cluster.key, "AQ==");
	}
}

static void
without_monitors_the_options_tell(void **state)
{
	struct attachment to = { .kind = ATTACHMENT_PATH };
	struct err err;

	(void)state;
	assert_int_equal(read_text(RBD(""), &to, &err), 0);
	assert_string_equal(to.cluster.monitors, "");
}

static void
what_cannot_be_opened_is_named(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "{}", "no driver_volume_type" },
		{ "{\"driver_volume_type\": \"fibre_channel\", \"data\": {}}", "fibre_channel" },
		{ "{\"driver_volume_type\": \"nvmeof\", \"data\": {}}", "nvmeof" },
		{ "{\"driver_volume_type\": \"rbd\", \"data\": {\"name\": \"v-1\"}}",
		    "POOL/IMAGE" },
		{ "{\"driver_volume_type\": \"rbd\", \"data\": {}}", "no name" },
		{ RBD(", \"hosts\": [\"a\"], \"ports\": []"), "no monitors" },
		{ RBD(", \"hosts\": [\"a,b\"], \"ports\": [\"1\"]"), "no monitors" },
		{ "{\"driver_volume_type\": \"iscsi\", \"data\": {}}", "type iscsi" },
		{ "{\"driver_volume_type\": \"local\", \"data\": {}}", "no device_path" },
		{ "{\"driver_volume_type\": \"nfs\", \"data\": {\"export\": \"h:/e\"}}",
		    "no name" },
		{ "{\"driver_volume_type\": \"nfs\", \"data\": {\"export\": \"h:/e\", "
		  "\"name\": \"v\"}}",
		    "no mount_point_base" },
		{ "{\"driver_volume_type\": \"nfs\", \"data\": {\"export\": \"h:/e\", "
		  "\"name\": \"v\", \"format\": \"qcow2\"}, \"mount_point_base\": \"/m\"}",
		    "qcow2" },
	};
	struct attachment to = { .kind = ATTACHMENT_PATH };
	struct err err;
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(read_text(rows[i].text, &to, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		if (!strstr(err.text, rows[i].says))
			fail_msg("%s: %s", rows[i].text, err.text);
	}
}

static void
a_file_of_a_share_lies_where_os_brick_mounts_it(void **state)
{
	struct attachment to = { .kind = ATTACHMENT_RBD };
	struct err err;

	(void)state;
	assert_int_equal(
	    read_text(
		"{\"driver_volume_type\": \"nfs\", \"data\": {\"export\": \"h:/e\", \"name\": "
		"\"volume-1\", \"format\": \"raw\"}, \"mount_point_base\": \"/mnt\"}",
		&to, &err),
	    0);
	assert_int_equal(to.kind, ATTACHMENT_PATH);
	assert_string_equal(to.path, "/mnt/78d8badc08bde8257b33ae0f0ad9f097/volume-1");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_where_the_connection_says),
		cmocka_unit_test(the_key_is_taken_out_of_a_keyring),
		cmocka_unit_test(without_monitors_the_options_tell),
		cmocka_unit_test(what_cannot_be_opened_is_named),
		cmocka_unit_test(a_file_of_a_share_lies_where_os_brick_mounts_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
