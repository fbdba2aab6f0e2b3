/*
 * What cinder's database has besides backups, and a backup service of a cloud
 * needs: volumes, snapshots, what other services can do.  Only for a catalogue
 * that is cinder's own, on MySQL; of any other each call fails with ERR_INVALID.
 * Columns are found by looking, since releases differ.  Errors as catalogue.h
 * says; any thread.
 */
#ifndef CINDERBANK_CATALOGUE_CLOUD_H
#define CINDERBANK_CATALOGUE_CLOUD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct catalogue;
struct err;
struct json;

enum cloud_kind { CLOUD_VOLUME, CLOUD_SNAPSHOT };

/*
 * Append a live row as one JSON object: its columns by their names, times as
 * 2026-01-02T03:04:05Z, tinyint(1) as true and false.  A volume's has besides
 * volume_metadata, volume_admin_metadata, volume_glance_metadata (objects),
 * volume_attachment (rows) and volume_type (row, with extra_specs; or null).
 * 1, 0 absent or deleted, -1.
 */
int cloud_row(struct catalogue *catalogue, enum cloud_kind kind, const char *id, struct buf *ret,
    struct err *err);

/*
 * A change of status by compare-and-set.  1 moved; 0 was not in from; -1.
 *
 * to        NULL: what previous_status says (volumes only)
 * previous  of volumes: what previous_status becomes; NULL: as it was
 * launched  set launched_at, too
 */
struct cloud_move {
	enum cloud_kind kind;
	const char *id, *from, *to, *previous;
	bool launched;
};
int cloud_move(struct catalogue *catalogue, const struct cloud_move *move, struct err *err);

/* Set a key of a volume's metadata, which may be there already. */
int cloud_tag(struct catalogue *catalogue, const char *volume_id, const char *key,
    const char *value, struct err *err);

/* Of a volume; NULL: that stays as it is. */
struct cloud_description {
	const char *name, *description; /* without a name neither is set */
	const struct json *metadata;    /* instead of all that it has: an object of texts */
	const struct json *image;       /* what it was made of: with it, it can be booted */
	const char *key;                /* it is encrypted with that one from now on */
};
int cloud_describe(struct catalogue *catalogue, const char *volume_id,
    const struct cloud_description *description, struct err *err);

/* A message for who asked for something that failed: numbers as cinder's own. */
struct cloud_message {
	const char *about; /* the backup; where a volume's status is at fault, that */
	const char *project_id, *request_id; /* NULL: unknown */
	const char *action, *detail;         /* "013", "020" */
	int64_t life_s;
};

/* Add it, where the release shows such messages of backups (xena's tables and later). */
int cloud_tell(struct catalogue *catalogue, const struct cloud_message *message, struct err *err);

enum { CLOUD_VERSION_MAX = 16 };

/* The least that all live rows of a service can do, "" where there is none. */
struct cloud_version {
	char rpc[CLOUD_VERSION_MAX], object[CLOUD_VERSION_MAX];
};
int cloud_versions(
    struct catalogue *catalogue, const char *binary, struct cloud_version *ret, struct err *err);

#endif
