#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "plan/plan.h"

/* Room for ranges that no layer has, even where all objects are small; and not for any claim. */
enum { BLOCKS_MIN = 64, BLOCKS_LIMIT = 4 * 1024 * 1024, NOBODY = -1 };

/* A layer and the object that the walk has reached or will reach next. */
struct source {
	const struct layer *layer;
	bool has_object;
	struct segment object;
	uint64_t first, end; /* blocks of the object, end excluded */
};

/*
 * The walk goes upwards, block by block in effect, run by run in fact.  Every
 * object that is not yet emitted ends at or behind the block reached, so what
 * must be remembered of the blocks passed, owner and digest, fits into a ring as
 * long as the largest object, for all layers together.
 */
struct restore_plan {
	uint64_t block;
	plan_hashes_fn *hashes, *below;
	void *arg;
	uint64_t reached; /* the first block not yet decided upon */
	bool ended;       /* there are no more blocks; reached is their count */
	uint64_t size;    /* of the volume, bytes, once ended */
	uint64_t cut_at;  /* byte inside the block before reached where its owner ends; or 0 */
	uint8_t zero[SHA256_SIZE];
	size_t n_ring;
	int *owner; /* index of a source, or NOBODY */
	uint8_t (*sha256)[SHA256_SIZE];
	size_t n_sources;
	struct source sources[];
};

/* ---- layers ---- */

static uint64_t
blocks_of(const struct restore_plan *plan, uint64_t length)
{
	return length / plan->block + (length % plan->block != 0);
}

/* A reader of manifests has checked all this; here memory depends on it. */
static int
check_object(const struct restore_plan *plan, const struct source *source,
    const struct segment *object, struct err *err)
{
	uint64_t before = source->has_object ? source->end : 0;

	if (object->length == 0 || object->length > source->layer->length_max)
		return err_set(err, ERR_CORRUPT,
		    "object %" PRIu32 " of layer %td: %" PRIu64 " bytes long", object->number,
		    source - plan->sources, object->length);
	if (object->offset > INT64_MAX || object->length > INT64_MAX ||
	    object->offset % plan->block || object->offset / plan->block < before)
		return err_set(err, ERR_CORRUPT,
		    "object %" PRIu32 " of layer %td: cannot be at %" PRIu64, object->number,
		    source - plan->sources, object->offset);
	return 0;
}

static int
advance(struct restore_plan *plan, struct source *source, struct err *err)
{
	struct segment object;
	int found = source->layer->next(source->layer->arg, &object, err);

	if (found < 0 || (found > 0 && check_object(plan, source, &object, err) < 0))
		return -1;
	source->has_object = found > 0;
	if (source->has_object) {
		source->object = object;
		source->first = object.offset / plan->block;
		source->end = source->first + blocks_of(plan, object.length);
	}
	return 0;
}

static uint64_t
source_end(const struct source *source)
{
	return source->object.offset + source->object.length;
}

int
plan_open(struct restore_plan **ret, const struct layer *layers, size_t n_layers, uint64_t block,
    plan_hashes_fn *hashes, plan_hashes_fn *below, void *arg, struct err *err)
{
	scoped(plan_close_scoped) struct restore_plan *plan =
	    calloc(1, sizeof *plan + n_layers * sizeof plan->sources[0]);
	size_t i;

	if (!plan)
		return err_memory(err); /* uncovered: no memory */
	plan->block = block;
	plan->hashes = hashes;
	plan->below = hashes ? below : NULL;
	plan->arg = arg;
	plan->n_sources = n_layers;
	plan->n_ring = BLOCKS_MIN;
	for (i = 0; i < n_layers; i++) {
		plan->sources[i].layer = &layers[i];
		if (blocks_of(plan, layers[i].length_max) > BLOCKS_LIMIT)
			return err_set(err, ERR_INVALID,
			    "object of %" PRIu64 " bytes: more than %d blocks are not restored",
			    layers[i].length_max, BLOCKS_LIMIT);
		if (plan->n_ring < blocks_of(plan, layers[i].length_max))
			plan->n_ring = blocks_of(plan, layers[i].length_max);
	}
	plan->owner = calloc(plan->n_ring, sizeof plan->owner[0]);
	plan->sha256 = calloc(plan->n_ring, sizeof plan->sha256[0]);
	if (!plan->owner || !plan->sha256)
		return err_memory(err); /* uncovered: no memory */
	digest_sha256_zeros(block, plan->zero);
	for (i = 0; i < n_layers; i++) {
		if (advance(plan, &plan->sources[i], err) < 0)
			return -1;
	}
	*ret = take(&plan);
	return 0;
}

void
plan_close(struct restore_plan *plan)
{
	if (!plan)
		return;
	free(plan->owner);
	free(plan->sha256);
	free(plan);
}

size_t
plan_blocks_max(const struct restore_plan *plan)
{
	return plan->n_ring;
}

uint64_t
plan_size(const struct restore_plan *plan)
{
	return plan->size;
}

/* ---- what is emitted ---- */

/* Fill the piece's arrays from the ring.  How many blocks are visible? */
static size_t
fill_piece(
    const struct restore_plan *plan, int owner, uint64_t first, uint64_t end, struct piece *ret)
{
	size_t at, i, n_visible = 0;

	ret->layer = owner;
	ret->n_blocks = (size_t)(end - first);
	ret->has_sha256 = plan->hashes != NULL;
	for (i = 0; i < ret->n_blocks; i++) {
		at = (size_t)((first + i) % plan->n_ring);
		ret->visible[i] = first + i < plan->reached && plan->owner[at] == owner;
		if (!ret->visible[i])
			continue;
		memcpy(ret->sha256[i], plan->sha256[at], SHA256_SIZE);
		n_visible++;
	}
	return n_visible;
}

/*
 * Take the objects that the walk has passed, or all that it met once there are
 * no more blocks.  1: one of them is visible, and ret is filled; 0: none; -1.
 */
static int
take_passed(struct restore_plan *plan, struct piece *ret, struct err *err)
{
	struct source *source;
	size_t i, n_visible;

	for (i = 0; i < plan->n_sources; i++) {
		source = &plan->sources[i];
		while (source->has_object && source->first < plan->reached &&
		       (source->end <= plan->reached || plan->ended)) {
			n_visible = fill_piece(plan, (int)i, source->first, source->end, ret);
			ret->object = source->object;
			if (advance(plan, source, err) < 0)
				return -1;
			if (n_visible)
				return 1;
		}
	}
	return 0;
}

/* ---- the walk ---- */

/*
 * Whose the block reached is, and up to which block that stays so.  No run goes
 * beyond the end of an object that has begun, or the ring would be too short.
 */
static int
find_owner(const struct restore_plan *plan, uint64_t *ret_end)
{
	const struct source *source;
	uint64_t bound, end = UINT64_MAX;
	int owner = NOBODY;
	size_t i;

	for (i = plan->n_sources; i-- > 0;) {
		source = &plan->sources[i];
		if (!source->has_object)
			continue;
		if (source->first > plan->reached && owner != NOBODY)
			continue; /* begins below a newer one */
		bound = source->first > plan->reached ? source->first : source->end;
		end = bound < end ? bound : end;
		if (source->first <= plan->reached && owner == NOBODY)
			owner = (int)i;
	}
	*ret_end = end;
	return owner;
}

/* Digests of the next n_blocks, fewer at the end of the volume. */
static int
read_run(struct restore_plan *plan, size_t n_blocks, size_t *ret_count, struct err *err)
{
	size_t at = (size_t)(plan->reached % plan->n_ring);

	*ret_count = n_blocks;
	if (plan->hashes &&
	    plan->hashes(plan->arg, plan->sha256 + at, n_blocks, ret_count, err) < 0)
		return -1;
	if (*ret_count && plan->cut_at)
		return err_set(err, ERR_CORRUPT,
		    "an object ends at %" PRIu64 ", inside a block, but the volume goes on",
		    plan->cut_at);
	return 0;
}

/* The run belongs to no layer: zeros, or something is missing. */
static int
check_zeros(const struct restore_plan *plan, size_t n_blocks, struct err *err)
{
	size_t at = (size_t)(plan->reached % plan->n_ring), i;

	for (i = 0; plan->hashes && i < n_blocks; i++) {
		if (memcmp(plan->sha256[at + i], plan->zero, SHA256_SIZE) != 0)
			return err_set(err, ERR_CORRUPT,
			    "block at %" PRIu64 " is in no layer, but is not zeros",
			    (plan->reached + i) * plan->block);
	}
	return 0;
}

/* The run is as it was below, unless a layer owns it. */
static int
check_below(const struct restore_plan *plan, size_t n_blocks, bool owned, struct err *err)
{
	size_t at = (size_t)(plan->reached % plan->n_ring), i = 0, want, count, k;
	uint8_t below[BLOCKS_MIN][SHA256_SIZE];

	for (; i < n_blocks; i += count) {
		want = n_blocks - i < BLOCKS_MIN ? n_blocks - i : BLOCKS_MIN;
		if (plan->below(plan->arg, below, want, &count, err) < 0)
			return -1;
		for (k = 0; !owned && k < want; k++) {
			if (k == count ||
			    memcmp(plan->sha256[at + i + k], below[k], SHA256_SIZE) != 0)
				return err_set(err, ERR_CORRUPT,
				    "block at %" PRIu64 " has changed, but is in no layer",
				    (plan->reached + i + k) * plan->block);
		}
		if (count < want)
			return 0;
	}
	return 0;
}

/* Decide upon the next run of blocks.  1: a run of zeros, and ret is filled; 0; -1. */
static int
step(struct restore_plan *plan, struct piece *ret, struct err *err)
{
	uint64_t first = plan->reached, end;
	int owner = find_owner(plan, &end);
	size_t at = (size_t)(first % plan->n_ring), room = plan->n_ring - at, count, i;

	if (end == UINT64_MAX && !plan->hashes)
		room = 0; /* nothing else tells where the volume ends */
	if (room > end - first)
		room = (size_t)(end - first);
	if (read_run(plan, room, &count, err) < 0)
		return -1;
	if (plan->below ? check_below(plan, count, owner != NOBODY, err) < 0
			: owner == NOBODY && check_zeros(plan, count, err) < 0)
		return -1;
	for (i = at; i < at + count; i++)
		plan->owner[i] = owner;
	plan->reached += count;
	if (owner != NOBODY && plan->reached == plan->sources[owner].end &&
	    source_end(&plan->sources[owner]) % plan->block)
		plan->cut_at = source_end(&plan->sources[owner]);
	plan->ended = count < room || room == 0;
	plan->size = plan->cut_at ? plan->cut_at : plan->reached * plan->block;
	if (owner != NOBODY || count == 0)
		return 0;
	ret->object =
	    (struct segment){ .offset = first * plan->block, .length = count * plan->block };
	fill_piece(plan, NOBODY, first, plan->reached, ret);
	return 1;
}

int
plan_next(struct restore_plan *plan, struct piece *ret, struct err *err)
{
	int result = take_passed(plan, ret, err);

	while (result == 0 && !plan->ended) {
		result = step(plan, ret, err);
		if (result == 0)
			result = take_passed(plan, ret, err);
	}
	return result;
}
