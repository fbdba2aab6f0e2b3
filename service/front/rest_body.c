/* What a body holds. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/digest.h"
#include "front/rest.h"

/* Is this media type, parameters aside, one that holds JSON? */
static bool
is_json(const char *type)
{
	static const char *const known[] = { "application/json",
		"application/vnd.openstack.volume+json" };
	size_t length = strcspn(type, "; "), i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strlen(known[i]) == length && strncasecmp(known[i], type, length) == 0)
			return true;
	}
	return false;
}

int
rest_body_parse(struct rest_call *call, struct json **ret)
{
	struct err err = ERR_INIT;

	if (!call->body.length)
		return rest_fail_generic(call, 400);
	if (call->content_type && !is_json(call->content_type))
		return rest_fail(call, 415, "Unsupported Content-Type");
	if (json_parse(ret, call->body, &err) < 0)
		return rest_fail(call, 400, "Malformed request body");
	return 0;
}

const char *
rest_text(struct rest_call *call, const struct json *object, const char *key)
{
	const char *text = json_text(json_member(object, key));
	struct err ignored = ERR_INIT;
	size_t length;

	if (!text)
		return NULL;
	text += strspn(text, " \t\r\n\v\f");
	length = strlen(text);
	while (length && strchr(" \t\r\n\v\f", text[length - 1]))
		length--;
	return arena_copy(call->arena, text, length, &ignored);
}

bool
rest_truth(const struct json *object, const char *key)
{
	const struct json *value = json_member(object, key);
	bool truth = false;

	if (json_text(value))
		return rest_boolean(json_text(value)) == 1;
	json_truth(value, &truth);
	return truth;
}

static int
note_action(void *arg, const char *key, const struct json *value, struct err *err)
{
	(void)value;
	(void)err;
	*(const char **)arg = key;
	return 0;
}

int
rest_fail_action(struct rest_call *call, const char *action)
{
	return rest_fail(call, 400,
	    "There is no such action: %.255s. Verify the request body and Content-Type header and "
	    "try again.",
	    action);
}

int
rest_action_parse(struct rest_call *call, struct json **ret, const char **ret_action)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct err ignored = ERR_INIT;

	if (call->body.length == 0)
		return rest_fail_action(call, "None");
	if (rest_body_parse(call, &root) < 0)
		return -1;
	if (json_kind(root) != JSON_IS_OBJECT || json_count(root) != 1)
		return rest_fail(call, 400, "Malformed request body");
	json_each(root, note_action, ret_action, &ignored);
	*ret = take(&root);
	return 0;
}

int
rest_new_id(struct rest_call *call, char ret[UUID_TEXT])
{
	struct err err = ERR_INIT;

	return digest_uuid_random(ret, &err) < 0 ? rest_fail_err(call, &err) : 0;
}
