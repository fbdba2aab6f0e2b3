#include <stdint.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/md5_later.h"
#include "engine/pipeline.h"
#include "format/manifest.h"
#include "job/since.h"
#include "job/transfer.h"
#include "store/store.h"
#include "volume/volume.h"

enum { WRITERS = 4, AT_ONCE = 16 };

size_t
transfer_blocks(const struct transfer *t, uint64_t length)
{
	return (size_t)((length + t->cut.block - 1) / t->cut.block);
}

static uint64_t
block_length(const struct transfer *t, const struct chunk *chunk, size_t block)
{
	uint64_t start = block * t->cut.block;

	return chunk->length - start < t->cut.block ? chunk->length - start : t->cut.block;
}

/* ---- read ---- */

struct filling {
	struct transfer *transfer;
	struct chunk *chunk;
	uint64_t filled; /* bytes of the chunk that are read or zeroed so far */
};

static int
read_extent(void *arg, struct extent extent, struct err *err)
{
	struct filling *filling = arg;
	struct chunk *chunk = filling->chunk;
	uint64_t start = extent.offset - chunk->offset;

	memset(chunk->raw + filling->filled, 0, start - filling->filled);
	filling->filled = start + extent.length;
	chunk->zero = false;
	return volume_read(
	    filling->transfer->volume, extent.offset, chunk->raw + start, extent.length, err);
}

static int
next_chunk(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;

	(void)err;
	chunk->index = t->next;
	chunk->offset = t->next * t->chunk_size;
	chunk->n_segments = 0;
	if (chunk->offset >= t->cut.size)
		return 1;
	t->next++;
	chunk->length = t->cut.size - chunk->offset;
	if (chunk->length > t->chunk_size)
		chunk->length = t->chunk_size;
	return 0;
}

static int
read_blocks(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	struct filling filling = { t, chunk, 0 };

	chunk->zero = true;
	if (volume_changed(t->volume, NULL, (struct extent){ chunk->offset, chunk->length },
		read_extent, &filling, err) < 0)
		return -1;
	if (!chunk->zero)
		memset(chunk->raw + filling.filled, 0, chunk->length - filling.filled);
	return 0;
}

/* ---- hash ---- */

/* Whole blocks that wait until there are enough to be hashed at once. */
struct waiting {
	const uint8_t *raw[AT_ONCE];
	uint8_t *sha256[AT_ONCE];
	size_t count;
};

static void
hash_waiting(const struct transfer *t, struct waiting *waiting)
{
	digest_sha256_many(waiting->raw, waiting->count, t->cut.block, waiting->sha256);
	waiting->count = 0;
}

static int
hash_blocks(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	size_t n = transfer_blocks(t, chunk->length), i;
	struct waiting waiting = { .count = 0 };
	uint8_t zeros[SHA256_SIZE];
	bool zero = true;

	(void)err;
	digest_sha256_zeros(t->cut.block, zeros);
	for (i = 0; i < n; i++) {
		uint64_t length = block_length(t, chunk, i);
		const uint8_t *raw = chunk->raw + i * t->cut.block;
		bool unread = t->since && chunk->known[i] == SINCE_SAME;
		bool block_zero = !unread && (chunk->zero || digest_all_zero(raw, length));

		zero = zero && block_zero;
		if (unread) {
			continue;
		} else if (block_zero && length == t->cut.block) {
			memcpy(chunk->sha256[i], zeros, sizeof zeros);
		} else if (block_zero) {
			digest_sha256_zeros(length, chunk->sha256[i]);
		} else if (length < t->cut.block) {
			digest_sha256(raw, length, chunk->sha256[i]);
		} else {
			waiting.raw[waiting.count] = raw;
			waiting.sha256[waiting.count++] = chunk->sha256[i];
		}
		if (waiting.count == AT_ONCE)
			hash_waiting(t, &waiting);
	}
	hash_waiting(t, &waiting);
	chunk->zero = zero;
	return 0;
}

/* ---- cut ---- */

/* Are all blocks of a segment zeros, as their digests say? */
static bool
segment_zero(const struct transfer *t, const struct chunk *chunk, const struct segment *segment)
{
	size_t i = (size_t)((segment->offset - chunk->offset) / t->cut.block);
	size_t end = i + transfer_blocks(t, segment->length);
	uint8_t zeros[SHA256_SIZE];

	for (; i < end; i++) {
		digest_sha256_zeros(block_length(t, chunk, i), zeros);
		if (memcmp(zeros, chunk->sha256[i], SHA256_SIZE) != 0)
			return false;
	}
	return true;
}

/* The MD5 of others is computed when it is needed, that of several at once. */
static void
name_digest(struct transfer *t, struct chunk *chunk, size_t i)
{
	struct segment *segment = &chunk->segments[i];

	segment->zero = chunk->zero || segment_zero(t, chunk, segment);
	segment->has_md5 = segment->zero;
	segment->md5_later = NULL;
	if (segment->zero) {
		digest_md5_zeros(segment->length, segment->md5);
		return;
	}
	segment->md5_later = &chunk->md5_later[i];
	md5_later_add(t->md5, segment->md5_later, transfer_raw(chunk, segment));
}

static int
cut_segments(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	size_t n_parent = 0, i;

	if (t->parent && hashes_read(t->parent, t->parent_sha256, transfer_blocks(t, chunk->length),
			     &n_parent, err) < 0)
		return err_wrap(err, "hash list of parent backup %s", t->job->backup.parent_id);
	if (t->since && since_settle(t, chunk, n_parent, err) < 0)
		return -1;
	plan_cut(&t->cut, t->parent ? (const uint8_t(*)[SHA256_SIZE])t->parent_sha256 : NULL,
	    n_parent, chunk);
	for (i = 0; i < chunk->n_segments; i++) {
		chunk->segments[i].number = atomic_fetch_add(&t->job->objects, 1) + 1;
		name_digest(t, chunk, i);
	}
	return 0;
}

bool
transfer_digest(struct segment *segment)
{
	struct md5_later *later = take(&segment->md5_later);

	segment->has_md5 = true;
	return !later || md5_later_get(later, segment->md5);
}

/* ---- store, digest, record ---- */

static int
store_segments(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	size_t i;

	for (i = 0; i < chunk->n_segments; i++) {
		if (store_write(t->store, t->at, &chunk->segments[i], err) < 0)
			return -1;
		atomic_fetch_add(&t->job->stored, chunk->segments[i].packed.length);
	}
	return 0;
}

/* What broke on its way goes once more, with the digest that the store is to check. */
static int
digest_segments(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	char name[COLUMN_TEXT_MAX + 16];
	size_t i;

	for (i = 0; i < chunk->n_segments; i++) {
		if (transfer_digest(&chunk->segments[i]))
			continue;
		store_segment_name(t->at, chunk->segments[i].number, name);
		log_warning("backup",
		    "object %s in %s: the store says that what came has another MD5; it is sent "
		    "again",
		    name, t->at->container);
		if (store_write(t->store, t->at, &chunk->segments[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
record_chunk(void *arg, void *slot, struct err *err)
{
	struct transfer *t = arg;
	struct chunk *chunk = slot;
	size_t i;

	for (i = 0; i < chunk->n_segments; i++) {
		if (manifest_write(t->manifest, &chunk->segments[i], err) < 0)
			return -1;
	}
	if (hashes_write(t->hashes, (const uint8_t(*)[SHA256_SIZE])chunk->sha256,
		transfer_blocks(t, chunk->length), err) < 0)
		return -1;
	job_tick(t->job, chunk->offset + chunk->length, t->cut.size);
	return 0;
}

int
transfer_run(struct transfer *t, struct err *err)
{
	unsigned cpus = t->job->setup->cpus;
	unsigned readers = t->volume->driver->readers;
	unsigned writers = t->store->driver->writers ? t->store->driver->writers : WRITERS;
	const struct stage stages[] = {
		{ "plan", .threads = 1, .run = next_chunk },
		{ "read", .threads = readers ? readers : 1,
		    .run = t->since ? since_fill : read_blocks },
		{ "hash", .threads = cpus, .run = hash_blocks },
		{ "cut", .threads = 1, .run = cut_segments },
		{ "pack", .threads = cpus, .run = transfer_pack },
		{ "store", .threads = writers, .run = store_segments },
		{ "digest", .threads = (cpus + 3) / 4, .run = digest_segments },
		{ "record", .threads = 1, .run = record_chunk },
	};
	const struct pipeline pipeline = {
		.stages = stages,
		.n_stages = sizeof stages / sizeof stages[0],
		.slots = t->slots,
		.n_slots = t->n_slots,
		.slot_size = sizeof *t->slots,
		.cancel = &t->job->cancel,
	};

	return pipeline_run(&pipeline, t, err);
}
