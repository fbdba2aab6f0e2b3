/* Statements and transactions of a table, and what is done when they fail for a moment. */
#include <pthread.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/scope.h"
#include "catalogue/sql.h"
#include "catalogue/table.h"

void
table_init(struct table *table, const struct sql_link *link)
{
	table->link = link;
	table->patience = (struct sql_patience){ 0 };
	table->lacks = 0;
	table->enlisted = false;
	pthread_mutex_init(&table->mutex, NULL);
}

void
table_drop(struct table *table)
{
	pthread_mutex_destroy(&table->mutex);
}

int
table_run(struct table *table, const struct sql *sql, sql_row_fn *fn, void *arg,
    uint64_t *ret_changed, struct err *err)
{
	if (buf_check(&sql->text, err) < 0)
		return -1;
	return table->link->run(&table->catalogue, sql, fn, arg, ret_changed, err);
}

/* ---- once more ---- */

enum { DEADLOCK_MS = 10 };

/* Is it worth another try?  Then the time to wait has passed. */
static bool
again(const struct table *table, int64_t *tried, const struct err *err)
{
	const struct sql_patience *patience = &table->patience;
	uint64_t wait_ms = DEADLOCK_MS;

	if (err->kind != ERR_RETRY || (patience->tries >= 0 && *tried >= patience->tries))
		return false;
	/* Two who wait for each other are parted by the first. */
	if ((*tried)++) {
		unsigned doubled = *tried - 2 < 30 ? (unsigned)(*tried - 2) : 30;

		wait_ms = patience->wait_ms << doubled;
		if (wait_ms > patience->wait_max_ms)
			wait_ms = patience->wait_max_ms;
	}
	if (*tried == 2)
		log_warning("catalogue", "%s; trying again", err->text);
	clock_sleep_ms(wait_ms);
	return true;
}

static void
tell_end(int64_t tried)
{
	if (tried >= 2)
		log_info("catalogue", "works again, at try %lld", (long long)tried + 1);
}

static int
read_once(struct table *table, const struct sql *sql, sql_row_fn *fn, void *arg, struct err *err)
{
	scoped_lock(&table->mutex);
	return table_run(table, sql, fn, arg, NULL, err);
}

int
table_read(struct table *table, const struct sql *sql, sql_row_fn *fn, void *arg, struct err *err)
{
	int64_t tried = 0;
	int result;

	while ((result = read_once(table, sql, fn, arg, err)) < 0 && again(table, &tried, err))
		;
	if (result == 0)
		tell_end(tried);
	return result;
}

/* ---- transactions ---- */

static int
try_act(struct table *table, table_act_fn *act, void *arg, bool *done, struct err *err)
{
	int result;

	scoped_lock(&table->mutex);
	if (table->link->begin(&table->catalogue, err) < 0)
		return -1;
	result = act(table, arg, *done, err);
	if (result > 0 && table->link->commit(&table->catalogue, err) < 0) {
		*done = true;
		result = -1;
	}
	if (result <= 0)
		table->link->rollback(&table->catalogue);
	return result;
}

int
table_transact(struct table *table, table_act_fn *act, void *arg, struct err *err)
{
	bool done = false;
	int64_t tried = 0;
	int result;

	while ((result = try_act(table, act, arg, &done, err)) < 0 && again(table, &tried, err))
		;
	if (result >= 0)
		tell_end(tried);
	return result;
}
