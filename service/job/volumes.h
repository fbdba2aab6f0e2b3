/*
 * What a service that stands alone knows of volumes, snapshots, metadata and
 * quotas, for fronts.  Making and removing are requests, and go to the desk.
 * Errors are the catalogue's.  Any thread.
 */
#ifndef CINDERBANK_JOB_VOLUMES_H
#define CINDERBANK_JOB_VOLUMES_H

#include <stdbool.h>

#include "model/quota.h"
#include "model/volume.h"

struct desk;
struct err;

/* Tell of each volume or snapshot that the filter takes, in no order; fn may call any of these. */
int volumes_each(struct desk *desk, const struct volume_filter *filter, volume_record_fn *fn,
    void *arg, struct err *err);

/* The one of that id.  1, 0 absent, -1. */
int volumes_find(struct desk *desk, enum volume_kind kind, const char *id,
    struct volume_record *ret, struct err *err);

/* Tell of images, which volumes_each() does not, whether they are in use.  -1: nobody can, now. */
int volumes_look(struct desk *desk, struct volume_record *volumes, size_t count, struct err *err);

/*
 * Let what is there, a file of that name in volumes_dir or an image, be a volume of new's
 * project, within its quotas; new gets its id, size and status.  ERR_CONFLICT: it is somebody's.
 */
int volumes_manage(struct desk *desk, const char *source, struct volume_record *new,
    const struct metadata *metadata, struct err *err);

/* Set a status, whatever it was.  1, 0 absent, -1. */
int volumes_reset(struct desk *desk, enum volume_kind kind, const char *id,
    enum volume_status status, struct err *err);

/* The type of that name or id, NULL: the default one; each of the three may be NULL.  1, 0: none.
 */
int volumes_type(struct desk *desk, const char *id_or_name, char ret_id[UUID_TEXT],
    char ret_name[COLUMN_TEXT_MAX], bool *ret_encrypted);

/* Name, description and metadata of one; NULL: that stays, "": there is none any more. */
int volumes_rename(struct desk *desk, enum volume_kind kind, const char *id, const char *name,
    const char *description, const struct metadata *metadata, struct err *err);

/* Metadata of a thing; other instead; these more, or other values for their keys, NULL: none. */
int volumes_metadata(struct desk *desk, enum metadata_owner owner, const char *id, metadata_fn *fn,
    void *arg, struct err *err);
int volumes_describe(struct desk *desk, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err);
int volumes_tag(struct desk *desk, enum metadata_owner owner, const char *id,
    const struct metadata *metadata, struct err *err);

/* Room for new volumes, in bytes, where they are files.  1; 0: nobody can tell; -1. */
int volumes_room(struct desk *desk, uint64_t *ret_total, uint64_t *ret_free, struct err *err);

/* What projects may have that have no limits of their own. */
struct quota volumes_default_quota(struct desk *desk);

/* The type at index, from 0, the default one, with room for its texts.  1, 0: there are no more. */
int volumes_quota_type(struct desk *desk, unsigned index, char ret_id[UUID_TEXT],
    char ret_name[COLUMN_TEXT_MAX], struct quota_type *ret);

/* What a project has, and may have, of volumes of that type; NULL: of everything. */
int volumes_quota(struct desk *desk, const char *project_id, const struct quota_type *type,
    struct quota *ret_used, struct quota *ret_limits, struct err *err);

/*
 * Limits of a project's own, of everything and of types, all or none of them: bit n of
 * which[i], enum quota_resource n of limits[i].  And none any more.
 */
int volumes_limit(struct desk *desk, const char *project_id, const struct quota *limits,
    const uint32_t *which, size_t count, struct err *err);
int volumes_unlimit(struct desk *desk, const char *project_id, struct err *err);

#endif
