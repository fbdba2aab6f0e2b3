/*
 * Volumes of a cloud that are encrypted.  What is backed up is ciphertext, and of no use
 * without its key: each backup and each volume that is restored gets a copy of its own,
 * made by whoever asks, as upstream does it.  What would be left without its key is
 * refused, before anything is done.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "job/job.h"
#include "net/barbican.h"

_Static_assert(BARBICAN_ID == (int)UUID_TEXT, "a key's id is a UUID");

/* The one key of key managers that have one for all. */
static const char fixed_key[] = "00000000-0000-0000-0000-000000000000";

/* The key manager as cinder.conf has it: a name, or a class of that name. */
static bool
knows_keys(const struct cinder *cinder)
{
	const char *backend = cinder->setup.core->key_manager_backend;

	return strstr(backend, "barbican") || strstr(backend, "Barbican");
}

static struct barbican_user
asker(const struct job *job)
{
	return (struct barbican_user){ job->request->token, job->request->catalogue };
}

static int
copy_key(struct cinder *cinder, const struct job *job, const char *key, char ret[UUID_TEXT],
    struct err *err)
{
	const struct barbican_user user = asker(job);

	if (strcmp(key, fixed_key) == 0) {
		memcpy(ret, fixed_key, sizeof fixed_key);
		return 0;
	}
	if (!knows_keys(cinder))
		return err_set(err, ERR_INVALID,
		    "key %s cannot be copied: [key_manager] backend = %s is none that this "
		    "service knows; upstream's cinder-backup does",
		    key, cinder->setup.core->key_manager_backend);
	return barbican_copy(cinder->keys, &user, key, ret, err);
}

/* To whoever owns it, a key that is not there is gone; others see none of his. */
int
cinder_drop_key(struct lender *lender, const struct job *job, const char *key, struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	const struct barbican_user user = asker(job);
	const char *project = job->request->project_id;
	const char *owner = backup_text(&job->backup, BACKUP_PROJECT_ID);

	if (strcmp(key, fixed_key) == 0)
		return 0;
	if (!knows_keys(cinder))
		return err_set(err, ERR_INVALID, "[key_manager] backend = %s",
		    cinder->setup.core->key_manager_backend);
	if (barbican_delete(cinder->keys, &user, key, err) == 0)
		return 0;
	return err->kind == ERR_NOT_FOUND && project && owner && strcmp(project, owner) == 0 ? 0
											     : -1;
}

int
cinder_copy_source_key(
    struct cinder *cinder, struct job *job, const struct json *volume, struct err *err)
{
	const char *key = cinder_text(volume, "encryption_key_id");
	struct err ignored = ERR_INIT;
	char copy[UUID_TEXT];

	/* Whoever began with the backup has copied it. */
	if (!key[0] || backup_has(&job->backup, BACKUP_ENCRYPTION_KEY_ID))
		return 0;
	if (copy_key(cinder, job, key, copy, err) < 0)
		return err_wrap(err, "volume %s is encrypted", job->backup.volume_id);
	if (backup_set_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID, copy, err) == 0 &&
	    catalogue_save(
		cinder->setup.catalogue, &job->backup, 1u << BACKUP_ENCRYPTION_KEY_ID, err) == 0)
		return 0;
	(void)cinder_drop_key(&cinder->lender, job, copy, &ignored);
	return -1;
}

/* ---- what is restored ---- */

/* Those of a backup's volume, from what was stored with it and from its row. */
struct origin {
	char key[COLUMN_TEXT_MAX], type[COLUMN_TEXT_MAX];
};

static int
read_origin(
    const struct job *job, struct span meta, const char *type, struct origin *ret, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *copy = backup_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID);
	const struct json *base;

	if (meta.length && json_parse(&root, meta, err) < 0)
		return err_wrap(err, "metadata of the volume");
	base = json_member(root, "volume-base-metadata");
	snprintf(ret->key, sizeof ret->key, "%s", cinder_text(base, "encryption_key_id"));
	snprintf(ret->type, sizeof ret->type, "%s", cinder_text(base, "volume_type_id"));
	if (!ret->key[0]) {
		snprintf(ret->key, sizeof ret->key, "%s", copy ? copy : "");
		snprintf(ret->type, sizeof ret->type, "%s", type);
	}
	return 0;
}

int
cinder_copy_target_key(struct cinder *cinder, const struct job *job, struct terms *terms,
    struct span meta, struct err *err)
{
	const char *key = cinder_text(terms->row, "encryption_key_id");
	const char *type = cinder_text(terms->row, "volume_type_id");
	const char *copy = backup_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID);
	struct origin origin;

	if (read_origin(job, meta, type, &origin, err) < 0)
		return -1;
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
	/* Early releases had no copy in the backup's row: what was stored names that. */
	if (copy_key(cinder, job, copy ? copy : origin.key, terms->key, err) < 0)
		return err_wrap(err, "backup %s is of an encrypted volume", job->backup.id);
	return 0;
}
