/* Volumes in sum: how many there are, and how much room there is for more. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"

/* ---- GET /volumes/summary ---- */

enum { PAIRS_MAX = 32 * 1048576 };

struct summary {
	struct rest_call *call;
	struct arena *arena; /* of what the pairs say */
	struct metadata_pair *pairs;
	size_t count, room;
	uint64_t volumes, size;
};

static void
summary_drop(struct summary *summary)
{
	arena_free(summary->arena);
	free(summary->pairs);
}

static int
add_pair(void *arg, const char *key, const char *value, struct err *err)
{
	struct summary *summary = arg;
	struct metadata_pair *pair;

	if (summary->count == summary->room) {
		size_t room = summary->room ? 2 * summary->room : 64;
		struct metadata_pair *pairs = realloc(summary->pairs, room * sizeof *pairs);

		if (!pairs)
			return err_memory(err);
		summary->pairs = pairs;
		summary->room = room;
	}
	pair = &summary->pairs[summary->count++];
	pair->key = arena_text(summary->arena, key, err);
	pair->value = arena_text(summary->arena, value, err);
	return pair->key && pair->value ? 0 : -1;
}

static int
add_volume(void *arg, const struct volume_record *volume, struct err *err)
{
	struct summary *summary = arg;
	struct rest_call *call = summary->call;

	summary->volumes++;
	summary->size += volume->size;
	return call->minor < 36 ? 0
				: volumes_metadata(call->rest->desk, METADATA_OF_VOLUME, volume->id,
				      add_pair, summary, err);
}

static int
compare_pairs(const void *one, const void *other)
{
	const struct metadata_pair *a = one, *b = other;
	int order = strcmp(a->key, b->key);

	return order ? order : strcmp(a->value, b->value);
}

/* Each key with each of its values, once. */
static void
put_pairs(struct json_writer *writer, struct summary *summary)
{
	const struct metadata_pair *pairs = summary->pairs;
	size_t i;

	if (summary->count)
		qsort(summary->pairs, summary->count, sizeof *pairs, compare_pairs);
	json_key(writer, "metadata");
	json_begin_object(writer);
	for (i = 0; i < summary->count; i++) {
		bool first = i == 0 || strcmp(pairs[i - 1].key, pairs[i].key) != 0;

		if (first) {
			json_key(writer, pairs[i].key);
			json_begin_array(writer);
		}
		if (first || strcmp(pairs[i - 1].value, pairs[i].value) != 0)
			json_put_text(writer, pairs[i].value);
		if (i + 1 == summary->count || strcmp(pairs[i].key, pairs[i + 1].key) != 0)
			json_end_array(writer);
	}
	json_end_object(writer);
}

/* Does a query say so?  1, 0, or -1 and the answer is filled. */
static int
take_boolean(struct rest_call *call, const char *key)
{
	const char *text = rest_param(call, key);
	int truth = text ? rest_boolean(text) : 0;

	return truth < 0 ? rest_fail(call, 400, "Value '%s' for '%s' is not a boolean.", text, key)
			 : truth;
}

int
rest_volume_summary(struct rest_call *call)
{
	scoped(
	    summary_drop) struct summary summary = { .call = call, .arena = arena_new(PAIRS_MAX) };
	struct volume_filter its = { .kind = VOLUME };
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct err err = ERR_INIT;

	if (!summary.arena)
		return rest_fail_generic(call, 500);
	if (call->admin && take_boolean(call, "all_tenants") < 0)
		return -1;
	rest_volume_scope(call, &its);
	if (volumes_each(call->rest->desk, &its, add_volume, &summary, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "volume-summary");
	json_begin_object(&writer);
	json_member_number(&writer, "total_count", (int64_t)summary.volumes);
	json_member_number(&writer, "total_size", (int64_t)summary.size);
	if (call->minor >= 36)
		put_pairs(&writer, &summary);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

/* ---- GET /scheduler-stats/get_pools ---- */

enum { GIB_BITS = 30 };

static void
put_room(struct json_writer *writer, const char *key, bool known, uint64_t bytes)
{
	if (known)
		json_member_number(writer, key, (int64_t)(bytes >> GIB_BITS));
	else
		json_member_text(writer, key, "unknown");
}

static int
put_capabilities(struct rest_call *call, struct json_writer *writer)
{
	char moment[CLOCK_TEXT];
	uint64_t total = 0, left = 0;
	struct err err = ERR_INIT;
	int known = volumes_room(call->rest->desk, &total, &left, &err);

	if (known < 0)
		return rest_fail_err(call, &err);
	clock_format(clock_now(), "%Y-%m-%dT%H:%M:%S.000000", moment);
	json_key(writer, "capabilities");
	json_begin_object(writer);
	json_member_text(writer, "pool_name", "volumes");
	json_member_text(writer, "volume_backend_name", "cinderbank");
	json_member_text(writer, "vendor_name", "Cinderbank");
	json_member_text(writer, "storage_protocol", known ? "file" : "ceph");
	put_room(writer, "total_capacity_gb", known, total);
	put_room(writer, "free_capacity_gb", known, left);
	json_member_number(writer, "reserved_percentage", 0);
	json_member_bool(writer, "thin_provisioning_support", true);
	json_member_bool(writer, "QoS_support", false);
	json_member_text(writer, "timestamp", moment);
	json_end_object(writer);
	return 0;
}

/* One: where new volumes are made, by the name that volumes have as their host. */
int
rest_pool_list(struct rest_call *call)
{
	const char *host = desk_host(call->rest->desk);
	const char *name = call->minor >= 28 ? rest_param(call, "name") : NULL;
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	int detail;

	if (rest_check_admin(call, "scheduler_extension:scheduler_stats:get_pools") < 0)
		return -1;
	detail = take_boolean(call, "detail");
	if (detail < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "pools");
	json_begin_array(&writer);
	if (!name || strcmp(name, host) == 0) {
		json_begin_object(&writer);
		json_member_text(&writer, "name", host);
		if (detail && put_capabilities(call, &writer) < 0)
			return -1;
		json_end_object(&writer);
	}
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}
