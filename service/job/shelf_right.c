/* What a crash left of volumes that backups and restores were working on. */
#include <string.h>

#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/desk.h"
#include "job/shelf.h"

static int
note_any(void *arg, const struct backup *row, struct err *err)
{
	(void)err;
	if (strcmp(row->id, ((const struct backup *)arg)->id) == 0)
		return 0;
	return 1;
}

/* Does another backup work on the volume that this one names in that column? */
static int
is_shared(const struct desk_setup *setup, const struct backup *row, enum backup_field field,
    enum backup_status working, struct err *err)
{
	const struct backup_filter others = { .statuses = 1u << working,
		.matches = { { .field = field, .text = backup_text(row, field) } },
		.n_matches = 1 };
	struct backup one = *row;

	return catalogue_each(setup->catalogue, &others, note_any, &one, err);
}

static int
set_right(const struct desk_setup *setup, const struct backup *row, enum backup_field field,
    const struct volume_move *moves, unsigned n_moves, struct err *err)
{
	bool restore = field == BACKUP_RESTORE_VOLUME_ID;
	int shared = 0;
	unsigned i;

	if (!backup_has(row, field))
		return 0;
	shared = is_shared(setup, row, field, restore ? BACKUP_RESTORING : BACKUP_CREATING, err);
	if (shared)
		return shared < 0 ? -1 : 0;
	for (i = 0; i < n_moves; i++) {
		if (setup->catalogue->driver->local->move(setup->catalogue, &moves[i], err) < 0)
			return -1;
	}
	return 0;
}

int
shelf_put_right(const struct desk_setup *setup, const struct backup *row, struct err *err)
{
	const struct volume_move volume = { VOLUME, row->volume_id, 1u << VOLUME_BACKING_UP,
		VOLUME_NONE, VOLUME_ERROR_BACKING_UP };
	const struct volume_move snapshot = { SNAPSHOT, row->snapshot_id, 1u << VOLUME_BACKING_UP,
		VOLUME_NONE, VOLUME_NONE };
	const struct volume_move target[] = {
		{ VOLUME, row->restore_volume_id, 1u << VOLUME_RESTORING_BACKUP,
		    VOLUME_ERROR_RESTORING, VOLUME_NONE },
		{ VOLUME, row->restore_volume_id, 1u << VOLUME_CREATING, VOLUME_ERROR,
		    VOLUME_NONE },
	};

	if (backup_has(row, BACKUP_SNAPSHOT_ID)
		? set_right(setup, row, BACKUP_SNAPSHOT_ID, &snapshot, 1, err) < 0
		: set_right(setup, row, BACKUP_VOLUME_ID, &volume, 1, err) < 0)
		return -1;
	return set_right(setup, row, BACKUP_RESTORE_VOLUME_ID, target, 2, err);
}
