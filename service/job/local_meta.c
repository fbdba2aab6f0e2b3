#include "job/local_meta.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/shelf.h"
#include "options/tables.h"

enum { VERSION_MAX = 2, PAIRS_MAX = 4 * LOAN_META_MAX };

/* ---- write ---- */

struct section {
	struct json_writer *json;
	bool begun;
};

static int
put_pair(void *arg, const char *key, const char *value, struct err *err)
{
	struct section *section = arg;

	(void)err;
	if (!section->begun) {
		json_key(section->json, "volume-metadata");
		json_begin_object(section->json);
		section->begun = true;
	}
	json_member_text(section->json, key, value);
	return 0;
}

static const char *
or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int
local_meta_write(
    const struct job *job, struct loan *loan, const struct volume_record *volume, struct err *err)
{
	struct catalogue *catalogue = job->setup->catalogue;
	struct json_writer json = JSON_WRITER(&loan->meta, 0);
	struct section user = { .json = &json };

	memcpy(loan->key_id, volume->key_id, sizeof loan->key_id);
	json_begin_object(&json);
	json_member_number(&json, "version", job->setup->core->backup_metadata_version);
	json_key(&json, "volume-base-metadata");
	json_begin_object(&json);
	json_member_text(&json, "id", volume->id);
	json_member_number(&json, "size", (int64_t)volume->size);
	json_member_text(&json, "display_name", or_null(volume->name));
	json_member_text(&json, "display_description", or_null(volume->description));
	json_member_text(&json, "volume_type_id", or_null(volume->type_id));
	json_member_text(&json, "encryption_key_id", or_null(volume->key_id));
	json_member_bool(&json, "bootable", false);
	json_end_object(&json);
	if (catalogue->driver->local->metadata(
		catalogue, METADATA_OF_VOLUME, volume->id, put_pair, &user, err) < 0)
		return -1;
	if (user.begun)
		json_end_object(&json);
	json_end_object(&json);
	return json_check(&json, err);
}

/* ---- apply ---- */

/* A name that somebody chose stays. */
static bool
takes_name(const struct volume_record *volume, const char *name)
{
	return name && name[0] &&
	       (!volume->name[0] || strncmp(volume->name, "restore_backup_", 15) == 0);
}

struct pairs {
	struct metadata_pair *pairs;
	unsigned count;
};

static int
take_pair(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct pairs *pairs = arg;
	struct backup fits = { .present = 0 };
	const char *text = json_text(value);

	/* Both columns are as long as that of a name. */
	if (!text || backup_set_text(&fits, BACKUP_DISPLAY_NAME, key, err) < 0 ||
	    backup_set_text(&fits, BACKUP_DISPLAY_NAME, text, err) < 0)
		return err_set(err, ERR_INVALID,
		    "volume-metadata: \"%.80s\": keys and values are texts of at most 255 "
		    "characters",
		    key);
	pairs->pairs[pairs->count++] = (struct metadata_pair){ key, text };
	return 0;
}

/* NULL for what is not there, or too long for its column. */
static const char *
text_of(const struct json *base, const char *key)
{
	const char *text = json_text(json_member(base, key));
	struct backup fits = { .present = 0 };
	struct err ignored = ERR_INIT;

	return backup_set_text(&fits, BACKUP_DISPLAY_NAME, text, &ignored) == 0 ? text : NULL;
}

/* Ciphertext is read by what knows its type. */
static int
choose_type(const struct job *job, const struct json *base, const struct volume_record *volume,
    bool untyped, struct volume_type *ret, struct err *err)
{
	const char *type_id = text_of(base, "volume_type_id");

	if (!text_of(base, "encryption_key_id") || !type_id ||
	    !shelf_type(job->setup, type_id, ret) || strcmp(volume->type_id, ret->id) == 0)
		return 0;
	if (untyped)
		return 1;
	return err_set(
	    err, ERR_INVALID, "the backup is of an encrypted volume of type %.255s", ret->name);
}

static int
apply(const struct job *job, const struct json *root, const struct volume_record *volume,
    bool untyped, struct volume_change *change, struct err *err)
{
	const struct json *base = json_member(root, "volume-base-metadata");
	const struct json *given = json_member(root, "volume-metadata");
	struct catalogue *catalogue = job->setup->catalogue;
	struct arena *arena = arena_new(PAIRS_MAX);
	struct pairs pairs = { .count = 0 };
	struct metadata metadata;
	struct volume_type type;
	int result = -1, typed;

	if (!arena)
		return err_memory(err);
	if (takes_name(volume, text_of(base, "display_name"))) {
		change->name = text_of(base, "display_name");
		change->description = text_of(base, "display_description");
		if (!change->description)
			change->description = "";
	}
	typed = choose_type(job, base, volume, untyped, &type, err);
	if (typed > 0)
		change->type_id = type.id;
	pairs.pairs = arena_alloc(arena, (json_count(given) + 1) * sizeof *pairs.pairs, err);
	if (typed >= 0 && pairs.pairs && json_each(given, take_pair, &pairs, err) == 0) {
		metadata = (struct metadata){ pairs.pairs, pairs.count };
		if (json_kind(given) == JSON_IS_OBJECT)
			change->metadata = &metadata;
		result = catalogue->driver->local->change(catalogue, change, err);
	}
	arena_free(arena);
	return result;
}

static const char source_key[] = "src_backup_id";

static int
note_other(void *arg, const char *key, const char *value, struct err *err)
{
	(void)err;
	return strcmp(key, source_key) == 0 && strcmp(value, arg) != 0;
}

/* A volume that is another one's backup now, or was one's before, says whose. */
static int
tag(const struct job *job, const char *volume_id, struct err *err)
{
	const struct catalogue_local *local = job->setup->catalogue->driver->local;
	const struct metadata_pair source = { source_key, job->backup.id };
	const struct metadata metadata = { &source, 1 };
	int other = strcmp(job->backup.volume_id, volume_id) != 0;

	if (!other)
		other = local->metadata(job->setup->catalogue, METADATA_OF_VOLUME, volume_id,
		    note_other, (void *)(uintptr_t)job->backup.id, err);
	return other > 0 ? local->tag(
			       job->setup->catalogue, METADATA_OF_VOLUME, volume_id, &metadata, err)
			 : other;
}

static int
become(const struct job *job, const struct loan *loan, const struct volume_record *volume,
    bool untyped, struct err *err)
{
	struct catalogue *catalogue = job->setup->catalogue;
	scoped(json_free_scoped) struct json *root = NULL;
	struct volume_change change = { .id = volume->id,
		.key_id = backup_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID) };
	int64_t version;

	if (!loan->meta.length)
		return catalogue->driver->local->change(catalogue, &change, err);
	if (json_parse(&root, buf_span(&loan->meta), err) < 0)
		return err_wrap(err, "metadata of the volume");
	if (!json_number(json_member(root, "version"), &version) || version < 1 ||
	    version > VERSION_MAX)
		return err_set(err, ERR_INVALID, "metadata of the volume: of no known version");
	if (apply(job, root, volume, untyped, &change, err) < 0)
		return err_wrap(err, "metadata of the volume");
	return 0;
}

int
local_meta_apply(const struct job *job, const struct loan *loan, const struct volume_record *volume,
    bool untyped, struct err *err)
{
	return become(job, loan, volume, untyped, err) < 0 ? -1 : tag(job, volume->id, err);
}
