/*
 * JSON, in three forms.  Trees, for small documents that are read whole; a
 * writer, which makes the bytes that Python's json.dumps() makes; a reader that
 * is asked for one token after the other and never holds more than a window of
 * its document.  Only json.c and json_read.c know which libraries parse.
 *
 * Threads: one at a time for each value, writer and reader.
 */
#ifndef CINDERBANK_BASE_JSON_H
#define CINDERBANK_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct err;

/* ---- trees: parsed whole, read, freed at the root ---- */

struct json;

enum json_kind {
	JSON_IS_NULL,
	JSON_IS_BOOL,
	JSON_IS_NUMBER, /* an integer of 64 bits */
	JSON_IS_REAL,
	JSON_IS_TEXT,
	JSON_IS_OBJECT,
	JSON_IS_ARRAY,
};

/*
 * Parse one value of any kind.  ERR_INVALID: not JSON, not UTF-8, a NUL in a
 * text, an integer beyond 64 bits, or more than 2048 levels.  Of a key that
 * comes twice the last one counts, as in Python.
 */
int json_parse(struct json **ret, struct span text, struct err *err);
void json_free(struct json *root);
SCOPED_POINTER(struct json, json_free);

/* What follows borrows from the root.  NULL stands for an absent value: of no kind, and empty. */

enum json_kind json_kind(const struct json *json);

/* The member of that name; NULL: none, or json is not an object. */
const struct json *json_member(const struct json *json, const char *key);

/* The element at index, from 0; NULL: none, or json is not an array. */
const struct json *json_element(const struct json *json, size_t index);

/* Members or elements; 0 for any other kind. */
size_t json_count(const struct json *json);

/* Told of each member in the order of the document.  Not 0: stop, and hand that on. */
typedef int(json_member_fn)(void *arg, const char *key, const struct json *value, struct err *err);
int json_each(const struct json *json, json_member_fn *fn, void *arg, struct err *err);

/* The text, UTF-8 with a NUL behind; NULL: json is not a text. */
const char *json_text(const struct json *json);

/* How many characters a text of UTF-8 has. */
size_t json_characters(const char *text);

/* false, and *ret as it was, unless json is an integer, or a bool. */
bool json_number(const struct json *json, int64_t *ret);
bool json_truth(const struct json *json, bool *ret);

/* ---- writer: byte for byte json.dumps(), ensure_ascii included ---- */

/*
 * Appends to a buf.  Like a buf it remembers a failure, so a row of calls needs
 * one json_check() at its end.  A caller that empties the buf in between
 * streams a document of any size.
 */
struct json_writer {
	struct buf *out;
	unsigned indent; /* blanks a level; 0: all in one line, ", " and ": " in between */
	unsigned depth;
	bool empty, keyed; /* nothing yet in what is open; a key waits for its value */
	bool refused;      /* a text was not UTF-8 */
};

/* clang-format off */
#define JSON_WRITER(buf, blanks) { .out = (buf), .indent = (blanks), .empty = true }
/* clang-format on */

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *key);

/* NULL: null. */
void json_put_text(struct json_writer *writer, const char *text);

/* Bytes as a text of lower-case hexadecimal. */
void json_put_hex(struct json_writer *writer, const void *data, size_t length);
void json_put_number(struct json_writer *writer, int64_t number);
void json_put_bool(struct json_writer *writer, bool truth);
void json_put_null(struct json_writer *writer);

/* As Python's repr() prints it; must be finite. */
void json_put_real(struct json_writer *writer, double real);

/* A value that is JSON already, as it is. */
void json_put_raw(struct json_writer *writer, struct span json);

/* A parsed value and all below it, members in the order of its document. */
void json_put(struct json_writer *writer, const struct json *json);

/* A key and its value in one. */
void json_member_text(struct json_writer *writer, const char *key, const char *text);
void json_member_number(struct json_writer *writer, const char *key, int64_t number);
void json_member_bool(struct json_writer *writer, const char *key, bool truth);

/* 0, or -1 with ERR_INVALID (a text was not UTF-8) or what buf_check() says. */
int json_check(const struct json_writer *writer, struct err *err);

/*
 * Append text in quotes, with all but printable ASCII escaped.  false: not
 * UTF-8, nothing was appended.  A full buf remembers it.
 */
bool json_quote(struct buf *ret, struct span text);

/* Is text UTF-8, shortest forms only, without surrogates? */
bool json_utf8_valid(struct span text);

/* ---- reader: tokens of a document of any size ---- */

/* Appends bytes from offset on to ret, as many as fit; none: the end.  1, 0 absent, -1. */
typedef int(json_source)(void *arg, uint64_t offset, struct buf *ret, struct err *err);

struct json_limits {
	unsigned depth_max; /* objects and arrays within each other */
	size_t text_max;    /* bytes of the longest text, key or run of blanks */
	size_t window_max;  /* bytes asked for at once, in a long document; at least 64 KiB */
};

enum json_token_kind {
	JSON_TOKEN_NULL,
	JSON_TOKEN_BOOL,
	JSON_TOKEN_NUMBER, /* an integer of 64 bits */
	JSON_TOKEN_REAL,   /* any other number; its text */
	JSON_TOKEN_TEXT,
	JSON_TOKEN_KEY,
	JSON_TOKEN_OBJECT,
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY,
	JSON_TOKEN_ARRAY_END,
};

struct json_token {
	enum json_token_kind kind;
	unsigned depth;   /* how many objects and arrays stand around it */
	struct span text; /* of texts and keys, with a NUL behind, until the next call */
	int64_t number;
	bool truth;
	uint64_t end; /* bytes of the document up to the end of this token */
};

struct json_reader;

/* 1; 0: the source has no such document; -1.  Reads the first window. */
int json_reader_open(struct json_reader **ret, json_source *source, void *arg,
    const struct json_limits *limits, struct err *err);
void json_reader_close(struct json_reader *reader);
SCOPED_POINTER(struct json_reader, json_reader_close);

/*
 * The next token.  1; 0: the document is at its end, all of it was good; -1:
 * ERR_CORRUPT with the offset in bytes (not JSON, cut short, more behind its
 * end, not UTF-8, a NUL in a text, over a limit), or what the source says.
 * After -1 it keeps failing in the same way.
 */
int json_next(struct json_reader *reader, struct json_token *ret, struct err *err);

/* Pass over the value that comes next. */
int json_skip(struct json_reader *reader, struct err *err);

/* Pass over tokens up to the end of the object or array that stands at this depth. */
int json_leave(struct json_reader *reader, unsigned depth, struct err *err);

#endif
