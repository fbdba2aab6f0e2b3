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
	int result;
};

static int
take_pair(void *arg, const struct sql_value *columns, struct err *err)
{
	struct pairs *pairs = arg;

	if (pairs->result == 0)
		pairs->result = pairs->fn(pairs->arg, columns[0].text ? columns[0].text : "",
		    columns[1].text ? columns[1].text : "", err);
	return pairs->result < 0 ? -1 : 0;
}

int
project_metadata(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    metadata_fn *fn, void *arg, struct err *err)
{
	struct table *table = table_of(catalogue);
	scoped(sql_drop) struct sql sql = SQL;
	struct pairs pairs = { fn, arg, 0 };

	sql_metadata_each(&sql, owner, id);
	return table_read(table, &sql, take_pair, &pairs, err) < 0 ? -1 : pairs.result;
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

static int
write_pair(struct table *table, const struct description *to, const struct metadata_pair *pair,
    struct err *err)
{
	scoped(sql_drop) struct sql drop = SQL;
	scoped(sql_drop) struct sql insert = SQL;

	sql_metadata_drop(&drop, to->owner, to->id, pair->key);
	if (table_run(table, &drop, NULL, NULL, NULL, err) < 0)
		return -1;
	if (!pair->value)
		return 0;
	sql_metadata_insert(&insert, to->owner, to->id, pair, clock_now());
	return table_run(table, &insert, NULL, NULL, NULL, err);
}

static int
tag(struct table *table, void *arg, bool done, struct err *err)
{
	const struct description *to = arg;
	unsigned i;

	(void)done;
	for (i = 0; i < to->metadata->count; i++) {
		if (write_pair(table, to, &to->metadata->pairs[i], err) < 0)
			return -1;
	}
	return 1;
}

int
project_tag(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err)
{
	struct description to = { owner, id, metadata };

	return table_transact(table_of(catalogue), tag, &to, err) < 0 ? -1 : 0;
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
	char name[QUOTA_NAME_MAX];
	unsigned i;

	(void)err;
	for (i = 0; i < QUOTA_COUNT; i++) {
		quota_name(i, limits->type, name);
		if (columns[0].text && columns[1].kind == SQL_INTEGER &&
		    strcmp(columns[0].text, name) == 0)
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

	sql_quota_used(&sum, project_id, limits ? limits->type : NULL);
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

/* What a new volume or snapshot, or (more) a larger volume, has to fit into. */
static int
check_limits(struct table *table, const struct volume_record *volume, uint64_t more,
    const struct quota *limits, struct err *err)
{
	int64_t size = (int64_t)volume->size;
	struct quota own = *limits, used;

	if (project_read_quota(table, volume->project_id, &used, &own, err) < 0)
		return -1;
	return more ? quota_check_growth(&own, &used, size, (int64_t)more, err)
		    : (volume->kind == VOLUME ? quota_check_volume : quota_check_snapshot)(
			  &own, &used, size, err);
}

int
project_check_room(struct table *table, const struct volume_record *volume, uint64_t more,
    const struct quota *limits, struct err *err)
{
	struct quota all, typed;
	unsigned i;

	if (!limits)
		return 0;
	all = typed = *limits;
	all.type = NULL;
	for (i = 0; i < QUOTA_COUNT; i++)
		typed.of[i] = -1;
	if (check_limits(table, volume, more, &all, err) < 0)
		return -1;
	return limits->type ? check_limits(table, volume, more, &typed, err) : 0;
}

struct limiting {
	const char *project_id;
	const struct quota *limits;
	const uint32_t *which;
	size_t count;
};

static int
set_limit(struct table *table, const char *project_id, const struct quota *limits,
    unsigned resource, struct err *err)
{
	scoped(sql_drop) struct sql clear = SQL;
	scoped(sql_drop) struct sql insert = SQL;
	char name[QUOTA_NAME_MAX];

	quota_name(resource, limits->type, name);
	sql_quota_clear(&clear, project_id, name);
	sql_quota_insert(&insert, project_id, name, limits->of[resource], clock_now());
	if (table_run(table, &clear, NULL, NULL, NULL, err) < 0)
		return -1;
	return table_run(table, &insert, NULL, NULL, NULL, err);
}

static int
limit(struct table *table, void *arg, bool done, struct err *err)
{
	const struct limiting *to = arg;
	unsigned i;
	size_t n;

	(void)done;
	for (n = 0; n < to->count; n++) {
		for (i = 0; i < QUOTA_COUNT; i++) {
			if (to->which[n] & 1u << i &&
			    set_limit(table, to->project_id, &to->limits[n], i, err) < 0)
				return -1;
		}
	}
	return 1;
}

int
project_limit(struct catalogue *catalogue, const char *project_id, const struct quota *limits,
    const uint32_t *which, size_t count, struct err *err)
{
	struct limiting to = { project_id, limits, which, count };

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
