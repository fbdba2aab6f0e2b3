#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/digest.h"
#include "plan/plan.h"

enum { BLOCK = 10, BLOCKS = 12 };

/*
 * now and parent: one letter a block; '0' is a block of zeros, letters differ by
 * content.  size: of the volume; the chunk ends there or BLOCKS * BLOCK further.
 * want: segments as "first-last" blocks, separated by blanks.
 */
struct row {
	const char *fact, *now, *parent; /* parent NULL: full */
	uint64_t merge_gap;
	unsigned short_by; /* bytes that the last block lacks */
	bool skip_zeros, last;
	unsigned zero_unit; /* bytes */
	const char *want;
};

static void
digests_of(const char *letters, uint8_t (*ret)[SHA256_SIZE])
{
	for (; *letters; letters++, ret++) {
		memset(ret, *letters, SHA256_SIZE);
		if (*letters == '0')
			digest_sha256_zeros(BLOCK, *ret);
	}
}

/* The chunk is the second of the volume, so that offsets show. */
static void
check_row(const struct row *row)
{
	uint8_t now[BLOCKS][SHA256_SIZE], parent[BLOCKS][SHA256_SIZE];
	struct segment segments[BLOCKS / 2 + 1];
	uint64_t start = BLOCKS * BLOCK, length = strlen(row->now) * BLOCK - row->short_by;
	struct cut cut = { BLOCK, row->merge_gap, row->skip_zeros,
		start + length + (row->last ? 0 : 1), row->zero_unit };
	struct chunk chunk = {
		.offset = start, .length = length, .sha256 = now, .segments = segments
	};
	char found[256] = "";
	size_t i, used = 0;

	digests_of(row->now, now);
	digests_of(row->parent ? row->parent : "", parent);
	plan_cut(&cut, row->parent ? (const uint8_t(*)[SHA256_SIZE])parent : NULL,
	    row->parent ? strlen(row->parent) : 0, &chunk);
	for (i = 0; i < chunk.n_segments; i++) {
		uint64_t first = segments[i].offset - start, end = first + segments[i].length;

		assert_int_equal(first % BLOCK, 0);
		assert_true(end % BLOCK == 0 || end == length);
		used += (size_t)snprintf(found + used, sizeof found - used, "%s%d-%d", i ? " " : "",
		    (int)(first / BLOCK), (int)((end + BLOCK - 1) / BLOCK) - 1);
	}
	if (strcmp(found, row->want) != 0)
		fail_msg("%s: cut into %s instead of %s", row->fact, found, row->want);
}

static const struct row cuts[] = {
	{ .fact = "a full backup is one segment", .now = "abc", .want = "0-2" },
	{ .fact = "an unchanged chunk has none", .now = "abc", .parent = "abc", .want = "" },
	{ .fact = "one changed block", .now = "abc", .parent = "aXc", .want = "1-1" },
	{ .fact = "first and last", .now = "abc", .parent = "XbX", .want = "0-0 2-2" },
	{ .fact = "runs are maximal", .now = "abcdef", .parent = "aXXdXX", .want = "1-2 4-5" },
	{ .fact = "every second block",
	    .now = "abcdefghijkl",
	    .parent = "XbXdXfXhXjXl",
	    .want = "0-0 2-2 4-4 6-6 8-8 10-10" },
	{ .fact = "blocks the parent does not have are changed",
	    .now = "abcdef",
	    .parent = "abc",
	    .want = "3-5" },
	{ .fact = "a parent that ended before", .now = "abc", .parent = "", .want = "0-2" },
	{ .fact = "a parent that is longer", .now = "abc", .parent = "abcdef", .want = "" },
	{ .fact = "zeroed blocks are changed", .now = "a0c", .parent = "abc", .want = "1-1" },
	{ .fact = "a gap as wide as merge_gap stays",
	    .now = "abcde",
	    .parent = "XbXdX",
	    .merge_gap = BLOCK,
	    .want = "0-0 2-2 4-4" },
	{ .fact = "a smaller gap is closed",
	    .now = "abcde",
	    .parent = "XbXdX",
	    .merge_gap = BLOCK + 1,
	    .want = "0-4" },
	{ .fact = "gaps are measured one by one",
	    .now = "abcdefgh",
	    .parent = "XbXdeXgh",
	    .merge_gap = BLOCK + 1,
	    .want = "0-2 5-5" },
	{ .fact = "a short last block",
	    .now = "abc",
	    .parent = "abX",
	    .short_by = 3,
	    .want = "2-2" },
	{ .fact = "a short last block, unchanged",
	    .now = "abc",
	    .parent = "Xbc",
	    .short_by = 3,
	    .want = "0-0" },
	{ .fact = "a chunk that is less than a block",
	    .now = "a",
	    .parent = "X",
	    .short_by = 9,
	    .want = "0-0" },
	{ .fact = "a full keeps zeros", .now = "000", .want = "0-2" },
	{ .fact = "skip_zeros leaves them out", .now = "000", .skip_zeros = true, .want = "" },
	{ .fact = "but not a chunk with anything in it",
	    .now = "00a",
	    .skip_zeros = true,
	    .want = "0-2" },
	{ .fact = "nor the volume's last block",
	    .now = "000",
	    .skip_zeros = true,
	    .last = true,
	    .want = "0-2" },
	{ .fact = "an increment keeps zeros always",
	    .now = "00",
	    .parent = "aa",
	    .skip_zeros = true,
	    .want = "0-1" },
};

static void
cut_into_what_the_parent_lacks(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cuts / sizeof cuts[0]; i++)
		check_row(&cuts[i]);
}

static void
zeros_are_cut_off_by_the_unit(void **state)
{
	static const struct row rows[] = {
		{ .fact = "zeros by the unit are cut off",
		    .now = "00ab0000cd00",
		    .zero_unit = 2 * BLOCK,
		    .want = "0-1 2-3 4-7 8-9 10-11" },
		{ .fact = "less than a unit is not",
		    .now = "a00b0000000c",
		    .zero_unit = 4 * BLOCK,
		    .want = "0-3 4-7 8-11" },
		{ .fact = "nor what is not at a unit",
		    .now = "a0000b",
		    .zero_unit = 3 * BLOCK,
		    .want = "0-5" },
		{ .fact = "the rest of a unit is one",
		    .now = "ab000",
		    .zero_unit = 2 * BLOCK,
		    .want = "0-1 2-4" },
		{ .fact = "skip_zeros leaves out units",
		    .now = "00ab00",
		    .zero_unit = 2 * BLOCK,
		    .skip_zeros = true,
		    .want = "2-3" },
		{ .fact = "but the volume's last one",
		    .now = "00ab00",
		    .zero_unit = 2 * BLOCK,
		    .skip_zeros = true,
		    .last = true,
		    .want = "2-3 4-5" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_row(&rows[i]);
}

static void
chunk_known_to_be_zero_needs_no_digests(void **state)
{
	struct segment segment;
	struct chunk chunk = { .length = 4 * BLOCK, .zero = true, .segments = &segment };
	struct cut cut = { BLOCK, 0, true, 100 * BLOCK, 0 };

	(void)state;
	plan_cut(&cut, NULL, 0, &chunk);
	assert_int_equal(chunk.n_segments, 0);
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(cut_into_what_the_parent_lacks),
		cmocka_unit_test(zeros_are_cut_off_by_the_unit),
		cmocka_unit_test(chunk_known_to_be_zero_needs_no_digests),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
