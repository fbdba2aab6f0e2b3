/* The table of names and the bench; what each codec does is in contract/codec.c. */
#include "engine/codec.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"

enum { THREADS = 6, PACKERS = 2, ROUNDS = 20 };

static void
every_spelling_finds_its_codec(void **state)
{
	static const struct {
		const char *name;
		const struct codec *codec;
	} rows[] = {
		{ "none", &codec_none },
		{ "None", &codec_none },
		{ "off", &codec_none },
		{ "no", &codec_none },
		{ "zlib", &codec_zlib },
		{ "ZLIB", &codec_zlib },
		{ "gzip", &codec_zlib },
		{ "bz2", &codec_bz2 },
		{ "BZip2", &codec_bz2 },
		{ "zstd", &codec_zstd },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_ptr_equal(codec_find(rows[i].name), rows[i].codec);
}

static void
other_names_find_nothing(void **state)
{
	static const char *const names[] = { "", "lz4", "zli", "zlibx", " zlib", "n", "zstd " };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++)
		assert_null(codec_find(names[i]));
}

/* A codec that knows how many of its packers are at work, and fails when told to. */
static atomic_int opened, at_work, at_work_max, fail_at;

static int
count_open(struct packer **ret, enum codec_level level, struct err *err)
{
	static char packers[THREADS];

	(void)level;
	if (atomic_load(&opened) == atomic_load(&fail_at))
		return err_set(err, ERR_SYSTEM, "no more");
	*ret = (struct packer *)&packers[atomic_fetch_add(&opened, 1)];
	return 0;
}

static int
count_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	int now = atomic_fetch_add(&at_work, 1) + 1, old = atomic_load(&at_work_max);

	(void)packer;
	(void)packed;
	(void)room;
	(void)ret_length;
	while (old < now && !atomic_compare_exchange_weak(&at_work_max, &old, now))
		;
	clock_sleep_ms(1);
	atomic_fetch_sub(&at_work, 1);
	return raw.length % 2 == 0 ? 0 : err_set(err, ERR_SYSTEM, "odd");
}

static void
count_close(struct packer *packer)
{
	(void)packer;
	atomic_fetch_sub(&opened, 1);
}

static const struct codec counting = {
	.name = "counting",
	.packer_open = count_open,
	.pack = count_pack,
	.packer_close = count_close,
};

static void *
pack_often(void *arg)
{
	char bytes[2] = { 0 };
	size_t length;
	struct err err;
	int i;

	for (i = 0; i < ROUNDS; i++)
		packers_pack(arg, bytes, 2, &length, &err);
	return NULL;
}

static void
threads_share_the_packers_of_the_bench(void **state)
{
	struct packers *packers;
	pthread_t threads[THREADS];
	struct err err;
	size_t i;

	(void)state;
	atomic_store(&fail_at, -1);
	assert_int_equal(packers_open(&packers, &counting, CODEC_DEFAULT, PACKERS, 2, &err), 0);
	assert_int_equal(atomic_load(&opened), PACKERS);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pack_often, packers), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&at_work_max), PACKERS);
	packers_close(packers);
	assert_int_equal(atomic_load(&opened), 0);
}

static void
a_failing_packer_is_given_back(void **state)
{
	struct packers *packers;
	char odd[3] = { 0 };
	size_t length;
	struct err err;
	int i;

	(void)state;
	atomic_store(&fail_at, -1);
	assert_int_equal(packers_open(&packers, &counting, CODEC_DEFAULT, 1, 3, &err), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(packers_pack(packers, odd, sizeof odd, &length, &err), -1);
	packers_close(packers);
}

static void
a_bench_that_cannot_be_filled_closes_what_it_has(void **state)
{
	struct packers *packers = NULL;
	struct err err;

	(void)state;
	atomic_store(&fail_at, 2);
	assert_int_equal(packers_open(&packers, &counting, CODEC_DEFAULT, 4, 2, &err), -1);
	assert_string_equal(err.text, "codec counting: no more");
	assert_int_equal(atomic_load(&opened), 0);
	assert_null(packers);
	packers_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_finds_its_codec),
		cmocka_unit_test(other_names_find_nothing),
		cmocka_unit_test(threads_share_the_packers_of_the_bench),
		cmocka_unit_test(a_failing_packer_is_given_back),
		cmocka_unit_test(a_bench_that_cannot_be_filled_closes_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
