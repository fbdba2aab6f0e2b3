#include "options/tables.h"

#include <string.h>

#include "options/nearest.h"

const struct choice compression_choices[] = {
	{ "none", COMPRESSION_NONE },
	{ "off", COMPRESSION_NONE },
	{ "no", COMPRESSION_NONE },
	{ "zlib", COMPRESSION_ZLIB },
	{ "gzip", COMPRESSION_ZLIB },
	{ "bz2", COMPRESSION_BZ2 },
	{ "bzip2", COMPRESSION_BZ2 },
	{ "zstd", COMPRESSION_ZSTD },
	{ NULL, 0 },
};

const struct opt_table *const opt_tables[] = {
	&core_table,
	&general_table,
	&log_table,
	&swift_table,
	&service_user_table,
	&ceph_table,
	&nfs_table,
	&posix_table,
	&sql_table,
	&bus_table,
	&wire_table,
	&cinderbank_table,
	&foreign_table,
	&other_table,
	NULL,
};

/* The row behind, over the ends of tables: walks all rows, from and to NULL. */
static const struct opt *
next_row(const struct opt_table *const **table, const struct opt *row)
{
	row = row ? row + 1 : (**table)->rows;
	while (!row->name) {
		if (!*++*table)
			return NULL;
		row = (**table)->rows;
	}
	return row;
}

const struct opt *
opt_find(const char *section, const char *name)
{
	const struct opt_table *const *table = opt_tables;
	const struct opt *row = NULL;

	while ((row = next_row(&table, row)))
		if (opt_same_section(section, opt_section(row)) &&
		    (strcmp(name, row->name) == 0 || (row->was && strcmp(name, row->was) == 0)))
			return row;
	return NULL;
}

const struct opt *
opt_find_hiera(const char *key)
{
	const struct opt_table *const *table = opt_tables;
	const struct opt *row = NULL;

	while ((row = next_row(&table, row)))
		if (row->hiera && strcmp(key, row->hiera) == 0)
			return row;
	return NULL;
}

const struct opt *
opt_nearest(const char *section, const char *name)
{
	const struct opt_table *const *table = opt_tables;
	struct nearest nearest = { .word = name };
	const struct opt *row = NULL;

	while ((row = next_row(&table, row)))
		if (opt_same_section(section, opt_section(row)))
			nearest_offer(&nearest, row->name);
	return nearest.name ? opt_find(section, nearest.name) : NULL;
}

const char *
opt_nearest_section(const char *section)
{
	const struct opt_table *const *table = opt_tables;
	struct nearest nearest = { .word = section };
	const struct opt *row = NULL;

	while ((row = next_row(&table, row)))
		nearest_offer(&nearest, opt_section(row));
	return nearest.name;
}

const char *
opt_section_of(const char *name)
{
	const struct opt_table *const *table = opt_tables;
	const struct opt *row = NULL;

	while ((row = next_row(&table, row)))
		if (strcmp(name, row->name) == 0)
			return opt_section(row);
	return NULL;
}
