/* What every catalogue promises of volumes, snapshots, metadata and quotas: catalogue/local.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "catalogue/local.h"
#include "contract/catalogue_world.h"

#define VOLUME_ID "3b143072-90c2-4db0-8700-fd69ec9b35d2"
#define OTHER_ID "4c143072-90c2-4db0-8700-fd69ec9b35d2"
#define SNAPSHOT_ID "5d143072-90c2-4db0-8700-fd69ec9b35d2"

enum { ANY = (1u << VOLUME_STATUS_COUNT) - 2 };

static const struct quota no_limits = { .of = { -1, -1, -1, -1, -1, -1, -1 } };

static struct volume_record
one(enum volume_kind kind, const char *id)
{
	struct volume_record volume = {
		.kind = kind, .status = VOLUME_AVAILABLE, .size = 3, .created_at = NOW
	};

	snprintf(volume.id, sizeof volume.id, "%s", id);
	strcpy(volume.project_id, "tenant");
	strcpy(volume.user_id, "someone");
	strcpy(volume.name, "a name with 'quotes'");
	strcpy(volume.location, "volume-1");
	strcpy(volume.type_id, FULL_ID);
	if (kind == SNAPSHOT)
		strcpy(volume.volume_id, VOLUME_ID);
	return volume;
}

static int
add(struct catalogue *catalogue, enum volume_kind kind, const char *id, const struct quota *limits,
    struct err *err)
{
	struct volume_record volume = one(kind, id);

	return catalogue->driver->local->add(catalogue, &volume, limits, NULL, err);
}

static void
must_add(struct catalogue *catalogue, enum volume_kind kind, const char *id)
{
	struct err err;

	if (add(catalogue, kind, id, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

static struct volume_record
find(struct catalogue *catalogue, enum volume_kind kind, const char *id)
{
	struct volume_record volume;
	struct err err;

	if (catalogue->driver->local->find(catalogue, kind, id, &volume, &err) != 1)
		fail_msg("%s is not there", id);
	return volume;
}

static int
move(struct catalogue *catalogue, uint32_t from, enum volume_status to, enum volume_status note)
{
	const struct volume_move move = { VOLUME, VOLUME_ID, from, to, note };
	struct err err;
	int moved = catalogue->driver->local->move(catalogue, &move, &err);

	if (moved < 0 && err.kind != ERR_CONFLICT)
		fail_msg("%s", err.text);
	return moved;
}

static int
count(void *arg, const struct volume_record *volume, struct err *err)
{
	(void)volume;
	(void)err;
	++*(unsigned *)arg;
	return 0;
}

static unsigned
count_all(struct catalogue *catalogue, const struct volume_filter *filter)
{
	unsigned found = 0;
	struct err err;

	if (catalogue->driver->local->each(catalogue, filter, NULL, count, &found, &err) < 0)
		fail_msg("%s", err.text);
	return found;
}

static struct quota
used_by(struct catalogue *catalogue, const char *project)
{
	struct quota used;
	struct err err;

	if (catalogue->driver->local->quota(catalogue, project, &used, NULL, &err) < 0)
		fail_msg("%s", err.text);
	return used;
}

/* ---- volumes ---- */

static void
what_was_written_is_read(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct volume_record volume, snapshot;
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	must_add(catalogue, SNAPSHOT, SNAPSHOT_ID);
	volume = find(catalogue, VOLUME, VOLUME_ID);
	snapshot = find(catalogue, SNAPSHOT, SNAPSHOT_ID);
	assert_string_equal(volume.name, "a name with 'quotes'");
	assert_string_equal(volume.description, "");
	assert_string_equal(volume.location, "volume-1");
	assert_int_equal(volume.size, 3);
	assert_int_equal(volume.created_at, NOW);
	assert_int_equal(volume.updated_at, 0);
	assert_int_equal(volume.previous, VOLUME_NONE);
	assert_string_equal(snapshot.volume_id, VOLUME_ID);
	assert_int_equal(snapshot.size, 3);
	assert_int_equal(
	    catalogue->driver->local->find(catalogue, SNAPSHOT, VOLUME_ID, &volume, &err), 0);
}

static void
an_id_comes_once(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(add(catalogue, VOLUME, VOLUME_ID, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
}

static void
a_snapshot_needs_its_volume(void **state)
{
	struct err err;

	assert_int_equal(add(world_catalogue(state), SNAPSHOT, SNAPSHOT_ID, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
}

static void
a_status_moves_from_what_it_was(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct volume_record volume;

	must_add(catalogue, VOLUME, VOLUME_ID);
	clock_set(NOW + 5);
	assert_int_equal(move(catalogue, 1u << VOLUME_IN_USE, VOLUME_BACKING_UP, 0), 0);
	assert_int_equal(
	    move(catalogue, 1u << VOLUME_AVAILABLE | 1u << VOLUME_IN_USE, VOLUME_BACKING_UP, 0), 1);
	volume = find(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(volume.status, VOLUME_BACKING_UP);
	assert_int_equal(volume.previous, VOLUME_AVAILABLE);
	assert_int_equal(volume.updated_at, NOW + 5);
}

static void
a_status_becomes_what_it_was_before(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct volume_record volume;

	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(move(catalogue, ANY, VOLUME_IN_USE, 0), 1);
	assert_int_equal(move(catalogue, ANY, VOLUME_BACKING_UP, 0), 1);
	assert_int_equal(
	    move(catalogue, 1u << VOLUME_BACKING_UP, VOLUME_NONE, VOLUME_ERROR_BACKING_UP), 1);
	volume = find(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(volume.status, VOLUME_IN_USE);
	assert_int_equal(volume.previous, VOLUME_ERROR_BACKING_UP);
}

static void
a_volume_with_snapshots_does_not_go(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct volume_filter all = { .kind = VOLUME };
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	must_add(catalogue, SNAPSHOT, SNAPSHOT_ID);
	assert_int_equal(move(catalogue, ANY, VOLUME_DELETING, 0), -1);
	assert_int_equal(
	    catalogue->driver->local->remove(catalogue, SNAPSHOT, SNAPSHOT_ID, &err), 0);
	assert_int_equal(move(catalogue, ANY, VOLUME_DELETING, 0), 1);
	assert_int_equal(catalogue->driver->local->remove(catalogue, VOLUME, VOLUME_ID, &err), 0);
	assert_int_equal(count_all(catalogue, &all), 0);
	assert_int_equal(used_by(catalogue, "tenant").of[QUOTA_VOLUMES], 0);
}

static void
filters_choose(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct volume_filter busy = { .kind = VOLUME, .statuses = 1u << VOLUME_BACKING_UP };
	const struct volume_filter mine = { .kind = SNAPSHOT, .volume_id = VOLUME_ID };
	const struct volume_filter others = { .kind = SNAPSHOT, .volume_id = OTHER_ID };

	must_add(catalogue, VOLUME, VOLUME_ID);
	must_add(catalogue, VOLUME, OTHER_ID);
	must_add(catalogue, SNAPSHOT, SNAPSHOT_ID);
	assert_int_equal(count_all(catalogue, &busy), 0);
	assert_int_equal(move(catalogue, ANY, VOLUME_BACKING_UP, 0), 1);
	assert_int_equal(count_all(catalogue, &busy), 1);
	assert_int_equal(count_all(catalogue, &mine), 1);
	assert_int_equal(count_all(catalogue, &others), 0);
}

struct pages {
	struct volume_record rows[8];
	unsigned count;
};

static int
take_row(void *arg, const struct volume_record *volume, struct err *err)
{
	struct pages *pages = arg;

	(void)err;
	assert_true(pages->count < 8);
	pages->rows[pages->count++] = *volume;
	return 0;
}

/* Page by page of two: each once, each behind the one before it. */
static void
check_pages(struct catalogue *catalogue, struct volume_filter *filter, unsigned expected)
{
	struct volume_page page = { NULL, 2 };
	struct pages pages = { .count = 0 };
	unsigned before, i;
	struct err err;

	do {
		before = pages.count;
		if (catalogue->driver->local->each(
			catalogue, filter, &page, take_row, &pages, &err) < 0)
			fail_msg("%s", err.text);
		assert_true(pages.count <= before + 2);
		if (pages.count)
			page.after = &pages.rows[pages.count - 1];
	} while (pages.count == before + 2);
	assert_int_equal(pages.count, expected);
	for (i = 1; i < pages.count; i++)
		assert_true(volume_compare(filter, &pages.rows[i - 1], &pages.rows[i]) < 0);
}

static void
pages_have_each_row_once_in_any_order(void **state)
{
	static const char *const keys[] = { "created_at", "updated_at", "display_name", "size",
		"status", "project_id", "id", "provider_location" };
	static const struct {
		const char *name, *project;
		uint64_t size;
		int64_t created, updated;
	} rows[] = { { "b", "tenant", 2, 1000, 0 }, { "", "tenant", 1, 1000, 2000 },
		{ "a", "other", 2, 900, 2000 }, { "a", "", 3, 1100, 0 },
		{ "", "tenant", 1, 900, 1500 } };
	struct catalogue *catalogue = world_catalogue(state);
	struct err err;
	unsigned i, j, ways;

	for (i = 0; i < 5; i++) {
		struct volume_record volume = one(VOLUME, VOLUME_ID);

		volume.id[0] = (char)('0' + (i * 3) % 5);
		strcpy(volume.name, rows[i].name);
		strcpy(volume.project_id, rows[i].project);
		volume.size = rows[i].size;
		volume.created_at = rows[i].created;
		volume.updated_at = rows[i].updated;
		assert_int_equal(
		    catalogue->driver->local->add(catalogue, &volume, NULL, NULL, &err), 0);
	}
	for (i = 0; i < 8; i++) {
		for (j = 0; j < 8; j++) {
			for (ways = 0; ways < 4; ways++) {
				struct volume_filter filter = { .kind = VOLUME, .n_orders = 2 };

				assert_true(
				    volume_column_find(VOLUME, keys[i], &filter.orders[0].column));
				assert_true(
				    volume_column_find(VOLUME, keys[j], &filter.orders[1].column));
				filter.orders[0].ascending = ways & 1;
				filter.orders[1].ascending = ways & 2;
				check_pages(catalogue, &filter, 5);
				filter.project_id = "tenant";
				check_pages(catalogue, &filter, 3);
				filter.strays = true;
				check_pages(catalogue, &filter, 4);
			}
		}
	}
}

/* ---- metadata ---- */

static int
take_pair(void *arg, const char *key, const char *value, struct err *err)
{
	char *text = arg;

	(void)err;
	snprintf(text + strlen(text), 64 - strlen(text), "%s=%s;", key, value);
	return 0;
}

static void
metadata_replaces_what_there_was(void **state)
{
	static const struct metadata_pair two[] = { { "b", "1" }, { "a", "" } };
	const struct metadata both = { two, 2 }, last = { two + 1, 1 };
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	char text[64] = "";
	struct err err;

	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	assert_int_equal(local->describe(catalogue, METADATA_OF_BACKUP, FULL_ID, &both, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_BACKUP, FULL_ID, take_pair, text, &err), 0);
	assert_string_equal(text, "b=1;a=;");
	text[0] = '\0';
	assert_int_equal(local->describe(catalogue, METADATA_OF_BACKUP, FULL_ID, &last, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_BACKUP, FULL_ID, take_pair, text, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_VOLUME, FULL_ID, take_pair, text, &err), 0);
	assert_string_equal(text, "a=;");
}

/* ---- quotas ---- */

static int
admit(struct catalogue *catalogue, unsigned number, const struct quota *limits,
    const struct volume_move *along, struct err *err)
{
	struct backup backup = world_backup(world_id(number), NULL, BACKUP_CREATING);
	const struct admission admission = { .limits = limits, .move = along };

	world_set(&backup, BACKUP_PROJECT_ID, "tenant");
	backup_set_number(&backup, BACKUP_SIZE, 5);
	return catalogue->driver->local->admit(catalogue, &backup, &admission, err);
}

static void
limits_hold_by_number_and_by_size(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct quota limits = no_limits;
	struct err err;

	limits.of[QUOTA_BACKUPS] = 2;
	assert_int_equal(admit(catalogue, 1, &limits, NULL, &err), 0);
	assert_int_equal(admit(catalogue, 2, &limits, NULL, &err), 0);
	assert_int_equal(admit(catalogue, 3, &limits, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	assert_string_equal(
	    err.text, "BackupLimitExceeded: Maximum number of backups allowed (2) exceeded");
	limits.of[QUOTA_BACKUP_GIGABYTES] = 14;
	assert_int_equal(admit(catalogue, 3, &limits, NULL, &err), -1);
	assert_string_equal(err.text,
	    "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup "
	    "gigabytes quota. Requested 5G, quota is 14G and 10G has been consumed.");
	assert_int_equal(used_by(catalogue, "tenant").of[QUOTA_BACKUPS], 2);
	assert_int_equal(used_by(catalogue, "tenant").of[QUOTA_BACKUP_GIGABYTES], 10);
	assert_int_equal(used_by(catalogue, "other").of[QUOTA_BACKUPS], 0);
}

static void
what_is_deleted_counts_no_more(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct quota limits = no_limits;
	struct err err;

	limits.of[QUOTA_BACKUPS] = 1;
	assert_int_equal(admit(catalogue, 1, &limits, NULL, &err), 0);
	world_move(catalogue, world_id(1), BACKUP_CREATING, BACKUP_ERROR);
	assert_int_equal(admit(catalogue, 2, &limits, NULL, &err), -1);
	world_move(catalogue, world_id(1), BACKUP_ERROR, BACKUP_DELETING);
	world_move(catalogue, world_id(1), BACKUP_DELETING, BACKUP_DELETED);
	assert_int_equal(admit(catalogue, 2, &limits, NULL, &err), 0);
}

static void
own_limits_go_before_those_of_all(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	const uint32_t backups = 1u << QUOTA_BACKUPS;
	struct quota limits = no_limits, used;
	struct err err;

	limits.of[QUOTA_BACKUPS] = 0;
	assert_int_equal(local->limit(catalogue, "tenant", &limits, &backups, 1, &err), 0);
	assert_int_equal(admit(catalogue, 1, &no_limits, NULL, &err), -1);
	limits.of[QUOTA_BACKUPS] = 7;
	assert_int_equal(local->limit(catalogue, "tenant", &limits, &backups, 1, &err), 0);
	limits = no_limits;
	assert_int_equal(local->quota(catalogue, "tenant", &used, &limits, &err), 0);
	assert_int_equal(limits.of[QUOTA_BACKUPS], 7);
	assert_int_equal(limits.of[QUOTA_VOLUMES], -1);
	assert_int_equal(admit(catalogue, 1, &no_limits, NULL, &err), 0);
	assert_int_equal(local->unlimit(catalogue, "tenant", &err), 0);
	limits = no_limits;
	assert_int_equal(local->quota(catalogue, "tenant", &used, &limits, &err), 0);
	assert_int_equal(limits.of[QUOTA_BACKUPS], -1);
}

static void
volumes_and_snapshots_share_gigabytes(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct quota limits = no_limits, used;
	struct err err;

	limits.of[QUOTA_GIGABYTES] = 6;
	assert_int_equal(add(catalogue, VOLUME, VOLUME_ID, &limits, &err), 0);
	assert_int_equal(add(catalogue, SNAPSHOT, SNAPSHOT_ID, &limits, &err), 0);
	assert_int_equal(add(catalogue, VOLUME, OTHER_ID, &limits, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	used = used_by(catalogue, "tenant");
	assert_int_equal(used.of[QUOTA_VOLUMES], 1);
	assert_int_equal(used.of[QUOTA_SNAPSHOTS], 1);
	assert_int_equal(used.of[QUOTA_GIGABYTES], 6);
	limits.of[QUOTA_GIGABYTES] = -1;
	limits.of[QUOTA_PER_VOLUME_GIGABYTES] = 2;
	assert_int_equal(add(catalogue, VOLUME, OTHER_ID, &limits, &err), -1);
	assert_non_null(strstr(err.text, "VolumeSizeExceedsLimit"));
}

/* A volume of some type, of one GiB. */
static int
add_typed(struct catalogue *catalogue, enum volume_kind kind, const char *id, const char *type_id,
    const struct quota *limits, struct err *err)
{
	struct volume_record new = one(kind, id);

	snprintf(new.type_id, sizeof new.type_id, "%s", type_id);
	new.size = 1;
	return catalogue->driver->local->add(catalogue, &new, limits, NULL, err);
}

static void
a_type_has_limits_of_its_own(void **state)
{
	static const struct quota_type fast = { FULL_ID, "fast", false },
				       plain = { CHILD_ID, "__DEFAULT__", true };
	static const uint32_t which[] = { 1u << QUOTA_BACKUPS,
		1u << QUOTA_VOLUMES | 1u << QUOTA_GIGABYTES };
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	const bool sqlite = strncmp(((struct world *)*state)->url, "sqlite", 6) == 0;
	struct quota limits[] = { no_limits, no_limits }, free = no_limits, used;
	struct err err;

	limits[0].of[QUOTA_BACKUPS] = 5;
	limits[1].type = free.type = &fast;
	limits[1].of[QUOTA_VOLUMES] = limits[1].of[QUOTA_GIGABYTES] = 1;
	assert_int_equal(local->limit(catalogue, "tenant", limits, which, 2, &err), 0);
	assert_int_equal(add_typed(catalogue, VOLUME, VOLUME_ID, FULL_ID, &free, &err), 0);
	assert_int_equal(add_typed(catalogue, VOLUME, OTHER_ID, FULL_ID, &free, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	assert_non_null(strstr(err.text, "gigabytes_fast quota. Requested 1G, quota is 1G"));
	assert_int_equal(local->grow(catalogue, VOLUME_ID, 2, ~0u, &free, &err), -1);
	assert_non_null(strstr(err.text, "gigabytes_fast"));
	/* Another type, and none, which cinder's own tables do not take, are not in its way. */
	free.type = &plain;
	assert_int_equal(
	    add_typed(catalogue, VOLUME, OTHER_ID, sqlite ? "" : CHILD_ID, &free, &err), 0);
	assert_int_equal(local->quota(catalogue, "tenant", &used, &free, &err), 0);
	assert_int_equal(used.of[QUOTA_VOLUMES], 1);
	assert_int_equal(used.of[QUOTA_GIGABYTES], 1);
	assert_int_equal(used.of[QUOTA_BACKUPS], 0);
	assert_int_equal(free.of[QUOTA_VOLUMES], -1);
	free = no_limits;
	assert_int_equal(local->quota(catalogue, "tenant", &used, &free, &err), 0);
	assert_int_equal(used.of[QUOTA_VOLUMES], 2);
	assert_int_equal(free.of[QUOTA_BACKUPS], 5);
	assert_int_equal(local->unlimit(catalogue, "tenant", &err), 0);
	free.type = &fast;
	assert_int_equal(local->grow(catalogue, VOLUME_ID, 2, ~0u, &free, &err), 1);
}

static void
a_volume_grows_within_limits_and_from_some_statuses(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	const struct volume_move back = { VOLUME, VOLUME_ID, 1u << VOLUME_EXTENDING, VOLUME_NONE,
		VOLUME_EXTENDING };
	struct quota limits = no_limits;
	struct err err;

	assert_int_equal(local->grow(catalogue, VOLUME_ID, 9, ~0u, &limits, &err), 0);
	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(local->grow(catalogue, VOLUME_ID, 9, 1u << VOLUME_IN_USE, NULL, &err), 0);
	assert_int_equal(local->grow(catalogue, VOLUME_ID, 1, ~0u, NULL, &err), 0);
	limits.of[QUOTA_PER_VOLUME_GIGABYTES] = 8;
	assert_int_equal(
	    local->grow(catalogue, VOLUME_ID, 9, 1u << VOLUME_AVAILABLE, &limits, &err), -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).status, VOLUME_AVAILABLE);
	limits.of[QUOTA_PER_VOLUME_GIGABYTES] = limits.of[QUOTA_GIGABYTES] = 9;
	assert_int_equal(
	    local->grow(catalogue, VOLUME_ID, 9, 1u << VOLUME_AVAILABLE, &limits, &err), 1);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).status, VOLUME_EXTENDING);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).size, 9);
	assert_int_equal(local->move(catalogue, &back, &err), 1);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).status, VOLUME_AVAILABLE);
}

static int
note_pairs(void *arg, const char *key, const char *value, struct err *err)
{
	struct buf *text = arg;

	(void)err;
	buf_printf(text, "%s=%s;", key, value);
	return 0;
}

static int
stop_at_a(void *arg, const char *key, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	++*(unsigned *)arg;
	return strcmp(key, "a") == 0 ? 7 : 0;
}

static void
who_reads_metadata_may_stop(void **state)
{
	static const struct metadata_pair pairs[] = { { "b", "1" }, { "a", "1" }, { "c", "2" } };
	static const struct metadata all = { pairs, 3 };
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	unsigned told = 0;
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(local->describe(catalogue, METADATA_OF_VOLUME, VOLUME_ID, &all, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_VOLUME, VOLUME_ID, stop_at_a, &told, &err), 7);
	assert_int_equal(told, 2);
}

static void
a_tag_takes_the_place_of_its_key_alone(void **state)
{
	static const struct metadata_pair pairs[] = { { "a", "1" }, { "b", "2" } };
	static const struct metadata_pair more[] = { { "a", "3" }, { "c", "4" } };
	static const struct metadata_pair less[] = { { "b", NULL }, { "d", NULL } };
	static const struct metadata both = { pairs, 2 }, added = { more, 2 }, gone = { less, 2 };
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	scoped(buf_drop) struct buf text = BUF(256);
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(local->describe(catalogue, METADATA_OF_VOLUME, VOLUME_ID, &both, &err), 0);
	assert_int_equal(local->tag(catalogue, METADATA_OF_VOLUME, VOLUME_ID, &added, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_VOLUME, VOLUME_ID, note_pairs, &text, &err), 0);
	assert_string_equal(buf_string(&text), "b=2;a=3;c=4;");
	buf_clear(&text);
	assert_int_equal(local->tag(catalogue, METADATA_OF_VOLUME, VOLUME_ID, &gone, &err), 0);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_VOLUME, VOLUME_ID, note_pairs, &text, &err), 0);
	assert_string_equal(buf_string(&text), "a=3;c=4;");
}

/* ---- together ---- */

static void
a_backup_and_its_volume_move_together_or_not_at_all(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct volume_move along = { VOLUME, VOLUME_ID, 1u << VOLUME_AVAILABLE,
		VOLUME_BACKING_UP, VOLUME_NONE };
	struct backup backup;
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(admit(catalogue, 1, NULL, &along, &err), 0);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).status, VOLUME_BACKING_UP);
	assert_int_equal(admit(catalogue, 2, NULL, &along, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	assert_non_null(strstr(err.text, "is backing-up"));
	assert_int_equal(catalogue_find(catalogue, world_id(2), &backup, &err), 0);
}

static void
a_restore_takes_both_or_neither(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	const struct volume_move along = { VOLUME, VOLUME_ID, 1u << VOLUME_AVAILABLE,
		VOLUME_RESTORING_BACKUP, VOLUME_NONE };
	const struct admission both = { .move = &along };
	const struct catalogue_local *local = catalogue->driver->local;
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	world_add(catalogue, CHILD_ID, NULL, BACKUP_AVAILABLE);
	assert_int_equal(
	    local->move_both(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, &both, &err),
	    1);
	assert_int_equal(
	    local->move_both(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, &both, &err),
	    0);
	assert_int_equal(
	    local->move_both(catalogue, CHILD_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, &both, &err),
	    -1);
	assert_int_equal(world_find(catalogue, CHILD_ID).status, BACKUP_AVAILABLE);
}

static void
a_restore_makes_its_volume_in_the_same_act(void **state)
{
	struct catalogue *catalogue = world_catalogue(state);
	struct volume_record volume = one(VOLUME, VOLUME_ID);
	struct quota limits = no_limits;
	const struct admission both = { .limits = &limits, .volume = &volume };
	const struct catalogue_local *local = catalogue->driver->local;
	struct err err;

	volume.status = VOLUME_RESTORING_BACKUP;
	world_add(catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	limits.of[QUOTA_VOLUMES] = 0;
	assert_int_equal(
	    local->move_both(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, &both, &err),
	    -1);
	assert_int_equal(err.kind, ERR_NO_SPACE);
	assert_int_equal(world_find(catalogue, FULL_ID).status, BACKUP_AVAILABLE);
	limits.of[QUOTA_VOLUMES] = 1;
	assert_int_equal(
	    local->move_both(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_RESTORING, &both, &err),
	    1);
	assert_int_equal(find(catalogue, VOLUME, VOLUME_ID).status, VOLUME_RESTORING_BACKUP);
}

static void
what_changes_of_a_volume_is_what_is_said(void **state)
{
	const struct metadata_pair pair = { "k", "v" };
	const struct metadata one = { &pair, 1 };
	const struct volume_change key = { .id = VOLUME_ID, .key_id = CHILD_ID };
	const struct volume_change rest = { .id = VOLUME_ID,
		.name = "n",
		.description = "",
		.type_id = FULL_ID,
		.metadata = &one };
	struct catalogue *catalogue = world_catalogue(state);
	const struct catalogue_local *local = catalogue->driver->local;
	scoped(buf_drop) struct buf text = BUF(256);
	struct volume_record before, after;
	struct err err;

	must_add(catalogue, VOLUME, VOLUME_ID);
	before = find(catalogue, VOLUME, VOLUME_ID);
	assert_int_equal(local->change(catalogue, &key, &err), 0);
	after = find(catalogue, VOLUME, VOLUME_ID);
	assert_string_equal(after.key_id, CHILD_ID);
	assert_string_equal(after.name, before.name);
	assert_int_equal(local->change(catalogue, &rest, &err), 0);
	after = find(catalogue, VOLUME, VOLUME_ID);
	assert_string_equal(after.key_id, CHILD_ID);
	assert_string_equal(after.name, "n");
	assert_string_equal(after.description, "");
	assert_string_equal(after.type_id, FULL_ID);
	assert_int_equal(after.status, before.status);
	assert_int_equal(
	    local->metadata(catalogue, METADATA_OF_VOLUME, VOLUME_ID, note_pairs, &text, &err), 0);
	assert_string_equal(buf_string(&text), "k=v;");
}

/* Whatever moment a process dies at: what counts is what is there. */
static void
quotas_do_not_leak_by_kills(void **state)
{
	struct world *world = *state;
	unsigned round, made = 0;
	struct err err;

	if (strcmp(world->url, "sqlite://") == 0)
		skip(); /* another process has no part in it */
	for (round = 0; round < 5 || !made; round++) {
		struct quota limits = no_limits;
		uint64_t rows = 0;
		int status;
		pid_t child;

		catalogue_close(world->catalogue);
		world_clean(world);
		child = fork();
		if (child == 0) {
			struct catalogue *catalogue = world_connect(world);
			unsigned i;

			for (i = 0;; i++) {
				if (admit(catalogue, i, &no_limits, NULL, &err) < 0)
					_exit(1);
				if (i % 2 == 0)
					continue;
				world_move(catalogue, world_id(i), BACKUP_CREATING, BACKUP_ERROR);
				world_move(catalogue, world_id(i), BACKUP_ERROR, BACKUP_DELETING);
				world_move(catalogue, world_id(i), BACKUP_DELETING, BACKUP_DELETED);
			}
		}
		clock_sleep_ms(20 + 7 * round);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		world->catalogue = world_connect(world);
		assert_int_equal(
		    catalogue_count(world->catalogue, &(struct backup_filter){ 0 }, &rows, &err),
		    0);
		assert_int_equal(used_by(world->catalogue, "tenant").of[QUOTA_BACKUPS], rows);
		assert_int_equal(
		    used_by(world->catalogue, "tenant").of[QUOTA_BACKUP_GIGABYTES], 5 * rows);
		made += (unsigned)rows;
		limits.of[QUOTA_BACKUPS] = (int64_t)rows + 1;
		assert_int_equal(admit(world->catalogue, 1000000, &limits, NULL, &err), 0);
		assert_int_equal(admit(world->catalogue, 1000001, &limits, NULL, &err), -1);
	}
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(what_was_written_is_read),
		FACT(an_id_comes_once),
		FACT(a_snapshot_needs_its_volume),
		FACT(a_status_moves_from_what_it_was),
		FACT(a_status_becomes_what_it_was_before),
		FACT(a_volume_with_snapshots_does_not_go),
		FACT(filters_choose),
		FACT(pages_have_each_row_once_in_any_order),
		FACT(metadata_replaces_what_there_was),
		FACT(limits_hold_by_number_and_by_size),
		FACT(what_is_deleted_counts_no_more),
		FACT(own_limits_go_before_those_of_all),
		FACT(a_type_has_limits_of_its_own),
		FACT(a_volume_grows_within_limits_and_from_some_statuses),
		FACT(who_reads_metadata_may_stop),
		FACT(a_tag_takes_the_place_of_its_key_alone),
		FACT(volumes_and_snapshots_share_gigabytes),
		FACT(a_backup_and_its_volume_move_together_or_not_at_all),
		FACT(a_restore_takes_both_or_neither),
		FACT(a_restore_makes_its_volume_in_the_same_act),
		FACT(what_changes_of_a_volume_is_what_is_said),
		FACT(quotas_do_not_leak_by_kills),
	};

	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
