/* What is read needs no transaction. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "catalogue/sql.h"
#include "catalogue/table.h"

enum { PAGE_ROWS = 128, PAGE_ROWS_FIRST = 32 };

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

	sql_find(&sql, id, table->link->tie);
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
	unsigned count, room;
	struct backup last; /* of the page before, and cursor's row */
	struct sql_cursor cursor;
	struct sql_value tie;
	char tie_text[COLUMN_TEXT_MAX], last_tie_text[COLUMN_TEXT_MAX];
};

static int
take_row(void *arg, const struct sql_value *columns, struct err *err)
{
	struct page *page = arg;

	if (sql_read(columns, &page->rows[page->count], err) < 0)
		return -1;
	page->tie = columns[BACKUP_FIELD_COUNT];
	page->tie_text[0] = '\0';
	if (page->tie.kind == SQL_TEXT)
		strncat(page->tie_text, page->tie.text, sizeof page->tie_text - 1);
	page->count++;
	return 0;
}

/* The next page goes on behind the last row of this one. */
static void
move_cursor(struct page *page)
{
	page->last = page->rows[page->count - 1];
	memcpy(page->last_tie_text, page->tie_text, sizeof page->tie_text);
	page->cursor = (struct sql_cursor){ .row = &page->last, .tie = page->tie };
	page->cursor.tie.text = page->last_tie_text;
}

/* 1; 0: there is no such backup. */
static int
start_behind(struct table *table, const char *id, struct page *page, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);

	sql_find(&sql, id, table->link->tie);
	if (table_read(table, &sql, take_row, page, err) < 0)
		return -1;
	if (page->count)
		move_cursor(page);
	return page->count > 0;
}

/* 1: and there may be more; 0: these are the last. */
static int
load_page(
    struct table *table, const struct backup_filter *filter, struct page *page, struct err *err)
{
	scoped(sql_drop) struct sql sql = SQL_FOR(table->lacks);
	const char *tie = table->link->tie;

	page->count = 0;
	if (!page->cursor.row)
		sql_page(&sql, filter, tie, page->room);
	else if (!sql_behind(&sql, filter, tie, &page->cursor, page->room))
		return 0;
	if (table_read(table, &sql, take_row, page, err) < 0)
		return -1;
	if (page->count < page->room)
		return page->cursor.row != NULL;
	move_cursor(page);
	return 1;
}

/* fn runs between pages, with nothing held: it may write, and take its time. */
int
table_each(struct catalogue *catalogue, const struct backup_filter *filter, backup_fn *fn,
    void *arg, struct err *err)
{
	scoped(scoped_free) struct page *page = calloc(1, sizeof *page);
	struct table *table = (struct table *)catalogue;
	int more = 1, result;
	unsigned i;

	if (!page)
		return err_memory(err);
	if (filter->after)
		more = start_behind(table, filter->after, page, err);
	for (page->room = PAGE_ROWS_FIRST; more > 0;) {
		more = load_page(table, filter, page, err);
		if (more < 0)
			break;
		for (i = 0; i < page->count; i++) {
			result = fn(arg, &page->rows[i], err);
			if (result)
				return result;
		}
		if (page->count == page->room && page->room < PAGE_ROWS)
			page->room *= 2;
	}
	return more;
}
