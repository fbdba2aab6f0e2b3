#include "front/grid.h"

#include <assert.h>
#include <string.h>

#include "front/text.h"

void
grid_init(struct grid *grid, const char *const *headings)
{
	*grid = (struct grid){ .cells = BUF(GRID_MAX) };
	while (headings[grid->columns])
		grid->columns++;
	assert(grid->columns <= GRID_COLUMNS_MAX);
	while (*headings)
		grid_add(grid, *headings++);
}

void
grid_drop(struct grid *grid)
{
	buf_drop(&grid->cells);
}

void
grid_add(struct grid *grid, const char *text)
{
	size_t begin = grid->cells.length, width;
	size_t column = grid->count++ % grid->columns;

	text_add(&grid->cells, text ? text : "");
	buf_byte(&grid->cells, '\0');
	if (grid->cells.failed)
		return;
	width = text_width(grid->cells.data + begin);
	if (width > grid->widths[column])
		grid->widths[column] = width;
}

static void
draw_rule(const struct grid *grid, struct buf *ret)
{
	unsigned column;
	size_t i;

	for (column = 0; column < grid->columns; column++) {
		buf_byte(ret, '+');
		for (i = 0; i < grid->widths[column] + 2; i++)
			buf_byte(ret, '-');
	}
	buf_text(ret, "+\n");
}

int
grid_draw(const struct grid *grid, struct buf *ret, struct err *err)
{
	const char *cell = buf_string(&grid->cells);
	unsigned column;
	size_t i;

	assert(grid->count % grid->columns == 0);
	if (buf_check(&grid->cells, err) < 0)
		return -1;
	draw_rule(grid, ret);
	for (i = 0; i < grid->count; i++) {
		column = i % grid->columns;
		buf_printf(
		    ret, "| %s%*s", cell, (int)(grid->widths[column] - text_width(cell)) + 1, "");
		if (column + 1 == grid->columns)
			buf_text(ret, "|\n");
		if (i + 1 == grid->columns)
			draw_rule(grid, ret);
		cell += strlen(cell) + 1;
	}
	draw_rule(grid, ret);
	return buf_check(ret, err);
}
