#include "format/manifest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "format/objects.h"
#include "format/output.h"

enum { TEXTS = 8 };

struct manifest_writer {
	struct output output;
	char *prefix, *parent_id, *volume_id; /* of these the last two sort behind the objects */
	char *name;                           /* of an object, made anew for each */
	size_t name_size;
};

void
heading_time(int64_t seconds, char *ret)
{
	char text[CLOCK_TEXT];

	clock_format(seconds, "%Y-%m-%d %H:%M:%S+00:00", text);
	snprintf(ret, 32, "%.31s", text);
}

/* A copy of text; NULL stays NULL. */
static int
copy_text(char **ret, const char *text, struct err *err)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : err_memory(err);
}

int
manifest_writer_open(struct manifest_writer **ret, const struct heading *heading,
    const char *prefix, document_sink *sink, void *arg, struct err *err)
{
	scoped(manifest_writer_close_scoped) struct manifest_writer *writer =
	    calloc(1, sizeof *writer);
	struct json_writer *json;

	if (!writer)
		return err_memory(err);
	output_init(&writer->output, sink, arg);
	writer->name_size = strlen(prefix) + sizeof "-4294967295";
	writer->name = malloc(writer->name_size);
	if (!writer->name || copy_text(&writer->prefix, prefix, err) < 0 ||
	    copy_text(&writer->parent_id, heading->parent_id, err) < 0 ||
	    copy_text(&writer->volume_id, heading->volume_id, err) < 0)
		return err_memory(err);
	json = &writer->output.json;
	output_heading(&writer->output, heading);
	json_member_text(json, "created_at", heading->created_at);
	if (heading->extra)
		json_member_text(json, "extra_metadata", heading->extra);
	json_key(json, "objects");
	json_begin_array(json);
	if (json_check(json, err) < 0)
		return err_wrap(err, "manifest of %s", prefix);
	*ret = take(&writer);
	return 0;
}

int
manifest_write(struct manifest_writer *writer, const struct segment *segment, struct err *err)
{
	struct json_writer *json = &writer->output.json;
	char md5[2 * MD5_SIZE + 1];

	assert(segment->number > 0 && segment->length > 0 && segment->codec);
	snprintf(writer->name, writer->name_size, "%s-%05u", writer->prefix, segment->number);
	json_begin_object(json);
	json_key(json, writer->name);
	json_begin_object(json);
	json_member_text(json, "compression", segment->codec);
	json_member_number(json, "length", (int64_t)segment->length);
	if (segment->has_md5) {
		digest_hex(segment->md5, MD5_SIZE, md5);
		json_member_text(json, "md5", md5);
	}
	json_member_number(json, "offset", (int64_t)segment->offset);
	json_end_object(json);
	json_end_object(json);
	return output_pass(&writer->output, err);
}

int
manifest_finish(struct manifest_writer *writer, const char *volume_meta, struct err *err)
{
	struct json_writer *json = &writer->output.json;

	json_end_array(json);
	json_member_text(json, "parent_id", writer->parent_id);
	json_member_text(json, "version", "1.0.0");
	json_member_text(json, "volume_id", writer->volume_id);
	json_member_text(json, "volume_meta", volume_meta);
	json_end_object(json);
	if (output_flush(&writer->output, err) < 0)
		return err_wrap(err, "manifest of %s", writer->prefix);
	return 0;
}

void
manifest_writer_close(struct manifest_writer *writer)
{
	if (!writer)
		return;
	output_drop(&writer->output);
	free(writer->prefix);
	free(writer->parent_id);
	free(writer->volume_id);
	free(writer->name);
	free(writer);
}

/* What manifest_check() gathers on its way. */
struct gathering {
	struct manifest_reader *reader;
	struct manifest manifest;
	size_t at[TEXTS]; /* of each text behind the first byte of manifest.text; 0: null */
	unsigned seen;    /* bit n: key n of texts[] came; the last one is objects */
	bool lied;
	struct err lie; /* what is wrong with the objects, told once the version is known */
};

static const struct {
	const char *key;
	size_t offset;
} texts[TEXTS] = {
	{ "version", offsetof(struct manifest, heading.version) },
	{ "backup_id", offsetof(struct manifest, heading.backup_id) },
	{ "volume_id", offsetof(struct manifest, heading.volume_id) },
	{ "backup_name", offsetof(struct manifest, heading.backup_name) },
	{ "backup_description", offsetof(struct manifest, heading.backup_description) },
	{ "created_at", offsetof(struct manifest, heading.created_at) },
	{ "parent_id", offsetof(struct manifest, heading.parent_id) },
	{ "volume_meta", offsetof(struct manifest, volume_meta) },
};

/* Check every object.  What is wrong with one is kept, and the rest passed over. */
static int
gather_objects(struct gathering *g, struct err *err)
{
	struct json_token token;
	struct segment segment;
	int result;

	if (objects_token(g->reader, &token, err) < 0)
		return -1;
	result = token.kind == JSON_TOKEN_ARRAY
		     ? 1
		     : objects_corrupt(g->reader, "objects is no list", err);
	while (result > 0) {
		result = manifest_next(g->reader, &segment, err);
		if (result <= 0)
			break;
		g->manifest.n_objects++;
		if (segment.length > g->manifest.length_max)
			g->manifest.length_max = segment.length;
	}
	g->manifest.numbers_max = g->reader->number;
	g->manifest.end = g->reader->end;
	if (result == 0)
		return 0;
	g->lied = true;
	g->lie = *err;
	if (token.kind == JSON_TOKEN_ARRAY || token.kind == JSON_TOKEN_OBJECT)
		json_leave(g->reader->json, token.depth, err);
	return 0; /* if it cannot be parsed any further, the next token says so */
}

static int
gather_text(struct gathering *g, size_t index, struct err *err)
{
	struct buf *text = &g->manifest.text;
	struct json_token token;

	if (objects_token(g->reader, &token, err) < 0)
		return -1;
	if (token.kind == JSON_TOKEN_NULL)
		return 0;
	if (token.kind != JSON_TOKEN_TEXT)
		return err_set(err, ERR_CORRUPT, "manifest %s_metadata: %s is no text",
		    g->reader->prefix, texts[index].key);
	g->at[index] = text->length;
	buf_add(text, token.text.data, token.text.length + 1);
	return buf_check(text, err);
}

static int
gather_member(struct gathering *g, const char *key, struct err *err)
{
	size_t i = 0;

	while (i < TEXTS && strcmp(key, texts[i].key) != 0)
		i++;
	if (i == TEXTS && strcmp(key, "objects") != 0)
		return json_skip(g->reader->json, err);
	if (g->seen & 1u << i)
		return err_set(err, ERR_CORRUPT, "manifest %s_metadata: %.40s comes twice",
		    g->reader->prefix, key);
	g->seen |= 1u << i;
	return i == TEXTS ? gather_objects(g, err) : gather_text(g, i, err);
}

/* All was read: judge it, and let the texts be found. */
static int
gather_end(struct gathering *g, struct err *err)
{
	const char *text;
	size_t i;

	for (i = 0; i < TEXTS; i++) {
		text = g->at[i] ? g->manifest.text.data + g->at[i] : NULL;
		memcpy((char *)&g->manifest + texts[i].offset, &text, sizeof text);
	}
	text = g->manifest.heading.version;
	if (text && strcmp(text, "1.0.0") != 0)
		return err_set(err, ERR_INVALID,
		    "manifest %s_metadata: version %.20s, only 1.0.0 can be read",
		    g->reader->prefix, text);
	if (g->lied) {
		*err = g->lie;
		return -1;
	}
	if (!text || !(g->seen & 1u << TEXTS))
		return objects_corrupt(g->reader, "has no version or no objects", err);
	return 0;
}

static int
gather(struct gathering *g, struct err *err)
{
	struct json_token token;

	buf_byte(&g->manifest.text, '\0'); /* so that no text lies at 0 */
	for (;;) {
		if (objects_token(g->reader, &token, err) < 0)
			break;
		if (token.kind != JSON_TOKEN_KEY) /* the end, unless something stands behind it */
			return objects_token(g->reader, &token, err) < 0 ? -1 : gather_end(g, err);
		if (gather_member(g, token.text.data, err) < 0)
			break;
	}
	if (g->lied)
		*err = g->lie;
	return -1;
}

int
manifest_check(document_source *source, void *arg, const char *prefix, uint64_t block,
    struct manifest *ret, struct err *err)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct gathering g = { .manifest.text = BUF(TEXTS * (size_t)MANIFEST_TEXT_MAX) };

	if (objects_open(&reader, source, arg, prefix, block, err) < 0)
		return -1;
	g.reader = reader;
	if (gather(&g, err) < 0) {
		manifest_drop(&g.manifest);
		return -1;
	}
	*ret = g.manifest;
	return 0;
}

int
manifest_extra(
    document_source *source, void *arg, const char *prefix, char *ret, size_t size, struct err *err)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct json_token token;

	if (objects_open(&reader, source, arg, prefix, 0, err) < 0)
		return -1;
	for (;;) {
		if (objects_token(reader, &token, err) < 0)
			return -1;
		if (token.kind != JSON_TOKEN_KEY || strcmp(token.text.data, "objects") == 0)
			return 0;
		if (strcmp(token.text.data, "extra_metadata") == 0)
			break;
		if (json_skip(reader->json, err) < 0)
			return -1;
	}
	if (objects_token(reader, &token, err) < 0)
		return -1;
	if (token.kind != JSON_TOKEN_TEXT || token.text.length >= size)
		return 0;
	memcpy(ret, token.text.data, token.text.length + 1);
	return 1;
}

void
manifest_drop(struct manifest *manifest)
{
	buf_drop(&manifest->text);
	*manifest = (struct manifest){ 0 };
}
