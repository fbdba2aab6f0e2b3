/*
 * The statements of a service that stands alone: volumes and snapshots, made
 * from volume_tables[], what projects may have and have, and metadata.  Like
 * sql.h, text and values only.  Threads: pure functions.
 */
#ifndef CINDERBANK_CATALOGUE_SQL_LOCAL_H
#define CINDERBANK_CATALOGUE_SQL_LOCAL_H

#include "catalogue/local.h"
#include "catalogue/sql.h"
#include "model/volume.h"

void sql_volume_insert(struct sql *ret, const struct volume_record *volume);

/* All columns of volume_tables[kind] of a live row. */
void sql_volume_find(struct sql *ret, enum volume_kind kind, const char *id);
void sql_volume_each(
    struct sql *ret, const struct volume_filter *filter, const struct volume_page *page);

/* The move, if it is made; and the end of a row. */
void sql_volume_move(struct sql *ret, const struct volume_move *move, int64_t now);
void sql_volume_remove(struct sql *ret, enum volume_kind kind, const char *id, int64_t now);

/* What was removed, or is nobody's, makes room for another row of that id. */
void sql_volume_clear(struct sql *ret, enum volume_kind kind, const char *id);

/* A size that is larger, and status extending, of what is in one of from. */
void sql_volume_grow(struct sql *ret, const char *id, uint64_t size, uint32_t from, int64_t now);
void sql_volume_change(struct sql *ret, const struct volume_change *change, int64_t now);

/* The id of one live snapshot of a volume. */
void sql_volume_snapshot(struct sql *ret, const char *volume_id);

/* From all columns.  ERR_CORRUPT names column and value. */
int sql_volume_read(enum volume_kind kind, const struct sql_value *columns,
    struct volume_record *ret, struct err *err);

/* Metadata of one owner: key and value of each; all go; one comes. */
void sql_metadata_each(struct sql *ret, enum metadata_owner owner, const char *id);
void sql_metadata_clear(struct sql *ret, enum metadata_owner owner, const char *id);
void sql_metadata_drop(struct sql *ret, enum metadata_owner owner, const char *id, const char *key);
void sql_metadata_insert(struct sql *ret, enum metadata_owner owner, const char *id,
    const struct metadata_pair *pair, int64_t now);

/*
 * One number for each of enum quota_resource: what the live rows of a project come to, of one type
 * or (NULL) of all.
 */
void sql_quota_used(struct sql *ret, const char *project_id, const struct quota_type *type);

/* resource and hard_limit of a project's own limits; all go; one comes. */
void sql_quota_limits(struct sql *ret, const char *project_id);
void sql_quota_clear(struct sql *ret, const char *project_id, const char *resource);
void sql_quota_insert(
    struct sql *ret, const char *project_id, const char *resource, int64_t limit, int64_t now);

#endif
