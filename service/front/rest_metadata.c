/* Keys and values that users hang on their things. */
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/volumes.h"
#include "model/volume.h"

static int
put_pair(void *arg, const char *key, const char *value, struct err *err)
{
	(void)err;
	json_member_text(arg, key, value);
	return 0;
}

void
rest_put_metadata(const struct rest_call *call, struct json_writer *writer,
    enum metadata_owner owner, const char *id)
{
	struct err err = ERR_INIT;

	json_key(writer, "metadata");
	json_begin_object(writer);
	(void)volumes_metadata(call->rest->desk, owner, id, put_pair, writer, &err);
	json_end_object(writer);
}

struct taking {
	struct arena *arena;
	struct metadata_pair *pairs;
	unsigned count;
};

static int
take_pair(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct taking *taking = arg;
	struct metadata_pair *pair = &taking->pairs[taking->count++];

	pair->key = arena_text(taking->arena, key, err);
	pair->value = arena_text(taking->arena, json_text(value) ? json_text(value) : "", err);
	return pair->key && pair->value ? 0 : -1;
}

static int
take_pairs(struct rest_call *call, const struct json *given, struct metadata *ret)
{
	struct taking taking = { .arena = call->arena };
	struct err err = ERR_INIT;

	*ret = (struct metadata){ .count = 0 };
	if (!json_count(given) || json_kind(given) != JSON_IS_OBJECT)
		return 0;
	taking.pairs = arena_alloc(call->arena, json_count(given) * sizeof *taking.pairs, &err);
	if (!taking.pairs || json_each(given, take_pair, &taking, &err) < 0)
		return rest_fail_err(call, &err);
	*ret = (struct metadata){ taking.pairs, taking.count };
	return 0;
}

int
rest_metadata(struct rest_call *call, const struct json *object, struct metadata *ret)
{
	return take_pairs(call, json_member(object, "metadata"), ret);
}

/* ---- of one volume or snapshot, by paths of their own ---- */

static enum volume_kind
kind_of(const struct rest_call *call)
{
	return strcmp(call->parts[call->project_in_path ? 2 : 1], "snapshots") == 0 ? SNAPSHOT
										    : VOLUME;
}

static enum metadata_owner
owner_of(const struct rest_call *call)
{
	return kind_of(call) == SNAPSHOT ? METADATA_OF_SNAPSHOT : METADATA_OF_VOLUME;
}

static int
find(struct rest_call *call, bool to_write)
{
	struct volume_record volume;

	return (to_write ? rest_volume_find_owned : rest_volume_find)(
	    call, kind_of(call), call->id, &volume);
}

static int
answer_all(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = 200;
	json_begin_object(&writer);
	rest_put_metadata(call, &writer, owner_of(call), call->id);
	json_end_object(&writer);
	return 0;
}

static int
answer_one(struct rest_call *call, const char *value)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);

	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "meta");
	json_begin_object(&writer);
	json_member_text(&writer, call->key, value);
	json_end_object(&writer);
	json_end_object(&writer);
	return 0;
}

/* The body is {"KEY": {pairs}}. */
static int
take_body(struct rest_call *call, const char *key, struct json **ret_root, struct metadata *ret)
{
	const struct rest_field fields[] = { { key, REST_METADATA, 0, true }, { .name = NULL } };
	scoped(json_free_scoped) struct json *root = NULL;

	if (rest_body_parse(call, &root) < 0 || rest_check_object(call, NULL, root, fields) < 0 ||
	    take_pairs(call, json_member(root, key), ret) < 0)
		return -1;
	*ret_root = take(&root);
	return 0;
}

int
rest_metadata_list(struct rest_call *call)
{
	return find(call, false) < 0 ? -1 : answer_all(call);
}

/* POST: these more, or other values for their keys.  PUT: instead of all that there were. */
static int
write_all(struct rest_call *call, bool instead)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct metadata metadata;
	struct err err = ERR_INIT;

	if (take_body(call, "metadata", &root, &metadata) < 0 || find(call, true) < 0)
		return -1;
	if ((instead ? volumes_describe : volumes_tag)(
		call->rest->desk, owner_of(call), call->id, &metadata, &err) < 0)
		return rest_fail_err(call, &err);
	return answer_all(call);
}

int
rest_metadata_add(struct rest_call *call)
{
	return write_all(call, false);
}

int
rest_metadata_replace(struct rest_call *call)
{
	return write_all(call, true);
}

struct search {
	struct rest_call *call;
	const char *value;
};

static int
note_value(void *arg, const char *key, const char *value, struct err *err)
{
	struct search *search = arg;

	if (strcmp(key, search->call->key) != 0)
		return 0;
	search->value = arena_text(search->call->arena, value, err);
	return search->value ? 1 : -1;
}

/* The value of the key that the path names.  0, or -1 and the answer is filled. */
static int
find_value(struct rest_call *call, bool to_write, const char **ret)
{
	struct search search = { call, NULL };
	struct err err = ERR_INIT;

	if (find(call, to_write) < 0)
		return -1;
	if (volumes_metadata(
		call->rest->desk, owner_of(call), call->id, note_value, &search, &err) < 0)
		return rest_fail_err(call, &err);
	*ret = search.value;
	return search.value
		   ? 0
		   : rest_fail(call, 404, "%s %s has no metadata with key %s.",
			 kind_of(call) == SNAPSHOT ? "Snapshot" : "Volume", call->id, call->key);
}

int
rest_metadata_show(struct rest_call *call)
{
	const char *value;

	return find_value(call, false, &value) < 0 ? -1 : answer_one(call, value);
}

/* {"meta": {KEY: VALUE}}, and no more. */
static int
check_single(struct rest_call *call, const struct json *meta, const struct metadata *given)
{
	scoped(buf_drop) struct buf text = BUF(REST_BODY_MAX);

	if (given->count == 1)
		return strcmp(given->pairs[0].key, call->key) == 0
			   ? 0
			   : rest_fail(call, 400, "Request body and URI mismatch");
	rest_repr(&text, meta);
	return rest_fail(call, 400,
	    "Invalid input for field/attribute meta. Value: %s. %s %s properties",
	    buf_string(&text), buf_string(&text),
	    given->count ? "has too many" : "does not have enough");
}

int
rest_metadata_set(struct rest_call *call)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct metadata metadata;
	struct err err = ERR_INIT;

	if (take_body(call, "meta", &root, &metadata) < 0 ||
	    check_single(call, json_member(root, "meta"), &metadata) < 0 || find(call, true) < 0)
		return -1;
	if (volumes_tag(call->rest->desk, owner_of(call), call->id, &metadata, &err) < 0)
		return rest_fail_err(call, &err);
	return answer_one(call, metadata.pairs[0].value);
}

int
rest_metadata_remove(struct rest_call *call)
{
	const struct metadata_pair none = { call->key, NULL };
	const struct metadata metadata = { &none, 1 };
	struct err err = ERR_INIT;
	const char *value;

	if (find_value(call, true, &value) < 0)
		return -1;
	if (volumes_tag(call->rest->desk, owner_of(call), call->id, &metadata, &err) < 0)
		return rest_fail_err(call, &err);
	call->status = 200;
	return 0;
}
