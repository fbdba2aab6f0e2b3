/* What hangs on projects and their things: metadata and quotas, on any SQL database. */
#include "catalogue/table_project.h"

#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/sql_local.h"
#include "catalogue/table.h"

static struct table *
table_of(struct catalogue *catalogue)
{
	return (struct table *)catalogue;
}

/* ---- metadata ---- */

int
project_write_metadata(struct table *table, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err)
{
	scoped(sql_drop) struct sql clear = SQL;
	unsigned i;

	sql_metadata_clear(&clear, owner, id);
	if (table_run(table, &clear, NULL, NULL, NULL, err) < 0)
		return -1;
	for (i = 0; metadata && i < metadata->count; i++) {
		scoped(sql_drop) struct sql sql = SQL;

		sql_metadata_insert(&sql, owner, id, &metadata->pairs[i], clock_now());
		if (table_run(table, &sql, NULL, NULL, NULL, err) < 0)
			return -1;
	}
	return 0;
}

struct pairs {
	metadata_fn *fn;
	void *arg;
};

static int
take_pair(void *arg, const struct sql_value *columns, struct err *err)
{
	struct pairs *pairs = arg;

	return pairs->fn(pairs->arg, columns[0].text ? columns[0].text : "",
	    columns[1].text ? columns[1].text : "", err);
}

int
project_metadata(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    metadata_fn *fn, void *arg, struct err *err)
{
	struct table *table = table_of(catalogue);
	scoped(sql_drop) struct sql sql = SQL;
	struct pairs pairs = { fn, arg };

	sql_metadata_each(&sql, owner, id);
	return table_read(table, &sql, take_pair, &pairs, err);
}

struct description {
	enum metadata_owner owner;
	const char *id;
	const struct metadata *metadata;
};

static int
describe(struct table *table, void *arg, bool done, struct err *err)
{
	const struct description *to = arg;

	(void)done;
	return project_write_metadata(table, to->owner, to->id, to->metadata, err) < 0 ? -1 : 1;
}

int
project_describe(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err)
{
	struct description to = { owner, id, metadata };

	return table_transact(table_of(catalogue), describe, &to, err) < 0 ? -1 : 0;
}

/* ---- quotas ---- */

static int
take_used(void *arg, const struct sql_value *columns, struct err *err)
{
	struct quota *used = arg;
	unsigned i;

	(void)err;
	for (i = 0; i < QUOTA_COUNT; i++)
		used->of[i] = columns[i].number;
	return 0;
}

static int
take_limit(void *arg, const struct sql_value *columns, struct err *err)
{
	struct quota *limits = arg;
	unsigned i;

	(void)err;
	for (i = 0; i < QUOTA_COUNT; i++) {
		if (columns[0].text && columns[1].kind == SQL_INTEGER &&
		    strcmp(columns[0].text, quota_names[i]) == 0)
			limits->of[i] = columns[1].number;
	}
	return 0;
}

int
project_read_quota(struct table *table, const char *project_id, struct quota *used,
    struct quota *limits, struct err *err)
{
	scoped(sql_drop) struct sql sum = SQL;
	scoped(sql_drop) struct sql own = SQL;

	sql_quota_used(&sum, project_id);
	if (table_run(table, &sum, take_used, used, NULL, err) < 0)
		return -1;
	if (!limits)
		return 0;
	sql_quota_limits(&own, project_id);
	return table_run(table, &own, take_limit, limits, NULL, err);
}

int
project_quota(struct catalogue *catalogue, const char *project_id, struct quota *used,
    struct quota *limits, struct err *err)
{
	struct table *table = table_of(catalogue);
	scoped_lock(&table->mutex);

	return project_read_quota(table, project_id, used, limits, err);
}

struct limiting {
	const char *project_id;
	const struct quota *limits;
	uint32_t which;
};

static int
set_limit(struct table *table, const struct limiting *to, unsigned resource, struct err *err)
{
	scoped(sql_drop) struct sql clear = SQL;
	scoped(sql_drop) struct sql insert = SQL;

	sql_quota_clear(&clear, to->project_id, quota_names[resource]);
	sql_quota_insert(
	    &insert, to->project_id, quota_names[resource], to->limits->of[resource], clock_now());
	if (table_run(table, &clear, NULL, NULL, NULL, err) < 0)
		return -1;
	return table_run(table, &insert, NULL, NULL, NULL, err);
}

static int
limit(struct table *table, void *arg, bool done, struct err *err)
{
	const struct limiting *to = arg;
	unsigned i;

	(void)done;
	for (i = 0; i < QUOTA_COUNT; i++) {
		if (to->which & 1u << i && set_limit(table, to, i, err) < 0)
			return -1;
	}
	return 1;
}

int
project_limit(struct catalogue *catalogue, const char *project_id, const struct quota *limits,
    uint32_t which, struct err *err)
{
	struct limiting to = { project_id, limits, which };

	return table_transact(table_of(catalogue), limit, &to, err) < 0 ? -1 : 0;
}

int
project_unlimit(struct catalogue *catalogue, const char *project_id, struct err *err)
{
	struct table *table = table_of(catalogue);
	scoped(sql_drop) struct sql sql = SQL;

	sql_quota_clear(&sql, project_id, NULL);
	scoped_lock(&table->mutex);
	return table_run(table, &sql, NULL, NULL, NULL, err);
}
