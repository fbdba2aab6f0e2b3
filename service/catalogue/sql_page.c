/* Pages of volumes and snapshots: their order, and what lies behind a row. */
#include "catalogue/sql_bind.h"
#include "model/volume.h"

struct keys {
	const struct volume_column *columns[VOLUME_ORDERS_MAX + 1];
	bool ascending[VOLUME_ORDERS_MAX + 1];
	unsigned count;
};

static void
list_keys(const struct volume_filter *filter, struct keys *ret)
{
	const struct volume_column *columns = volume_tables[filter->kind].columns;
	unsigned i, id = 0;

	for (i = 0; i < filter->n_orders; i++) {
		ret->columns[i] = &columns[filter->orders[i].column];
		ret->ascending[i] = filter->orders[i].ascending;
	}
	(void)volume_column_find(filter->kind, "id", &id);
	ret->columns[i] = &columns[id];
	ret->ascending[i] = i > 0 && ret->ascending[0];
	ret->count = i + 1;
}

static bool
is_null(const struct volume_record *row, const struct volume_column *column)
{
	const void *field = (const char *)row + column->offset;

	switch (column->type) {
	case VOLUME_TEXT:
		return *(const char *)field == '\0';
	case VOLUME_TIME:
		return *(const int64_t *)field == 0;
	case VOLUME_STATUS:
		return *(const enum volume_status *)field == VOLUME_NONE;
	default:
		return false;
	}
}

static void
compare(struct sql *sql, const struct volume_record *row, const struct volume_column *column,
    const char *with)
{
	buf_printf(&sql->text, "%s %s ?", column->name, with);
	sql_bind_volume(sql, row, column);
}

/* NULL is less than any value. */
static void
where_beyond(struct sql *sql, const struct volume_record *row, const struct volume_column *column,
    bool ascending)
{
	if (is_null(row, column) && ascending) {
		buf_printf(&sql->text, "%s IS NOT NULL", column->name);
	} else if (is_null(row, column)) {
		buf_text(&sql->text, "1 = 0");
	} else if (ascending) {
		compare(sql, row, column, ">");
	} else {
		buf_byte(&sql->text, '(');
		compare(sql, row, column, "<");
		buf_printf(&sql->text, " OR %s IS NULL)", column->name);
	}
}

/* Beyond in the first key, or equal in it and beyond in the second, and so on. */
static void
where_behind(struct sql *sql, const struct volume_record *row, const struct keys *keys)
{
	unsigned level, i;

	for (level = 0; level < keys->count; level++) {
		buf_text(&sql->text, level ? " OR (" : " AND ((");
		for (i = 0; i < level; i++) {
			if (is_null(row, keys->columns[i]))
				buf_printf(&sql->text, "%s IS NULL", keys->columns[i]->name);
			else
				compare(sql, row, keys->columns[i], "=");
			buf_text(&sql->text, " AND ");
		}
		where_beyond(sql, row, keys->columns[level], keys->ascending[level]);
		buf_byte(&sql->text, ')');
	}
	buf_byte(&sql->text, ')');
}

void
sql_volume_page(struct sql *sql, const struct volume_filter *filter, const struct volume_page *page)
{
	struct keys keys;
	unsigned i;

	list_keys(filter, &keys);
	if (page->after)
		where_behind(sql, page->after, &keys);
	for (i = 0; i < keys.count; i++)
		buf_printf(&sql->text, "%s%s%s", i ? ", " : " ORDER BY ", keys.columns[i]->name,
		    keys.ascending[i] ? "" : " DESC");
	buf_text(&sql->text, " LIMIT ?");
	sql_bind_integer(sql, page->limit);
}
