/* Quota sets: what projects may have, and have. */
#include <inttypes.h>
#include <string.h>

#include "front/rest.h"
#include "job/volumes.h"

enum { LIMIT_MAX = 2147483647 };

static int
read_quota(struct rest_call *call, const char *project, struct quota *used, struct quota *limits)
{
	struct err err = ERR_INIT;

	return volumes_quota(call->rest->desk, project, used, limits, &err) < 0
		   ? rest_fail_err(call, &err)
		   : 0;
}

static void
put_value(struct json_writer *writer, const char *key, int64_t limit, const int64_t *used)
{
	if (!used) {
		json_member_number(writer, key, limit);
		return;
	}
	json_key(writer, key);
	json_begin_object(writer);
	json_member_number(writer, "limit", limit);
	json_member_number(writer, "in_use", *used);
	json_member_number(writer, "reserved", 0);
	json_end_object(writer);
}

/* Types have no limits of their own; clients look for the default one's. */
static void
put_default_type(struct json_writer *writer, const struct quota *used)
{
	static const struct {
		const char *key;
		enum quota_resource resource;
	} rows[] = { { "volumes___DEFAULT__", QUOTA_VOLUMES },
		{ "gigabytes___DEFAULT__", QUOTA_GIGABYTES },
		{ "snapshots___DEFAULT__", QUOTA_SNAPSHOTS } };
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		put_value(writer, rows[i].key, -1, used ? &used->of[rows[i].resource] : NULL);
}

/* used: NULL for the limits alone; id: NULL for none. */
static int
put_quota(
    struct rest_call *call, const struct quota *limits, const struct quota *used, const char *id)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	unsigned i;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "quota_set");
	json_begin_object(&writer);
	for (i = 0; i < QUOTA_COUNT; i++)
		put_value(&writer, quota_names[i], limits->of[i], used ? &used->of[i] : NULL);
	put_default_type(&writer, used);
	if (id)
		json_member_text(&writer, "id", id);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

static int
check_reader(struct rest_call *call)
{
	if (call->admin || strcmp(call->id, call->project_id) == 0)
		return 0;
	return rest_check_admin(call, "volume_extension:quotas:show");
}

int
rest_quota_show(struct rest_call *call)
{
	const char *usage = rest_param(call, "usage");
	struct quota used, limits;
	int wanted = usage ? rest_boolean(usage) : 0;

	if (wanted < 0)
		return rest_fail(call, 400, "Value '%s' for 'usage' is not a boolean.", usage);
	if (check_reader(call) < 0 || read_quota(call, call->id, &used, &limits) < 0)
		return -1;
	return put_quota(call, &limits, wanted ? &used : NULL, call->id);
}

int
rest_quota_defaults(struct rest_call *call)
{
	const struct quota limits = volumes_default_quota(call->rest->desk);

	return check_reader(call) < 0 ? -1 : put_quota(call, &limits, NULL, call->id);
}

/* ---- update ---- */

struct update {
	struct rest_call *call;
	struct quota limits;
	uint32_t which;
	struct buf bad; /* keys that are none */
};

static int
note_key(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct update *update = arg;
	unsigned i;

	(void)err;
	(void)value;
	if (strcmp(key, "tenant_id") == 0 || strcmp(key, "id") == 0)
		return 0;
	for (i = 0; i < QUOTA_COUNT; i++) {
		if (strcmp(quota_names[i], key) == 0)
			return 0;
	}
	buf_printf(&update->bad, "%s%s", update->bad.length ? ", " : "", key);
	return 0;
}

static int
take_limit(struct update *update, unsigned resource, const struct json *value)
{
	struct rest_call *call = update->call;
	const char *key = quota_names[resource];
	int64_t number;

	if (!json_number(value, &number))
		return json_text(value) && json_text(value)[0] &&
			       !json_text(value)[strspn(json_text(value), "0123456789")]
			   ? rest_fail_generic(call, 400) /* as cinder says of "200" */
			   : rest_fail(call, 400, "%s must be an integer", key);
	if (number < -1)
		return rest_fail(call, 400, "%s must be >= -1", key);
	if (number > LIMIT_MAX)
		return rest_fail(call, 400, "%s must be <= %d", key, LIMIT_MAX);
	update->limits.of[resource] = number;
	update->which |= 1u << resource;
	return 0;
}

static int
take_limits(struct update *update, const struct json *object)
{
	unsigned i;

	for (i = 0; i < QUOTA_COUNT; i++) {
		const struct json *value = json_member(object, quota_names[i]);

		if (value && take_limit(update, i, value) < 0)
			return -1;
	}
	return 0;
}

/* Where the client does not say skip_validation=True, as none does. */
static int
check_use(struct update *update, const struct quota *used)
{
	unsigned i;

	for (i = 0; i < QUOTA_COUNT; i++) {
		if (update->which & 1u << i && update->limits.of[i] >= 0 &&
		    update->limits.of[i] < used->of[i])
			return rest_fail(update->call, 400,
			    "Quota %s limit must be equal or greater than existing resources. "
			    "Current usage is %" PRId64 " and the requested limit is %" PRId64 ".",
			    quota_names[i], used->of[i], update->limits.of[i]);
	}
	return 0;
}

static int
check_keys(struct update *update, const struct json *object)
{
	struct err ignored = ERR_INIT;

	if (json_count(object) == 0)
		return rest_fail(update->call, 400,
		    "Invalid input for field/attribute quota_set. Value: {}. {} does not have "
		    "enough properties");
	json_each(object, note_key, update, &ignored);
	if (!update->bad.length)
		return 0;
	return rest_fail(update->call, 400, "Invalid input received: Bad key(s) in quota set: %s",
	    buf_string(&update->bad));
}

static int
apply(struct update *update, const struct json *object)
{
	struct rest_call *call = update->call;
	struct quota used, limits;
	struct err err = ERR_INIT;

	if (rest_check_admin(call, "volume_extension:quotas:update") < 0 ||
	    check_keys(update, object) < 0 || take_limits(update, object) < 0 ||
	    read_quota(call, call->id, &used, &limits) < 0 || check_use(update, &used) < 0)
		return -1;
	if (volumes_limit(call->rest->desk, call->id, &update->limits, update->which, &err) < 0)
		return rest_fail_err(call, &err);
	return read_quota(call, call->id, &used, &limits) < 0
		   ? -1
		   : put_quota(call, &limits, NULL, NULL);
}

int
rest_quota_update(struct rest_call *call)
{
	struct update update = { .call = call, .bad = BUF(REST_BODY_MAX) };
	scoped(json_free_scoped) struct json *root = NULL;
	const struct json *object;
	int done;

	if (rest_body_parse(call, &root) < 0)
		return -1;
	object = json_kind(root) == JSON_IS_OBJECT ? json_member(root, "quota_set") : NULL;
	if (!object)
		return rest_fail(call, 400, "'quota_set' is a required property");
	if (json_kind(object) != JSON_IS_OBJECT || json_count(root) != 1)
		return rest_fail_generic(call, 400);
	done = apply(&update, object);
	buf_drop(&update.bad);
	return done;
}

int
rest_quota_delete(struct rest_call *call)
{
	struct err err = ERR_INIT;

	if (rest_check_admin(call, "volume_extension:quotas:delete") < 0)
		return -1;
	if (volumes_unlimit(call->rest->desk, call->id, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 200;
	return 0;
}
