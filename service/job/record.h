/*
 * The record of a backup as it leaves one catalogue and enters another:
 * backup_service, which is the class path of the driver, and backup_url, which
 * is base64 of a JSON document with every column.  Only text here; nothing is
 * looked up, stored or believed.
 *
 * Source of the format: cinder/objects/backup.py (encode_record,
 * decode_record) and cinder/backup/manager.py (import_record).
 * Threads: pure functions.
 */
#ifndef CINDERBANK_JOB_RECORD_H
#define CINDERBANK_JOB_RECORD_H

#include "base/buf.h"
#include "model/backup.h"

struct err;
struct metadata;

enum { RECORD_MAX = 1024 * 1024 }; /* bytes of the JSON document, and of a backup_url */

/*
 * Append the backup_url of a backup.  metadata: a JSON object, or empty where it has
 * none.  ret needs a ceiling of RECORD_MAX.
 */
int
record_print(const struct backup *backup, struct span metadata, struct buf *ret, struct err *err);

/*
 * Read a backup_url.  ERR_INVALID says what is wrong, in the words of cinder
 * where cinder checks it too: not base64, not JSON, no id, no size, a missing
 * key.  Unknown keys are passed over, and so is a bad value of a key that
 * record_adopt() overwrites.
 */
int record_parse(struct span url, struct backup *ret, struct err *err);

/*
 * Read no more of it than a row needs before a service has looked at the rest: id,
 * size, name and description.  ERR_INVALID as above; the id need be no UUID, but
 * letters, digits and hyphens only.
 */
int record_begin(struct span url, struct backup *ret, struct err *err);

/*
 * Hand the metadata of a backup_url that record_parse() took to use, and return what
 * that returns.  ERR_INVALID: what is no text of at most 255 characters is among it.
 */
int record_metadata(struct span url,
    int (*use)(void *arg, const struct metadata *metadata, struct err *err), void *arg,
    struct err *err);

/* Whose a backup becomes.  NULL: the column is NULL. */
struct adoption {
	const char *service, *host, *availability_zone;
	const char *user_id, *project_id;
};

/*
 * Turn a record that was read into a row to add, status creating: what it says
 * of its old owner, its deletion, its status and its temporary volumes is
 * forgotten.  ERR_INVALID: a text of by is too long for its column.
 */
int record_adopt(struct backup *backup, const struct adoption *by, struct err *err);

#endif
