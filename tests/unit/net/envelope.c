/* Envelopes as recorded in a cloud are read, and those made here are read like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "net/envelope.h"

enum { RECORD_MAX = 1 << 20 };

static void
read_recording(const char *name, struct buf *ret)
{
	char path[512];
	FILE *file;
	char *room;

	snprintf(path, sizeof path, TESTS_DIR "/data/oslo/%s.json", name);
	file = fopen(path, "r");
	assert_non_null(file);
	room = buf_reserve(ret, RECORD_MAX - 1);
	assert_non_null(room);
	ret->length += fread(room, 1, RECORD_MAX - 1, file);
	fclose(file);
}

static struct json *
open_body(struct span body)
{
	struct json *message;
	struct err err = ERR_INIT;

	if (envelope_open(body, &message, &err) < 0)
		fail_msg("%s", err.text);
	return message;
}

static struct json *
open_recording(const char *name)
{
	scoped(buf_drop) struct buf body = BUF(RECORD_MAX);

	read_recording(name, &body);
	return open_body(buf_span(&body));
}

static void
recorded_requests_are_read(void **state)
{
	static const char *const names[] = { "create_backup", "continue_backup", "restore_backup",
		"export_record", "import_record", "update_service_capabilities" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct json *message = open_recording(names[i]);

		assert_string_equal(envelope_text(message, "method"), names[i]);
		assert_int_equal(strlen(envelope_text(message, "_unique_id")), 32);
		assert_int_equal(json_kind(json_member(message, "args")), JSON_IS_OBJECT);
		json_free(message);
	}
}

/* The names of an object's members, one a line, sorted by the caller's choice of order. */
static int
count_context(void *arg, const char *key, const struct json *value, struct err *err)
{
	(void)value;
	(void)err;
	*(int *)arg += strncmp(key, "_context_", 9) == 0;
	return 0;
}

static int
context_size(const struct json *message)
{
	struct err err;
	int count = 0;

	assert_int_equal(json_each(message, count_context, &count, &err), 0);
	return count;
}

static void
assert_same(const struct json *a, const struct json *b)
{
	scoped(buf_drop) struct buf one = BUF(RECORD_MAX);
	scoped(buf_drop) struct buf other = BUF(RECORD_MAX);
	struct json_writer first = JSON_WRITER(&one, 0), second = JSON_WRITER(&other, 0);

	json_put(&first, a);
	json_put(&second, b);
	assert_string_equal(buf_string(&one), buf_string(&other));
}

static void
a_context_travels_on_with_all_its_keys(void **state)
{
	scoped(json_free_scoped) struct json *from = open_recording("create_backup"), *to = NULL;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	const struct envelope_context context = {
		.from = from, .resource_id = "r", .action = { "013", "create backup" }
	};
	const struct envelope_request request = { .method = "m",
		.version = "3.0",
		.args = { "{\"a\": [1]}", 10 },
		.msg_id = "i",
		.reply_to = "q" };
	struct err err;

	(void)state;
	assert_int_equal(envelope_print_request(&request, &context, &body, &err), 0);
	to = open_body(buf_span(&body));
	assert_string_equal(envelope_text(to, "method"), "m");
	assert_string_equal(envelope_text(to, "version"), "3.0");
	assert_string_equal(envelope_text(to, "_msg_id"), "i");
	assert_string_equal(envelope_text(to, "_reply_q"), "q");
	assert_int_equal(json_kind(json_member(to, "_timeout")), JSON_IS_NULL);
	assert_int_equal(json_count(json_member(json_member(to, "args"), "a")), 1);
	assert_int_equal(context_size(to), context_size(from));
	assert_string_equal(envelope_text(to, "_context_message_resource_id"), "r");
	assert_string_equal(envelope_text(to, "_context_message_resource_type"), "VOLUME_BACKUP");
	assert_same(json_member(from, "_context_service_catalog"),
	    json_member(to, "_context_service_catalog"));
	assert_string_equal(
	    envelope_text(from, "_context_request_id"), envelope_text(to, "_context_request_id"));
	assert_string_not_equal(envelope_text(from, "_unique_id"), envelope_text(to, "_unique_id"));
}

/* What the service itself asks for looks as upstream's does, but for ids and times. */
static void
own_requests_have_the_context_of_upstream(void **state)
{
	scoped(json_free_scoped) struct json *theirs =
	    open_recording("update_service_capabilities");
	scoped(json_free_scoped) struct json *ours = NULL;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	const struct envelope_context context = { .request_id = "req-1" };
	const struct envelope_request request = {
		.method = "m", .version = "3.3", .args = { "{}", 2 }
	};
	static const char *const same[] = { "is_admin", "roles", "read_deleted", "user_identity",
		"service_catalog", "is_admin_project", "read_only", "show_deleted", "user_id",
		"auth_token", "project_id" };
	struct err err;
	size_t i;

	(void)state;
	assert_int_equal(envelope_print_request(&request, &context, &body, &err), 0);
	ours = open_body(buf_span(&body));
	assert_int_equal(context_size(ours), context_size(theirs));
	for (i = 0; i < sizeof same / sizeof same[0]; i++) {
		char key[64];

		snprintf(key, sizeof key, "_context_%s", same[i]);
		assert_non_null(json_member(theirs, key));
		assert_same(json_member(ours, key), json_member(theirs, key));
	}
	assert_string_equal(envelope_text(ours, "_context_request_id"), "req-1");
	assert_null(json_member(ours, "_msg_id"));
}

static void
answers_have_the_members_of_upstream(void **state)
{
	scoped(json_free_scoped) struct json *theirs = open_recording("connection"), *ours = NULL;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	bool ending = false;
	struct err err;

	(void)state;
	assert_int_equal(
	    envelope_print_result("id", (struct span){ "{\"x\": true}", 11 }, &body, &err), 0);
	ours = open_body(buf_span(&body));
	assert_int_equal(json_count(ours), json_count(theirs));
	assert_true(json_truth(json_member(ours, "ending"), &ending) && ending);
	assert_string_equal(envelope_text(ours, "_msg_id"), "id");
	assert_int_equal(json_kind(json_member(ours, "failure")), JSON_IS_NULL);
	assert_int_equal(json_count(json_member(ours, "result")), 1);
}

static void
failures_are_raised_again_as_upstream_s(void **state)
{
	scoped(json_free_scoped) struct json *theirs = open_recording("export_refused"),
					     *ours = NULL;
	scoped(json_free_scoped) struct json *their_failure = NULL, *our_failure = NULL;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	const char *text = envelope_text(theirs, "failure");
	struct envelope_failure failure = {
		.class_name = "InvalidBackup", .module = "cinder.exception", .code = 400
	};
	struct err err;

	(void)state;
	assert_int_equal(json_parse(&their_failure, span_of(text), &err), 0);
	failure.text = envelope_text(their_failure, "message");
	failure.reason = failure.text + strlen("Invalid backup: ");
	assert_int_equal(
	    envelope_print_failure(envelope_text(theirs, "_msg_id"), &failure, &body, &err), 0);
	ours = open_body(buf_span(&body));
	assert_int_equal(
	    json_parse(&our_failure, span_of(envelope_text(ours, "failure")), &err), 0);
	assert_int_equal(json_count(our_failure), json_count(their_failure));
	assert_same(json_member(our_failure, "args"), json_member(their_failure, "args"));
	assert_same(json_member(our_failure, "kwargs"), json_member(their_failure, "kwargs"));
	assert_same(json_member(our_failure, "class"), json_member(their_failure, "class"));
	assert_same(json_member(our_failure, "module"), json_member(their_failure, "module"));
}

static void
a_failure_becomes_an_error_of_its_kind(void **state)
{
	static const struct {
		const char *failure, *text;
		enum err_kind kind;
	} failures[] = {
		{ "{\"class\": \"VolumeNotFound\", \"message\": \"v\"}", "VolumeNotFound: v",
		    ERR_NOT_FOUND },
		{ "{\"class\": \"InvalidVolume\", \"message\": \"v\"}", "InvalidVolume: v",
		    ERR_INVALID },
		{ "{\"class\": \"ValueError\", \"message\": \"v\"}", "ValueError: v", ERR_SYSTEM },
		{ "{\"message\": 3}", "failure: ", ERR_SYSTEM },
		{ "{", "a failure that nobody can read", ERR_SYSTEM },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof failures / sizeof failures[0]; i++) {
		struct err err = ERR_INIT;

		assert_int_equal(envelope_failure(failures[i].failure, &err), -1);
		assert_int_equal(err.kind, failures[i].kind);
		assert_string_equal(err.text, failures[i].text);
	}
}

/* Since release 14.4 oslo.messaging keeps tokens out of what anybody may read. */
static void
notifications_keep_tokens_to_themselves(void **state)
{
	scoped(json_free_scoped) struct json *from = open_recording("restore_backup");
	scoped(json_free_scoped) struct json *theirs = open_recording("create_start"), *ours = NULL;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	const struct envelope_context context = { .from = from, .public = true };
	const struct envelope_notification notification = { .publisher = "backup.h",
		.event = "backup.restore.start",
		.payload = { "{\"a\": 1}", 8 } };
	struct err err;

	(void)state;
	assert_non_null(envelope_text(from, "_context_auth_token"));
	assert_int_equal(envelope_print_notification(&notification, &context, &body, &err), 0);
	ours = open_body(buf_span(&body));
	assert_int_equal(json_count(ours), json_count(theirs));
	assert_null(envelope_text(ours, "_context_auth_token"));
	assert_null(envelope_text(ours, "_context_remote_address"));
	assert_int_equal(json_count(json_member(ours, "_context_service_catalog")), 0);
	assert_string_equal(envelope_text(ours, "priority"), "INFO");
	assert_int_equal(
	    strlen(envelope_text(ours, "timestamp")), strlen("2026-11-23 00:43:02.536471"));
}

static void
versions_agree_as_oslo_has_it(void **state)
{
	(void)state;
	assert_true(envelope_compatible("2.4", "2.0"));
	assert_true(envelope_compatible("2.4", "2.4"));
	assert_true(envelope_compatible("3.17", "3.2"));
	assert_false(envelope_compatible("2.4", "2.5"));
	assert_false(envelope_compatible("2.4", "3.0"));
	assert_false(envelope_compatible("2.4", NULL)); /* 1.0 */
	assert_false(envelope_compatible("2.4", "two"));
	assert_false(envelope_compatible("2.4", "2.-1"));
}

static void
what_is_no_envelope_is_refused(void **state)
{
	static const char *const bodies[] = { "", "x", "[]", "{}", "{\"oslo.version\": \"2.0\"}",
		"{\"oslo.version\": \"3.0\", \"oslo.message\": \"{}\"}",
		"{\"oslo.version\": \"2.0\", \"oslo.message\": \"\"}",
		"{\"oslo.version\": \"2.0\", \"oslo.message\": \"[]\"}",
		"{\"oslo.version\": \"2.0\", \"oslo.message\": {}}" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct json *message;
		struct err err = ERR_INIT;

		assert_int_equal(envelope_open(span_of(bodies[i]), &message, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_requests_are_read),
		cmocka_unit_test(a_context_travels_on_with_all_its_keys),
		cmocka_unit_test(own_requests_have_the_context_of_upstream),
		cmocka_unit_test(answers_have_the_members_of_upstream),
		cmocka_unit_test(failures_are_raised_again_as_upstream_s),
		cmocka_unit_test(a_failure_becomes_an_error_of_its_kind),
		cmocka_unit_test(notifications_keep_tokens_to_themselves),
		cmocka_unit_test(versions_agree_as_oslo_has_it),
		cmocka_unit_test(what_is_no_envelope_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
