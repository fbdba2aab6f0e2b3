/*
 * What every store of images has to do, on the cluster of tests/servers/ceph.  What
 * becomes of blocks the scenarios show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "options/tables.h"
#include "store/image.h"
#include "store/store.h"

enum { SIZE = 1 << 20, SKIPPED = 77 };

static const char meta[] = "{\"version\": 2, \"volume-base-metadata\": {\"display_name\": \"x\"}}";
static struct ceph_opts opts = { .user = "cinder", .pool = "backups", .chunk_size = SIZE };

static struct store *
open_store(void)
{
	struct store *store;
	struct err err;

	assert_int_equal(store_open(&store, &store_ceph, &opts, &err), 0);
	return store;
}

static struct backup
new_row(void)
{
	struct backup row = { .status = BACKUP_CREATING };
	char id[DIGEST_UUID_TEXT];
	struct err err;

	assert_int_equal(digest_uuid_random(id, &err), 0);
	assert_int_equal(backup_set_text(&row, BACKUP_ID, id, &err), 0);
	assert_int_equal(digest_uuid_random(id, &err), 0);
	assert_int_equal(backup_set_text(&row, BACKUP_VOLUME_ID, id, &err), 0);
	return row;
}

static void
begin(struct store *store, struct backup *row, struct store_copy *ret)
{
	struct err err;

	assert_int_equal(store_image_place(store, row, NULL, NULL, &err), 1);
	assert_string_equal(row->container, "backups");
	assert_int_equal(store_image_begin(store, row, NULL, NULL, SIZE, ret, &err), 0);
}

static void
volume_is_described_as_it_was(void **state)
{
	scoped(buf_drop) struct buf found = BUF(1 << 16);
	struct store *store = open_store();
	struct backup row = new_row();
	struct store_image image;
	struct store_copy copy;
	struct err err;

	(void)state;
	begin(store, &row, &copy);
	assert_int_equal(store_image_describe(store, &row, &found, &err), 0);
	assert_int_equal(
	    store_image_commit(store, &row, &copy, (struct span){ meta, strlen(meta) }, &err), 0);
	assert_int_equal(store_image_find(store, &row, &image, &err), 1);
	assert_string_equal(image.image, copy.to.image);
	assert_int_equal(store_image_describe(store, &row, &found, &err), 1);
	assert_string_equal(buf_string(&found), meta);
	assert_int_equal(store_image_erase(store, &row, &err), 0);
	assert_int_equal(store_image_find(store, &row, &image, &err), 0);
	assert_int_equal(store_image_erase(store, &row, &err), 0);
	store_close(store);
}

struct search {
	const struct backup *row;
	int whole, damaged;
};

static int
consider(void *arg, const struct backup *row, struct span volume_meta, const struct err *why,
    struct err *err)
{
	struct search *search = arg;

	(void)err;
	if (strcmp(row->id, search->row->id) != 0)
		return 0;
	assert_string_equal(row->volume_id, search->row->volume_id);
	assert_string_equal(row->container, search->row->container);
	search->whole += !why && volume_meta.length == strlen(meta);
	search->damaged += !!why;
	return 0;
}

static void
what_is_scanned_was_finished_or_is_damaged(void **state)
{
	struct store *store = open_store();
	struct backup row = new_row();
	struct search search = { .row = &row };
	struct store_copy copy;
	struct err err;

	(void)state;
	begin(store, &row, &copy);
	assert_int_equal(store_image_scan(store, consider, &search, &err), 0);
	assert_true(search.whole == 0 && search.damaged == 1);
	assert_int_equal(
	    store_image_commit(store, &row, &copy, (struct span){ meta, strlen(meta) }, &err), 0);
	assert_int_equal(store_image_scan(store, consider, &search, &err), 0);
	assert_true(search.whole == 1 && search.damaged == 1);
	assert_int_equal(store_image_erase(store, &row, &err), 0);
	assert_int_equal(store_image_scan(store, consider, &search, &err), 0);
	assert_true(search.whole == 1 && search.damaged == 1);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(volume_is_described_as_it_was),
		cmocka_unit_test(what_is_scanned_was_finished_or_is_damaged),
	};

	opts.conf = getenv("CEPH_CONF");
	if (!opts.conf) {
		printf("skipped: CEPH_CONF leads to no cluster; tests/check ceph brings one up\n");
		return SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
