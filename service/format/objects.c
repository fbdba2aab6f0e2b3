#include "format/objects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

/* Each layer of a chain has a window. */
static const struct json_limits limits = {
	.depth_max = 64, .text_max = MANIFEST_TEXT_MAX, .window_max = 256 * 1024
};

const char *
manifest_codec(const char *name)
{
	static const char *const names[] = { "none", "zlib", "gzip", "bz2", "bzip2", "zstd" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcasecmp(name, names[i]) == 0)
			return names[i];
	}
	return NULL;
}

int
objects_token(struct manifest_reader *reader, struct json_token *ret, struct err *err)
{
	int result = json_next(reader->json, ret, err);

	return result < 0 ? err_wrap(err, "manifest %s_metadata", reader->prefix) : result;
}

int
objects_corrupt(const struct manifest_reader *reader, const char *what, struct err *err)
{
	return err_set(err, ERR_CORRUPT, "manifest %s_metadata: %s", reader->prefix, what);
}

/* Take the number out of "prefix-00042", which must be spelt just so. */
static int
read_name(struct manifest_reader *reader, const char *name, uint32_t *ret, struct err *err)
{
	size_t length = strlen(reader->prefix);
	uint64_t number = 0;

	if (strncmp(name, reader->prefix, length) == 0 && name[length] == '-' &&
	    strspn(name + length + 1, "0123456789") <= 10)
		number = strtoull(name + length + 1, NULL, 10);
	if (number > UINT32_MAX)
		number = 0;
	snprintf(reader->name, reader->name_size, "%s-%05" PRIu64, reader->prefix, number);
	if (!number || strcmp(reader->name, name) != 0)
		return err_set(err, ERR_CORRUPT, "manifest %s_metadata: foreign object %.200s",
		    reader->prefix, name);
	*ret = (uint32_t)number;
	return 0;
}

enum { HAS_OFFSET = 1, HAS_LENGTH = 2, HAS_CODEC = 4, HAS_MD5 = 8 };

/* Read a member of an object's description; *seen tells which were there. */
static int
read_field(struct manifest_reader *reader, const char *key, struct segment *segment, unsigned *seen,
    struct err *err)
{
	static const struct {
		const char *key;
		unsigned bit;
	} fields[] = { { "offset", HAS_OFFSET }, { "length", HAS_LENGTH },
		{ "compression", HAS_CODEC }, { "md5", HAS_MD5 } };
	struct json_token value;
	bool good = false;
	size_t i;

	for (i = 0; i < 4 && strcmp(key, fields[i].key) != 0;)
		i++;
	if (i == 4)
		return json_skip(reader->json, err);
	if (objects_token(reader, &value, err) < 0)
		return -1;
	if (i < 2) {
		good = value.kind == JSON_TOKEN_NUMBER && value.number >= 0;
		*(i == 0 ? &segment->offset : &segment->length) = (uint64_t)value.number;
	} else if (value.kind == JSON_TOKEN_TEXT && i == 2) {
		segment->codec = manifest_codec(value.text.data);
		good = segment->codec != NULL;
	} else if (value.kind == JSON_TOKEN_TEXT) {
		good = value.text.length == 2 * MD5_SIZE &&
		       digest_unhex(value.text.data, segment->md5, MD5_SIZE);
		segment->has_md5 = true;
	}
	if (!good || *seen & fields[i].bit)
		return err_set(err, ERR_CORRUPT, "object %s: %s cannot be used: %.40s",
		    reader->name, fields[i].key, good ? "comes twice" : value.text.data);
	*seen |= fields[i].bit;
	return 0;
}

/* Does the object follow the one before? */
static int
check_place(struct manifest_reader *reader, const struct segment *segment, struct err *err)
{
	const char *lie = NULL;

	if (!segment->length)
		lie = "has no bytes";
	else if (segment->length > INT64_MAX - segment->offset)
		lie = "ends beyond all volumes";
	else if (segment->offset < reader->end)
		lie = "overlaps or precedes the one before";
	else if (segment->number <= reader->number)
		lie = "has no higher number than the one before";
	else if (reader->block && segment->offset % reader->block)
		lie = "does not begin at a block";
	if (lie)
		return err_set(err, ERR_CORRUPT,
		    "object %s: %s (offset %" PRIu64 ", length %" PRIu64 ")", reader->name, lie,
		    segment->offset, segment->length);
	reader->number = segment->number;
	reader->end = segment->offset + segment->length;
	return 0;
}

static int
read_object(struct manifest_reader *reader, const char *name, struct segment *ret, struct err *err)
{
	struct segment segment = { 0 };
	struct json_token token;
	unsigned seen = 0;

	if (read_name(reader, name, &segment.number, err) < 0 ||
	    objects_token(reader, &token, err) < 0)
		return -1;
	if (token.kind != JSON_TOKEN_OBJECT)
		return err_set(err, ERR_CORRUPT, "object %s: is not described", reader->name);
	for (;;) {
		if (objects_token(reader, &token, err) < 0)
			return -1;
		if (token.kind == JSON_TOKEN_OBJECT_END)
			break;
		if (read_field(reader, token.text.data, &segment, &seen, err) < 0)
			return -1;
	}
	if ((seen | HAS_MD5) != (HAS_OFFSET | HAS_LENGTH | HAS_CODEC | HAS_MD5))
		return err_set(err, ERR_CORRUPT, "object %s: lacks offset, length or compression",
		    reader->name);
	if (check_place(reader, &segment, err) < 0)
		return -1;
	*ret = segment;
	return 1;
}

int
manifest_next(struct manifest_reader *reader, struct segment *ret, struct err *err)
{
	struct json_token token;

	while (!reader->ended) {
		if (objects_token(reader, &token, err) < 0)
			return -1;
		if (token.kind == JSON_TOKEN_KEY) {
			reader->named = true;
			return read_object(reader, token.text.data, ret, err);
		}
		if (token.kind == JSON_TOKEN_OBJECT && !reader->inside) {
			reader->inside = true;
			reader->named = false;
		} else if (token.kind == JSON_TOKEN_OBJECT_END && reader->named) {
			reader->inside = false;
		} else if (token.kind == JSON_TOKEN_ARRAY_END && !reader->inside) {
			reader->ended = true;
		} else {
			return objects_corrupt(reader, "an entry of objects names no object", err);
		}
	}
	return 0;
}

int
objects_open(struct manifest_reader **ret, document_source *source, void *arg, const char *prefix,
    uint64_t block, struct err *err)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader =
	    calloc(1, sizeof *reader);
	struct json_token token;
	int result;

	if (!reader)
		return err_memory(err);
	reader->block = block;
	reader->prefix = strdup(prefix);
	reader->name_size = strlen(prefix) + sizeof "-4294967295";
	reader->name = malloc(reader->name_size);
	if (!reader->prefix || !reader->name)
		return err_memory(err);
	result = json_reader_open(&reader->json, source, arg, &limits, err);
	if (result < 0)
		return err_wrap(err, "manifest %s_metadata", prefix);
	if (result == 0)
		return err_set(err, ERR_NOT_FOUND, "manifest %s_metadata: does not exist", prefix);
	if (objects_token(reader, &token, err) < 0)
		return -1;
	if (token.kind != JSON_TOKEN_OBJECT)
		return objects_corrupt(reader, "is no object", err);
	*ret = take(&reader);
	return 0;
}

int
manifest_reader_open(struct manifest_reader **ret, document_source *source, void *arg,
    const char *prefix, struct err *err)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct json_token token;

	if (objects_open(&reader, source, arg, prefix, 0, err) < 0)
		return -1;
	for (;;) {
		if (objects_token(reader, &token, err) < 0)
			return -1;
		if (token.kind != JSON_TOKEN_KEY)
			return objects_corrupt(reader, "has no objects", err);
		if (span_equal(token.text, span_of("objects")))
			break;
		if (json_skip(reader->json, err) < 0)
			return err_wrap(err, "manifest %s_metadata", prefix);
	}
	if (objects_token(reader, &token, err) < 0)
		return -1;
	if (token.kind != JSON_TOKEN_ARRAY)
		return objects_corrupt(reader, "objects is no list", err);
	*ret = take(&reader);
	return 0;
}

void
manifest_reader_close(struct manifest_reader *reader)
{
	if (!reader)
		return;
	json_reader_close(reader->json);
	free(reader->prefix);
	free(reader->name);
	free(reader);
}
