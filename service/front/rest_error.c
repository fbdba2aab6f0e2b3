/* What the API says when it says no. */
#include <stdio.h>
#include <string.h>

#include "front/rest.h"

static const struct {
	unsigned status;
	const char *name;
} faults[] = {
	{ 400, "badRequest" },
	{ 401, "unauthorized" },
	{ 403, "forbidden" },
	{ 404, "itemNotFound" },
	{ 405, "badMethod" },
	{ 409, "conflictingRequest" },
	{ 413, "overLimit" },
	{ 415, "badMediaType" },
	{ 501, "notImplemented" },
	{ 503, "serviceUnavailable" },
};

static const char *
fault_name(unsigned status)
{
	size_t i;

	for (i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		if (faults[i].status == status)
			return faults[i].name;
	}
	return "computeFault";
}

static int
fail(struct rest_call *call, unsigned status, const char *message)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	buf_clear(&call->answer);
	call->status = status;
	call->kind = NULL;
	json_begin_object(&writer);
	json_key(&writer, fault_name(status));
	json_begin_object(&writer);
	json_member_number(&writer, "code", status);
	json_member_text(&writer, "message", message);
	if (status == 413)
		json_member_text(&writer, "retryAfter", "0");
	json_end_object(&writer);
	json_end_object(&writer);
	return -1;
}

/* A text may have been cut within a character: each byte that is of none becomes a question mark.
 */
static void
make_utf8(char *text)
{
	size_t left = strlen(text), length;

	for (; left; text += length, left -= length) {
		for (length = 1; length < 4 && length < left; length++) {
			if (json_utf8_valid((struct span){ text, length }))
				break;
		}
		if (!json_utf8_valid((struct span){ text, length })) {
			*text = '?';
			length = 1;
		}
	}
}

int
rest_fail(struct rest_call *call, unsigned status, const char *fmt, ...)
{
	scoped(buf_drop) struct buf text = BUF(2 * REST_BODY_MAX);
	char first[1024], *whole = first;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(first, sizeof first, fmt, args);
	va_end(args);
	if (length >= (int)sizeof first) {
		whole = buf_reserve(&text, (size_t)length + 1);
		if (!whole)
			return rest_fail_generic(call, status);
		va_start(args, fmt);
		vsnprintf(whole, (size_t)length + 1, fmt, args);
		va_end(args);
	}
	if (!json_utf8_valid(span_of(whole)))
		make_utf8(whole);
	return fail(call, status, whole);
}

int
rest_fail_generic(struct rest_call *call, unsigned status)
{
	switch (status) {
	case 400:
		return fail(call, 400,
		    "The server could not comply with the request since it is either malformed or "
		    "otherwise incorrect.");
	case 404:
		return fail(call, 404, "The resource could not be found.");
	default:
		return fail(call, status,
		    "The server has either erred or is incapable of performing the requested "
		    "operation.");
	}
}

int
rest_fail_absent(struct rest_call *call, const char *what, const char *id)
{
	return rest_fail(call, 404, "%s %s could not be found.", what, id);
}

int
rest_fail_err(struct rest_call *call, const struct err *err)
{
	switch (err->kind) {
	case ERR_INVALID:
	case ERR_CONFLICT:
		return rest_fail(call, 400, "Invalid backup: %s", err->text);
	case ERR_NOT_FOUND:
		return rest_fail(call, 404, "%s", err->text);
	case ERR_NO_SPACE:
		return rest_fail(call, 413, "%s", err->text);
	case ERR_RETRY:
	case ERR_CANCELLED:
		return rest_fail(call, 503, "%s", err->text);
	default: /* what the machine says is for the log */
		return rest_fail_generic(call, 500);
	}
}

int
rest_fail_route(struct rest_call *call)
{
	static const char json[] = "application/json";
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	buf_clear(&call->answer);
	call->status = 404;
	call->told_version = NULL;
	if (call->accept && strncmp(call->accept, json, sizeof json - 1) == 0) {
		json_begin_object(&writer);
		json_member_text(
		    &writer, "message", "The resource could not be found.<br /><br />\n\n\n");
		json_member_text(&writer, "code", "404 Not Found");
		json_member_text(&writer, "title", "Not Found");
		json_end_object(&writer);
		return -1;
	}
	call->kind = "text/plain; charset=UTF-8";
	buf_text(&call->answer, "404 Not Found\n\nThe resource could not be found.\n\n   ");
	return -1;
}

/* As keystonemiddleware says it, in front of cinder-api. */
int
rest_fail_stranger(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	buf_clear(&call->answer);
	call->status = 401;
	call->challenge = true;
	json_begin_object(&writer);
	json_key(&writer, "error");
	json_begin_object(&writer);
	json_member_text(&writer, "message", "The request you have made requires authentication.");
	json_member_number(&writer, "code", 401);
	json_member_text(&writer, "title", "Unauthorized");
	json_end_object(&writer);
	json_end_object(&writer);
	return -1;
}

int
rest_fail_identity(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	buf_clear(&call->answer);
	call->status = 503;
	json_begin_object(&writer);
	json_member_text(&writer, "message",
	    "The server is currently unavailable. Please try again at a later time.<br /><br />\n"
	    "The Keystone service is temporarily unavailable.\n\n");
	json_member_text(&writer, "code", "503 Service Unavailable");
	json_member_text(&writer, "title", "Service Unavailable");
	json_end_object(&writer);
	return -1;
}
