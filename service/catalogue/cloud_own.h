/*
 * What cloud.c and cloud_meta.c share.  Nothing else includes this.
 */
#ifndef CINDERBANK_CATALOGUE_CLOUD_OWN_H
#define CINDERBANK_CATALOGUE_CLOUD_OWN_H

#include "catalogue/sql.h"
#include "catalogue/table.h"

/* NULL, and err filled: the catalogue is none of cinder's. */
struct table *cloud_table(struct catalogue *catalogue, struct err *err);

/* Run one statement as a transaction, and tell how many rows it changed. */
int cloud_write(struct table *table, const struct sql *sql, uint64_t *ret_rows, struct err *err);

#endif
