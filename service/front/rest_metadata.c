/* Keys and values that users hang on their things. */
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

int
rest_metadata(struct rest_call *call, const struct json *object, struct metadata *ret)
{
	const struct json *given = json_member(object, "metadata");
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
