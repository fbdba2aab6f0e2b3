/*
 * Volumes and snapshots, one after the other: rows by pages, each looked at when its turn
 * comes, and among them the files that have none.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/desk.h"
#include "job/shelf.h"
#include "options/tables.h"
#include "volume/attach.h"

enum { PAGE_ROWS = 64 };

struct file {
	char id[UUID_TEXT], name[NAME_MAX + 1];
	bool known; /* has a row */
};

struct listing {
	const struct desk_setup *setup;
	const struct volume_filter *filter;
	volume_record_fn *fn;
	void *arg;
	struct file *files;
	size_t n_files, room;
	struct volume_record *strays; /* in the order of the filter */
	size_t n_strays, next;
	struct volume_record rows[PAGE_ROWS], last;
	unsigned n_rows;
};

static void
listing_free(struct listing *listing)
{
	if (!listing)
		return;
	free(listing->files);
	free(listing->strays);
	free(listing);
}
SCOPED_POINTER(struct listing, listing_free);

/* ---- files without a row ---- */

static int
note_file(void *arg, const char *name, const struct attachment *at, struct err *err)
{
	struct listing *listing = arg;
	struct file *file;

	if (listing->n_files == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 64;
		struct file *files = realloc(listing->files, room * sizeof *files);

		if (!files)
			return err_memory(err);
		listing->files = files;
		listing->room = room;
	}
	file = &listing->files[listing->n_files++];
	memcpy(file->id, at->volume_id, sizeof file->id);
	snprintf(file->name, sizeof file->name, "%s", name);
	file->known = false;
	return 0;
}

static int
compare_ids(const void *one, const void *other)
{
	const struct file *a = one, *b = other;

	return strcmp(a->id, b->id);
}

static int
note_row(void *arg, const struct volume_record *row, struct err *err)
{
	struct listing *listing = arg;
	struct file wanted, *file;

	(void)err;
	memcpy(wanted.id, row->id, sizeof wanted.id);
	file =
	    bsearch(&wanted, listing->files, listing->n_files, sizeof *listing->files, compare_ids);
	if (file)
		file->known = true;
	return 0;
}

static int
compare_strays(const void *one, const void *other, void *filter)
{
	return volume_compare(filter, one, other);
}

static int
gather_strays(struct listing *listing, struct err *err)
{
	const struct desk_setup *setup = listing->setup;
	const struct volume_filter all = { .kind = VOLUME };
	size_t i, unknown = 0;

	if (attach_each(setup->own->volumes_dir, note_file, listing, err) < 0)
		return -1;
	if (!listing->n_files)
		return 0;
	qsort(listing->files, listing->n_files, sizeof *listing->files, compare_ids);
	if (setup->catalogue->driver->local->each(
		setup->catalogue, &all, NULL, note_row, listing, err) < 0)
		return -1;
	for (i = 0; i < listing->n_files; i++)
		unknown += !listing->files[i].known;
	listing->strays = calloc(unknown + 1, sizeof *listing->strays);
	if (!listing->strays)
		return err_memory(err);
	for (i = 0; i < listing->n_files; i++) {
		const struct file *file = &listing->files[i];
		struct err ignored = ERR_INIT;
		struct attachment at;

		if (!file->known &&
		    attach_find(setup->own->volumes_dir, file->name, &at, &ignored) == 0 &&
		    shelf_describe(setup, file->name, &at, &listing->strays[listing->n_strays]))
			listing->n_strays++;
	}
	qsort_r(listing->strays, listing->n_strays, sizeof *listing->strays, compare_strays,
	    (void *)(uintptr_t)listing->filter);
	return 0;
}

/* ---- one after the other ---- */

static int
tell(struct listing *listing, const struct volume_record *volume, struct err *err)
{
	const struct volume_filter *filter = listing->filter;

	if (!shelf_is_there(volume) ||
	    (filter->statuses && !(filter->statuses & 1u << volume->status)))
		return 0;
	return listing->fn(listing->arg, volume, err);
}

/* Those that stand before the row; NULL: all that are left. */
static int
tell_strays(struct listing *listing, const struct volume_record *row, struct err *err)
{
	int result = 0;

	while (result == 0 && listing->next < listing->n_strays) {
		const struct volume_record *stray = &listing->strays[listing->next];

		if (row && volume_compare(listing->filter, stray, row) > 0)
			break;
		listing->next++;
		result = tell(listing, stray, err);
	}
	return result;
}

static int
tell_row(struct listing *listing, const struct volume_record *row, struct err *err)
{
	struct volume_record volume = *row;
	struct err ignored = ERR_INIT;
	struct attachment at;
	int result = tell_strays(listing, row, err);

	if (result)
		return result;
	if (row->kind == VOLUME && !shelf_is_image(row) &&
	    shelf_open(listing->setup, row, false, &at, &ignored) == 0)
		shelf_look_at(listing->setup, &volume, &at);
	return tell(listing, &volume, err);
}

static int
take_row(void *arg, const struct volume_record *row, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing->rows[listing->n_rows++] = *row;
	return 0;
}

/* listing->last becomes the one that all stand behind. */
static int
start_behind(struct listing *listing, struct err *err)
{
	struct catalogue *catalogue = listing->setup->catalogue;
	const char *id = listing->filter->after;
	size_t i;
	int found = catalogue->driver->local->find(
	    catalogue, listing->filter->kind, id, &listing->last, err);

	for (i = 0; found == 0 && i < listing->n_strays; i++) {
		found = strcmp(listing->strays[i].id, id) == 0;
		if (found)
			listing->last = listing->strays[i];
	}
	if (found <= 0)
		return found < 0 ? -1 : err_set(err, ERR_NOT_FOUND, "volume %s is not there", id);
	while (
	    listing->next < listing->n_strays &&
	    volume_compare(listing->filter, &listing->strays[listing->next], &listing->last) <= 0)
		listing->next++;
	return 0;
}

static int
tell_all(struct listing *listing, struct err *err)
{
	struct catalogue *catalogue = listing->setup->catalogue;
	struct volume_page page = { listing->filter->after ? &listing->last : NULL, PAGE_ROWS };
	struct volume_filter rows = *listing->filter;
	unsigned i;
	int result;

	rows.statuses = 0; /* the file may know better */
	do {
		listing->n_rows = 0;
		if (catalogue->driver->local->each(
			catalogue, &rows, &page, take_row, listing, err) < 0)
			return -1;
		for (i = 0; i < listing->n_rows; i++) {
			result = tell_row(listing, &listing->rows[i], err);
			if (result)
				return result;
		}
		if (listing->n_rows)
			listing->last = listing->rows[listing->n_rows - 1];
		page.after = &listing->last;
	} while (listing->n_rows == PAGE_ROWS);
	return tell_strays(listing, NULL, err);
}

int
shelf_each(const struct desk_setup *setup, const struct volume_filter *filter, volume_record_fn *fn,
    void *arg, struct err *err)
{
	scoped(listing_free_scoped) struct listing *listing = calloc(1, sizeof *listing);
	bool nobodys = filter->kind == VOLUME && (!filter->project_id || filter->strays);

	if (!listing)
		return err_memory(err);
	listing->setup = setup;
	listing->filter = filter;
	listing->fn = fn;
	listing->arg = arg;
	if ((nobodys && gather_strays(listing, err) < 0) ||
	    (filter->after && start_behind(listing, err) < 0))
		return -1;
	return tell_all(listing, err);
}
