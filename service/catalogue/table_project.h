/*
 * Metadata and quotas: parts of a transaction that table_local.c needs too, and
 * functions for its row.
 */
#ifndef CINDERBANK_CATALOGUE_TABLE_PROJECT_H
#define CINDERBANK_CATALOGUE_TABLE_PROJECT_H

#include "catalogue/local.h"

struct err;
struct table;

/* Instead of all that there were.  NULL: none.  The link's mutex is held. */
int project_write_metadata(struct table *table, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err);

/* See catalogue_local.quota; limits may be NULL.  The link's mutex is held. */
int project_read_quota(struct table *table, const char *project_id, struct quota *used,
    struct quota *limits, struct err *err);

/*
 * Is there room for a new volume or snapshot, or (more is not 0) for a volume that is to
 * have so many gigabytes more?  In its project, and among those of its type there.
 * limits: NULL: nobody counts.  The link's mutex is held.
 */
int project_check_room(struct table *table, const struct volume_record *volume, uint64_t more,
    const struct quota *limits, struct err *err);

/* For the row; local.h says what each does. */
int project_metadata(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    metadata_fn *fn, void *arg, struct err *err);
int project_describe(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err);
int project_tag(struct catalogue *catalogue, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err);
int project_quota(struct catalogue *catalogue, const char *project_id, struct quota *used,
    struct quota *limits, struct err *err);
int project_limit(struct catalogue *catalogue, const char *project_id, const struct quota *limits,
    const uint32_t *which, size_t count, struct err *err);
int project_unlimit(struct catalogue *catalogue, const char *project_id, struct err *err);

#endif
