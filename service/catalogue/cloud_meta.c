/* What volumes of a cloud are called, and their metadata. */
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/cloud.h"
#include "catalogue/cloud_own.h"
#include "catalogue/sql_bind.h"

int
cloud_tag(struct catalogue *catalogue, const char *volume_id, const char *key, const char *value,
    struct err *err)
{
	scoped(sql_drop) struct sql update = SQL;
	scoped(sql_drop) struct sql insert = SQL;
	struct table *table = cloud_table(catalogue, err);
	uint64_t changed;

	if (!table)
		return -1;
	buf_text(&update.text, "UPDATE volume_metadata SET updated_at = ?, value = ? "
			       "WHERE volume_id = ? AND `key` = ? AND deleted = 0");
	sql_bind_time(&update, clock_now());
	sql_bind_text(&update, value);
	sql_bind_text(&update, volume_id);
	sql_bind_text(&update, key);
	if (cloud_write(table, &update, &changed, err) < 0)
		return err_wrap(err, "metadata of volume %s", volume_id);
	if (changed)
		return 0;
	buf_text(&insert.text, "INSERT INTO volume_metadata (created_at, deleted, volume_id, "
			       "`key`, value) VALUES (?, 0, ?, ?, ?)");
	sql_bind_time(&insert, clock_now());
	sql_bind_text(&insert, volume_id);
	sql_bind_text(&insert, key);
	sql_bind_text(&insert, value);
	if (cloud_write(table, &insert, &changed, err) < 0)
		return err_wrap(err, "metadata of volume %s", volume_id);
	return 0;
}

/* ---- descriptions ---- */

struct describing {
	struct table *table;
	const char *volume_id;
	const struct cloud_description *description;
	const char *pairs; /* the table that pairs go to */
};

static int
set_name(const struct describing *describing, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	buf_text(&sql.text, "UPDATE volumes SET updated_at = ?, display_name = ?, "
			    "display_description = ? WHERE id = ? AND deleted = 0");
	sql_bind_time(&sql, clock_now());
	sql_bind_text(&sql, describing->description->name);
	sql_bind_text(&sql, describing->description->description);
	sql_bind_text(&sql, describing->volume_id);
	return table_run(describing->table, &sql, NULL, NULL, NULL, err);
}

static int
set_bootable(const struct describing *describing, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	buf_text(&sql.text, "UPDATE volumes SET bootable = 1 WHERE id = ? AND deleted = 0");
	sql_bind_text(&sql, describing->volume_id);
	return table_run(describing->table, &sql, NULL, NULL, NULL, err);
}

static int
set_key(const struct describing *describing, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	buf_text(
	    &sql.text, "UPDATE volumes SET encryption_key_id = ? WHERE id = ? AND deleted = 0");
	sql_bind_text(&sql, describing->description->key);
	sql_bind_text(&sql, describing->volume_id);
	return table_run(describing->table, &sql, NULL, NULL, NULL, err);
}

static int
add_pair(void *arg, const char *key, const struct json *value, struct err *err)
{
	const struct describing *describing = arg;
	scoped(sql_drop) struct sql sql = SQL;

	buf_printf(&sql.text,
	    "INSERT INTO %s (created_at, deleted, volume_id, `key`, value) VALUES (?, 0, ?, ?, ?)",
	    describing->pairs);
	sql_bind_time(&sql, clock_now());
	sql_bind_text(&sql, describing->volume_id);
	sql_bind_text(&sql, key);
	sql_bind_text(&sql, json_text(value));
	return table_run(describing->table, &sql, NULL, NULL, NULL, err);
}

/* These, and no others any more. */
static int
set_pairs(
    struct describing *describing, const char *pairs, const struct json *values, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL;

	describing->pairs = pairs;
	buf_printf(&sql.text,
	    "UPDATE %s SET deleted = 1, deleted_at = ? WHERE volume_id = ? AND deleted = 0", pairs);
	sql_bind_time(&sql, clock_now());
	sql_bind_text(&sql, describing->volume_id);
	if (table_run(describing->table, &sql, NULL, NULL, NULL, err) < 0)
		return -1;
	return json_each(values, add_pair, describing, err);
}

static int
describe(struct table *table, void *arg, bool done, struct err *err)
{
	struct describing *describing = arg;
	const struct cloud_description *wanted = describing->description;

	(void)done; /* doing it twice changes nothing */
	describing->table = table;
	if (wanted->name && set_name(describing, err) < 0)
		return -1;
	if (wanted->key && set_key(describing, err) < 0)
		return -1;
	if (wanted->metadata && set_pairs(describing, "volume_metadata", wanted->metadata, err) < 0)
		return -1;
	if (wanted->image &&
	    (set_pairs(describing, "volume_glance_metadata", wanted->image, err) < 0 ||
		set_bootable(describing, err) < 0))
		return -1;
	return 1;
}

int
cloud_describe(struct catalogue *catalogue, const char *volume_id,
    const struct cloud_description *description, struct err *err)
{
	struct describing describing = { .volume_id = volume_id, .description = description };
	struct table *table = cloud_table(catalogue, err);

	if (!table)
		return -1;
	if (table_transact(table, describe, &describing, err) < 0)
		return err_wrap(err, "description of volume %s", volume_id);
	return 0;
}
