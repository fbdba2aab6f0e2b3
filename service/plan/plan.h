/*
 * Which blocks to store, and which layer of a chain to restore them from.  No
 * I/O of its own: it compares digests and walks lists that its caller streams.
 */
#ifndef CINDERBANK_PLAN_PLAN_H
#define CINDERBANK_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"
#include "model/chunk.h"

struct err;

/* ---- backup: cut a chunk into the segments that the parent lacks ---- */

struct cut {
	uint64_t block;     /* bytes a digest stands for */
	uint64_t merge_gap; /* runs closer than this many bytes become one segment */
	bool skip_zeros;    /* a full leaves zeros out (never the volume's last block) */
	uint64_t size;      /* of the volume, bytes */
	uint64_t
	    zero_unit; /* a full cuts off zeros by this many bytes, two blocks or more; 0: never */
};

/*
 * Set offset and length of the segments of chunk, number excepted.  parent are
 * the digests of the parent's blocks of the same range, n_parent of them (fewer
 * than the chunk has: the volume grew, those are changed); NULL: a full backup,
 * of segments of zeros and others in turn.  chunk->segments has room for one segment every second
 * block.
 */
void plan_cut(const struct cut *cut, const uint8_t (*parent)[SHA256_SIZE], size_t n_parent,
    struct chunk *chunk);

/* ---- restore: one read of each object that is still visible ---- */

/* A layer of a chain: its objects in volume order.  1, 0 no more, -1. */
struct layer {
	int (*next)(void *arg, struct segment *ret, struct err *err);
	void *arg;
	uint64_t length_max; /* of its largest object, bytes */
};

/*
 * What to do with one object: which of its blocks are still visible, and their
 * digests.  Or, with layer -1, a range that no layer has: zeros.
 */
struct piece {
	int layer;                      /* index into layers; 0 is the full backup */
	struct segment object;          /* layer -1: offset and length only */
	uint8_t *visible;               /* one byte a block of the object: 0 hidden, 1 wanted */
	uint8_t (*sha256)[SHA256_SIZE]; /* of the visible blocks, where has_sha256 */
	bool has_sha256;
	size_t n_blocks;
};

/* Digests of the wanted backup's blocks, in order; as hashes_read().  NULL: none known. */
typedef int(plan_hashes_fn)(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err);

struct restore_plan;

/*
 * Walk layers (full first) in volume order, so that every range comes from the
 * newest layer that has it.  hashes end where the volume ends: it may have
 * shrunk since an older layer.  Without hashes it ends where the layers do.
 * below: the digests of what these layers were stored upon, which ranges that
 * none of them has must agree with; NULL: upon nothing, so that these are zeros.
 * It is asked only where there are hashes too, and has the same arg.
 * layers are borrowed until plan_close(); their objects begin at multiples of
 * block and go upwards (else ERR_CORRUPT).  Memory: 36 bytes a block of the
 * largest object of all layers, whatever their number and the volume's size;
 * ERR_INVALID: it has more than 4 Mi blocks.
 */
int plan_open(struct restore_plan **ret, const struct layer *layers, size_t n_layers,
    uint64_t block, plan_hashes_fn *hashes, plan_hashes_fn *below, void *arg, struct err *err);

/* Room that a piece needs: the blocks of the largest object of all layers, or more. */
size_t plan_blocks_max(const struct restore_plan *plan);

/*
 * The next object to read, in the order in which objects end; wholly hidden
 * ones are left out.  ret->visible and ret->sha256 point to plan_blocks_max()
 * elements of the caller's and are filled, for ranges of zeros too.  1, 0 no
 * more, -1; ERR_CORRUPT: a range that no layer has is not zeros by its digest
 * or not what is below, or an object ends inside a block that is not the volume's last.
 */
int plan_next(struct restore_plan *plan, struct piece *ret, struct err *err);

/*
 * Size of the volume at the wanted backup, bytes; known once plan_next() returned
 * 0.  It is inside the last block where that block's owner ends there.
 */
uint64_t plan_size(const struct restore_plan *plan);

void plan_close(struct restore_plan *plan);
SCOPED_POINTER(struct restore_plan, plan_close);

#endif
