/*
 * What the catalogue of a service that stands alone keeps besides backups:
 * volumes, snapshots, metadata, and what projects may have.  The tables are
 * cinder's, so a cinder database has them too; there they are the business of
 * cinder-api, and nothing calls this.  All calls may come from any thread; each is
 * one transaction.  Errors as catalogue.h says.
 */
#ifndef CINDERBANK_CATALOGUE_LOCAL_H
#define CINDERBANK_CATALOGUE_LOCAL_H

#include "model/quota.h"
#include "model/volume.h"

struct catalogue;

/* What happens together with a backup's row, or none of it does.  NULL: not that. */
struct admission {
	/*
	 * That the project has where none of its own are set.  Of a new volume its type is
	 * said, whose own limits hold, too.
	 */
	const struct quota *limits;
	const struct metadata *metadata;
	const struct volume_move *move;
	const struct volume_record *volume; /* a new row */
};

/* What changes of a volume; NULL: that stays, "": there is none any more. */
struct volume_change {
	enum volume_kind kind;
	const char *id, *name, *description, *key_id, *type_id;
	const struct metadata *metadata; /* instead of all that there were */
					 /* Key and type are of volumes only. */
};

struct catalogue_local {
	/*
	 * catalogue_add() with what the admission says: limits and metadata are the
	 * backup's, and there is no new volume.  ERR_NO_SPACE: over a limit; ERR_CONFLICT:
	 * the volume cannot move.
	 */
	int (*admit)(
	    struct catalogue *, const struct backup *, const struct admission *, struct err *);
	/*
	 * catalogue_move() likewise; limits and metadata are the new volume's.  1; 0: the
	 * backup was not in from; -1, and nothing moved.
	 */
	int (*move_both)(struct catalogue *, const char *id, enum backup_status from,
	    enum backup_status to, const struct admission *, struct err *);

	/*
	 * A new row; ERR_CONFLICT: there is one of that id, which is somebody's or is to
	 * be nobody's again.  limits, or NULL: its
	 * project's, as above.  A snapshot's volume must be there: ERR_NOT_FOUND.
	 */
	int (*add)(struct catalogue *, const struct volume_record *, const struct quota *limits,
	    const struct metadata *, struct err *);
	/* 1, 0 absent, -1 */
	int (*find)(struct catalogue *, enum volume_kind, const char *id, struct volume_record *ret,
	    struct err *);
	/*
	 * Rows of those, without after; page NULL: all, in no order.  fn must not call the
	 * catalogue.
	 */
	int (*each)(struct catalogue *, const struct volume_filter *, const struct volume_page *,
	    volume_record_fn *, void *arg, struct err *);
	/* 1; 0: it was not in from; -1.  Towards deleting: ERR_CONFLICT while it has snapshots. */
	int (*move)(struct catalogue *, const struct volume_move *, struct err *);
	int (*remove)(struct catalogue *, enum volume_kind, const char *id, struct err *);
	/*
	 * The volume is extending from now on, to that size, if it is in one of from.  1, 0,
	 * -1; ERR_NO_SPACE: over a limit.
	 */
	int (*grow)(struct catalogue *, const char *id, uint64_t size, uint32_t from,
	    const struct quota *limits, struct err *);
	/* All of it, or nothing. */
	int (*change)(struct catalogue *, const struct volume_change *, struct err *);

	/* Not 0 from fn: stop, and hand that on. */
	int (*metadata)(struct catalogue *, enum metadata_owner, const char *id, metadata_fn *,
	    void *arg, struct err *);
	/* Instead of all that there were. */
	int (*describe)(struct catalogue *, enum metadata_owner, const char *id,
	    const struct metadata *, struct err *);

	/* These pairs more, or other values for their keys; NULL: none any more.  In one act. */
	int (*tag)(struct catalogue *, enum metadata_owner, const char *id, const struct metadata *,
	    struct err *);

	/*
	 * What the project has, of the type that limits name or of all.  limits, if not
	 * NULL, get those that it has of its own.
	 */
	int (*quota)(struct catalogue *, const char *project_id, struct quota *ret_used,
	    struct quota *limits, struct err *);
	/* Own limits, of all and of types: bit n of which[i], enum quota_resource n of limits[i].
	 */
	int (*limit)(struct catalogue *, const char *project_id, const struct quota *limits,
	    const uint32_t *which, size_t count, struct err *);
	/* None of its own any more. */
	int (*unlimit)(struct catalogue *, const char *project_id, struct err *);
};

/* For the rows of drivers that are made of table.h. */
extern const struct catalogue_local table_local;

#endif
