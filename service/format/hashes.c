#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "format/output.h"

enum { HEX = 2 * SHA256_SIZE };

/* Nobody reads as much at once; the digest of a block of zeros takes 10 s then. */
static const int64_t block_max = (int64_t)16 << 30;

/* Texts of a hash list are names and descriptions; nothing in it stands deep. */
static const struct json_limits limits = {
	.depth_max = 32, .text_max = 1024 * 1024, .window_max = 1024 * 1024
};

struct hashes_writer {
	struct output output;
	char *volume_id; /* sorts behind the digests */
};

int
hashes_writer_open(struct hashes_writer **ret, const struct heading *heading, uint64_t block,
    document_sink *sink, void *arg, struct err *err)
{
	scoped(hashes_writer_close_scoped) struct hashes_writer *writer = calloc(1, sizeof *writer);
	struct json_writer *json;

	if (!writer)
		return err_memory(err);
	output_init(&writer->output, sink, arg);
	if (heading->volume_id && !(writer->volume_id = strdup(heading->volume_id)))
		return err_memory(err);
	json = &writer->output.json;
	output_heading(&writer->output, heading);
	json_member_number(json, "chunk_size", (int64_t)block);
	json_member_text(json, "created_at", heading->created_at);
	json_key(json, "sha256s");
	json_begin_array(json);
	if (json_check(json, err) < 0)
		return err_wrap(err, "hash list");
	*ret = take(&writer);
	return 0;
}

int
hashes_write(struct hashes_writer *writer, const uint8_t (*digests)[SHA256_SIZE], size_t count,
    struct err *err)
{
	size_t i;

	for (i = 0; i < count; i++) {
		json_put_hex(&writer->output.json, digests[i], SHA256_SIZE);
		if (output_pass(&writer->output, err) < 0)
			return -1;
	}
	return 0;
}

int
hashes_finish(struct hashes_writer *writer, struct err *err)
{
	struct json_writer *json = &writer->output.json;

	json_end_array(json);
	json_member_text(json, "version", "1.0.0");
	json_member_text(json, "volume_id", writer->volume_id);
	json_end_object(json);
	return output_flush(&writer->output, err);
}

void
hashes_writer_close(struct hashes_writer *writer)
{
	if (!writer)
		return;
	output_drop(&writer->output);
	free(writer->volume_id);
	free(writer);
}

struct hashes_reader {
	struct json_reader *json;
	uint64_t block;         /* 0: not seen yet */
	bool versioned, listed; /* the version was good; the list was begun */
	bool ended;
};

static int
corrupt(const struct json_token *token, const char *what, struct err *err)
{
	return err_set(
	    err, ERR_CORRUPT, "hash list: byte %llu: %s", (unsigned long long)token->end, what);
}

static int
next(struct hashes_reader *reader, struct json_token *ret, struct err *err)
{
	int result = json_next(reader->json, ret, err);

	return result < 0 ? err_wrap(err, "hash list") : result;
}

static int
read_version(struct hashes_reader *reader, struct err *err)
{
	struct json_token value;

	if (next(reader, &value, err) < 0)
		return -1;
	if (value.kind != JSON_TOKEN_TEXT || reader->versioned)
		return corrupt(&value, "version is no text, or comes twice", err);
	if (!span_equal(value.text, span_of("1.0.0")))
		return err_set(err, ERR_INVALID, "hash list: version %.20s, only 1.0.0 can be read",
		    value.text.data);
	reader->versioned = true;
	return 0;
}

static int
read_block(struct hashes_reader *reader, struct err *err)
{
	struct json_token value;

	if (next(reader, &value, err) < 0)
		return -1;
	if (value.kind != JSON_TOKEN_NUMBER || value.number <= 0 || reader->block)
		return corrupt(&value, "chunk_size is no number above 0, or comes twice", err);
	if (value.number > block_max)
		return corrupt(&value, "chunk_size is above 16 GiB", err);
	reader->block = (uint64_t)value.number;
	return 0;
}

static int
begin_list(struct hashes_reader *reader, struct err *err)
{
	struct json_token value;

	if (next(reader, &value, err) < 0)
		return -1;
	if (value.kind != JSON_TOKEN_ARRAY || reader->listed)
		return corrupt(&value, "sha256s is no list, or comes twice", err);
	reader->listed = true;
	return 1;
}

/* Read members until the list begins.  1, 0 the document has no more of them, -1. */
static int
find_list(struct hashes_reader *reader, struct err *err)
{
	struct json_token key;
	int result = 0;

	while (result == 0) {
		if (next(reader, &key, err) < 0)
			return -1;
		if (key.kind != JSON_TOKEN_KEY)
			return 0;
		if (span_equal(key.text, span_of("sha256s")))
			result = begin_list(reader, err);
		else if (span_equal(key.text, span_of("version")))
			result = read_version(reader, err);
		else if (span_equal(key.text, span_of("chunk_size")))
			result = read_block(reader, err);
		else if (json_skip(reader->json, err) < 0)
			result = err_wrap(err, "hash list");
	}
	return result;
}

/* Open the document and go to its list.  1, 0 absent, -1. */
static int
begin(struct hashes_reader *reader, document_source *source, void *arg, struct err *err)
{
	struct json_token token;
	int result;

	json_reader_close(take(&reader->json));
	*reader = (struct hashes_reader){ 0 };
	result = json_reader_open(&reader->json, source, arg, &limits, err);
	if (result <= 0)
		return result;
	if (next(reader, &token, err) < 0)
		return -1;
	if (token.kind != JSON_TOKEN_OBJECT)
		return corrupt(&token, "is no object", err);
	result = find_list(reader, err);
	return result ? result : err_set(err, ERR_CORRUPT, "hash list: has no sha256s");
}

int
hashes_reader_open(struct hashes_reader **ret, document_source *source, void *arg,
    uint64_t *ret_block, struct err *err)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = calloc(1, sizeof *reader);
	uint64_t block;
	int result;

	if (!reader)
		return err_memory(err);
	result = begin(reader, source, arg, err);
	if (result <= 0)
		return result;
	block = reader->block;
	if (!block) { /* not written by upstream: the keys are not sorted */
		if (json_leave(reader->json, 1, err) < 0 || find_list(reader, err) < 0)
			return -1;
		block = reader->block;
		if (!block)
			return err_set(err, ERR_CORRUPT, "hash list: has no chunk_size");
		result = begin(reader, source, arg, err);
		if (result <= 0)
			return result;
	}
	*ret_block = block;
	*ret = take(&reader);
	return 1;
}

/* The list is over: what stands behind it must be good, too. */
static int
finish(struct hashes_reader *reader, struct err *err)
{
	struct json_token token;

	if (find_list(reader, err) < 0 || next(reader, &token, err) < 0)
		return -1;
	if (!reader->versioned)
		return err_set(err, ERR_CORRUPT, "hash list: has no version");
	reader->ended = true;
	return 0;
}

int
hashes_read(struct hashes_reader *reader, uint8_t (*digests)[SHA256_SIZE], size_t count,
    size_t *ret_count, struct err *err)
{
	struct json_token token;
	size_t i;

	for (i = 0; i < count && !reader->ended; i++) {
		if (next(reader, &token, err) < 0)
			return -1;
		if (token.kind == JSON_TOKEN_ARRAY_END) {
			if (finish(reader, err) < 0)
				return -1;
			break;
		}
		if (token.kind != JSON_TOKEN_TEXT || token.text.length != HEX ||
		    !digest_unhex(token.text.data, digests[i], SHA256_SIZE))
			return corrupt(&token, "is no SHA-256", err);
	}
	*ret_count = i;
	return 0;
}

void
hashes_reader_close(struct hashes_reader *reader)
{
	if (!reader)
		return;
	json_reader_close(reader->json);
	free(reader);
}
