/*
 * What stands in cinder's own tables after our calls, compared with what
 * upstream's cinder-backup leaves there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mysql.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/cloud.h"
#include "contract/catalogue_world.h"

enum { DELETERS = 4, ROUNDS = 10 };

static const char *database;

static MYSQL *
root_connect(void)
{
	MYSQL *db = mysql_init(NULL);

	if (!mysql_real_connect(
		db, "localhost", "root", NULL, database, 0, getenv("MYSQL_ROOT"), 0))
		fail_msg("%s", mysql_error(db));
	return db;
}

/* Run a statement of root; of its first row the columns, with blanks between. */
static const char *
ask(const char *text)
{
	static char answer[1024];
	MYSQL *db = root_connect();
	MYSQL_RES *result;
	MYSQL_ROW row;
	unsigned i;

	answer[0] = '\0';
	if (mysql_query(db, text))
		fail_msg("%s: %s", text, mysql_error(db));
	result = mysql_store_result(db);
	row = result ? mysql_fetch_row(result) : NULL;
	for (i = 0; row && i < mysql_num_fields(result); i++)
		snprintf(answer + strlen(answer), sizeof answer - strlen(answer), "%s%s",
		    i ? " " : "", row[i] ? row[i] : "NULL");
	mysql_free_result(result);
	mysql_close(db);
	return answer;
}

static void
add_service(const char *host, const char *binary, const char *rpc, const char *object)
{
	char text[512];

	snprintf(text, sizeof text,
	    "INSERT INTO services (deleted, report_count, host, `binary`, rpc_current_version, "
	    "object_current_version) VALUES (0, 0, '%s', '%s', '%s', '%s')",
	    host, binary, rpc, object);
	ask(text);
}

#define OWN "WHERE `binary` = 'cinder-backup' AND host = 'lab' AND deleted = 0"

static void
the_row_in_services_is_upstream_s(void **state)
{
	struct err err;

	add_service("lab", "cinder-scheduler", "3.12", "1.39");
	add_service("lab@rbd", "cinder-volume", "3.18", "1.39");
	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	assert_string_equal(
	    ask("SELECT topic, report_count, disabled, availability_zone, disabled_reason, "
		"rpc_current_version, object_current_version, replication_status, frozen, "
		"active_backend_id, cluster_name, deleted, deleted_at, modified_at, LENGTH(uuid), "
		"created_at = updated_at FROM services " OWN),
	    "cinder-backup 0 0 nova NULL 2.3 1.39 not-capable 0 NULL NULL 0 NULL NULL 36 1");
	clock_set(NOW + 10);
	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "edge", &err), 0);
	assert_string_equal(ask("SELECT report_count, availability_zone, TIMEDIFF(updated_at, "
				"created_at), COUNT(*) "
				"FROM services " OWN),
	    "1 edge 00:00:10 1");
}

static void
a_row_that_is_there_is_taken_and_what_the_operator_set_stays(void **state)
{
	struct err err;

	add_service("LAB", "cinder-backup", "2.0", "1.30");
	add_service("lab", "cinder-backup", "2.1", "1.35");
	add_service("lab", "cinder-scheduler", "3.10", "1.35");
	ask("UPDATE services SET disabled = 1, disabled_reason = 'moved', report_count = 7 " OWN);
	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	assert_string_equal(ask("SELECT report_count, disabled, disabled_reason, "
				"rpc_current_version, object_current_version FROM services WHERE "
				"host = BINARY 'lab' AND `binary` = 'cinder-backup'"),
	    "7 1 moved 2.1 1.35");
	assert_string_equal(ask("SELECT COUNT(*) FROM services"), "3");
}

static void
a_row_that_vanished_is_made_again(void **state)
{
	struct err err;

	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	ask("UPDATE services SET deleted = 1");
	assert_int_equal(catalogue_beat(world_catalogue(state), "lab", "nova", &err), 0);
	assert_string_equal(ask("SELECT COUNT(*) FROM services " OWN), "1");
}

/* ---- the end of a backup ---- */

static void
use_quota(unsigned backups, unsigned gigabytes)
{
	char text[512];

	ask("DELETE FROM quota_usages");
	snprintf(text, sizeof text,
	    "INSERT INTO quota_usages (deleted, project_id, resource, in_use, reserved) VALUES (0, "
	    "'p', 'backups', %u, 0), (0, 'p', 'backup_gigabytes', %u, 0), (0, 'q', 'backups', 9, "
	    "0)",
	    backups, gigabytes);
	ask(text);
}

static const char *
used(void)
{
	return ask("SELECT GROUP_CONCAT(in_use ORDER BY id SEPARATOR ' ') FROM quota_usages");
}

static void
add_owned(struct catalogue *catalogue, const char *id, const char *parent_id, int64_t size)
{
	struct backup backup = world_backup(id, parent_id, BACKUP_AVAILABLE);
	struct err err;

	world_set(&backup, BACKUP_PROJECT_ID, "p");
	backup_set_number(&backup, BACKUP_SIZE, size);
	assert_int_equal(catalogue_add(catalogue, &backup, &err), 0);
}

static void
with_a_backup_go_its_metadata_and_its_quota(void **state)
{
	use_quota(5, 40);
	add_owned(world_catalogue(state), FULL_ID, NULL, 7);
	ask("INSERT INTO backup_metadata (deleted, backup_id, `key`, value) VALUES (0, '" FULL_ID
	    "', 'k', 'v')");
	clock_set(NOW + 60);
	world_move(world_catalogue(state), FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING);
	assert_string_equal(used(), "5 40 9");
	clock_set(NOW + 90);
	world_move(world_catalogue(state), FULL_ID, BACKUP_DELETING, BACKUP_DELETED);
	assert_string_equal(used(), "4 33 9");
	assert_string_equal(
	    ask("SELECT deleted, deleted_at IS NOT NULL FROM backup_metadata"), "1 1");
	assert_string_equal(
	    ask("SELECT status, deleted, TIMEDIFF(deleted_at, updated_at) FROM backups"),
	    "deleted 1 00:00:30");
}

static void
less_than_nothing_is_counted_anew(void **state)
{
	use_quota(0, 3);
	add_owned(world_catalogue(state), FULL_ID, NULL, 7);
	add_owned(world_catalogue(state), world_id(1), NULL, 5);
	world_erase(world_catalogue(state), FULL_ID);
	assert_string_equal(used(), "1 5 9");
}

static void *
run_deleter(void *arg)
{
	struct err err;

	catalogue_move(arg, FULL_ID, BACKUP_DELETING, BACKUP_DELETED, NULL, &err);
	return NULL;
}

static void
of_many_that_end_a_backup_one_pays_back(void **state)
{
	struct catalogue *ends[DELETERS];
	pthread_t threads[DELETERS];
	unsigned i, round;

	use_quota(ROUNDS + 5, 100);
	for (i = 0; i < DELETERS; i++)
		ends[i] = world_connect(*state);
	for (round = 0; round < ROUNDS; round++) {
		add_owned(world_catalogue(state), FULL_ID, NULL, 2);
		world_move(world_catalogue(state), FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING);
		for (i = 0; i < DELETERS; i++)
			assert_int_equal(
			    pthread_create(&threads[i], NULL, run_deleter, ends[i]), 0);
		for (i = 0; i < DELETERS; i++)
			pthread_join(threads[i], NULL);
	}
	assert_string_equal(used(), "5 80 9");
	for (i = 0; i < DELETERS; i++)
		catalogue_close(ends[i]);
}

static void
an_increment_that_the_api_added_counts_once_it_is_there(void **state)
{
	add_owned(world_catalogue(state), FULL_ID, NULL, 1);
	ask("INSERT INTO backups (created_at, deleted, id, volume_id, status, parent_id) VALUES "
	    "(NOW(), 0, '" CHILD_ID "', 'v', 'creating', '" FULL_ID "')");
	world_move(world_catalogue(state), CHILD_ID, BACKUP_CREATING, BACKUP_AVAILABLE);
	assert_int_equal(world_find(world_catalogue(state), FULL_ID).num_dependent_backups, 1);
}

/* ---- messages ---- */

static void
a_failure_is_told_as_upstream_tells_it(void **state)
{
	const struct cloud_message message = { FULL_ID, "p", "req-1", "013", "020", 7 * 86400 };
	bool shown = strcmp(database, "zed") == 0;
	struct err err;

	ask("DELETE FROM messages");
	if (cloud_tell(world_catalogue(state), &message, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(
	    ask("SELECT project_id, request_id, resource_type, resource_uuid, event_id, "
		"message_level, detail_id, action_id, deleted, DATEDIFF(expires_at, created_at), "
		"updated_at, LENGTH(id) FROM messages"),
	    shown ? "p req-1 VOLUME_BACKUP " FULL_ID
		    " VOLUME_VOLUME_BACKUP_013_020 ERROR 020 013 0 7 NULL 36"
		  : "");
	ask("DELETE FROM messages");
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(the_row_in_services_is_upstream_s),
		FACT(a_row_that_is_there_is_taken_and_what_the_operator_set_stays),
		FACT(a_row_that_vanished_is_made_again),
		FACT(with_a_backup_go_its_metadata_and_its_quota),
		FACT(less_than_nothing_is_counted_anew),
		FACT(of_many_that_end_a_backup_one_pays_back),
		FACT(an_increment_that_the_api_added_counts_once_it_is_there),
		FACT(a_failure_is_told_as_upstream_tells_it),
	};
	int status = world_choose(argc, argv);

	database = argc > 1 && strcmp(argv[1], "MYSQL_QUEENS") == 0 ? "queens" : "zed";
	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
