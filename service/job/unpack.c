#include "job/unpack.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"
#include "job/job.h"
#include "model/chunk.h"
#include "store/store.h"

struct unpack {
	struct job *job;
	const struct location *at;
	const struct segment *object;
	const struct codec *codec;
	struct unpacker *unpacker;
	struct buf packed;
	struct span rest;    /* of packed, not unpacked yet */
	uint64_t offset;     /* of the stored object, behind packed */
	bool drained, ended; /* the store has no more; the stream has its end */
	size_t window;
};

int
unpack_open(struct unpack **ret, struct job *job, size_t window, struct err *err)
{
	struct unpack *unpack = calloc(1, sizeof *unpack);

	if (!unpack)
		return err_memory(err);
	unpack->job = job;
	unpack->packed = (struct buf)BUF(window);
	unpack->window = window;
	*ret = unpack;
	return 0;
}

static void
drop_stream(struct unpack *unpack)
{
	if (unpack->unpacker)
		unpack->codec->unpacker_close(unpack->unpacker);
	unpack->unpacker = NULL;
}

void
unpack_close(struct unpack *unpack)
{
	if (!unpack)
		return;
	drop_stream(unpack);
	buf_drop(&unpack->packed);
	free(unpack);
}

int
unpack_begin(
    struct unpack *unpack, const struct location *at, const struct segment *object, struct err *err)
{
	drop_stream(unpack);
	unpack->at = at;
	unpack->object = object;
	unpack->codec = codec_find(object->codec);
	unpack->rest = (struct span){ 0 };
	unpack->offset = 0;
	unpack->drained = unpack->ended = false;
	return unpack->codec->unpacker_open(&unpack->unpacker, err);
}

static int
corrupt(struct unpack *unpack, const char *what, struct err *err)
{
	char name[COLUMN_TEXT_MAX + 16];

	store_segment_name(unpack->at, unpack->object->number, name);
	return err_set(err, ERR_CORRUPT, "object %s in %s: %s", name, unpack->at->container, what);
}

/* Add what the store has next, as much as fits. */
static int
fetch_into(struct unpack *unpack, struct buf *ret, struct err *err)
{
	size_t before = ret->length, added;

	if (store_read(unpack->job->setup->store, unpack->at, unpack->object, unpack->offset, ret,
		err) < 0)
		return -1;
	added = ret->length - before;
	unpack->offset += added;
	unpack->drained = added == 0;
	atomic_fetch_add(&unpack->job->stored, added);
	return 0;
}

static int
fetch_more(struct unpack *unpack, struct err *err)
{
	int fetched = fetch_into(unpack, &unpack->packed, err);

	unpack->rest = buf_span(&unpack->packed);
	return fetched;
}

/* Fetch more stored bytes, once the last are used up. */
static int
fetch(struct unpack *unpack, struct err *err)
{
	if (unpack->rest.length || unpack->drained)
		return 0;
	buf_clear(&unpack->packed);
	return fetch_more(unpack, err);
}

/* Unpack what there is, up to length bytes. */
static int
step(struct unpack *unpack, void *out, uint64_t length, size_t *ret_length, struct err *err)
{
	size_t before;

	if (fetch(unpack, err) < 0)
		return -1;
	before = unpack->rest.length;
	if (unpack->codec->unpack(unpack->unpacker, &unpack->rest, out, length, ret_length,
		&unpack->ended, err) < 0) {
		char what[sizeof err->text];

		memcpy(what, err->text, sizeof what);
		return corrupt(unpack, what, err);
	}
	if (!*ret_length && !unpack->ended && unpack->rest.length == before &&
	    (before || unpack->drained))
		return corrupt(unpack, "is truncated", err);
	return 0;
}

/*
 * All of the object at once.  1; 0: it does not fit, or is not what the manifest
 * says, which the stream tells better; -1.
 */
static int
read_whole(struct unpack *unpack, void *out, uint64_t length, struct err *err)
{
	if (!unpack->codec->unpack_whole || unpack->offset || length != unpack->object->length)
		return 0;
	buf_clear(&unpack->packed);
	while (!unpack->drained && unpack->packed.length < unpack->window) {
		if (fetch_more(unpack, err) < 0)
			return -1;
	}
	if (!unpack->drained ||
	    !unpack->codec->unpack_whole(unpack->unpacker, unpack->rest, out, length))
		return 0;
	unpack->rest = (struct span){ 0 };
	unpack->ended = true;
	return 1;
}

/* What is stored as it is goes straight to where it is wanted. */
static int
read_plain(struct unpack *unpack, void *out, uint64_t length, struct err *err)
{
	struct buf straight = { .data = out, .room = length + 1, .ceiling = length };

	while (straight.length < length) {
		if (fetch_into(unpack, &straight, err) < 0)
			return -1;
		if (unpack->drained)
			return corrupt(unpack, "is truncated", err);
	}
	return 0;
}

static int
read_packed(struct unpack *unpack, void *out, uint64_t length, struct err *err)
{
	int whole = read_whole(unpack, out, length, err);
	uint8_t *to = out;
	size_t filled;

	if (whole)
		return whole < 0 ? -1 : 0;
	while (length) {
		if (unpack->ended)
			return corrupt(unpack, "is shorter than its manifest says", err);
		if (step(unpack, to, length, &filled, err) < 0)
			return -1;
		to += filled;
		length -= filled;
	}
	return 0;
}

int
unpack_read(struct unpack *unpack, void *out, uint64_t length, struct err *err)
{
	if (unpack->codec == &codec_none)
		return read_plain(unpack, out, length, err);
	return read_packed(unpack, out, length, err);
}

/* A stream may still have its trailer to read; "none" ends with the object. */
static int
finish_stream(struct unpack *unpack, struct err *err)
{
	uint8_t more;
	size_t filled;

	while (!unpack->ended && unpack->codec != &codec_none) {
		if (step(unpack, &more, 1, &filled, err) < 0)
			return -1;
		if (filled)
			return corrupt(unpack, "is longer than its manifest says", err);
	}
	return fetch(unpack, err);
}

int
unpack_end(struct unpack *unpack, struct err *err)
{
	if (finish_stream(unpack, err) < 0)
		return -1;
	if (unpack->rest.length)
		return corrupt(unpack, "has bytes behind its end", err);
	return 0;
}
