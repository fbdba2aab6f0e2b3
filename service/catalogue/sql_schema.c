/*
 * The tables, made of statements that lead from one version of the schema to the
 * next.  A column more, here, in backup_columns[] or in volume_tables[], is
 * another version.
 */
#include "catalogue/sql.h"
#include "model/volume.h"

/* ---- version 1 ---- */

static const char services[] =
    "CREATE TABLE services (created_at DATETIME, updated_at DATETIME, "
    "deleted_at DATETIME, deleted BOOLEAN, id INTEGER NOT NULL PRIMARY "
    "KEY, host VARCHAR(255), `binary` VARCHAR(255), topic VARCHAR(255), "
    "report_count INTEGER NOT NULL, disabled BOOLEAN, availability_zone "
    "VARCHAR(255), disabled_reason VARCHAR(255), uuid VARCHAR(36) UNIQUE)";

static void
describe_column(struct sql *sql, enum backup_field field)
{
	const struct backup_column *column = &backup_columns[field];

	switch (column->type) {
	case COLUMN_TIME:
		buf_text(&sql->text, "DATETIME");
		break;
	case COLUMN_BOOL:
		buf_text(&sql->text, "BOOLEAN");
		break;
	case COLUMN_INTEGER:
		buf_text(&sql->text, "INTEGER");
		break;
	case COLUMN_STATUS:
		buf_text(&sql->text, "VARCHAR(255)");
		break;
	case COLUMN_TEXT:
		buf_printf(&sql->text, "VARCHAR(%u)", column->characters);
	}
	if (field == BACKUP_ID || field == BACKUP_VOLUME_ID)
		buf_text(&sql->text, " NOT NULL");
}

static void
make_backups(struct sql *sql)
{
	unsigned i;

	buf_text(&sql->text, "CREATE TABLE backups (");
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		buf_printf(&sql->text, "%s ", backup_columns[i].name);
		describe_column(sql, (enum backup_field)i);
		buf_text(&sql->text, ", ");
	}
	buf_text(&sql->text, "PRIMARY KEY (id), CHECK (deleted IN (0, 1)))");
}

static const char *const version_1[] = {
	"", /* backups */
	services,
	"CREATE INDEX backups_created_at_idx ON backups (created_at)",
	"CREATE INDEX backups_parent_id_idx ON backups (parent_id)",
	"CREATE INDEX backups_volume_id_idx ON backups (volume_id)",
	NULL,
};

/* ---- version 2: volumes, snapshots, metadata, quotas; pages among many backups ---- */

#define ROW_START                                                                                  \
	"created_at DATETIME, updated_at DATETIME, deleted_at DATETIME, deleted BOOLEAN, "         \
	"id INTEGER NOT NULL PRIMARY KEY, "
#define PAIRS_OF(owner) owner " VARCHAR(36) NOT NULL, `key` VARCHAR(255), `value` VARCHAR(255))"

static const char *const version_2[] = {
	"",
	"", /* volumes, snapshots */
	"CREATE INDEX volumes_project_id_idx ON volumes (project_id, deleted)",
	"CREATE INDEX snapshots_volume_id_idx ON snapshots (volume_id)",
	"CREATE INDEX snapshots_project_id_idx ON snapshots (project_id, deleted)",
	"CREATE TABLE backup_metadata (" ROW_START PAIRS_OF("backup_id"),
	"CREATE INDEX backup_metadata_backup_id_idx ON backup_metadata (backup_id)",
	"CREATE TABLE volume_metadata (" ROW_START PAIRS_OF("volume_id"),
	"CREATE INDEX volume_metadata_volume_id_idx ON volume_metadata (volume_id)",
	"CREATE TABLE snapshot_metadata (" ROW_START PAIRS_OF("snapshot_id"),
	"CREATE INDEX snapshot_metadata_snapshot_id_idx ON snapshot_metadata (snapshot_id)",
	"CREATE TABLE quotas (" ROW_START
	"project_id VARCHAR(255), resource VARCHAR(255) NOT NULL, "
	"hard_limit INTEGER, allocated INTEGER)",
	"CREATE INDEX quotas_project_id_idx ON quotas (project_id)",
	/* Each in the order of a list: or SQLite would rather walk through all of them in order. */
	"DROP INDEX backups_parent_id_idx",
	"DROP INDEX backups_volume_id_idx",
	"CREATE INDEX backups_parent_id_idx ON backups (parent_id, deleted, created_at)",
	"CREATE INDEX backups_volume_id_idx ON backups (volume_id, deleted, created_at)",
	"CREATE INDEX backups_status_idx ON backups (status, deleted, created_at)",
	"CREATE INDEX backups_deleted_idx ON backups (deleted, created_at)",
	"CREATE INDEX backups_project_id_idx ON backups (project_id, deleted, created_at, size)",
	"CREATE INDEX backups_project_name_idx ON backups (project_id, display_name, deleted, "
	"created_at)",
	"CREATE INDEX backups_display_name_idx ON backups (display_name, deleted, created_at)",
	NULL,
};

static void
make_volumes(struct sql *sql, const struct volume_table *table)
{
	unsigned i;

	buf_printf(&sql->text, "CREATE TABLE %s (", table->name);
	for (i = 0; i < table->n_columns; i++) {
		const struct volume_column *column = &table->columns[i];

		buf_printf(&sql->text, "%s ", column->name);
		if (column->type == VOLUME_TIME)
			buf_text(&sql->text, "DATETIME, ");
		else if (column->type == VOLUME_NUMBER)
			buf_text(&sql->text, "INTEGER, ");
		else
			buf_printf(
			    &sql->text, "VARCHAR(%d), ", column->room == UUID_TEXT ? 36 : 255);
	}
	buf_text(&sql->text, "deleted_at DATETIME, deleted BOOLEAN, PRIMARY KEY (id), "
			     "CHECK (deleted IN (0, 1)))");
}

/*
 * ---- version 3: pages in any usual order ----
 *
 * Of live backups alone, or SQLite would take the index of them all for good
 * enough where a project has few among many others.
 */

#define LIVE(name, columns)                                                                        \
	"CREATE INDEX backups_" name "_idx ON backups (" columns ") WHERE deleted = 0"

static const char *const version_3[] = {
	"DROP INDEX backups_parent_id_idx",
	"DROP INDEX backups_volume_id_idx",
	"DROP INDEX backups_deleted_idx",
	"DROP INDEX backups_project_id_idx",
	"DROP INDEX backups_project_name_idx",
	LIVE("parent_id", "parent_id, created_at"),
	LIVE("by_time", "created_at"),
	LIVE("by_name", "display_name, created_at"),
	LIVE("by_status", "status, created_at"),
	LIVE("by_size", "size, created_at"),
	/* With deleted in them, so that rows are counted without a look at each. */
	LIVE("volume_id", "volume_id, project_id, deleted, status, created_at"),
	LIVE("project_id", "project_id, deleted, created_at"),
	LIVE("project_name", "project_id, deleted, display_name, created_at"),
	LIVE("project_status", "project_id, deleted, status, created_at"),
	LIVE("project_size", "project_id, deleted, size, created_at"),
	NULL,
};

static const char *const *const versions[] = { version_1, version_2, version_3 };

_Static_assert(sizeof versions / sizeof versions[0] == SQL_SCHEMA_VERSION, "each is known");

int
sql_schema(struct sql *ret, unsigned version, unsigned number)
{
	const char *text = versions[version - 1][number];

	if (!text)
		return 0;
	if (*text)
		buf_text(&ret->text, text);
	else if (version == 1)
		make_backups(ret);
	else
		make_volumes(ret, &volume_tables[number]);
	return 1;
}
