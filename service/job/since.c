#include "job/since.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "job/source.h"
#include "job/transfer.h"
#include "volume/volume.h"

/* Blocks of a backup that are read though they are said to be the same. */
enum { SAMPLES = 1024 };

int
since_open(struct transfer *t, const struct backup *parent, struct err *err)
{
	char moment[VOLUME_MOMENT_MAX];
	int found;

	if (!t->volume->driver->recall)
		return 0;
	found = source_moment(t->job->setup, parent, moment, err);
	return found == 1 ? volume_recall(t->volume, moment, &t->past, err) : found;
}

/* ---- which blocks ---- */

struct marking {
	struct transfer *transfer;
	struct chunk *chunk;
};

static int
mark_changed(void *arg, struct extent extent, struct err *err)
{
	const struct marking *marking = arg;
	uint64_t block = marking->transfer->cut.block;
	uint64_t start = extent.offset - marking->chunk->offset;
	size_t first = (size_t)(start / block);
	size_t end = (size_t)((start + extent.length + block - 1) / block);

	(void)err;
	memset(marking->chunk->known + first, SINCE_READ, end - first);
	return 0;
}

/* Blocks that end elsewhere than they did then, or were not there. */
static void
mark_resized(const struct transfer *t, struct chunk *chunk, size_t n)
{
	uint64_t size = t->past.size < t->cut.size ? t->past.size : t->cut.size;
	size_t i;

	if (t->past.size == t->cut.size)
		return;
	for (i = 0; i < n; i++) {
		if (chunk->offset + (i + 1) * t->cut.block > size)
			chunk->known[i] = SINCE_READ;
	}
}

/* Changed blocks so near each other that they become one object, with all in between. */
static void
mark_gaps(const struct transfer *t, struct chunk *chunk, size_t n)
{
	size_t last = n, i;

	for (i = 0; i < n; i++) {
		if (chunk->known[i] != SINCE_READ)
			continue;
		if (last < n && (i - last - 1) * t->cut.block < t->cut.merge_gap)
			memset(chunk->known + last, SINCE_READ, i - last);
		last = i;
	}
}

/* splitmix64: from a counter to what looks like chance. */
static uint64_t
mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

/* The same number of samples, whatever the size of the volume; at least as many as it has chunks.
 */
static void
mark_sample(const struct transfer *t, struct chunk *chunk, size_t n)
{
	uint64_t n_chunks = (t->cut.size + t->chunk_size - 1) / t->chunk_size;
	uint64_t chance = mix(t->seed ^ mix(chunk->index)), first = mix(chance) % n;
	size_t i;

	if (chance % n_chunks >= SAMPLES)
		return;
	for (i = 0; i < n; i++) {
		size_t at = (first + i) % n;

		if (chunk->known[at] != SINCE_SAME)
			continue;
		chunk->known[at] = SINCE_SAMPLE;
		return;
	}
}

static int
read_marked(struct transfer *t, struct chunk *chunk, size_t n, struct err *err)
{
	uint64_t block = t->cut.block, start, end;
	size_t i, next;
	bool same;

	for (i = 0; i < n; i = next) {
		same = chunk->known[i] == SINCE_SAME;
		for (next = i + 1; next < n && (chunk->known[next] == SINCE_SAME) == same; next++)
			;
		if (same)
			continue;
		start = i * block;
		end = next * block < chunk->length ? next * block : chunk->length;
		if (volume_read(t->volume, chunk->offset + start, chunk->raw + start,
			(size_t)(end - start), err) < 0)
			return -1;
	}
	return 0;
}

int
since_fill(void *transfer, void *slot, struct err *err)
{
	struct transfer *t = transfer;
	struct chunk *chunk = slot;
	struct marking marking = { t, chunk };
	size_t n = transfer_blocks(t, chunk->length);

	memset(chunk->known, SINCE_SAME, n);
	chunk->zero = false;
	if (volume_changed(t->volume, t->past.since,
		(struct extent){ chunk->offset, chunk->length }, mark_changed, &marking, err) < 0)
		return -1;
	mark_resized(t, chunk, n);
	mark_gaps(t, chunk, n);
	mark_sample(t, chunk, n);
	return read_marked(t, chunk, n, err);
}

/* ---- what they are ---- */

static int
mistrust(struct transfer *t, uint64_t offset, const char *what, struct err *err)
{
	t->mistrusted = true;
	return err_set(err, ERR_CORRUPT, "block at %llu bytes, said to be unchanged since %s, %s",
	    (unsigned long long)offset, t->past.since, what);
}

int
since_settle(struct transfer *t, struct chunk *chunk, size_t n_parent, struct err *err)
{
	size_t n = transfer_blocks(t, chunk->length), i;

	for (i = 0; i < n; i++) {
		uint64_t offset = chunk->offset + i * t->cut.block;

		if (chunk->known[i] == SINCE_READ)
			continue;
		if (i >= n_parent)
			return mistrust(t, offset, "is not in the parent's hash list", err);
		if (chunk->known[i] == SINCE_SAME)
			memcpy(chunk->sha256[i], t->parent_sha256[i], SHA256_SIZE);
		else if (memcmp(chunk->sha256[i], t->parent_sha256[i], SHA256_SIZE) != 0)
			return mistrust(t, offset, "differs", err);
	}
	return 0;
}
