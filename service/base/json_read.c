#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "base/err.h"
#include "base/json.h"

enum { WINDOW = 64 * 1024, FEED = 4096, TOKENS_MAX = FEED + 2 };

/* A token of the piece that yajl was fed last; its text lies in texts. */
struct queued {
	enum json_token_kind kind;
	unsigned depth;
	size_t at, length;
	uint64_t end;
};

/*
 * yajl calls back, its caller wants to ask: so it is fed pieces small enough
 * that the tokens of one fit into a queue of fixed size.
 */
struct json_reader {
	yajl_handle yajl;
	json_source *source;
	void *arg;
	struct json_limits limits;
	struct buf window;
	uint64_t base;    /* where the window lies in the document */
	uint64_t fed;     /* bytes of the document that yajl took in earlier calls */
	size_t idle;      /* of these, since the last token */
	struct buf texts; /* of the queued tokens */
	struct queued *tokens;
	size_t n_tokens, next;
	unsigned depth;
	bool ended, failed;
	struct err err; /* why it failed */
};

/* Bytes of the document up to here; at its end yajl counts a blank of its own. */
static unsigned long long
position(const struct json_reader *reader)
{
	return reader->fed + (reader->ended ? 0 : yajl_get_bytes_consumed(reader->yajl));
}

static int
refuse(struct json_reader *reader, const char *what)
{
	if (!reader->failed)
		err_set(&reader->err, ERR_CORRUPT, "byte %llu: %s", position(reader), what);
	reader->failed = true;
	return 0;
}

/* The callbacks return 1 to go on, 0 to end the parser. */
static int
queue(struct json_reader *reader, enum json_token_kind kind, const void *text, size_t length)
{
	struct queued *token = &reader->tokens[reader->n_tokens];

	if (length > reader->limits.text_max)
		return refuse(reader, "text is too long");
	if (length && (memchr(text, 0, length) || !json_utf8_valid((struct span){ text, length })))
		return refuse(reader, "text is not UTF-8, or holds a NUL");
	*token =
	    (struct queued){ kind, reader->depth, reader->texts.length, length, position(reader) };
	buf_add(&reader->texts, text, length);
	buf_byte(&reader->texts, '\0');
	if (reader->texts.failed) {
		reader->failed = true;
		buf_check(&reader->texts, &reader->err);
		return 0;
	}
	reader->n_tokens++;
	reader->idle = 0;
	return 1;
}

static int
on_null(void *arg)
{
	return queue(arg, JSON_TOKEN_NULL, NULL, 0);
}

static int
on_boolean(void *arg, int truth)
{
	return queue(arg, JSON_TOKEN_BOOL, "1", truth ? 1 : 0);
}

static int
on_number(void *arg, const char *text, size_t length)
{
	return queue(arg, JSON_TOKEN_NUMBER, text, length);
}

static int
on_text(void *arg, const unsigned char *text, size_t length)
{
	return queue(arg, JSON_TOKEN_TEXT, text, length);
}

static int
on_key(void *arg, const unsigned char *text, size_t length)
{
	return queue(arg, JSON_TOKEN_KEY, text, length);
}

static int
enter(struct json_reader *reader, enum json_token_kind kind)
{
	if (reader->depth >= reader->limits.depth_max)
		return refuse(reader, "too many objects or arrays within each other");
	if (!queue(reader, kind, NULL, 0))
		return 0;
	reader->depth++;
	return 1;
}

static int
on_object(void *arg)
{
	return enter(arg, JSON_TOKEN_OBJECT);
}

static int
on_array(void *arg)
{
	return enter(arg, JSON_TOKEN_ARRAY);
}

static int
leave(struct json_reader *reader, enum json_token_kind kind)
{
	reader->depth--;
	return queue(reader, kind, NULL, 0);
}

static int
on_object_end(void *arg)
{
	return leave(arg, JSON_TOKEN_OBJECT_END);
}

static int
on_array_end(void *arg)
{
	return leave(arg, JSON_TOKEN_ARRAY_END);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_text,
	.yajl_start_map = on_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_object_end,
	.yajl_start_array = on_array,
	.yajl_end_array = on_array_end,
};

/* Fill the window with what follows it.  1, 0 absent, -1. */
static int
fill(struct json_reader *reader, struct err *err)
{
	int result;

	reader->base += reader->window.length;
	/* Each answer costs its way: a document that is long is asked for more of it. */
	if (reader->window.length == reader->window.ceiling &&
	    2 * reader->window.ceiling <= reader->limits.window_max)
		reader->window.ceiling *= 2;
	buf_clear(&reader->window);
	result = reader->source(reader->arg, reader->base, &reader->window, err);
	if (result > 0 && buf_check(&reader->window, err) < 0)
		return -1;
	return result;
}

/* Bring a yajl error into our form: "parse error: premature EOF\n". */
static void
complain(struct json_reader *reader)
{
	unsigned char *text = yajl_get_error(reader->yajl, 0, NULL, 0);
	char line[200];

	snprintf(line, sizeof line, "%s", text ? (char *)text : "cannot be parsed");
	line[strcspn(line, ".\n")] = '\0';
	refuse(reader, line);
	yajl_free_error(reader->yajl, text);
}

/* Feed yajl the next piece, or tell it that there is none. */
static void
feed(struct json_reader *reader)
{
	size_t at = (size_t)(reader->fed - reader->base), length;
	yajl_status status;
	int result;

	reader->n_tokens = reader->next = 0;
	buf_clear(&reader->texts);
	if (at == reader->window.length) {
		result = fill(reader, &reader->err);
		if (result == 0)
			err_set(&reader->err, ERR_NOT_FOUND, "vanished while it was read");
		reader->failed = result <= 0;
		at = 0;
	}
	if (reader->failed)
		return;
	length = reader->window.length - at < FEED ? reader->window.length - at : FEED;
	reader->idle += length;
	reader->ended = !length;
	status = length
		     ? yajl_parse(reader->yajl, (unsigned char *)reader->window.data + at, length)
		     : yajl_complete_parse(reader->yajl);
	if (status != yajl_status_ok)
		complain(reader);
	else if (reader->idle > reader->limits.text_max + FEED)
		refuse(reader, "text is too long");
	reader->fed += length;
}

int
json_reader_open(struct json_reader **ret, json_source *source, void *arg,
    const struct json_limits *limits, struct err *err)
{
	scoped(json_reader_close_scoped) struct json_reader *reader = calloc(1, sizeof *reader);
	int result;

	if (!reader)
		return err_memory(err);
	reader->source = source;
	reader->arg = arg;
	reader->limits = *limits;
	reader->window = (struct buf)BUF(WINDOW);
	/* One text that began in earlier pieces, and those of one piece with their NULs. */
	reader->texts = (struct buf)BUF(limits->text_max + 3 * FEED);
	reader->tokens = calloc(TOKENS_MAX, sizeof *reader->tokens);
	reader->yajl = yajl_alloc(&callbacks, NULL, reader);
	if (!reader->tokens || !reader->yajl)
		return err_memory(err);
	result = fill(reader, err);
	if (result > 0)
		*ret = take(&reader);
	return result;
}

void
json_reader_close(struct json_reader *reader)
{
	if (!reader)
		return;
	if (reader->yajl)
		yajl_free(reader->yajl);
	buf_drop(&reader->window);
	buf_drop(&reader->texts);
	free(reader->tokens);
	free(reader);
}

/* An integer of 64 bits?  Its grammar is yajl's business. */
static bool
read_number(struct span text, int64_t *ret)
{
	bool negative = text.data[0] == '-';
	int64_t number = 0;
	size_t i;

	for (i = negative; i < text.length; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_sub_overflow(number, text.data[i] - '0', &number))
			return false;
	}
	if (!negative && number == INT64_MIN)
		return false;
	*ret = negative ? number : -number;
	return true;
}

int
json_next(struct json_reader *reader, struct json_token *ret, struct err *err)
{
	const struct queued *token;

	while (reader->next == reader->n_tokens) {
		if (reader->failed) {
			*err = reader->err;
			return -1;
		}
		if (reader->ended)
			return 0;
		feed(reader);
	}
	token = &reader->tokens[reader->next++];
	*ret = (struct json_token){ token->kind, token->depth,
		{ reader->texts.data + token->at, token->length }, 0, false, token->end };
	if (token->kind == JSON_TOKEN_BOOL)
		ret->truth = token->length != 0;
	else if (token->kind == JSON_TOKEN_NUMBER && !read_number(ret->text, &ret->number))
		ret->kind = JSON_TOKEN_REAL;
	return 1;
}

int
json_leave(struct json_reader *reader, unsigned depth, struct err *err)
{
	struct json_token token;
	int result;

	do {
		result = json_next(reader, &token, err);
	} while (result > 0 && !(token.depth == depth && (token.kind == JSON_TOKEN_OBJECT_END ||
							     token.kind == JSON_TOKEN_ARRAY_END)));
	return result < 0 ? -1 : 0;
}

int
json_skip(struct json_reader *reader, struct err *err)
{
	struct json_token token;
	int result = json_next(reader, &token, err);

	if (result > 0 && (token.kind == JSON_TOKEN_OBJECT || token.kind == JSON_TOKEN_ARRAY))
		return json_leave(reader, token.depth, err);
	return result < 0 ? -1 : 0;
}
