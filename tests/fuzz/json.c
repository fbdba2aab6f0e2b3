/*
 * What was parsed and printed parses again, and prints the same; and the reader
 * takes whatever is taken as a tree.
 */
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
print_again(struct span text, struct buf *ret)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct json_writer writer = JSON_WRITER(ret, 2);
	struct err err = ERR_INIT;

	if (json_parse(&root, text, &err) < 0)
		return -1;
	json_put(&writer, root);
	return 0;
}

/* Gives small pieces, so that every token is cut somewhere. */
static int
give_text(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const struct span *text = arg;
	size_t left = text->length - (size_t)offset;

	(void)err;
	buf_add(ret, text->data + offset, left < 61 ? left : 61);
	return 1;
}

/* 0: all tokens were read; -1. */
static int
read_tokens(struct span text)
{
	static const struct json_limits limits = { .depth_max = 2048, .text_max = 1 << 20 };
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct err err = ERR_INIT;
	struct json_token token;
	unsigned depth = 0;
	int result = json_reader_open(&reader, give_text, &text, &limits, &err);

	while (result > 0 && (result = json_next(reader, &token, &err)) > 0) {
		depth -= token.kind == JSON_TOKEN_OBJECT_END || token.kind == JSON_TOKEN_ARRAY_END;
		if (token.depth != depth || token.end > text.length)
			__builtin_trap();
		depth += token.kind == JSON_TOKEN_OBJECT || token.kind == JSON_TOKEN_ARRAY;
	}
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(buf_drop) struct buf first = BUF(1 << 24), second = BUF(1 << 24);
	struct span text = { (const char *)data, size };

	int result = read_tokens(text);

	if (print_again(text, &first) < 0 || first.failed)
		return 0;
	if (result < 0)
		__builtin_trap();
	if (print_again(buf_span(&first), &second) < 0 ||
	    !span_equal(buf_span(&first), buf_span(&second)))
		__builtin_trap();
	return 0;
}
