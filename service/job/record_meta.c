/* The metadata of a record: pairs of texts. */
#include <stdlib.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "job/record.h"
#include "model/volume.h"

enum { CHARACTERS = 255 }; /* of cinder's columns */

struct pairs {
	struct metadata_pair *pairs;
	unsigned count;
};

static void
drop_pairs(struct pairs *pairs)
{
	free(pairs->pairs);
}

static int
take_pair(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct pairs *pairs = arg;
	const char *text = json_text(value);

	if (!*key || !text || json_characters(key) > CHARACTERS ||
	    json_characters(text) > CHARACTERS)
		return err_set(err, ERR_INVALID,
		    "Can't parse backup record: metadata: \"%.80s\": keys and values are texts of "
		    "at most %d characters",
		    key, CHARACTERS);
	pairs->pairs[pairs->count++] = (struct metadata_pair){ key, text };
	return 0;
}

int
record_metadata(struct span url,
    int (*use)(void *arg, const struct metadata *metadata, struct err *err), void *arg,
    struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	scoped(json_free_scoped) struct json *root = NULL;
	scoped(drop_pairs) struct pairs pairs = { .count = 0 };
	const struct json *object;
	struct metadata metadata;

	if (digest_unbase64(url, &text, err) < 0 || json_parse(&root, buf_span(&text), err) < 0)
		return -1;
	object = json_member(root, "metadata");
	if (object && json_kind(object) != JSON_IS_OBJECT && json_kind(object) != JSON_IS_NULL)
		return err_set(err, ERR_INVALID, "Can't parse backup record: metadata: no object");
	pairs.pairs = calloc(json_count(object) + 1, sizeof *pairs.pairs);
	if (!pairs.pairs)
		return err_memory(err);
	if (json_each(object, take_pair, &pairs, err) < 0)
		return -1;
	metadata = (struct metadata){ pairs.pairs, pairs.count };
	return use(arg, &metadata, err);
}
