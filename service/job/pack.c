/* Segments are packed in their place; zeros once for each length of them. */
#include <string.h>

#include "base/err.h"
#include "engine/codec.h"
#include "job/transfer.h"
#include "store/store.h"

struct span
transfer_raw(const struct chunk *chunk, const struct segment *segment)
{
	uint64_t start = segment->offset - chunk->offset;

	return (struct span){ (const char *)chunk->raw + start, segment->length };
}

/* The form that zeros of this length have, or will have once it is made. */
static struct zero_form *
find_zero_form(struct transfer *t, uint64_t length)
{
	uint64_t units = (length + t->cut.zero_unit - 1) / t->cut.zero_unit;

	return &t->zero_forms[units <= ZERO_UNITS ? units : 0];
}

/* Zeros, in the place of raw, which has them once filled is true.  As packers_pack(). */
static int
pack_new_zeros(
    struct transfer *t, struct span raw, bool filled, size_t *ret_length, struct err *err)
{
	char *bytes = (char *)(uintptr_t)raw.data;

	if (t->zero_codec->pack_zeros) {
		*ret_length = t->zero_codec->pack_zeros(raw.length, bytes, raw.length - 1);
		if (*ret_length)
			return 1;
	}
	/* The reader left out what it knew to be zeros. */
	if (!filled || t->zero_codec->pack_zeros)
		memset(bytes, 0, raw.length);
	return t->zero_codec->pack_zeros
		   ? 0
		   : packers_pack(t->packers, bytes, raw.length, ret_length, err);
}

/* Zeros: packed once for each length, but for a few odd ones.  As packers_pack(), into *ret. */
static int
pack_zeros(struct transfer *t, struct span raw, bool filled, struct span *ret, struct err *err)
{
	struct zero_form *form = find_zero_form(t, raw.length);
	size_t length;
	int shrunk;
	scoped_lock(&t->zero_mutex);

	if (form->length == raw.length) {
		*ret = buf_span(&form->packed);
		return 1;
	}
	shrunk = pack_new_zeros(t, raw, filled, &length, err);
	if (shrunk <= 0)
		return shrunk;
	*ret = (struct span){ raw.data, length };
	if (!form->length) {
		form->packed = (struct buf)BUF(length);
		buf_add(&form->packed, raw.data, length);
		form->length = raw.length;
	}
	return buf_check(&form->packed, err) < 0 ? -1 : 1;
}

static int
pack_segment(struct transfer *t, struct chunk *chunk, struct segment *segment, struct err *err)
{
	struct span raw = transfer_raw(chunk, segment);
	char *bytes = (char *)(uintptr_t)raw.data;
	int shrunk;

	segment->codec = codec_none.name;
	segment->packed = raw;
	if (t->store->driver->flags & STORE_RAW) {
		if (chunk->zero)
			memset(bytes, 0, raw.length);
		return 0;
	}
	if (t->codec != &codec_none)
		transfer_digest(segment);
	if (segment->zero)
		shrunk = pack_zeros(t, raw, !chunk->zero, &segment->packed, err);
	else
		shrunk = packers_pack(t->packers, bytes, raw.length, &segment->packed.length, err);
	if (shrunk > 0)
		segment->codec = (segment->zero ? t->zero_codec : t->codec)->name;
	return shrunk < 0 ? -1 : 0;
}

int
transfer_pack(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	size_t i;

	for (i = 0; i < chunk->n_segments; i++) {
		struct segment *segment = &chunk->segments[i];

		if (pack_segment(t, chunk, segment, err) < 0)
			return err_wrap(err, "bytes %llu to %llu",
			    (unsigned long long)segment->offset,
			    (unsigned long long)(segment->offset + segment->length));
	}
	return 0;
}
