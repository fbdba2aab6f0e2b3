/* Bodies, checked as JSON Schema checks them: type, properties, required, others. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "front/rest.h"

enum { TEXT_MAX = 255, REASON_MAX = 4 * REST_BODY_MAX };

static const char *const types[] = {
	[REST_TEXT] = "'string'",
	[REST_TEXT_OR_NULL] = "'string', 'null'",
	[REST_PRINTABLE_OR_NULL] = "'string', 'null'",
	[REST_UUID] = "'string'",
	[REST_UUID_OR_NULL] = NULL,
	[REST_BOOLEAN] = "'boolean', 'string'",
	[REST_METADATA] = "'object'",
	[REST_METADATA_OR_NULL] = "'object', 'null'",
	[REST_BASE64] = "'string'",
	[REST_NAME] = "'string'",
	[REST_REFERENCE] = "'object', 'string'",
	[REST_SIZE] = "'integer', 'string'",
	[REST_SIZE_OR_NULL] = "'integer', 'string', 'null'",
};

static const char booleans[] =
    "is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes', 'y', "
    "'t', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no', 'n', 'f']";

/* value reason, behind the name and value of what is wrong; name NULL: the document itself. */
static int
refuse(struct rest_call *call, const char *name, const struct json *value, const char *reason)
{
	scoped(buf_drop) struct buf text = BUF(REASON_MAX);

	if (name) {
		buf_printf(&text, "Invalid input for field/attribute %s. Value: ", name);
		rest_str(&text, value);
		buf_text(&text, ". ");
	}
	buf_text(&text, reason);
	if (text.failed)
		return rest_fail_generic(call, 400);
	return rest_fail(call, 400, "%s", buf_string(&text));
}

/* The reason begins with the value itself. */
static int
refuse_value(struct rest_call *call, const char *name, const struct json *value, const char *reason)
{
	scoped(buf_drop) struct buf text = BUF(REASON_MAX);

	rest_repr(&text, value);
	buf_printf(&text, " %s", reason);
	if (text.failed)
		return rest_fail_generic(call, 400);
	return refuse(call, name, value, buf_string(&text));
}

static bool
is_printable(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	for (; *byte; byte++) {
		if (*byte < 0x20 || *byte == 0x7f || (*byte == 0xc2 && byte[1] < 0xa0))
			return false;
	}
	return true;
}

/* 32 hex digits, with hyphens, braces or a URN around them as Python's UUID() takes them. */
static bool
is_uuid(const char *text)
{
	size_t digits = 0;

	if (strncmp(text, "urn:uuid:", 9) == 0)
		text += 9;
	for (; *text; text++) {
		if (strchr("0123456789abcdefABCDEF", *text))
			digits++;
		else if (!strchr("-{}", *text))
			return false;
	}
	return digits == 32;
}

static bool
is_boolean(const char *text)
{
	char quoted[16];

	snprintf(quoted, sizeof quoted, "'%.8s'", text);
	return strlen(text) <= 5 && !strpbrk(text, "', ") && strstr(booleans, quoted);
}

static bool
is_base64(struct rest_call *call, const char *text)
{
	scoped(buf_drop) struct buf decoded = BUF(REST_BODY_MAX);
	struct err ignored = ERR_INIT;

	(void)call;
	return digest_unbase64(span_of(text), &decoded, &ignored) == 0;
}

static bool
is_size(const struct rest_field *field)
{
	return field->kind == REST_SIZE || field->kind == REST_SIZE_OR_NULL;
}

static int
check_text(struct rest_call *call, const struct rest_field *field, const struct json *value)
{
	const char *text = json_text(value);

	if (field->kind != REST_BASE64 && json_characters(text) > TEXT_MAX)
		return refuse_value(call, field->name, value, "is too long");
	if (field->kind == REST_PRINTABLE_OR_NULL && !is_printable(text))
		return refuse_value(
		    call, field->name, value, "does not match '^[printable characters]*$'");
	if ((field->kind == REST_BASE64 || field->kind == REST_NAME) && !*text)
		return refuse_value(call, field->name, value, "is too short");
	if (field->kind == REST_BASE64 && !is_base64(call, text))
		return refuse_value(call, field->name, value, "is not a 'base64'");
	if (field->kind == REST_UUID && !is_uuid(text))
		return refuse_value(call, field->name, value, "is not a 'uuid'");
	if (is_size(field) && (!*text || text[strspn(text, "0123456789")]))
		return refuse_value(call, field->name, value, "does not match '^[0-9]+$'");
	if (field->kind == REST_BOOLEAN && !is_boolean(text))
		return refuse_value(call, field->name, value, booleans);
	return 0;
}

struct pairs {
	struct rest_call *call;
	const char *name;
	const struct json *object;
};

static int
check_pair(void *arg, const char *key, const struct json *value, struct err *err)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:. /";
	struct pairs *pairs = arg;

	(void)err;
	if (!*key || strlen(key) > TEXT_MAX || key[strspn(key, good)]) {
		scoped(buf_drop) struct buf text = BUF(REASON_MAX);

		rest_repr_text(&text, key);
		buf_text(&text, " does not match any of the regexes: '^[a-zA-Z0-9-_:. /]{1,255}$'");
		return refuse(pairs->call, pairs->name, pairs->object, buf_string(&text));
	}
	if (!json_text(value))
		return refuse_value(pairs->call, key, value, "is not of type 'string'");
	if (json_characters(json_text(value)) > TEXT_MAX)
		return refuse_value(pairs->call, key, value, "is too long");
	return 0;
}

static bool
fits(enum rest_kind kind, enum json_kind found)
{
	switch (kind) {
	case REST_TEXT:
	case REST_UUID:
	case REST_BASE64:
	case REST_NAME:
		return found == JSON_IS_TEXT;
	case REST_TEXT_OR_NULL:
	case REST_PRINTABLE_OR_NULL:
	case REST_UUID_OR_NULL:
		return found == JSON_IS_TEXT || found == JSON_IS_NULL;
	case REST_BOOLEAN:
		return found == JSON_IS_TEXT || found == JSON_IS_BOOL;
	case REST_REFERENCE:
		return found == JSON_IS_OBJECT || found == JSON_IS_TEXT;
	case REST_SIZE:
		return found == JSON_IS_TEXT || found == JSON_IS_NUMBER;
	case REST_SIZE_OR_NULL:
		return found == JSON_IS_TEXT || found == JSON_IS_NUMBER || found == JSON_IS_NULL;
	case REST_METADATA_OR_NULL:
		return found == JSON_IS_OBJECT || found == JSON_IS_NULL;
	default:
		return found == JSON_IS_OBJECT;
	}
}

static int
check_size(struct rest_call *call, const struct rest_field *field, const struct json *value)
{
	int64_t number = 0;

	(void)json_number(value, &number);
	return number < 1 ? refuse_value(call, field->name, value, "is less than the minimum of 1")
			  : 0;
}

static int
check_field(struct rest_call *call, const struct rest_field *field, const struct json *value)
{
	struct pairs pairs = { call, field->name, value };
	struct err ignored = ERR_INIT;
	char reason[64];

	if (field->kind == REST_UUID_OR_NULL &&
	    !(json_kind(value) == JSON_IS_NULL || (json_text(value) && is_uuid(json_text(value)))))
		return refuse_value(
		    call, field->name, value, "is not valid under any of the given schemas");
	if (!fits(field->kind, json_kind(value))) {
		snprintf(reason, sizeof reason, "is not of type %s", types[field->kind]);
		return refuse_value(call, field->name, value, reason);
	}
	if (json_text(value))
		return check_text(call, field, value);
	if (is_size(field) && json_kind(value) == JSON_IS_NUMBER)
		return check_size(call, field, value);
	if (json_kind(value) == JSON_IS_OBJECT)
		return json_each(value, check_pair, &pairs, &ignored);
	return 0;
}

struct others {
	struct rest_call *call;
	const struct rest_field *fields;
	struct buf names;
	unsigned count;
};

static int
note_other(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct others *others = arg;
	const struct rest_field *field = others->fields;

	(void)value;
	(void)err;
	for (; field->name; field++) {
		if (strcmp(field->name, REST_OTHERS) == 0) {
			if (others->call->minor < field->since)
				return 0;
		} else if (strcmp(field->name, key) == 0 && field->since <= others->call->minor) {
			return 0;
		}
	}
	if (others->count++)
		buf_text(&others->names, ", ");
	rest_repr_text(&others->names, key);
	return 0;
}

static int
refuse_others(struct rest_call *call, const char *key, const struct json *object,
    const struct rest_field *fields)
{
	scoped(buf_drop) struct buf text = BUF(REASON_MAX);
	struct others others = { .call = call, .fields = fields, .names = BUF(REST_BODY_MAX) };
	struct err ignored = ERR_INIT;

	json_each(object, note_other, &others, &ignored);
	buf_printf(&text, "Additional properties are not allowed (%s %s unexpected)",
	    buf_string(&others.names), others.count > 1 ? "were" : "was");
	buf_drop(&others.names);
	return others.count ? refuse(call, key, object, buf_string(&text)) : 0;
}

int
rest_check_object(struct rest_call *call, const char *key, const struct json *object,
    const struct rest_field *fields)
{
	const struct rest_field *field;
	char reason[128];

	if (json_kind(object) != JSON_IS_OBJECT)
		return refuse_value(call, key, object, "is not of type 'object'");
	for (field = fields; field->name; field++) {
		const struct json *value = json_member(object, field->name);

		if (value && field->since <= call->minor && check_field(call, field, value) < 0)
			return -1;
	}
	for (field = fields; field->name; field++) {
		if (field->required && !json_member(object, field->name)) {
			snprintf(reason, sizeof reason, "'%s' is a required property", field->name);
			return refuse(call, key, object, reason);
		}
	}
	return refuse_others(call, key, object, fields);
}

int
rest_body(struct rest_call *call, const char *key, const struct rest_field *fields,
    struct json **ret_root, const struct json **ret_object)
{
	const struct rest_field top[] = { { .name = key }, { .name = NULL } };
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;

	if (rest_body_parse(call, &root) < 0)
		return -1;
	if (json_kind(root) != JSON_IS_OBJECT)
		return refuse_value(call, NULL, root, "is not of type 'object'");
	object = json_member(root, key);
	if (object && rest_check_object(call, key, object, fields) < 0)
		return -1;
	if (!object)
		return rest_fail(call, 400, "'%s' is a required property", key);
	if (refuse_others(call, NULL, root, top) < 0)
		return -1;
	*ret_object = object;
	*ret_root = take(&root);
	return 0;
}
