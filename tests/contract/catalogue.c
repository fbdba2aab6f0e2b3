/*
 * What catalogue.h promises of single rows, asked of a driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "contract/catalogue_world.h"

static void
assert_same(const struct backup *a, const struct backup *b)
{
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		enum backup_field field = (enum backup_field)i;

		if (backup_has(a, field) != backup_has(b, field))
			fail_msg("%s is NULL in one", backup_columns[i].name);
		if (!backup_has(a, field))
			continue;
		if (backup_columns[i].type == COLUMN_TEXT)
			assert_string_equal(backup_text(a, field), backup_text(b, field));
		else
			assert_int_equal(backup_number(a, field), backup_number(b, field));
	}
}

/* ---- rows ---- */

static void
every_column_comes_back_as_it_went(void **state)
{
	struct backup in = world_backup(FULL_ID, NULL, BACKUP_ERROR), out;
	struct err err;
	unsigned i;
	char text[40];

	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (i == BACKUP_PARENT_ID || i == BACKUP_DELETED_AT || i == BACKUP_ID ||
		    world_lacks() & 1u << i)
			continue;
		snprintf(text, sizeof text, "'; DROP TABLE backups; -- \n\xc3\xa4%u", i);
		if (backup_columns[i].type == COLUMN_TEXT)
			world_set(&in, (enum backup_field)i, text);
		else if (backup_columns[i].type == COLUMN_TIME)
			backup_set_number(&in, (enum backup_field)i, 1000000000 + i);
		else if (backup_columns[i].type == COLUMN_INTEGER)
			backup_set_number(&in, (enum backup_field)i, INT32_MAX);
	}
	backup_set_number(&in, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	assert_int_equal(catalogue_add(world_catalogue(state), &in, &err), 0);
	out = world_find(world_catalogue(state), FULL_ID);
	assert_same(&in, &out);
}

static void
what_was_not_set_is_null(void **state)
{
	struct backup in = world_backup(FULL_ID, NULL, BACKUP_CREATING), out;
	struct err err;

	assert_int_equal(catalogue_add(world_catalogue(state), &in, &err), 0);
	out = world_find(world_catalogue(state), FULL_ID);
	backup_set_number(&in, BACKUP_CREATED_AT, NOW);
	backup_set_number(&in, BACKUP_NUM_DEPENDENT_BACKUPS, 0);
	assert_same(&in, &out);
}

static void
an_absent_backup_is_no_error(void **state)
{
	struct backup untouched = world_backup(CHILD_ID, NULL, BACKUP_ERROR);
	struct err err;

	assert_int_equal(catalogue_find(world_catalogue(state), FULL_ID, &untouched, &err), 0);
	assert_string_equal(untouched.id, CHILD_ID);
}

static void
a_live_id_is_not_added_again(void **state)
{
	struct backup again = world_backup(FULL_ID, NULL, BACKUP_CREATING);
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	assert_int_equal(catalogue_add(world_catalogue(state), &again, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_non_null(strstr(err.text, FULL_ID));
	assert_int_equal(world_find(world_catalogue(state), FULL_ID).status, BACKUP_AVAILABLE);
}

static void
a_deleted_id_is_revived(void **state)
{
	struct backup again = world_backup(FULL_ID, NULL, BACKUP_CREATING), out;
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	world_erase(world_catalogue(state), FULL_ID);
	world_set(&again, BACKUP_DISPLAY_NAME, "second life");
	assert_int_equal(catalogue_add(world_catalogue(state), &again, &err), 0);
	out = world_find(world_catalogue(state), FULL_ID);
	assert_int_equal(out.status, BACKUP_CREATING);
	assert_string_equal(out.display_name, "second life");
	assert_false(backup_has(&out, BACKUP_DELETED_AT));
}

static void
a_child_needs_an_available_parent(void **state)
{
	static const struct {
		enum backup_status parent;
		bool taken;
	} rows[] = {
		{ BACKUP_CREATING, false },
		{ BACKUP_AVAILABLE, true },
		{ BACKUP_RESTORING, false },
		{ BACKUP_DELETING, false },
		{ BACKUP_ERROR, false },
		{ BACKUP_ERROR_DELETING, false },
	};
	unsigned i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct backup child;
		struct err err;
		char parent[UUID_TEXT];

		strcpy(parent, world_id(i));
		world_add(world_catalogue(state), parent, NULL, rows[i].parent);
		child = world_backup(world_id(100 + i), parent, BACKUP_CREATING);
		assert_int_equal(
		    catalogue_add(world_catalogue(state), &child, &err), rows[i].taken ? 0 : -1);
		if (rows[i].taken)
			continue;
		assert_int_equal(err.kind, ERR_CONFLICT);
		assert_non_null(strstr(err.text, backup_status_name(rows[i].parent)));
	}
}

static void
a_child_of_nobody_is_refused(void **state)
{
	struct backup child = world_backup(CHILD_ID, FULL_ID, BACKUP_CREATING);
	struct err err;

	assert_int_equal(catalogue_add(world_catalogue(state), &child, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_non_null(strstr(err.text, FULL_ID));
	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	world_erase(world_catalogue(state), FULL_ID);
	assert_int_equal(catalogue_add(world_catalogue(state), &child, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
}

/* ---- moves ---- */

static void
a_status_moves_only_from_where_it_was(void **state)
{
	struct backup backup;
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_CREATING);
	clock_set(NOW + 60);
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_AVAILABLE,
			     BACKUP_RESTORING, NULL, &err),
	    0);
	backup = world_find(world_catalogue(state), FULL_ID);
	assert_false(backup_has(&backup, BACKUP_UPDATED_AT));
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_CREATING,
			     BACKUP_ERROR, "disk full", &err),
	    1);
	backup = world_find(world_catalogue(state), FULL_ID);
	assert_int_equal(backup.status, BACKUP_ERROR);
	assert_string_equal(backup.fail_reason, "disk full");
	assert_int_equal(backup.updated_at, NOW + 60);
	world_move(world_catalogue(state), FULL_ID, BACKUP_ERROR, BACKUP_AVAILABLE);
	assert_string_equal(world_find(world_catalogue(state), FULL_ID).fail_reason, "disk full");
	assert_int_equal(catalogue_move(world_catalogue(state), CHILD_ID, BACKUP_CREATING,
			     BACKUP_ERROR, NULL, &err),
	    0);
}

static void
a_move_that_is_none_of_cinders_is_refused(void **state)
{
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_ERROR);
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_ERROR,
			     BACKUP_RESTORING, NULL, &err),
	    -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_int_equal(world_find(world_catalogue(state), FULL_ID).status, BACKUP_ERROR);
}

static void
a_reason_of_any_length_is_kept_as_far_as_it_fits(void **state)
{
	char reason[600];
	struct err err;

	memset(reason, 'r', sizeof reason - 1);
	reason[sizeof reason - 1] = '\0';
	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_CREATING);
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_CREATING,
			     BACKUP_ERROR, reason, &err),
	    1);
	assert_int_equal(strlen(world_find(world_catalogue(state), FULL_ID).fail_reason), 255);
}

static int
keep(void *arg, const struct backup *backup, struct err *err)
{
	(void)err;
	*(struct backup *)arg = *backup;
	return 0;
}

static void
a_deleted_backup_is_gone_but_told_of_when_asked(void **state)
{
	struct backup_filter filter = { .deleted = true };
	struct backup backup = { .present = 0 };
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	clock_set(NOW + 5);
	world_erase(world_catalogue(state), FULL_ID);
	assert_int_equal(catalogue_find(world_catalogue(state), FULL_ID, &backup, &err), 0);
	assert_int_equal(catalogue_each(world_catalogue(state), &filter, keep, &backup, &err), 0);
	assert_string_equal(backup.id, FULL_ID);
	assert_true(backup.deleted);
	assert_int_equal(backup.status, BACKUP_DELETED);
	assert_int_equal(backup.deleted_at, NOW + 5);
	assert_int_equal(catalogue_move(world_catalogue(state), FULL_ID, BACKUP_DELETING,
			     BACKUP_ERROR, NULL, &err),
	    0);
}

static void
a_parent_stays_while_a_child_lives(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct err err;

	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	world_add(catalogue, CHILD_ID, FULL_ID, BACKUP_CREATING);
	assert_int_equal(
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_non_null(strstr(err.text, CHILD_ID));
	world_move(catalogue, CHILD_ID, BACKUP_CREATING, BACKUP_ERROR);
	world_move(catalogue, CHILD_ID, BACKUP_ERROR, BACKUP_DELETING);
	assert_int_equal(
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err), -1);
	assert_int_equal(world_find(catalogue, FULL_ID).status, BACKUP_AVAILABLE);
	world_move(catalogue, CHILD_ID, BACKUP_DELETING, BACKUP_DELETED);
	world_erase(catalogue, FULL_ID);
}

static void
dependents_are_counted_whatever_is_written(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct backup other;
	struct err err;

	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	world_add(catalogue, world_id(1), NULL, BACKUP_AVAILABLE);
	world_add(catalogue, CHILD_ID, FULL_ID, BACKUP_AVAILABLE);
	world_add(catalogue, world_id(2), FULL_ID, BACKUP_CREATING);
	assert_int_equal(world_find(catalogue, FULL_ID).num_dependent_backups, 2);

	other = world_find(catalogue, world_id(2));
	world_set(&other, BACKUP_PARENT_ID, world_id(1));
	assert_int_equal(catalogue_save(catalogue, &other, 1u << BACKUP_PARENT_ID, &err), 0);
	assert_int_equal(world_find(catalogue, FULL_ID).num_dependent_backups, 1);
	assert_int_equal(world_find(catalogue, world_id(1)).num_dependent_backups, 1);

	world_erase(catalogue, CHILD_ID);
	assert_int_equal(world_find(catalogue, FULL_ID).num_dependent_backups, 0);

	other = world_find(catalogue, FULL_ID);
	backup_set_number(&other, BACKUP_NUM_DEPENDENT_BACKUPS, 9);
	assert_int_equal(catalogue_save(catalogue, &other, UINT32_MAX, &err), 0);
	assert_int_equal(world_find(catalogue, FULL_ID).num_dependent_backups, 0);
}

/* ---- save ---- */

static void
save_writes_the_named_columns_only(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct backup backup = world_backup(FULL_ID, NULL, BACKUP_CREATING), out;
	struct err err;

	world_set(&backup, BACKUP_HOST, "lab");
	assert_int_equal(catalogue_add(catalogue, &backup, &err), 0);
	clock_set(NOW + 9);
	backup.status = BACKUP_AVAILABLE;
	world_set(&backup, BACKUP_HOST, "elsewhere");
	world_set(&backup, BACKUP_CONTAINER, "volumebackups");
	backup_set_number(&backup, BACKUP_OBJECT_COUNT, 32);
	assert_int_equal(
	    catalogue_save(catalogue, &backup,
		1u << BACKUP_CONTAINER | 1u << BACKUP_OBJECT_COUNT | 1u << BACKUP_STATUS, &err),
	    0);
	out = world_find(catalogue, FULL_ID);
	assert_int_equal(out.status, BACKUP_CREATING);
	assert_string_equal(out.host, "lab");
	assert_string_equal(out.container, "volumebackups");
	assert_int_equal(out.object_count, 32);
	assert_int_equal(out.updated_at, NOW + 9);
	world_set(&backup, BACKUP_CONTAINER, NULL);
	assert_int_equal(catalogue_save(catalogue, &backup, 1u << BACKUP_CONTAINER, &err), 0);
	out = world_find(catalogue, FULL_ID);
	assert_false(backup_has(&out, BACKUP_CONTAINER));
}

static void
fill_writes_and_moves_what_is_being_made(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct backup full = world_backup(FULL_ID, NULL, BACKUP_CREATING), out;
	struct err err;

	world_set(&full, BACKUP_HOST, "lab");
	assert_int_equal(catalogue_fill(catalogue, &full, UINT32_MAX, &err), 0);
	assert_int_equal(catalogue_add(catalogue, &full, &err), 0);
	world_set(&full, BACKUP_HOST, "elsewhere");
	world_set(&full, BACKUP_CONTAINER, "volumebackups");
	assert_int_equal(catalogue_fill(catalogue, &full, 1u << BACKUP_CONTAINER, &err), 1);
	out = world_find(catalogue, FULL_ID);
	assert_int_equal(out.status, BACKUP_AVAILABLE);
	assert_string_equal(out.container, "volumebackups");
	assert_string_equal(out.host, "lab");
	/* No more: it is not being made. */
	world_set(&full, BACKUP_CONTAINER, "another");
	assert_int_equal(catalogue_fill(catalogue, &full, 1u << BACKUP_CONTAINER, &err), 0);
	out = world_find(catalogue, FULL_ID);
	assert_string_equal(out.container, "volumebackups");
}

static void
save_of_what_is_gone_is_an_error(void **state)
{
	struct backup backup = world_backup(FULL_ID, NULL, BACKUP_AVAILABLE);
	struct err err;

	assert_int_equal(
	    catalogue_save(world_catalogue(state), &backup, 1u << BACKUP_HOST, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	world_erase(world_catalogue(state), FULL_ID);
	assert_int_equal(
	    catalogue_save(world_catalogue(state), &backup, 1u << BACKUP_HOST, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void
a_host_is_alive_again_and_again(void **state)
{
	struct err err;

	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	assert_int_equal(catalogue_beat(world_catalogue(state), "far", NULL, &err), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(every_column_comes_back_as_it_went),
		FACT(what_was_not_set_is_null),
		FACT(an_absent_backup_is_no_error),
		FACT(a_live_id_is_not_added_again),
		FACT(a_deleted_id_is_revived),
		FACT(a_child_needs_an_available_parent),
		FACT(a_child_of_nobody_is_refused),
		FACT(a_status_moves_only_from_where_it_was),
		FACT(a_move_that_is_none_of_cinders_is_refused),
		FACT(a_reason_of_any_length_is_kept_as_far_as_it_fits),
		FACT(a_deleted_backup_is_gone_but_told_of_when_asked),
		FACT(a_parent_stays_while_a_child_lives),
		FACT(dependents_are_counted_whatever_is_written),
		FACT(save_writes_the_named_columns_only),
		FACT(fill_writes_and_moves_what_is_being_made),
		FACT(save_of_what_is_gone_is_an_error),
		FACT(a_host_is_alive_again_and_again),
	};

	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
