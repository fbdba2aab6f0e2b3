/*
 * Volumes of a cloud that are encrypted.  What is backed up is ciphertext, and of no use
 * without its key.  Upstream's service copies the key with the key manager, so that each
 * backup and each volume that is restored has one of its own; here keys are not copied.
 * So what would be left without its key is refused, before anything is done.
 */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "job/job.h"

/* The one key of key managers that have one for all. */
static const char fixed_key[] = "00000000-0000-0000-0000-000000000000";

int
cinder_check_source_key(
    struct cinder *cinder, struct job *job, const struct json *volume, struct err *err)
{
	const char *key = cinder_text(volume, "encryption_key_id");

	/* Whoever began with the backup may have copied it. */
	if (!key[0] || backup_has(&job->backup, BACKUP_ENCRYPTION_KEY_ID))
		return 0;
	if (strcmp(key, fixed_key) != 0)
		return err_set(err, ERR_INVALID,
		    "volume %s is encrypted, and its key %s cannot be copied by this service: "
		    "upstream's cinder-backup can",
		    job->backup.volume_id, key);
	if (backup_set_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID, key, err) < 0)
		return -1;
	return catalogue_save(
	    cinder->setup.catalogue, &job->backup, 1u << BACKUP_ENCRYPTION_KEY_ID, err);
}

/* Those of a backup's volume, from what was stored with it and from its row. */
struct origin {
	const char *key, *type;
};

int
cinder_check_target_key(
    const struct job *job, const struct json *volume, struct span meta, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *key = cinder_text(volume, "encryption_key_id");
	const char *type = cinder_text(volume, "volume_type_id");
	const char *copy = backup_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID);
	struct origin origin = { .key = "", .type = "" };

	if (meta.length) {
		const struct json *base;

		if (json_parse(&root, meta, err) < 0)
			return err_wrap(err, "metadata of the volume");
		base = json_member(root, "volume-base-metadata");
		origin = (struct origin){ cinder_text(base, "encryption_key_id"),
			cinder_text(base, "volume_type_id") };
	}
	if (!origin.key[0])
		origin = (struct origin){ copy ? copy : "", type };
	if (strcmp(key, origin.key) == 0 && (!key[0] || strcmp(type, origin.type) == 0))
		return 0;
	if (!origin.key[0])
		return err_set(err, ERR_INVALID,
		    "volume %s is encrypted, and backup %s is not: it could not be read there",
		    job->request->volume, job->backup.id);
	if (strcmp(type, origin.type) != 0)
		return err_set(err, ERR_INVALID,
		    "The source volume type '%s' is different than the destination volume type "
		    "'%s'.",
		    origin.type, type);
	return err_set(err, ERR_INVALID,
	    "backup %s is of an encrypted volume, whose key cannot be copied to volume %s by this "
	    "service: upstream's cinder-backup can",
	    job->backup.id, job->request->volume);
}
