/* Quota sets: what projects may have, and have. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/volumes.h"

enum { LIMIT_MAX = 2147483647 };

/* What a project has, and may have: set 0 of everything, those behind it of one type each. */
struct quota_set {
	char id[UUID_TEXT], name[COLUMN_TEXT_MAX];
	struct quota_type type;
	struct quota used, limits, wanted; /* wanted: by an update, bit n of which: resource n */
	uint32_t which;
};

static unsigned
count_types(const struct rest_call *call)
{
	struct quota_set set;
	unsigned i = 0;

	while (volumes_quota_type(call->rest->desk, i, set.id, set.name, &set.type))
		i++;
	return i;
}

/* NULL: the answer is filled. */
static struct quota_set *
read_sets(struct rest_call *call, unsigned *ret_count)
{
	unsigned count = 1 + count_types(call), i;
	struct err err = ERR_INIT;
	struct quota_set *sets = arena_alloc(call->arena, count * sizeof *sets, &err), *set;

	for (i = 0; sets && i < count; i++) {
		set = &sets[i];
		set->which = 0;
		if (i)
			volumes_quota_type(call->rest->desk, i - 1, set->id, set->name, &set->type);
		if (volumes_quota(call->rest->desk, call->id, i ? &set->type : NULL, &set->used,
			&set->limits, &err) < 0)
			sets = NULL;
		else
			set->wanted = set->limits;
	}
	if (!sets)
		rest_fail_err(call, &err);
	*ret_count = count;
	return sets;
}

/* Has a set that resource at all? */
static bool
has(const struct quota_set *set, unsigned resource)
{
	return !set->limits.type || quota_is_typed(resource);
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

static int
put_sets(struct rest_call *call, const struct quota_set *sets, unsigned count, bool usage,
    const char *id)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	char name[QUOTA_NAME_MAX];
	unsigned i, n;

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "quota_set");
	json_begin_object(&writer);
	for (n = 0; n < count; n++) {
		for (i = 0; i < QUOTA_COUNT; i++) {
			quota_name(i, sets[n].limits.type, name);
			if (has(&sets[n], i))
				put_value(&writer, name, sets[n].limits.of[i],
				    usage ? &sets[n].used.of[i] : NULL);
		}
	}
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
	int wanted = usage ? rest_boolean(usage) : 0;
	struct quota_set *sets;
	unsigned count;

	if (wanted < 0)
		return rest_fail(call, 400, "Value '%s' for 'usage' is not a boolean.", usage);
	if (check_reader(call) < 0)
		return -1;
	sets = read_sets(call, &count);
	return sets ? put_sets(call, sets, count, wanted, call->id) : -1;
}

int
rest_quota_defaults(struct rest_call *call)
{
	struct quota_set *sets;
	unsigned count, i, n;

	if (check_reader(call) < 0)
		return -1;
	sets = read_sets(call, &count);
	if (!sets)
		return -1;
	sets[0].limits = volumes_default_quota(call->rest->desk);
	for (n = 1; n < count; n++) {
		for (i = 0; i < QUOTA_COUNT; i++)
			sets[n].limits.of[i] = -1;
	}
	return put_sets(call, sets, count, false, call->id);
}

/* ---- update ---- */

static int
check_project(struct rest_call *call)
{
	size_t length = strlen(call->id);

	if (length < COLUMN_TEXT_MAX)
		return 0;
	return rest_fail(call, 400,
	    "Invalid input received: quota_set_name has %zu characters, more than %d.", length,
	    COLUMN_TEXT_MAX - 1);
}

struct update {
	struct rest_call *call;
	struct quota_set *sets;
	unsigned count;
	struct buf bad; /* keys that are none */
};

/* The set and the resource of a key.  NULL: there is none such. */
static struct quota_set *
find_key(const struct update *update, const char *key, unsigned *ret)
{
	char name[QUOTA_NAME_MAX];
	unsigned i, n;

	for (n = 0; n < update->count; n++) {
		for (i = 0; i < QUOTA_COUNT; i++) {
			quota_name(i, update->sets[n].limits.type, name);
			if (has(&update->sets[n], i) && strcmp(name, key) == 0) {
				*ret = i;
				return &update->sets[n];
			}
		}
	}
	return NULL;
}

static bool
is_passed_over(const char *key)
{
	return strcmp(key, "tenant_id") == 0 || strcmp(key, "id") == 0;
}

static int
note_key(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct update *update = arg;
	unsigned resource;

	(void)err;
	(void)value;
	if (!is_passed_over(key) && !find_key(update, key, &resource))
		buf_printf(&update->bad, "%s%s", update->bad.length ? ", " : "", key);
	return 0;
}

/* And, where the client does not say skip_validation=True, as none does, not below what is used. */
static int
take_limit(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct update *update = arg;
	struct rest_call *call = update->call;
	struct quota_set *set;
	unsigned resource;
	int64_t number;

	(void)err;
	if (is_passed_over(key))
		return 0;
	set = find_key(update, key, &resource);
	if (!json_number(value, &number))
		return json_text(value) && json_text(value)[0] &&
			       !json_text(value)[strspn(json_text(value), "0123456789")]
			   ? rest_fail_generic(call, 400) /* as cinder says of "200" */
			   : rest_fail(call, 400, "%s must be an integer", key);
	if (number < -1)
		return rest_fail(call, 400, "%s must be >= -1", key);
	if (number > LIMIT_MAX)
		return rest_fail(call, 400, "%s must be <= %d", key, LIMIT_MAX);
	if (number >= 0 && number < set->used.of[resource])
		return rest_fail(call, 400,
		    "Quota %s limit must be equal or greater than existing resources. "
		    "Current usage is %" PRId64 " and the requested limit is %" PRId64 ".",
		    key, set->used.of[resource], number);
	set->wanted.of[resource] = number;
	set->which |= 1u << resource;
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
write_limits(struct update *update)
{
	struct err err = ERR_INIT;
	struct rest_call *call = update->call;
	uint32_t *which = arena_alloc(call->arena, update->count * sizeof *which, &err);
	struct quota *limits = arena_alloc(call->arena, update->count * sizeof *limits, &err);
	unsigned n;

	for (n = 0; which && limits && n < update->count; n++) {
		which[n] = update->sets[n].which;
		limits[n] = update->sets[n].wanted;
	}
	if (!which || !limits ||
	    volumes_limit(call->rest->desk, call->id, limits, which, update->count, &err) < 0)
		return rest_fail_err(call, &err);
	return 0;
}

static int
apply(struct update *update, const struct json *object)
{
	struct rest_call *call = update->call;
	struct err ignored = ERR_INIT;

	if (rest_check_admin(call, "volume_extension:quotas:update") < 0 || check_project(call) < 0)
		return -1;
	update->sets = read_sets(call, &update->count);
	if (!update->sets || check_keys(update, object) < 0 ||
	    json_each(object, take_limit, update, &ignored) < 0 || write_limits(update) < 0)
		return -1;
	update->sets = read_sets(call, &update->count);
	return update->sets ? put_sets(call, update->sets, update->count, false, NULL) : -1;
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
