/* Volumes of a cloud: how they are given back, and the lender itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/err.h"
#include "base/json.h"
#include "catalogue/catalogue.h"
#include "job/cinder_call.h"
#include "job/job.h"
#include "model/object.h"
#include "net/barbican.h"
#include "net/oslo.h"

/* ---- statuses ---- */

/* Whatever a backup keeps busy becomes what it was before. */
int
cinder_free_source(
    struct cinder *cinder, const struct backup *row, const char *previous, struct err *err)
{
	const char *snapshot = backup_text(row, BACKUP_SNAPSHOT_ID);
	const struct cloud_move volume_move = { .kind = CLOUD_VOLUME,
		.id = row->volume_id,
		.from = "backing-up",
		.previous = previous };
	const struct cloud_move snapshot_move = { .kind = CLOUD_SNAPSHOT,
		.id = row->snapshot_id,
		.from = "backing-up",
		.to = "available" };

	return cloud_move(cinder->setup.catalogue, snapshot ? &snapshot_move : &volume_move, err);
}

/* A volume that was to be restored: made anew or there before. */
int
cinder_free_target(struct cinder *cinder, const char *id, const char *restored, const char *created,
    struct err *err)
{
	struct cloud_move move = {
		.kind = CLOUD_VOLUME, .id = id, .from = "restoring-backup", .to = restored
	};
	int moved = cloud_move(cinder->setup.catalogue, &move, err);

	if (moved != 0)
		return moved;
	move.from = "creating";
	move.to = created;
	move.launched = strcmp(created, "available") == 0;
	return cloud_move(cinder->setup.catalogue, &move, err);
}

struct source {
	struct backup names; /* no more than its volume and snapshot */
	bool busy;
};

static int
note_same_source(void *arg, const struct backup *row, struct err *err)
{
	struct source *source = arg;

	(void)err;
	source->busy |= strcmp(row->snapshot_id, source->names.snapshot_id) == 0;
	return 0;
}

/*
 * The backup has ended, or was deleted, before its turn or its device came: what was
 * kept busy for it is free, unless that is another backup's by now.
 */
static int
end_late(struct cinder *cinder, const struct job *job, struct err *err)
{
	const struct json *data = cinder_asked(job);
	const char *volume = cinder_text(data, "volume_id");
	const char *snapshot = cinder_text(data, "snapshot_id");
	struct source source = { .busy = false };
	const struct backup_filter others = { .volume_id = volume,
		.statuses = 1u << BACKUP_CREATING };

	if (!uuid_valid(volume))
		return 0;
	if (backup_set_text(&source.names, BACKUP_VOLUME_ID, volume, err) < 0 ||
	    backup_set_text(&source.names, BACKUP_SNAPSHOT_ID, snapshot[0] ? snapshot : NULL, err) <
		0 ||
	    catalogue_each(cinder->setup.catalogue, &others, note_same_source, &source, err) < 0)
		return -1;
	return source.busy ? 0 : cinder_free_source(cinder, &source.names, "backing-up", err);
}

static int
end_source(struct cinder *cinder, const struct job *job, const struct err *outcome, struct err *err)
{
	bool failed = outcome && outcome->kind != ERR_CANCELLED;

	if (!backup_has(&job->backup, BACKUP_ID) || job->backup.status != BACKUP_CREATING)
		return end_late(cinder, job, err);
	return cinder_free_source(
	    cinder, &job->backup, failed ? "error_backing-up" : "backing-up", err);
}

/* A name that somebody chose stays. */
static bool
takes_name(const struct terms *terms, const char *name)
{
	const char *has = cinder_text(terms->row, "display_name");

	return name && name[0] && (!has[0] || strncmp(has, "restore_backup_", 15) == 0);
}

/* What the backup knows of its volume becomes true of the one that was restored. */
static int
describe_target(struct cinder *cinder, const struct job *job, const struct terms *terms,
    const struct buf *meta, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct cloud_description description = { .key = terms->key[0] ? terms->key : NULL };
	const struct json *base;
	int64_t version = 2;

	if (!meta->length && !description.key)
		return 0;
	if (meta->length && json_parse(&root, buf_span(meta), err) < 0)
		return err_wrap(err, "metadata of the volume");
	if (root &&
	    (!json_number(json_member(root, "version"), &version) || version < 1 || version > 2))
		return err_set(err, ERR_INVALID, "metadata of the volume: of no known version");
	base = json_member(root, "volume-base-metadata");
	if (takes_name(terms, json_text(json_member(base, "display_name")))) {
		description.name = json_text(json_member(base, "display_name"));
		description.description = json_text(json_member(base, "display_description"));
	}
	description.metadata = json_member(root, "volume-metadata");
	description.image = json_member(root, "volume-glance-metadata");
	return cloud_describe(cinder->setup.catalogue, job->request->volume, &description, err);
}

/* The volume has a new key, or, where that came to nothing, still its old one. */
static int
drop_old_key(struct cinder *cinder, const struct job *job, const struct terms *terms,
    const struct err *outcome, struct err *err)
{
	const char *key = outcome ? terms->key : cinder_text(terms->row, "encryption_key_id");

	if (!key[0] || cinder_drop_key(&cinder->lender, job, key, err) == 0)
		return 0;
	return err_wrap(err, "key %s, of no use any more, stays in the key manager", key);
}

/* Was nothing of the volume touched, since the restore may not be? */
static bool
is_refused(const struct job *job, const struct terms *terms, const struct err *outcome)
{
	struct err ignored = ERR_INIT;

	return outcome->kind == ERR_CANCELLED || (!terms && outcome->kind == ERR_CONFLICT) ||
	       (!terms && job_check_service(job, &job->backup, &ignored) < 0);
}

static int
end_target(struct cinder *cinder, const struct job *job, const struct terms *terms,
    const struct err *outcome, struct err *err)
{
	const char *id = job->request->volume;

	if (outcome)
		return cinder_free_target(cinder, id,
		    is_refused(job, terms, outcome) ? "error" : "error_restoring", "error", err);
	if (strcmp(id, job->backup.volume_id) != 0 &&
	    cloud_tag(cinder->setup.catalogue, id, "src_backup_id", job->backup.id, err) < 0)
		return -1;
	return cinder_free_target(cinder, id, "available", "available", err);
}

/* ---- back ---- */

/* What becomes of several steps that are all to be done. */
struct ending {
	int result;
	struct err *first;  /* failure is told */
	const char *detail; /* and so is this, to the user; NULL: nothing */
};

static void
note(struct ending *ending, int done, const struct err *one, const char *detail)
{
	if (done >= 0)
		return;
	if (ending->result == 0)
		*ending->first = *one;
	if (!ending->detail)
		ending->detail = detail;
	ending->result = -1;
}

/* What failed, in the words that cinder has for users. */
static int
tell_user(struct cinder *cinder, const struct job *job, const char *action, const char *detail,
    struct err *err)
{
	const char *asker = job->request->project_id;
	bool of_volume = job->request->verb == REQUEST_RESTORE && strcmp(detail, "027") == 0;
	const struct cloud_message message = {
		.about = of_volume ? job->request->volume : job->backup.id,
		.project_id = asker ? asker : backup_text(&job->backup, BACKUP_PROJECT_ID),
		.request_id = job->request->request_id,
		.action = action,
		.detail = detail,
		.life_s = cinder->setup.core->message_ttl,
	};

	return cloud_tell(cinder->setup.catalogue, &message, err);
}

static const char *
detail_of_restore(const struct terms *terms, const struct loan *loan, bool conflict)
{
	if (loan->opened)
		return "026";
	if (terms)
		return conflict && !terms->connected ? "027" : "021";
	return conflict ? "017" : "026";
}

/* Why a job failed, by how far it came; NULL: whoever ended it knows. */
static const char *
detail_of(const struct job *job, const struct terms *terms, const struct loan *loan,
    const struct err *outcome)
{
	bool conflict = outcome->kind == ERR_CONFLICT;

	if (outcome->kind == ERR_CANCELLED || !backup_has(&job->backup, BACKUP_ID))
		return NULL;
	if (job->request->verb == REQUEST_RESTORE)
		return detail_of_restore(terms, loan, conflict);
	if (job->refused.kind != ERR_NONE)
		return job->request->refusal ? "018" : "020";
	if (terms && terms->connected)
		return loan->opened ? "020" : "021";
	if (conflict && job->request->device)
		return NULL;
	return !conflict ? "019" : terms ? "027" : "017";
}

static int
cinder_tell_kept(
    struct lender *lender, const struct job *job, const struct err *outcome, struct err *err)
{
	const char *detail = job->request->refusal           ? "018"
			     : outcome->kind == ERR_CONFLICT ? "017"
							     : "025";

	return tell_user((struct cinder *)lender, job, "014", detail, err);
}

static void
give_back_target(struct cinder *cinder, const struct job *job, const struct loan *loan,
    const struct err *outcome, struct ending *ending)
{
	const struct terms *terms = loan->terms;
	struct err one = ERR_INIT, undescribed = ERR_INIT;

	if (!outcome && describe_target(cinder, job, terms, &loan->meta, &undescribed) < 0) {
		note(ending, -1, &undescribed, NULL);
		/* What is in it cannot be read without its key. */
		if (terms->key[0])
			outcome = &undescribed;
	}
	if (terms && terms->key[0])
		note(ending, drop_old_key(cinder, job, terms, outcome, &one), &one, NULL);
	note(ending, end_target(cinder, job, terms, outcome, &one), &one, NULL);
}

static void
give_back_source(struct cinder *cinder, const struct job *job, const struct loan *loan,
    const struct err *outcome, struct ending *ending)
{
	const struct terms *terms = loan->terms;
	struct err one = ERR_INIT;

	if (terms)
		note(ending, cinder_delete_temporaries(cinder, job, terms, &one), &one, "023");
	note(ending, end_source(cinder, job, outcome, &one), &one, NULL);
}

static int
take_back(struct lender *lender, struct job *job, struct loan *loan, const struct err *outcome,
    struct err *err)
{
	struct cinder *cinder = (struct cinder *)lender;
	bool restores = job->request->verb == REQUEST_RESTORE;
	struct ending ending = { .first = err };
	struct terms *terms = loan->terms;
	struct err one = ERR_INIT;

	if (!job->request->adopted)
		return 0; /* nothing was lent */
	if (outcome)
		ending.detail = detail_of(job, terms, loan, outcome);
	/* What was made for a job that never began is removed all the same. */
	if (!terms && job->request->device)
		terms = cinder_make_terms(cinder, job, loan, err);
	if (terms && terms->connected)
		note(&ending, cinder_disconnect(&terms->remote, false, &one), &one, "022");
	if (restores)
		give_back_target(cinder, job, loan, outcome, &ending);
	else
		give_back_source(cinder, job, loan, outcome, &ending);
	if (ending.detail)
		note(&ending, tell_user(cinder, job, restores ? "015" : "013", ending.detail, &one),
		    &one, NULL);
	cinder_drop_terms(terms);
	loan->terms = NULL;
	return ending.result;
}

/* ---- the lender ---- */

static const struct lender_driver driver = {
	.name = "cinder",
	.lend_source = cinder_lend_source,
	.lend_target = cinder_lend_target,
	.take_back = take_back,
	.put_right = cinder_put_right,
	.sweep = cinder_sweep,
	.locate = cinder_locate,
	.drop_key = cinder_drop_key,
	.tell_kept = cinder_tell_kept,
};

/* What os-brick tells of a host, as far as it is known here. */
static int
describe_host(struct cinder *cinder, struct err *err)
{
	struct json_writer json = JSON_WRITER(&cinder->connector, 0);
	const struct core_opts *core = cinder->setup.core;
	char initiator[ISCSI_NAME_MAX];
	struct utsname machine;

	if (uname(&machine) < 0)
		return err_sys(err, "name of this machine");
	iscsi_initiator(initiator);
	json_begin_object(&json);
	json_member_text(&json, "platform", machine.machine);
	json_member_text(&json, "os_type", "linux");
	json_member_text(&json, "ip", core->my_ip);
	json_member_text(&json, "host", machine.nodename);
	json_member_bool(&json, "multipath", core->use_multipath_for_image_xfer);
	json_member_text(&json, "initiator", initiator);
	json_member_bool(&json, "do_local_attach", false);
	json_end_object(&json);
	return json_check(&json, err);
}

int
cinder_open(struct lender **ret, const struct cinder_setup *setup, struct err *err)
{
	struct cinder *cinder = calloc(1, sizeof *cinder);

	if (!cinder)
		return err_memory(err);
	cinder->lender.driver = &driver;
	cinder->setup = *setup;
	cinder->connector = (struct buf)BUF(64 * 1024);
	if (describe_host(cinder, err) < 0 || barbican_open(&cinder->keys, setup->wire, err) < 0) {
		cinder_close(&cinder->lender);
		return -1;
	}
	*ret = &cinder->lender;
	return 0;
}

void
cinder_close(struct lender *lender)
{
	struct cinder *cinder = (struct cinder *)lender;

	if (!cinder)
		return;
	barbican_close(cinder->keys);
	buf_drop(&cinder->connector);
	free(cinder);
}
