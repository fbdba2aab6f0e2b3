#include "job/refill.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "engine/pipeline.h"
#include "job/chain.h"
#include "job/job.h"
#include "job/unpack.h"
#include "plan/plan.h"
#include "volume/volume.h"

enum { WINDOW = 8 << 20, EXTRA_READERS = 3, AT_ONCE = 16, PAGE = 4096 };

struct refill {
	struct job *job;
	struct chain *chain;
	struct volume *volume;
	struct restore_plan *plan;
	uint64_t block;
	uint64_t end;       /* bytes; for progress */
	atomic_ullong done; /* of these, up to where some object has come */
	size_t window;      /* bytes of raw data a slot holds, a multiple of block */
};

/* One object on its way; memory is taken before the first. */
struct slot {
	struct piece piece;
	struct unpack *unpack;
	uint8_t *raw;
};

/* ---- plan ---- */

static int
plan_piece(void *arg, void *held, struct err *err)
{
	struct refill *r = arg;
	struct slot *slot = held;
	int more = plan_next(r->plan, &slot->piece, err);

	return more < 0 ? -1 : !more;
}

/* ---- write what was verified ---- */

static uint64_t
length_of(const struct refill *r, const struct piece *piece, size_t i)
{
	uint64_t start = i * r->block;

	return piece->object.length - start < r->block ? piece->object.length - start : r->block;
}

/* Is block i zeros, as its digest or (raw given) its bytes say? */
static bool
is_zero(const struct refill *r, const struct piece *piece, size_t i, const uint8_t *raw)
{
	uint8_t zeros[SHA256_SIZE];

	if (!piece->has_sha256)
		return raw && digest_all_zero(raw, length_of(r, piece, i));
	digest_sha256_zeros(length_of(r, piece, i), zeros);
	return memcmp(zeros, piece->sha256[i], SHA256_SIZE) == 0;
}

static int
write_run(struct refill *r, const struct piece *piece, size_t first, size_t end, bool zero,
    const uint8_t *raw, struct err *err)
{
	uint64_t offset = piece->object.offset + first * r->block;
	uint64_t length = (end - 1 - first) * r->block + length_of(r, piece, end - 1);

	if (!zero)
		return volume_write(r->volume, offset, raw, length, err);
	/* Nothing but a fresh volume is known to have zeros there already. */
	if (r->volume->zeroed)
		return 0;
	return volume_zero(r->volume, (struct extent){ offset, length }, err);
}

/* Write the visible blocks first to end of an object; raw begins with block first, or is NULL. */
static int
write_blocks(struct refill *r, const struct piece *piece, size_t first, size_t end,
    const uint8_t *raw, struct err *err)
{
	size_t i = first, start;
	bool zero;

	while (i < end) {
		if (!piece->visible[i]) {
			i++;
			continue;
		}
		start = i;
		zero = is_zero(r, piece, i, raw ? raw + (i - first) * r->block : NULL);
		for (i++; i < end && piece->visible[i] &&
			  is_zero(r, piece, i, raw ? raw + (i - first) * r->block : NULL) == zero;)
			i++;
		if (write_run(r, piece, start, i, zero,
			raw ? raw + (start - first) * r->block : NULL, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- verify: what is written, by its SHA-256; where there is no hash list, by the MD5 ---- */

static int
corrupt(const struct refill *r, const struct piece *piece, const char *what, struct err *err)
{
	const struct location *at = chain_location(r->chain, piece->layer);
	char name[COLUMN_TEXT_MAX + 16];

	store_segment_name(at, piece->object.number, name);
	return err_set(err, ERR_CORRUPT, "object %s in %s: %s", name, at->container, what);
}

static int
verify_digest(struct refill *r, const struct piece *piece, size_t block, const uint8_t *digest,
    struct err *err)
{
	char what[96];

	if (memcmp(digest, piece->sha256[block], SHA256_SIZE) == 0)
		return 0;
	snprintf(what, sizeof what, "block at byte %llu does not have its SHA-256",
	    (unsigned long long)(piece->object.offset + block * r->block));
	return corrupt(r, piece, what, err);
}

/* Whole blocks that wait until there are enough to be hashed at once. */
struct waiting {
	const uint8_t *raw[AT_ONCE];
	size_t blocks[AT_ONCE], count;
};

static int
verify_waiting(
    struct refill *r, const struct piece *piece, struct waiting *waiting, struct err *err)
{
	uint8_t digests[AT_ONCE][SHA256_SIZE], *ret[AT_ONCE];
	size_t i;

	for (i = 0; i < waiting->count; i++)
		ret[i] = digests[i];
	digest_sha256_many(waiting->raw, waiting->count, r->block, ret);
	for (i = 0; i < waiting->count; i++) {
		if (verify_digest(r, piece, waiting->blocks[i], digests[i], err) < 0)
			return -1;
	}
	waiting->count = 0;
	return 0;
}

/* One that is cut short by the volume's end. */
static int
verify_last(
    struct refill *r, const struct piece *piece, size_t block, const uint8_t *raw, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	digest_sha256(raw, length_of(r, piece, block), digest);
	return verify_digest(r, piece, block, digest, err);
}

static int
verify_blocks(struct refill *r, const struct piece *piece, size_t first, size_t end,
    const uint8_t *raw, struct err *err)
{
	struct waiting waiting = { .count = 0 };
	const uint8_t *at;
	size_t i;

	for (i = first; piece->has_sha256 && i < end; i++) {
		at = raw + (i - first) * r->block;
		if (!piece->visible[i])
			continue;
		if (length_of(r, piece, i) < r->block) {
			if (verify_last(r, piece, i, at, err) < 0)
				return -1;
			continue;
		}
		waiting.raw[waiting.count] = at;
		waiting.blocks[waiting.count++] = i;
		if (waiting.count == AT_ONCE && verify_waiting(r, piece, &waiting, err) < 0)
			return -1;
	}
	return verify_waiting(r, piece, &waiting, err);
}

static int
verify_md5(struct refill *r, const struct piece *piece, const uint8_t *md5, struct err *err)
{
	if (!piece->object.has_md5 || memcmp(md5, piece->object.md5, MD5_SIZE) == 0)
		return 0;
	return corrupt(r, piece, "its content does not have its MD5", err);
}

/* ---- fetch, unpack, verify, write: one object ---- */

/* Everything that is wanted of the object is zeros, and so is all of it by its md5. */
static bool
all_zero(const struct refill *r, const struct piece *piece)
{
	uint8_t zeros[MD5_SIZE];
	size_t i;

	if (!piece->has_sha256 || !piece->object.has_md5)
		return false;
	for (i = 0; i < piece->n_blocks; i++) {
		if (piece->visible[i] && !is_zero(r, piece, i, NULL))
			return false;
	}
	digest_md5_zeros(piece->object.length, zeros);
	return memcmp(zeros, piece->object.md5, MD5_SIZE) == 0;
}

/* An object that fits into the window: all of it is verified before any is written. */
static int
write_whole(struct refill *r, struct slot *slot, struct err *err)
{
	const struct piece *piece = &slot->piece;
	uint8_t md5[MD5_SIZE];

	if (unpack_read(slot->unpack, slot->raw, piece->object.length, err) < 0 ||
	    unpack_end(slot->unpack, err) < 0)
		return -1;
	if (piece->has_sha256) {
		if (verify_blocks(r, piece, 0, piece->n_blocks, slot->raw, err) < 0)
			return -1;
	} else {
		digest_md5(slot->raw, piece->object.length, md5);
		if (verify_md5(r, piece, md5, err) < 0)
			return -1;
	}
	return write_blocks(r, piece, 0, piece->n_blocks, slot->raw, err);
}

/* One pass over a larger object, window by window. */
static int
walk_object(struct refill *r, struct slot *slot, bool write, struct err *err)
{
	const struct piece *piece = &slot->piece;
	scoped(digest_close_scoped) struct digest_state *state = digest_md5_open();
	size_t step = r->window / r->block, first, end;
	uint64_t length;
	uint8_t md5[MD5_SIZE];

	if (!state)
		return err_memory(err);
	for (first = 0; first < piece->n_blocks; first = end) {
		end = piece->n_blocks - first < step ? piece->n_blocks : first + step;
		length = (end - 1 - first) * r->block + length_of(r, piece, end - 1);
		if (unpack_read(slot->unpack, slot->raw, length, err) < 0 ||
		    verify_blocks(r, piece, first, end, slot->raw, err) < 0)
			return -1;
		if (!piece->has_sha256)
			digest_add(state, slot->raw, length);
		if (write && write_blocks(r, piece, first, end, slot->raw, err) < 0)
			return -1;
	}
	if (unpack_end(slot->unpack, err) < 0)
		return -1;
	digest_finish(take(&state), md5);
	return piece->has_sha256 ? 0 : verify_md5(r, piece, md5, err);
}

static int
restore_piece(void *arg, void *held, struct err *err)
{
	struct refill *r = arg;
	struct slot *slot = held;
	const struct piece *piece = &slot->piece;
	const struct extent range = { piece->object.offset, piece->object.length };

	if (piece->layer < 0)
		return r->volume->zeroed ? 0 : volume_zero(r->volume, range, err);
	if (all_zero(r, piece))
		return write_blocks(r, piece, 0, piece->n_blocks, NULL, err);
	if (unpack_begin(
		slot->unpack, chain_location(r->chain, piece->layer), &piece->object, err) < 0)
		return -1;
	if (piece->object.length <= r->window)
		return write_whole(r, slot, err);
	/* Without digests only the md5 of all of it tells, so look before writing. */
	if (!piece->has_sha256 &&
	    (walk_object(r, slot, false, err) < 0 ||
		unpack_begin(
		    slot->unpack, chain_location(r->chain, piece->layer), &piece->object, err) < 0))
		return -1;
	return walk_object(r, slot, true, err);
}

/* ---- progress ---- */

/* In any order: an object that is long holds up none that come behind it. */
static int
restore_and_tell(void *arg, void *held, struct err *err)
{
	struct refill *r = arg;
	const struct segment *object = &((const struct slot *)held)->piece.object;
	uint64_t end = object->offset + object->length, most = end < r->end ? end : r->end;
	unsigned long long done = atomic_load(&r->done);

	if (restore_piece(r, held, err) < 0)
		return -1;
	while (done < most && !atomic_compare_exchange_weak(&r->done, &done, most))
		;
	job_tick(r->job, atomic_load(&r->done), r->end);
	return 0;
}

/* ---- memory ---- */

static int
allocate_slot(struct refill *r, struct slot *slot, struct err *err)
{
	size_t blocks = plan_blocks_max(r->plan);

	slot->raw = aligned_alloc(PAGE, (r->window + PAGE) / PAGE * PAGE);
	slot->piece.visible = calloc(blocks ? blocks : 1, 1);
	slot->piece.sha256 = calloc(blocks ? blocks : 1, SHA256_SIZE);
	if (!slot->raw || !slot->piece.visible || !slot->piece.sha256)
		return err_memory(err);
	return unpack_open(&slot->unpack, r->job, r->window, err);
}

static void
free_slots(struct slot *slots, size_t count)
{
	size_t i;

	for (i = 0; slots && i < count; i++) {
		free(slots[i].raw);
		free(slots[i].piece.visible);
		free(slots[i].piece.sha256);
		unpack_close(slots[i].unpack);
	}
	free(slots);
}

static int
run(struct refill *r, struct slot *slots, size_t n_slots, struct err *err)
{
	const struct stage stages[] = {
		{ .name = "plan", .run = plan_piece, .threads = 1 },
		{ .name = "restore", .run = restore_and_tell, .threads = (unsigned)n_slots - 1 },
	};
	const struct pipeline pipeline = {
		.stages = stages,
		.n_stages = sizeof stages / sizeof stages[0],
		.slots = slots,
		.n_slots = n_slots,
		.slot_size = sizeof *slots,
		.cancel = &r->job->cancel,
	};
	size_t i;

	for (i = 0; i < n_slots; i++) {
		if (allocate_slot(r, &slots[i], err) < 0)
			return -1;
	}
	return pipeline_run(&pipeline, r, err);
}

int
refill(struct job *job, struct chain *chain, struct volume *volume, uint64_t *ret_size,
    struct err *err)
{
	scoped(plan_close_scoped) struct restore_plan *plan = NULL;
	size_t n_slots = job->setup->cpus + EXTRA_READERS;
	struct slot *slots = calloc(n_slots, sizeof *slots);
	uint64_t block = chain_block(chain);
	struct refill r = {
		.job = job,
		.chain = chain,
		.volume = volume,
		.block = block,
		.end = chain_end(chain),
		.window = block > WINDOW ? block : WINDOW - WINDOW % block,
	};
	int done;

	if (!slots)
		return err_memory(err);
	done = chain_plan(chain, &plan, err);
	r.plan = plan;
	if (done == 0)
		done = run(&r, slots, n_slots, err);
	free_slots(slots, n_slots);
	if (done == 0) {
		job_tick(job, r.end, r.end);
		*ret_size = plan_size(plan);
	}
	return done;
}
