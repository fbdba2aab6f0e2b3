#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/err.h"
#include "fake/scratch.h"
#include "volume/attach.h"

#define LINKED "582ac6ab-1f26-43b2-a6ef-000000000001"
#define ID "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4"

static char scratch[SCRATCH_PATH];

/* Below the scratch directory. */
static const char *
below(const char *name)
{
	static char paths[16][PATH_MAX];
	static unsigned turn;
	char *path = paths[turn++ % 16];

	snprintf(path, PATH_MAX, "%s/%s", scratch, name);
	return path;
}

static void
touch(const char *name)
{
	FILE *file = fopen(below(name), "w");

	assert_non_null(file);
	fclose(file);
}

static int
setup(void **state)
{
	(void)state;
	scratch_make(scratch);
	mkdir(below("volumes"), 0700);
	mkdir(below("other"), 0700);
	touch("volumes/volume-" ID);
	touch("volumes/disk");
	touch("other/volume-" ID);
	return symlink("volumes/disk", below("link"));
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

static void
image_is_parsed(void **state)
{
	static const struct {
		const char *name, *pool, *image, *snapshot;
	} rows[] = {
		{ "rbd:volumes/volume-1", "volumes", "volume-1", "" },
		{ "rbd:p/i@s", "p", "i", "s" },
		{ "rbd:a.b/c d@e-f", "a.b", "c d", "e-f" },
		{ "rbd:p:q/i", "p:q", "i", "" },
	};
	struct attachment found;
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(attach_find(NULL, rows[i].name, &found, &err), 0);
		assert_int_equal(found.kind, ATTACHMENT_RBD);
		assert_string_equal(found.pool, rows[i].pool);
		assert_string_equal(found.image, rows[i].image);
		assert_string_equal(found.snapshot, rows[i].snapshot);
		assert_true(uuid_valid(found.volume_id));
	}
}

static void
what_is_no_image_is_refused(void **state)
{
	static const char *const names[] = { "rbd:", "rbd:p", "rbd:p/", "rbd:/i", "rbd:p/i@",
		"rbd:p/i/j", "rbd:p/i@s@t", "rbd:p/i@s/t", "rbd:@s" };
	struct attachment found;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(attach_find(NULL, names[i], &found, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_non_null(strstr(err.text, names[i]));
	}
}

static void
snapshot_has_the_id_of_its_image(void **state)
{
	struct attachment image, snapshot;
	struct err err;

	(void)state;
	assert_int_equal(attach_find(NULL, "rbd:p/i", &image, &err), 0);
	assert_int_equal(attach_find(NULL, "rbd:p/i@s", &snapshot, &err), 0);
	assert_string_equal(image.volume_id, snapshot.volume_id);
}

static void
file_in_volumes_dir_is_found_by_id_name_and_path(void **state)
{
	const char *const names[] = { ID, "volume-" ID, below("volumes/volume-" ID),
		below("other/../volumes/volume-" ID) };
	struct attachment found;
	struct err err = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(attach_find(below("volumes"), names[i], &found, &err), 0);
		assert_string_equal(found.volume_id, ID);
		assert_string_equal(found.path, below("volumes/volume-" ID));
		assert_false(found.create);
	}
}

static void
path_elsewhere_has_the_id_of_its_canonical_name(void **state)
{
	struct attachment direct, link, elsewhere;
	char url[PATH_MAX], id[UUID_TEXT];
	struct err err;

	(void)state;
	assert_int_equal(attach_find(below("volumes"), "disk", &direct, &err), 0);
	assert_int_equal(attach_find(NULL, below("link"), &link, &err), 0);
	snprintf(url, sizeof url, "file://%s", below("volumes/disk"));
	digest_uuid_name(url, id);
	assert_string_equal(direct.volume_id, id);
	assert_string_equal(link.volume_id, id);
	assert_string_equal(link.path, below("volumes/disk"));
	assert_int_equal(
	    attach_find(below("volumes"), below("other/volume-" ID), &elsewhere, &err), 0);
	assert_string_not_equal(elsewhere.volume_id, ID);
}

static void
link_in_volumes_dir_keeps_its_id(void **state)
{
	struct attachment found;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(symlink("../other/big", below("volumes/volume-" LINKED)), 0);
	touch("other/big");
	assert_int_equal(attach_find(below("volumes"), LINKED, &found, &err), 0);
	assert_string_equal(found.volume_id, LINKED);
	assert_string_equal(found.path, below("other/big"));
	assert_int_equal(attach_find(below("volumes"), below("other/big"), &found, &err), 0);
	assert_string_not_equal(found.volume_id, LINKED);
}

static void
plain_name_is_looked_for_in_volumes_dir_first(void **state)
{
	struct attachment found;
	char before[PATH_MAX];
	struct err err = ERR_INIT;

	(void)state;
	assert_non_null(getcwd(before, sizeof before));
	touch("other/disk");
	touch("other/only-here");
	assert_int_equal(chdir(below("other")), 0);
	assert_int_equal(attach_find(below("volumes"), "disk", &found, &err), 0);
	assert_string_equal(found.path, below("volumes/disk"));
	assert_int_equal(attach_find(below("volumes"), "only-here", &found, &err), 0);
	assert_string_equal(found.path, below("other/only-here"));
	assert_int_equal(attach_find(NULL, "disk", &found, &err), 0);
	assert_string_equal(found.path, below("other/disk"));
	assert_int_equal(attach_new(NULL, "fresh", 5, &found, &err), 0);
	assert_string_equal(found.path, below("other/fresh"));
	assert_int_equal(chdir(before), 0);
}

static void
name_that_is_nowhere_is_refused(void **state)
{
	static const struct {
		const char *name;
		enum err_kind kind;
	} rows[] = {
		{ "nothing", ERR_NOT_FOUND },
		{ "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb", ERR_NOT_FOUND },
		{ "./nothing", ERR_NOT_FOUND },
		{ "", ERR_INVALID },
		{ "..", ERR_INVALID },
		{ ".cinderbank-x.partial", ERR_INVALID },
	};
	struct attachment found;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(attach_find(below("volumes"), rows[i].name, &found, &err), -1);
		assert_int_equal(err.kind, rows[i].kind);
		assert_int_equal(attach_find(NULL, rows[i].name, &found, &err), -1);
		assert_int_equal(err.kind, rows[i].kind);
	}
}

static void
new_volume_gets_a_place_and_an_id(void **state)
{
	struct attachment made;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(attach_new(below("fresh"), NULL, 77, &made, &err), 0);
	assert_true(made.create);
	assert_int_equal(made.size, 77);
	assert_int_equal(
	    strncmp(made.path, below("fresh/volume-"), strlen(below("fresh/volume-"))), 0);
	assert_non_null(strstr(made.path, made.volume_id));
	assert_int_equal(attach_new(NULL, below("other/../out"), 77, &made, &err), 0);
	assert_string_equal(made.path, below("out"));
	assert_int_equal(attach_new(NULL, "rbd:p/i", 77, &made, &err), 0);
	assert_int_equal(made.kind, ATTACHMENT_RBD);
	assert_true(made.create);
}

static void
new_volume_that_cannot_be_is_refused(void **state)
{
	const struct {
		const char *path;
		enum err_kind kind;
	} rows[] = {
		{ below("volumes/disk"), ERR_CONFLICT },
		{ below("link"), ERR_CONFLICT },
		{ below("volumes/"), ERR_INVALID },
		{ below(".."), ERR_INVALID },
		{ "rbd:p/i@s", ERR_INVALID },
		{ "/no/such/directory/x", ERR_NOT_FOUND },
		{ NULL, ERR_INVALID },
	};
	struct attachment made;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(attach_new(NULL, rows[i].path, 1, &made, &err), -1);
		assert_int_equal(err.kind, rows[i].kind);
	}
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(image_is_parsed),
		cmocka_unit_test(what_is_no_image_is_refused),
		cmocka_unit_test(snapshot_has_the_id_of_its_image),
		cmocka_unit_test(file_in_volumes_dir_is_found_by_id_name_and_path),
		cmocka_unit_test(path_elsewhere_has_the_id_of_its_canonical_name),
		cmocka_unit_test(link_in_volumes_dir_keeps_its_id),
		cmocka_unit_test(plain_name_is_looked_for_in_volumes_dir_first),
		cmocka_unit_test(name_that_is_nowhere_is_refused),
		cmocka_unit_test(new_volume_gets_a_place_and_an_id),
		cmocka_unit_test(new_volume_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(facts, setup, teardown);
}
