#include "plan/plan.h"

#include <string.h>

#include "base/digest.h"

/* Are the bytes start to end of the chunk zeros?  A block that is cut short tells nothing. */
static bool
is_zero(const struct cut *cut, const struct chunk *chunk, uint64_t start, uint64_t end)
{
	uint8_t zero[SHA256_SIZE];
	uint64_t at;

	if (chunk->zero)
		return true;
	digest_sha256_zeros(cut->block, zero);
	for (at = start; at < end; at += cut->block) {
		if (chunk->length - at >= cut->block &&
		    memcmp(chunk->sha256[at / cut->block], zero, sizeof zero) != 0)
			return false;
	}
	return true;
}

/*
 * The volume's last block stays, zero or not: without the hash list nothing else
 * tells where the volume ends.
 */
static void
cut_full(const struct cut *cut, struct chunk *chunk)
{
	uint64_t unit = cut->zero_unit ? cut->zero_unit : chunk->length, start, end, next;
	bool zero;

	chunk->n_segments = 0;
	for (start = 0; start < chunk->length; start = end) {
		end = chunk->length - start < unit ? chunk->length : start + unit;
		zero = is_zero(cut, chunk, start, end);
		for (; end < chunk->length; end = next) {
			next = chunk->length - end < unit ? chunk->length : end + unit;
			if (is_zero(cut, chunk, end, next) != zero)
				break;
		}
		if (zero && cut->skip_zeros && chunk->offset + end < cut->size)
			continue;
		chunk->segments[chunk->n_segments].offset = chunk->offset + start;
		chunk->segments[chunk->n_segments].length = end - start;
		chunk->n_segments++;
	}
}

/* Add the block at start to the last segment if that ends near enough, else open another. */
static void
add_block(const struct cut *cut, struct chunk *chunk, uint64_t start, uint64_t length)
{
	struct segment *last = chunk->segments + chunk->n_segments - 1;
	uint64_t gap = 0;

	if (chunk->n_segments)
		gap = start - (last->offset + last->length);
	if (chunk->n_segments && (gap == 0 || gap < cut->merge_gap)) {
		last->length = start + length - last->offset;
		return;
	}
	chunk->segments[chunk->n_segments].offset = start;
	chunk->segments[chunk->n_segments].length = length;
	chunk->n_segments++;
}

void
plan_cut(const struct cut *cut, const uint8_t (*parent)[SHA256_SIZE], size_t n_parent,
    struct chunk *chunk)
{
	uint64_t done, length;
	size_t i;

	if (!parent) {
		cut_full(cut, chunk);
		return;
	}
	chunk->n_segments = 0;
	for (done = 0, i = 0; done < chunk->length; done += length, i++) {
		length = chunk->length - done < cut->block ? chunk->length - done : cut->block;
		if (i >= n_parent || memcmp(chunk->sha256[i], parent[i], SHA256_SIZE) != 0)
			add_block(cut, chunk, chunk->offset + done, length);
	}
}
