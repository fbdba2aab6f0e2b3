/*
 * A volume as the service that stands alone knows it: a file or device below
 * volumes_dir, or one that a restore is about to put there.  A plain value.
 */
#ifndef CINDERBANK_MODEL_VOLUME_H
#define CINDERBANK_MODEL_VOLUME_H

#include <limits.h>
#include <stdint.h>

#include "model/backup.h"

struct volume_record {
	char id[UUID_TEXT];
	char name[NAME_MAX + 1]; /* of its file; "": it has none yet */
	char path[PATH_MAX];     /* "": it is not there yet */
	uint64_t size;           /* GiB, rounded up */
	int64_t written_at;      /* seconds since 1970; of the last write */
	const char *status;      /* "available", "backing-up", "restoring-backup"; static text */
};

/* Not 0: stop, and hand that on. */
typedef int(volume_record_fn)(void *arg, const struct volume_record *volume, struct err *err);

#endif
