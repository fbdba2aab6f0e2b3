#include "contract/catalogue_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#ifdef WITH_MYSQL
#include <mysql.h>
#endif

#include "base/clock.h"
#include "base/err.h"
#include "options/tables.h"

enum { SKIP = 77 };

const struct catalogue_driver *const world_drivers[] = {
	&catalogue_sqlite,
#ifdef WITH_MYSQL
	&catalogue_mysql,
#endif
	NULL,
};

static const char *kind = "memory", *server;

int
world_choose(int argc, char **argv)
{
	kind = argc > 1 ? argv[1] : "memory";
	if (strcmp(kind, "memory") == 0 || strcmp(kind, "file") == 0)
		return 0;
	server = getenv(kind);
	if (server && getenv("MYSQL_ROOT"))
		return 0;
	printf("skipped: no MariaDB: %s is not set; tests/servers/mysql brings one up\n", kind);
	return SKIP;
}

uint32_t
world_lacks(void)
{
	return strcmp(kind, "MYSQL_QUEENS") == 0 ? 1u << BACKUP_ENCRYPTION_KEY_ID : 0;
}

struct catalogue *
world_connect(const struct world *world)
{
	struct sql_opts opts = { .connection = world->url, .db_max_retries = 20 };
	struct catalogue *catalogue = NULL;
	struct err err;

	if (catalogue_open(&catalogue, world_drivers, &opts, &err) < 0)
		fail_msg("%s", err.text);
	return catalogue;
}

int
world_begin(void **state)
{
	struct world *world = calloc(1, sizeof *world);

	assert_non_null(world);
	strcpy(world->folder, "/tmp/contract-catalogue-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	strcpy(world->url, "sqlite://");
	if (strcmp(kind, "file") == 0)
		snprintf(world->url, sizeof world->url, "sqlite:///%s/c.sqlite", world->folder);
	if (server)
		snprintf(world->url, sizeof world->url, "%s", server);
	clock_set(NOW);
	world_clean(world);
	world->catalogue = world_connect(world);
	*state = world;
	return 0;
}

#ifdef WITH_MYSQL
/* As root, past cinder's user and our driver. */
static void
empty_tables(void)
{
	static const char *const tables[] = { "backup_metadata", "snapshot_metadata",
		"volume_metadata", "snapshots", "volumes", "quotas", "quota_usages", "backups",
		"services" };
	const char *database = strrchr(server, '/') + 1;
	MYSQL *db = mysql_init(NULL);
	char text[256];
	unsigned i;

	if (!mysql_real_connect(db, "localhost", "root", NULL, NULL, 0, getenv("MYSQL_ROOT"), 0))
		fail_msg("%s", mysql_error(db));
	for (i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		snprintf(text, sizeof text, "DELETE FROM %.*s.%s", (int)strcspn(database, "?"),
		    database, tables[i]);
		if (mysql_query(db, text))
			fail_msg("%s: %s", text, mysql_error(db));
	}
	mysql_close(db);
}
#else
static void
empty_tables(void)
{
}
#endif

void
world_clean(const struct world *world)
{
	static const char *const names[] = { "c.sqlite", "c.sqlite-wal", "c.sqlite-shm" };
	char path[128];
	unsigned i;

	if (server)
		empty_tables();
	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", world->folder, names[i]);
		unlink(path);
	}
}

int
world_end(void **state)
{
	struct world *world = *state;

	catalogue_close(world->catalogue);
	world_clean(world);
	rmdir(world->folder);
	free(world);
	clock_set(-1);
	return 0;
}

struct catalogue *
world_catalogue(void **state)
{
	return ((struct world *)*state)->catalogue;
}

void
world_set(struct backup *backup, enum backup_field field, const char *text)
{
	struct err err;

	if (backup_set_text(backup, field, text, &err) < 0)
		fail_msg("%s", err.text);
}

struct backup
world_backup(const char *id, const char *parent_id, enum backup_status status)
{
	struct backup backup = { .status = status };

	world_set(&backup, BACKUP_ID, id);
	world_set(&backup, BACKUP_VOLUME_ID, "3b143072-90c2-4db0-8700-fd69ec9b35d2");
	world_set(&backup, BACKUP_PARENT_ID, parent_id);
	return backup;
}

/* An id for each number. */
const char *
world_id(unsigned number)
{
	static char id[UUID_TEXT];

	snprintf(id, sizeof id, "%08x-0000-4000-8000-000000000000", number);
	return id;
}

void
world_add(
    struct catalogue *catalogue, const char *id, const char *parent_id, enum backup_status status)
{
	struct backup backup = world_backup(id, parent_id, status);
	struct err err;

	if (catalogue_add(catalogue, &backup, &err) < 0)
		fail_msg("%s", err.text);
}

struct backup
world_find(struct catalogue *catalogue, const char *id)
{
	struct backup backup = { .present = 0 };
	struct err err;

	if (catalogue_find(catalogue, id, &backup, &err) != 1)
		fail_msg("%s is not there", id);
	return backup;
}

void
world_move(
    struct catalogue *catalogue, const char *id, enum backup_status from, enum backup_status to)
{
	struct err err;

	if (catalogue_move(catalogue, id, from, to, NULL, &err) != 1)
		fail_msg("%s does not move", id);
}

void
world_erase(struct catalogue *catalogue, const char *id)
{
	world_move(catalogue, id, BACKUP_AVAILABLE, BACKUP_DELETING);
	world_move(catalogue, id, BACKUP_DELETING, BACKUP_DELETED);
}
