/*
 * What catalogue.h promises of listings and names, asked of a driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "contract/catalogue_world.h"

struct listing {
	char text[8192]; /* first digits of the ids, in order */
	int stop_at, seen;
};

static int
list(void *arg, const struct backup *backup, struct err *err)
{
	struct listing *listing = arg;
	size_t used = strlen(listing->text);

	(void)err;
	snprintf(listing->text + used, sizeof listing->text - used, "%s%lu", used ? " " : "",
	    strtoul(backup->id, NULL, 16));
	return ++listing->seen == listing->stop_at ? 7 : 0;
}

static void
add_described(struct catalogue *catalogue, unsigned number, const char *name, const char *project,
    const char *host, const char *volume, enum backup_status status)
{
	struct backup backup = world_backup(world_id(number), NULL, status);
	struct err err;

	world_set(&backup, BACKUP_DISPLAY_NAME, name);
	world_set(&backup, BACKUP_PROJECT_ID, project);
	world_set(&backup, BACKUP_HOST, host);
	world_set(&backup, BACKUP_VOLUME_ID, volume);
	/* One by a copy, one by a snapshot. */
	if (number == 2 || number == 5)
		world_set(&backup, number == 2 ? BACKUP_TEMP_VOLUME_ID : BACKUP_TEMP_SNAPSHOT_ID,
		    world_id(9));
	backup_set_number(&backup, BACKUP_CREATED_AT, NOW + number / 2);
	assert_int_equal(catalogue_add(catalogue, &backup, &err), 0);
}

static void
filters_leave_out_what_they_say_newest_first(void **state)
{
	static const struct {
		struct backup_filter filter;
		const char *expected;
	} rows[] = {
		{ { .host = NULL }, "5 4 3 2 1" },
		{ { .host = "lab" }, "3 2 1" },
		{ { .project_id = "p2" }, "4 3" },
		{ { .temporary = true }, "5 2" },
		{ { .host = "lab", .temporary = true }, "2" },
		{ { .volume_id = "v2" }, "5 2" },
		{ { .id_or_name = "daily" }, "4 1" },
		{ { .id_or_name = "00000003-0000-4000-8000-000000000000" }, "3" },
		{ { .statuses = 1u << BACKUP_AVAILABLE }, "4 2 1" },
		{ { .statuses = 1u << BACKUP_ERROR | 1u << BACKUP_CREATING }, "5 3" },
		{ { .host = "lab", .volume_id = "v1", .project_id = "p1" }, "1" },
		{ { .parent_id = "nobody" }, "" },
		{ { .host = "lab' OR '1'='1" }, "" },
	};
	struct catalogue *catalogue = world_catalogue(state);
	unsigned i;

	add_described(catalogue, 1, "daily", "p1", "lab", "v1", BACKUP_AVAILABLE);
	add_described(catalogue, 2, "weekly", "p1", "lab", "v2", BACKUP_AVAILABLE);
	add_described(catalogue, 3, "weekly", "p2", "lab", "v1", BACKUP_ERROR);
	add_described(catalogue, 4, "daily", "p2", "far", "v1", BACKUP_AVAILABLE);
	add_described(catalogue, 5, NULL, NULL, "far", "v2", BACKUP_CREATING);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct listing listing = { .stop_at = 0 };
		struct err err;

		assert_int_equal(
		    catalogue_each(catalogue, &rows[i].filter, list, &listing, &err), 0);
		assert_string_equal(listing.text, rows[i].expected);
	}
}

static void
what_a_listener_returns_ends_the_listing(void **state)
{
	struct backup_filter filter = { .host = NULL };
	struct listing listing = { .stop_at = 2 };
	struct err err;
	unsigned i;

	for (i = 1; i <= 4; i++)
		world_add(world_catalogue(state), world_id(i), NULL, BACKUP_AVAILABLE);
	assert_int_equal(catalogue_each(world_catalogue(state), &filter, list, &listing, &err), 7);
	assert_string_equal(listing.text, "4 3");
}

struct cleaner {
	struct catalogue *catalogue;
	unsigned count;
};

static int
clean(void *arg, const struct backup *backup, struct err *err)
{
	struct cleaner *cleaner = arg;

	(void)err;
	cleaner->count++;
	world_erase(cleaner->catalogue, backup->id);
	return 0;
}

static void
many_rows_of_one_second_are_told_once_each_while_they_change(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct cleaner cleaner = { .catalogue = catalogue };
	struct backup_filter filter = { .statuses = 1u << BACKUP_AVAILABLE };
	struct listing listing = { .stop_at = 0 };
	char expected[2048] = "";
	struct err err;
	unsigned i;

	for (i = 1; i <= 100; i++)
		world_add(catalogue, world_id(i), NULL, BACKUP_AVAILABLE);
	for (i = 100; i >= 1; i--)
		snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s%u",
		    i == 100 ? "" : " ", i);
	assert_int_equal(catalogue_each(catalogue, &filter, list, &listing, &err), 0);
	assert_string_equal(listing.text, expected);
	assert_int_equal(catalogue_each(catalogue, &filter, clean, &cleaner, &err), 0);
	assert_int_equal(cleaner.count, 100);
}

/* ---- order ---- */

enum { ROWS = 300 };

/* Few values of each, and some rows without: all that can be equal is. */
static struct backup
any_row(unsigned number)
{
	static const char *const names[] = { "a", "b", "c", "zz" };
	struct backup row = world_backup(world_id(number), NULL, BACKUP_AVAILABLE);

	if (number % 3 == 0)
		row.status = BACKUP_ERROR;
	if (number % 7 % 5 < 4)
		world_set(&row, BACKUP_DISPLAY_NAME, names[number % 7 % 5]);
	if (number % 11)
		backup_set_number(&row, BACKUP_SIZE, number % 11 / 2);
	backup_set_number(&row, BACKUP_CREATED_AT, NOW + number / 5);
	return row;
}

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_field(const struct backup *a, const struct backup *b, enum backup_field field)
{
	if (!backup_has(a, field) || !backup_has(b, field))
		return backup_has(a, field) - backup_has(b, field);
	if (field == BACKUP_STATUS)
		return strcmp(backup_status_name(a->status), backup_status_name(b->status));
	if (backup_columns[field].type == COLUMN_TEXT)
		return strcmp(backup_text(a, field), backup_text(b, field));
	return compare_numbers(backup_number(a, field), backup_number(b, field));
}

/* By that filter: the ids are as the rows came. */
static int
compare_rows(const void *one, const void *other, void *arg)
{
	const struct backup *a = one, *b = other;
	const struct backup_filter *filter = arg;
	int order = 0, last;
	unsigned i;

	for (i = 0; i < filter->n_orders && !order; i++) {
		order = compare_field(a, b, filter->orders[i].field);
		order = filter->orders[i].ascending ? order : -order;
	}
	last = compare_field(a, b, BACKUP_CREATED_AT);
	last = last ? last : strcmp(a->id, b->id);
	return order ? order : filter->n_orders && filter->orders[0].ascending ? last : -last;
}

static int
expect_row(void *arg, const struct backup *backup, struct err *err)
{
	const struct backup **expected = arg;

	(void)err;
	assert_string_equal(backup->id, (*expected)->id);
	++*expected;
	return 0;
}

static void
any_order_is_kept_and_goes_on_behind_any_row(void **state)
{
	static const struct {
		struct backup_order orders[3];
		unsigned count;
	} rows[] = {
		{ { { 0 } }, 0 },
		{ { { BACKUP_CREATED_AT, true } }, 1 },
		{ { { BACKUP_CREATED_AT, false } }, 1 },
		{ { { BACKUP_DISPLAY_NAME, true } }, 1 },
		{ { { BACKUP_DISPLAY_NAME, false } }, 1 },
		{ { { BACKUP_SIZE, true } }, 1 },
		{ { { BACKUP_SIZE, false } }, 1 },
		{ { { BACKUP_STATUS, true } }, 1 },
		{ { { BACKUP_STATUS, false } }, 1 },
		{ { { BACKUP_ID, true } }, 1 },
		{ { { BACKUP_PROJECT_ID, false } }, 1 },
		{ { { BACKUP_STATUS, true }, { BACKUP_DISPLAY_NAME, false } }, 2 },
		{ { { BACKUP_SIZE, false }, { BACKUP_STATUS, true },
		      { BACKUP_DISPLAY_NAME, true } },
		    3 },
		{ { { BACKUP_DISPLAY_NAME, false }, { BACKUP_CREATED_AT, true } }, 2 },
		{ { { BACKUP_SIZE, true }, { BACKUP_SIZE, true } }, 2 },
	};
	static struct backup sorted[ROWS];
	struct err err;
	unsigned i, at;

	for (i = 0; i < ROWS; i++) {
		sorted[i] = any_row(i);
		assert_int_equal(catalogue_add(world_catalogue(state), &sorted[i], &err), 0);
	}
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct backup_filter filter = { .n_orders = rows[i].count };
		const struct backup *next = sorted;

		memcpy(filter.orders, rows[i].orders, sizeof rows[i].orders);
		qsort_r(sorted, ROWS, sizeof sorted[0], compare_rows, &filter);
		assert_int_equal(
		    catalogue_each(world_catalogue(state), &filter, expect_row, &next, &err), 0);
		assert_ptr_equal(next, sorted + ROWS);
		for (at = 0; at < ROWS; at += 23) {
			filter.after = sorted[at].id;
			next = sorted + at + 1;
			assert_int_equal(catalogue_each(world_catalogue(state), &filter, expect_row,
					     &next, &err),
			    0);
			assert_ptr_equal(next, sorted + ROWS);
		}
	}
}

static void
behind_a_row_that_is_not_there_is_nothing(void **state)
{
	struct backup_filter filter = { .after = CHILD_ID };
	struct listing listing = { .stop_at = 0 };
	struct err err;

	world_add(world_catalogue(state), FULL_ID, NULL, BACKUP_AVAILABLE);
	assert_int_equal(catalogue_each(world_catalogue(state), &filter, list, &listing, &err), 0);
	assert_string_equal(listing.text, "");
}

static void
a_backup_is_found_by_id_or_by_a_name_that_is_its_own(void **state)
{
	static const struct {
		const char *what, *project;
		unsigned found; /* 0: none */
		enum err_kind kind;
	} rows[] = {
		{ "00000001-0000-4000-8000-000000000000", NULL, 1, ERR_NONE },
		{ "00000001-0000-4000-8000-000000000000", "p1", 1, ERR_NONE },
		{ "00000001-0000-4000-8000-000000000000", "p2", 0, ERR_NOT_FOUND },
		{ "weekly", NULL, 2, ERR_NONE },
		{ "daily", "p2", 3, ERR_NONE },
		{ "daily", NULL, 0, ERR_CONFLICT },
		{ "hourly", NULL, 0, ERR_NOT_FOUND },
		{ "", NULL, 0, ERR_NOT_FOUND },
		/* named like the id of another: the id is meant */
		{ "00000002-0000-4000-8000-000000000000", NULL, 2, ERR_NONE },
	};
	struct catalogue *catalogue = world_catalogue(state);
	unsigned i;

	add_described(catalogue, 1, "daily", "p1", "lab", "v1", BACKUP_AVAILABLE);
	add_described(catalogue, 2, "weekly", "p1", "lab", "v1", BACKUP_AVAILABLE);
	add_described(catalogue, 3, "daily", "p2", "lab", "v1", BACKUP_AVAILABLE);
	add_described(catalogue, 4, "00000002-0000-4000-8000-000000000000", "p2", "lab", "v1",
	    BACKUP_AVAILABLE);
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct backup backup = { .present = 0 };
		struct err err;
		int result =
		    catalogue_resolve(catalogue, rows[i].what, rows[i].project, &backup, &err);

		assert_int_equal(result, rows[i].found ? 0 : -1);
		if (rows[i].found)
			assert_string_equal(backup.id, world_id(rows[i].found));
		else
			assert_int_equal(err.kind, rows[i].kind);
		if (!rows[i].found && rows[i].kind == ERR_CONFLICT)
			assert_non_null(strstr(err.text, world_id(3)));
	}
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(filters_leave_out_what_they_say_newest_first),
		FACT(what_a_listener_returns_ends_the_listing),
		FACT(many_rows_of_one_second_are_told_once_each_while_they_change),
		FACT(any_order_is_kept_and_goes_on_behind_any_row),
		FACT(behind_a_row_that_is_not_there_is_nothing),
		FACT(a_backup_is_found_by_id_or_by_a_name_that_is_its_own),
	};

	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
