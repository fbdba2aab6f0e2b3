/*
 * The walk against a model that does the same by brute force.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/err.h"
#include "plan/plan.h"

enum {
	BLOCK = 8,
	BLOCKS = 220, /* more than the ring of a small plan, so that it turns */
	BYTES = BLOCKS * BLOCK,
	LAYERS = 7,
	OBJECTS = BLOCKS,
	CASES = 6000,
};

/* A backup: what the volume held, the objects that were stored, the hash list. */
struct backup_model {
	uint64_t size;
	uint8_t bytes[BYTES];
	size_t n_blocks, n_objects;
	uint8_t sha256[BLOCKS][SHA256_SIZE];
	struct segment objects[OBJECTS];
	unsigned emitted[OBJECTS];
	size_t next_object; /* of the layer that reads it */
	struct layer layer;
};

struct chain {
	size_t n;
	struct backup_model backups[LAYERS];
	size_t next_digest; /* of the hash list that is read */
	const struct backup_model *wanted;
};

static uint64_t seed;

/* From 0 to below limit. */
static uint64_t
chance(uint64_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 11) % limit;
}

/* ---- making chains ---- */

/* A digest that is cheap: the block itself, and the true one of zeros. */
static void
hash_blocks(struct backup_model *backup)
{
	uint64_t offset, length;
	size_t i;

	backup->n_blocks = (size_t)((backup->size + BLOCK - 1) / BLOCK);
	for (i = 0; i < backup->n_blocks; i++) {
		offset = i * BLOCK;
		length = backup->size - offset < BLOCK ? backup->size - offset : BLOCK;
		memset(backup->sha256[i], 0, SHA256_SIZE);
		memcpy(backup->sha256[i], backup->bytes + offset, (size_t)length);
		backup->sha256[i][SHA256_SIZE - 1] = (uint8_t)length;
		if (length == BLOCK && digest_all_zero(backup->bytes + offset, BLOCK))
			digest_sha256_zeros(BLOCK, backup->sha256[i]);
	}
}

static int
next_object(void *arg, struct segment *ret, struct err *err)
{
	struct backup_model *backup = arg;

	(void)err;
	if (backup->next_object == backup->n_objects)
		return 0;
	*ret = backup->objects[backup->next_object++];
	return 1;
}

/* Cut as a backup does, chunk by chunk. */
static void
cut_objects(struct backup_model *backup, const struct backup_model *parent, bool skip_zeros)
{
	uint64_t step = (1 + chance(chance(2) ? 20 : 120)) * BLOCK;
	struct cut cut = { BLOCK, chance(4) * BLOCK, skip_zeros, backup->size,
		chance(4) * 2 * BLOCK };
	struct chunk chunk = { 0 };
	size_t first, n_parent, i;

	backup->n_objects = 0;
	backup->layer = (struct layer){ .next = next_object, .arg = backup };
	for (; chunk.offset < backup->size; chunk.offset += step) {
		first = (size_t)(chunk.offset / BLOCK);
		chunk.length =
		    backup->size - chunk.offset < step ? backup->size - chunk.offset : step;
		chunk.sha256 = backup->sha256 + first;
		chunk.segments = backup->objects + backup->n_objects;
		n_parent = parent && parent->n_blocks > first ? parent->n_blocks - first : 0;
		plan_cut(&cut,
		    parent ? (const uint8_t(*)[SHA256_SIZE])(parent->sha256 + first) : NULL,
		    n_parent, &chunk);
		backup->n_objects += chunk.n_segments;
	}
	for (i = 0; i < backup->n_objects; i++) {
		backup->objects[i].number = (uint32_t)i + 1;
		if (backup->layer.length_max < backup->objects[i].length)
			backup->layer.length_max = backup->objects[i].length;
	}
}

static void
write_somewhere(struct backup_model *backup)
{
	uint64_t offset = chance(backup->size), end = offset + 1 + chance(12 * BLOCK);
	bool zero = chance(3) == 0;

	for (; offset < end && offset < backup->size; offset++)
		backup->bytes[offset] = zero ? 0 : (uint8_t)(1 + chance(255));
}

static void
resize(struct backup_model *backup)
{
	uint64_t size = 1 + chance(BYTES);

	if (chance(2))
		size = (size + BLOCK - 1) / BLOCK * BLOCK;
	if (size < backup->size)
		memset(backup->bytes + size, 0, (size_t)(backup->size - size));
	backup->size = size;
}

/* grow: it never shrinks. */
static void
make_chain(struct chain *chain, bool grow)
{
	bool skip_zeros = chance(2);
	struct backup_model *backup;
	uint64_t writes;
	size_t i;

	*chain = (struct chain){ .n = 1 + chance(LAYERS) };
	for (i = 0; i < chain->n; i++) {
		backup = &chain->backups[i];
		if (i)
			*backup = backup[-1];
		if (i == 0 || (chance(3) == 0 && !grow))
			resize(backup);
		else if (grow && backup->size < BYTES && chance(2))
			backup->size += chance(BYTES - backup->size);
		for (writes = chance(8); writes > 0; writes--)
			write_somewhere(backup);
		hash_blocks(backup);
		cut_objects(backup, i ? backup - 1 : NULL, skip_zeros);
	}
}

/* ---- restoring ---- */

static int
next_digests(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	struct chain *chain = arg;
	size_t rest = chain->wanted->n_blocks - chain->next_digest;

	(void)err;
	*ret_count = count < rest ? count : rest;
	memcpy(digests, chain->wanted->sha256 + chain->next_digest, *ret_count * SHA256_SIZE);
	chain->next_digest += *ret_count;
	return 0;
}

/* The newest layer that has the block, up to the wanted one; or -1. */
static int
owner_of(const struct chain *chain, uint64_t offset)
{
	const struct backup_model *backup = chain->wanted;
	size_t i;

	for (;; backup--) {
		for (i = 0; i < backup->n_objects; i++) {
			if (backup->objects[i].offset <= offset &&
			    offset < backup->objects[i].offset + backup->objects[i].length)
				return (int)(backup - chain->backups);
		}
		if (backup == chain->backups)
			return -1;
	}
}

/* Write the visible blocks of a piece, and check them one by one. */
static void
apply(struct chain *chain, const struct piece *piece, bool hashes, uint8_t *target)
{
	uint64_t offset, end = piece->object.offset + piece->object.length, stop;
	size_t i, n_visible = 0;

	assert_int_equal(piece->has_sha256, hashes);
	assert_int_equal(piece->n_blocks, (piece->object.length + BLOCK - 1) / BLOCK);
	if (piece->layer >= 0)
		assert_int_equal(
		    ++chain->backups[piece->layer].emitted[piece->object.number - 1], 1);
	for (i = 0; i < piece->n_blocks; i++) {
		offset = piece->object.offset + i * BLOCK;
		stop = offset + BLOCK < end ? offset + BLOCK : end;
		if (!piece->visible[i])
			continue;
		n_visible++;
		assert_int_equal(owner_of(chain, offset), piece->layer);
		if (hashes)
			assert_memory_equal(
			    piece->sha256[i], chain->wanted->sha256[offset / BLOCK], SHA256_SIZE);
		for (; offset < stop; offset++)
			target[offset] =
			    piece->layer < 0 ? 0 : chain->backups[piece->layer].bytes[offset];
	}
	assert_true(n_visible > 0);
}

static void
restore(struct chain *chain, size_t wanted, bool hashes)
{
	struct layer layers[LAYERS];
	uint8_t visible[BLOCKS], sha256[BLOCKS][SHA256_SIZE], target[BYTES];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan = NULL;
	struct err err = ERR_INIT;
	uint64_t before = 0, end;
	int result;
	size_t i;

	chain->wanted = &chain->backups[wanted];
	chain->next_digest = 0;
	for (i = 0; i <= wanted; i++) {
		chain->backups[i].next_object = 0;
		memset(chain->backups[i].emitted, 0, sizeof chain->backups[i].emitted);
		layers[i] = chain->backups[i].layer;
	}
	memset(target, 'x', sizeof target);
	if (plan_open(&plan, layers, wanted + 1, BLOCK, hashes ? next_digests : NULL, NULL, chain,
		&err) < 0)
		fail_msg("%s", err.text);
	assert_in_range(plan_blocks_max(plan), 1, BLOCKS);
	while ((result = plan_next(plan, &piece, &err)) > 0) {
		end = (piece.object.offset + piece.object.length + BLOCK - 1) / BLOCK;
		end = end < chain->wanted->n_blocks ? end : chain->wanted->n_blocks;
		assert_in_range(end, before, BLOCKS);
		before = end;
		apply(chain, &piece, hashes, target);
	}
	if (result < 0)
		fail_msg("%s", err.text);
	assert_int_equal(plan_size(plan), chain->wanted->size);
	assert_memory_equal(target, chain->wanted->bytes, (size_t)plan_size(plan));
	assert_int_equal(plan_next(plan, &piece, &err), 0);
	plan_close(plan);
}

static void
every_backup_of_a_chain_comes_back(void **state)
{
	static struct chain chain;
	int i;

	(void)state;
	for (i = 0; i < CASES; i++) {
		seed = 88172645463325252u + (uint64_t)i * 1442695040888963407u;
		make_chain(&chain, false);
		restore(&chain, chance(chain.n), true);
	}
}

static void
chain_that_never_shrank_needs_no_hashes(void **state)
{
	static struct chain chain;
	int i;

	(void)state;
	for (i = 0; i < CASES / 3; i++) {
		seed = 2685821657736338717u + (uint64_t)i * 1442695040888963407u;
		make_chain(&chain, true);
		restore(&chain, chance(chain.n), false);
	}
}

/* ---- single cases, by hand ---- */

struct object_list {
	const struct segment *objects;
	size_t n, next;
};

static int
next_listed(void *arg, struct segment *ret, struct err *err)
{
	struct object_list *list = arg;

	(void)err;
	if (list->next == list->n)
		return 0;
	*ret = list->objects[list->next++];
	return 1;
}

/* Digests that are no zeros, as many as arg says. */
static int
some_digests(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	size_t *left = arg;

	(void)err;
	*ret_count = count < *left ? count : *left;
	*left -= *ret_count;
	memset(digests, 'd', *ret_count * SHA256_SIZE);
	return 0;
}

struct liar {
	const char *fact;
	struct segment objects[3];
	size_t n_objects, n_blocks;
	const char *says;
};

static void
layers_that_lie_are_refused(void **state)
{
	static const struct liar liars[] = {
		{ .fact = "no length",
		    .objects = { { .number = 1 } },
		    .n_objects = 1,
		    .n_blocks = 4,
		    .says = "0 bytes long" },
		{ .fact = "longer than it said",
		    .objects = { { .number = 1, .length = 72 } },
		    .n_objects = 1,
		    .n_blocks = 9,
		    .says = "72 bytes long" },
		{ .fact = "between blocks",
		    .objects = { { .number = 1, .offset = 4, .length = 8 } },
		    .n_objects = 1,
		    .n_blocks = 4,
		    .says = "cannot be at 4" },
		{ .fact = "overlap",
		    .objects = { { .number = 1, .length = 16 },
			{ .number = 2, .offset = 8, .length = 8 } },
		    .n_objects = 2,
		    .n_blocks = 4,
		    .says = "cannot be at 8" },
		{ .fact = "downwards",
		    .objects = { { .number = 1, .length = 8 }, { .number = 2, .length = 8 } },
		    .n_objects = 2,
		    .n_blocks = 4,
		    .says = "cannot be at 0" },
		{ .fact = "beyond all",
		    .objects = { { .number = 1, .offset = UINT64_MAX - 7, .length = 8 } },
		    .n_objects = 1,
		    .n_blocks = 4,
		    .says = "cannot be at" },
		{ .fact = "nothing where data are",
		    .objects = { { .number = 1, .length = 16 } },
		    .n_objects = 1,
		    .n_blocks = 4,
		    .says = "block at 16 is in no layer" },
		{ .fact = "ends inside a block",
		    .objects = { { .number = 1, .length = 12 } },
		    .n_objects = 1,
		    .n_blocks = 3,
		    .says = "ends at 12, inside a block" },
	};
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan;
	struct object_list list;
	struct layer layer;
	struct err err;
	size_t i, left;
	int result;

	(void)state;
	for (i = 0; i < sizeof liars / sizeof liars[0]; i++) {
		list = (struct object_list){ liars[i].objects, liars[i].n_objects, 0 };
		layer = (struct layer){ next_listed, &list, 64 };
		left = liars[i].n_blocks;
		plan = NULL;
		result = plan_open(&plan, &layer, 1, BLOCK, some_digests, NULL, &left, &err);
		while (result >= 0 && (result = plan_next(plan, &piece, &err)) > 0)
			;
		plan_close(plan);
		if (result == 0)
			fail_msg("%s: was taken", liars[i].fact);
		assert_int_equal(err.kind, ERR_CORRUPT);
		if (!strstr(err.text, liars[i].says))
			fail_msg("%s: %s", liars[i].fact, err.text);
	}
}

static void
empty_volume_has_no_pieces(void **state)
{
	struct object_list list = { NULL, 0, 0 };
	struct layer layer = { next_listed, &list, 0 };
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan = NULL;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(plan_open(&plan, &layer, 1, BLOCK, NULL, NULL, NULL, &err), 0);
	assert_int_equal(plan_next(plan, &piece, &err), 0);
	assert_int_equal(plan_size(plan), 0);
	plan_close(plan);
	plan_close(NULL);
}

static void
layer_that_claims_too_much_is_no_crash(void **state)
{
	struct object_list list = { NULL, 0, 0 };
	struct layer layer = { next_listed, &list, UINT64_MAX };
	struct restore_plan *plan = NULL;
	struct err err;

	(void)state;
	assert_int_equal(plan_open(&plan, &layer, 1, BLOCK, NULL, NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
}

/* Lists as text: a letter a block, which its digest is made of. */
struct lists {
	const char *above, *below;
};

static size_t
spell(const char **letters, uint8_t (*digests)[SHA256_SIZE], size_t count)
{
	size_t i;

	for (i = 0; i < count && **letters; i++)
		memset(digests[i], *(*letters)++, SHA256_SIZE);
	return i;
}

static int
next_above(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	(void)err;
	*ret_count = spell(&((struct lists *)arg)->above, digests, count);
	return 0;
}

static int
next_below(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	(void)err;
	*ret_count = spell(&((struct lists *)arg)->below, digests, count);
	return 0;
}

static void
what_no_layer_has_is_as_it_was_below(void **state)
{
	/* The layer has the blocks 2 to 4. */
	static const struct {
		struct lists lists;
		const char *says; /* NULL: nothing is wrong */
	} cases[] = {
		{ { "abcdefgh", "abcdefgh" }, NULL },
		{ { "abCDEfgh", "abcdefgh" }, NULL },
		{ { "abCDE", "abcdefgh" }, NULL },
		{ { "abCDE", "ab" }, NULL },
		{ { "abCDEf", "abcdef" }, NULL },
		{ { "aBCDEfgh", "abcdefgh" }, "block at 8 has changed" },
		{ { "abCDEfgH", "abcdefgh" }, "block at 56 has changed" },
		{ { "abCDEfgh", "abcdefg" }, "block at 56 has changed" },
		{ { "abCDEfgh", "a" }, "block at 8 has changed" },
	};
	static const struct segment object = {
		.number = 1, .offset = 2 * BLOCK, .length = 3 * BLOCK
	};
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan;
	struct object_list list;
	struct lists lists;
	struct layer layer;
	struct err err;
	size_t i;
	int result;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		lists = cases[i].lists;
		list = (struct object_list){ &object, 1, 0 };
		layer = (struct layer){ next_listed, &list, 3 * BLOCK };
		err = (struct err)ERR_INIT;
		assert_int_equal(
		    plan_open(&plan, &layer, 1, BLOCK, next_above, next_below, &lists, &err), 0);
		while ((result = plan_next(plan, &piece, &err)) > 0)
			;
		plan_close(plan);
		assert_int_equal(result, cases[i].says ? -1 : 0);
		if (cases[i].says && !strstr(err.text, cases[i].says))
			fail_msg("%zu: %s", i, err.text);
	}
}

static void
long_lists_are_compared_to_their_end(void **state)
{
	static char above[3 * 1000 + 2], below[3 * 1000 + 2];
	struct object_list list = { NULL, 0, 0 };
	struct layer layer = { next_listed, &list, 0 };
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct lists lists = { above, below };
	struct restore_plan *plan;
	struct err err = ERR_INIT;
	int result;

	(void)state;
	memset(above, 'a', 3 * 1000);
	memset(below, 'a', 3 * 1000);
	above[3 * 1000] = 'b';
	below[3 * 1000] = 'c';
	assert_int_equal(
	    plan_open(&plan, &layer, 1, BLOCK, next_above, next_below, &lists, &err), 0);
	while ((result = plan_next(plan, &piece, &err)) > 0)
		;
	plan_close(plan);
	assert_int_equal(result, -1);
	assert_non_null(strstr(err.text, "block at 24000 has changed"));
}

static int
no_digests(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	(void)arg;
	(void)digests;
	(void)count;
	(void)ret_count;
	return err_set(err, ERR_CORRUPT, "no hash list");
}

static void
error_of_the_hash_list_ends_the_walk(void **state)
{
	struct segment object = { .number = 1, .length = 8 };
	struct object_list list = { &object, 1, 0 };
	struct layer layer = { next_listed, &list, 8 };
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan = NULL;
	struct err err;

	(void)state;
	assert_int_equal(plan_open(&plan, &layer, 1, BLOCK, no_digests, NULL, NULL, &err), 0);
	assert_int_equal(plan_next(plan, &piece, &err), -1);
	assert_string_equal(err.text, "no hash list");
	plan_close(plan);
}

/* Fails in the call whose number arg says. */
static int
next_or_fail(void *arg, struct segment *ret, struct err *err)
{
	unsigned *left = arg;

	if (--*left == 0)
		return err_set(err, ERR_RETRY, "the store is away");
	*ret = (struct segment){ .number = 9 - *left, .offset = (9 - *left) * 8, .length = 8 };
	return 1;
}

static void
error_of_a_layer_ends_the_walk(void **state)
{
	uint8_t visible[64], sha256[64][SHA256_SIZE];
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	struct restore_plan *plan;
	struct layer layer;
	struct err err;
	unsigned call, left;
	int result;

	(void)state;
	for (call = 1; call < 8; call++) {
		left = call;
		plan = NULL;
		layer = (struct layer){ next_or_fail, &left, 8 };
		err = (struct err)ERR_INIT;
		result = plan_open(&plan, &layer, 1, BLOCK, NULL, NULL, NULL, &err);
		while (result >= 0 && (result = plan_next(plan, &piece, &err)) > 0)
			;
		plan_close(plan);
		assert_int_equal(result, -1);
		assert_int_equal(err.kind, ERR_RETRY);
	}
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(every_backup_of_a_chain_comes_back),
		cmocka_unit_test(chain_that_never_shrank_needs_no_hashes),
		cmocka_unit_test(layers_that_lie_are_refused),
		cmocka_unit_test(what_no_layer_has_is_as_it_was_below),
		cmocka_unit_test(long_lists_are_compared_to_their_end),
		cmocka_unit_test(empty_volume_has_no_pieces),
		cmocka_unit_test(error_of_a_layer_ends_the_walk),
		cmocka_unit_test(error_of_the_hash_list_ends_the_walk),
		cmocka_unit_test(layer_that_claims_too_much_is_no_crash),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
