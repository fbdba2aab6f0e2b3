/* What is read needs no transaction. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/table.h"

enum { PAGE_ROWS = 32 };

struct found {
	struct backup *backup;
	bool any;
};

static int
take_backup(void *arg, const struct sql_value *columns, struct err *err)
{
	struct found *found = arg;

	found->any = true;
	return sql_read(columns, found->backup, err);
}

int
table_find(struct catalogue *catalogue, const char *id, struct backup *ret, struct err *err)
{
	struct table *table = (struct table *)catalogue;
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);
	struct found found = { .backup = ret };

	sql_find(&sql, id);
	if (table_read(table, &sql, take_backup, &found, err) < 0)
		return -1;
	return found.any;
}

static int
take_count(void *arg, const struct sql_value *columns, struct err *err)
{
	(void)err;
	*(uint64_t *)arg = (uint64_t)columns[0].number;
	return 0;
}

int
table_count(
    struct catalogue *catalogue, const struct backup_filter *filter, uint64_t *ret, struct err *err)
{
	struct table *table = (struct table *)catalogue;
	scoped(sql_drop) struct sql sql = SQL;

	sql_total(&sql, filter);
	return table_read(table, &sql, take_count, ret, err);
}

struct page {
	struct backup rows[PAGE_ROWS];
	unsigned count;
	struct sql_cursor last;
	char tie[COLUMN_TEXT_MAX]; /* keeps the text of last.tie */
};

static int
take_row(void *arg, const struct sql_value *columns, struct err *err)
{
	struct page *page = arg;

	if (sql_read(columns, &page->rows[page->count], err) < 0)
		return -1;
	page->last.created_at = page->rows[page->count].created_at;
	page->last.tie = columns[BACKUP_FIELD_COUNT];
	page->tie[0] = '\0';
	if (page->last.tie.kind == SQL_TEXT)
		strncat(page->tie, page->last.tie.text, sizeof page->tie - 1);
	page->last.tie.text = page->tie;
	page->count++;
	return 0;
}

static int
load_page(struct table *table, const struct backup_filter *filter, uint64_t told, struct page *page,
    struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);

	if (filter->n_orders)
		sql_sorted(&sql, filter, table->link->tie, told, PAGE_ROWS);
	else
		sql_page(&sql, filter, table->link->tie, told ? &page->last : NULL, PAGE_ROWS);
	page->count = 0;
	return table_read(table, &sql, take_row, page, err);
}

/* fn runs between pages, with nothing held: it may write, and take its time. */
int
table_each(struct catalogue *catalogue, const struct backup_filter *filter, backup_fn *fn,
    void *arg, struct err *err)
{
	scoped(scoped_free) struct page *page = calloc(1, sizeof *page);
	uint64_t told = 0;
	unsigned i;
	int result;

	if (!page)
		return err_memory(err);
	do {
		if (load_page((struct table *)catalogue, filter, told, page, err) < 0)
			return -1;
		told += page->count;
		for (i = 0; i < page->count; i++) {
			result = fn(arg, &page->rows[i], err);
			if (result)
				return result;
		}
	} while (page->count == PAGE_ROWS);
	return 0;
}
