#include "net/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

/* clang-format off */
#define CONTEXT "_context_"
/* clang-format on */

/* ---- in ---- */

const char *
envelope_text(const struct json *message, const char *key)
{
	return json_text(json_member(message, key));
}

int
envelope_open(struct span body, struct json **ret, struct err *err)
{
	scoped(json_free_scoped) struct json *outer = NULL;
	struct json *inner;
	const char *version, *message;

	if (json_parse(&outer, body, err) < 0)
		return err_wrap(err, "message");
	version = envelope_text(outer, "oslo.version");
	message = envelope_text(outer, "oslo.message");
	if (!version || !message)
		return err_set(err, ERR_INVALID, "message without an envelope of oslo.messaging");
	if (!envelope_compatible("2.0", version))
		return err_set(
		    err, ERR_INVALID, "message with an envelope of version %.20s", version);
	if (json_parse(&inner, span_of(message), err) < 0)
		return err_wrap(err, "message in its envelope");
	if (json_kind(inner) != JSON_IS_OBJECT) {
		json_free(inner);
		return err_set(err, ERR_INVALID, "message in its envelope: not an object");
	}
	*ret = inner;
	return 0;
}

/* "3.17"; false: no such thing. */
static bool
read_version(const char *text, long ret[2])
{
	char *end;

	ret[0] = strtol(text, &end, 10);
	if (end == text || *end != '.')
		return false;
	text = end + 1;
	ret[1] = strtol(text, &end, 10);
	return end != text && (*end == '\0' || *end == '.');
}

bool
envelope_compatible(const char *served, const char *wanted)
{
	long has[2], wants[2];

	return read_version(served, has) && read_version(wanted ? wanted : "1.0", wants) &&
	       has[0] == wants[0] && wants[1] >= 0 && has[1] >= wants[1];
}

static enum err_kind
kind_of(const char *class_name)
{
	if (strstr(class_name, "NotFound"))
		return ERR_NOT_FOUND;
	return strncmp(class_name, "Invalid", 7) == 0 ? ERR_INVALID : ERR_SYSTEM;
}

int
envelope_failure(const char *failure, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *class_name, *text;

	if (json_parse(&root, span_of(failure), err) < 0)
		return err_set(err, ERR_SYSTEM, "a failure that nobody can read");
	class_name = envelope_text(root, "class");
	text = envelope_text(root, "message");
	if (!class_name)
		class_name = "failure";
	return err_set(err, kind_of(class_name), "%s: %s", class_name, text ? text : "");
}

/* ---- ids and moments ---- */

int
envelope_id(char ret[ENVELOPE_ID], struct err *err)
{
	char uuid[DIGEST_UUID_TEXT], *to = ret;
	const char *from;

	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	for (from = uuid; *from; from++) {
		if (*from != '-')
			*to++ = *from;
	}
	*to = '\0';
	return 0;
}

void
envelope_moment(struct buf *ret, char between)
{
	struct timespec now;
	char text[CLOCK_TEXT];

	clock_gettime(CLOCK_REALTIME, &now);
	clock_format(now.tv_sec, "%Y-%m-%d", text);
	buf_printf(ret, "%s%c", text, between);
	clock_format(now.tv_sec, "%H:%M:%S", text);
	buf_printf(ret, "%s.%06ld", text, now.tv_nsec / 1000);
}

static void
put_moment(struct json_writer *writer, const char *key, char between)
{
	scoped(buf_drop) struct buf text = BUF(CLOCK_TEXT);

	envelope_moment(&text, between);
	json_member_text(writer, key, buf_string(&text));
}

static int
put_id(struct json_writer *writer, struct err *err)
{
	char id[ENVELOPE_ID];

	if (envelope_id(id, err) < 0)
		return -1;
	json_member_text(writer, "_unique_id", id);
	return 0;
}

/* ---- context ---- */

struct copy {
	struct json_writer *writer;
	const struct envelope_context *context;
};

static bool
replaced(const struct copy *copy, const char *name)
{
	static const char *const resource[] = { "message_resource_id", "message_resource_type",
		"message_action" };
	static const char *const secret[] = { "auth_token", "service_catalog", "remote_address" };
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (copy->context->resource_id && strcmp(name, resource[i]) == 0)
			return true;
		if (copy->context->public && strcmp(name, secret[i]) == 0)
			return true;
	}
	return false;
}

static int
copy_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	const struct copy *copy = arg;

	(void)err;
	if (strncmp(key, CONTEXT, strlen(CONTEXT)) != 0 || replaced(copy, key + strlen(CONTEXT)))
		return 0;
	json_key(copy->writer, key);
	json_put(copy->writer, value);
	return 0;
}

static void
put_empty_list(struct json_writer *writer, const char *key)
{
	json_key(writer, key);
	json_begin_array(writer);
	json_end_array(writer);
}

static void
put_replaced(struct json_writer *writer, const struct envelope_context *context)
{
	if (context->resource_id) {
		json_member_text(writer, CONTEXT "message_resource_id", context->resource_id);
		json_member_text(writer, CONTEXT "message_resource_type", "VOLUME_BACKUP");
		json_key(writer, CONTEXT "message_action");
		json_begin_array(writer);
		json_put_text(writer, context->action[0]);
		json_put_text(writer, context->action[1]);
		json_end_array(writer);
	}
	if (context->public) {
		json_member_text(writer, CONTEXT "auth_token", NULL);
		json_member_text(writer, CONTEXT "remote_address", NULL);
		put_empty_list(writer, CONTEXT "service_catalog");
	}
}

/* An administrator without a name: what the service does of its own accord. */
static void
put_own(struct json_writer *writer, const struct envelope_context *context)
{
	static const char *const nobody[] = { "user", "project_id", "system_scope", "project",
		"domain", "user_domain", "project_domain", "auth_token", "global_request_id",
		"resource_uuid", "user_id", "project_name", "domain_id", "remote_address",
		"quota_class", "message_resource_id", "message_resource_type", "message_action" };
	char key[64];
	size_t i;

	for (i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
		snprintf(key, sizeof key, CONTEXT "%s", nobody[i]);
		json_member_text(writer, key, NULL);
	}
	json_member_bool(writer, CONTEXT "is_admin", true);
	json_member_bool(writer, CONTEXT "is_admin_project", true);
	json_member_bool(writer, CONTEXT "read_only", false);
	json_member_bool(writer, CONTEXT "show_deleted", false);
	json_member_text(writer, CONTEXT "request_id", context->request_id);
	json_key(writer, CONTEXT "roles");
	json_begin_array(writer);
	json_put_text(writer, "admin");
	json_end_array(writer);
	json_member_text(writer, CONTEXT "user_identity", "- - - - -");
	json_member_text(writer, CONTEXT "read_deleted", "no");
	put_moment(writer, CONTEXT "timestamp", 'T');
	put_empty_list(writer, CONTEXT "service_catalog");
}

static int
put_context(struct json_writer *writer, const struct envelope_context *context, struct err *err)
{
	struct copy copy = { .writer = writer, .context = context };

	if (!context->from) {
		put_own(writer, context);
		return 0;
	}
	if (json_each(context->from, copy_member, &copy, err) < 0)
		return -1;
	put_replaced(writer, context);
	return 0;
}

/* ---- out ---- */

/* The message, whose object is still open, in its envelope. */
static int
seal(struct json_writer *message, struct buf *ret, struct err *err)
{
	json_end_object(message);
	if (json_check(message, err) < 0)
		return err_wrap(err, "message");
	buf_text(ret, "{\"oslo.version\": \"2.0\", \"oslo.message\": ");
	json_quote(ret, buf_span(message->out));
	buf_byte(ret, '}');
	return buf_check(ret, err);
}

int
envelope_print_request(const struct envelope_request *request,
    const struct envelope_context *context, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(ENVELOPE_MAX / 2);
	struct json_writer message = JSON_WRITER(&text, 0);

	json_begin_object(&message);
	json_member_text(&message, "method", request->method);
	json_key(&message, "args");
	json_put_raw(&message, request->args);
	json_member_text(&message, "version", request->version);
	if (request->msg_id) {
		json_member_text(&message, "_msg_id", request->msg_id);
		json_member_text(&message, "_reply_q", request->reply_to);
		json_member_text(&message, "_timeout", NULL);
	}
	if (put_id(&message, err) < 0 || put_context(&message, context, err) < 0)
		return -1;
	return seal(&message, ret, err);
}

static int
print_reply(const char *msg_id, struct span result, const char *failure, bool ending,
    struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(ENVELOPE_MAX / 2);
	struct json_writer message = JSON_WRITER(&text, 0);

	json_begin_object(&message);
	json_key(&message, "result");
	json_put_raw(&message, result);
	json_member_text(&message, "failure", failure);
	json_member_bool(&message, "ending", ending);
	json_member_text(&message, "_msg_id", msg_id);
	if (put_id(&message, err) < 0)
		return -1;
	return seal(&message, ret, err);
}

int
envelope_print_result(const char *msg_id, struct span result, struct buf *ret, struct err *err)
{
	return print_reply(msg_id, result, NULL, true, ret, err);
}

int
envelope_print_patience(const char *msg_id, struct buf *ret, struct err *err)
{
	return print_reply(msg_id, span_of("null"), NULL, false, ret, err);
}

int
envelope_print_failure(
    const char *msg_id, const struct envelope_failure *failure, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(ENVELOPE_MAX / 4);
	struct json_writer json = JSON_WRITER(&text, 0);

	json_begin_object(&json);
	json_member_text(&json, "class", failure->class_name);
	json_member_text(&json, "module", failure->module);
	json_member_text(&json, "message", failure->text);
	put_empty_list(&json, "tb");
	json_key(&json, "args");
	json_begin_array(&json);
	json_put_text(&json, failure->text);
	json_end_array(&json);
	json_key(&json, "kwargs");
	json_begin_object(&json);
	if (failure->reason) {
		json_member_text(&json, "reason", failure->reason);
		json_member_number(&json, "code", failure->code);
	}
	json_end_object(&json);
	json_end_object(&json);
	if (json_check(&json, err) < 0)
		return err_wrap(err, "failure");
	return print_reply(msg_id, span_of("null"), buf_string(&text), true, ret, err);
}

int
envelope_print_notification(const struct envelope_notification *notification,
    const struct envelope_context *context, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(ENVELOPE_MAX / 2);
	struct json_writer message = JSON_WRITER(&text, 0);
	char uuid[DIGEST_UUID_TEXT];

	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	json_begin_object(&message);
	json_member_text(&message, "message_id", uuid);
	json_member_text(&message, "publisher_id", notification->publisher);
	json_member_text(&message, "event_type", notification->event);
	json_member_text(&message, "priority", "INFO");
	json_key(&message, "payload");
	json_put_raw(&message, notification->payload);
	put_moment(&message, "timestamp", ' ');
	if (put_id(&message, err) < 0 || put_context(&message, context, err) < 0)
		return -1;
	return seal(&message, ret, err);
}
