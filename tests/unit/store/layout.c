#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "options/tables.h"
#include "store/layout.h"
#include "store/store.h"

#define ID "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb"
#define VOLUME "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4"
#define PREFIX "volume_" VOLUME "_20260102030405_backup_" ID

/* user NULL: none was given. */
static struct backup
backup_of(const char *user)
{
	struct backup backup = { .created_at = 1767323045 };
	struct err err;

	backup_set_text(&backup, BACKUP_ID, ID, &err);
	backup_set_text(&backup, BACKUP_VOLUME_ID, VOLUME, &err);
	backup_set_text(&backup, BACKUP_CONTAINER, user, &err);
	return backup;
}

static void
container_is_the_users_or_the_options_or_its_own(void **state)
{
	static const struct {
		const char *user, *option, *container; /* container NULL: refused */
	} rows[] = {
		{ NULL, NULL, "58/2a/" ID },
		{ "", "", "58/2a/" ID },
		{ "", "nightly", "nightly" },
		{ NULL, "nightly", "nightly" },
		{ "mine", "nightly", "mine" },
		{ "mine/of/today", NULL, "mine/of/today" },
		{ "..a/.b/c..", NULL, "..a/.b/c.." },
		{ "/mine", NULL, NULL },
		{ "..", NULL, NULL },
		{ ".", NULL, NULL },
		{ "a/..", NULL, NULL },
		{ "a/../b", NULL, NULL },
		{ "./a", NULL, NULL },
		{ "a//b", NULL, NULL },
		{ "a/", NULL, NULL },
		{ NULL, "../b", NULL },
	};
	struct location at;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct file_opts opts = { .container = rows[i].option };
		struct backup backup = backup_of(rows[i].user);
		int result = layout_place(&opts, &backup, &at, &err);

		assert_int_equal(result, rows[i].container ? 0 : -1);
		if (result < 0) {
			assert_int_equal(err.kind, ERR_INVALID);
			continue;
		}
		assert_string_equal(at.container, rows[i].container);
		assert_string_equal(at.prefix, PREFIX);
	}
}

static void
names_too_long_for_the_record_are_refused(void **state)
{
	static char longest[COLUMN_TEXT_MAX + 10];
	struct file_opts opts = { .container = longest };
	struct backup backup = backup_of(NULL);
	struct location at;
	struct err err;

	(void)state;
	memset(longest, 'x', sizeof longest - 1);
	assert_int_equal(layout_place(&opts, &backup, &at, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	longest[COLUMN_TEXT_MAX - 1] = '\0';
	assert_int_equal(layout_place(&opts, &backup, &at, &err), 0);
}

static void
ids_that_could_be_paths_are_refused(void **state)
{
	static const char *const ids[] = { "", "x", "../../../etc/passwd",
		"582ac6ab-1f26-43b2-a6ef-9a16e9b25db/" };
	struct file_opts opts = { 0 };
	struct location at;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * sizeof ids / sizeof ids[0]; i++) {
		struct backup backup = backup_of(NULL);

		backup_set_text(&backup, i % 2 ? BACKUP_ID : BACKUP_VOLUME_ID, ids[i / 2], &err);
		assert_int_equal(layout_place(&opts, &backup, &at, &err), -1);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
names_are_those_of_the_format(void **state)
{
	struct location at = { "c", "backup" };
	char name[LAYOUT_NAME_MAX];

	(void)state;
	store_segment_name(&at, 1, name);
	assert_string_equal(name, "backup-00001");
	store_segment_name(&at, 4294967295u, name);
	assert_string_equal(name, "backup-4294967295");
	layout_document_name(&at, "metadata", name);
	assert_string_equal(name, "backup_metadata");
}

static void
entries_are_told_apart(void **state)
{
	static const struct {
		const char *name;
		enum layout_kind kind;
	} rows[] = {
		{ "backup-00001", LAYOUT_SEGMENT },
		{ "backup-99999", LAYOUT_SEGMENT },
		{ "backup-100000", LAYOUT_SEGMENT },
		{ "backup-4294967295", LAYOUT_SEGMENT },
		{ "backup_metadata", LAYOUT_MANIFEST },
		{ "backup_sha256file", LAYOUT_HASHES },
		{ ".backup-00001.partial", LAYOUT_PARTIAL },
		{ ".backup_metadata.partial", LAYOUT_PARTIAL },
		{ "backup", LAYOUT_FOREIGN },
		{ "backup-", LAYOUT_FOREIGN },
		{ "backup-00000", LAYOUT_FOREIGN },
		{ "backup-1", LAYOUT_FOREIGN },
		{ "backup-0001", LAYOUT_FOREIGN },
		{ "backup-000001", LAYOUT_FOREIGN },
		{ "backup-4294967296", LAYOUT_FOREIGN },
		{ "backup-99999999999999999999", LAYOUT_FOREIGN },
		{ "backup-00001x", LAYOUT_FOREIGN },
		{ "backup-0000x", LAYOUT_FOREIGN },
		{ "backup--0001", LAYOUT_FOREIGN },
		{ "backup-+0001", LAYOUT_FOREIGN },
		{ "backup-00001-00001", LAYOUT_FOREIGN },
		{ "backup_metadata_metadata", LAYOUT_FOREIGN },
		{ "backup_metadata2", LAYOUT_FOREIGN },
		{ "backup_other", LAYOUT_FOREIGN },
		{ "backup2-00001", LAYOUT_FOREIGN },
		{ "Backup-00001", LAYOUT_FOREIGN },
		{ ".backup-00001", LAYOUT_FOREIGN },
		{ ".backup.partial", LAYOUT_FOREIGN },
		{ ".partial", LAYOUT_FOREIGN },
		{ "..partial", LAYOUT_FOREIGN },
		{ ".", LAYOUT_FOREIGN },
		{ "..", LAYOUT_FOREIGN },
		{ "backup-00001.partial", LAYOUT_FOREIGN },
		{ "..backup-00001.partial", LAYOUT_FOREIGN },
	};
	struct location at = { "", "backup" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (layout_kind(&at, rows[i].name) != rows[i].kind)
			fail_msg("%s: taken for %d", rows[i].name, layout_kind(&at, rows[i].name));
	}
}

static void
partial_name_matches_no_prefix(void **state)
{
	struct location at = { "", "backup" }, dot = { "", ".backup" };
	char name[LAYOUT_NAME_MAX];
	struct err err;

	(void)state;
	layout_partial_name("backup-00001", name);
	assert_int_equal(layout_kind(&at, name), LAYOUT_PARTIAL);
	assert_int_equal(name[0], '.');
	assert_int_equal(layout_check(&dot, &err), -1);
}

static void
only_a_container_of_ones_own_goes_with_the_backup(void **state)
{
	static const struct {
		const char *container;
		bool own;
	} rows[] = {
		{ "58/2a/" ID, true },
		{ "58/2b/" ID, false },
		{ "59/2a/" ID, false },
		{ ID, false },
		{ "", false },
		{ "a", false },
		{ "58/2a/" ID "x", false },
		{ "58-2a-" ID, false },
		{ "x/58/2a/" ID, false },
		{ "nightly", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(layout_container_is_own(rows[i].container), rows[i].own);
}

int
main(void)
{
	const struct CMUnitTest facts[] = {
		cmocka_unit_test(container_is_the_users_or_the_options_or_its_own),
		cmocka_unit_test(names_too_long_for_the_record_are_refused),
		cmocka_unit_test(ids_that_could_be_paths_are_refused),
		cmocka_unit_test(names_are_those_of_the_format),
		cmocka_unit_test(entries_are_told_apart),
		cmocka_unit_test(partial_name_matches_no_prefix),
		cmocka_unit_test(only_a_container_of_ones_own_goes_with_the_backup),
	};

	return cmocka_run_group_tests(facts, NULL, NULL);
}
