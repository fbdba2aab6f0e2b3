/* Puts right what a crash left half done: rows first, then claims that nobody holds. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "job/claim.h"
#include "job/job.h"
#include "job/lender.h"
#include "job/recover.h"
#include "options/tables.h"
#include "store/store.h"
#include "volume/attach.h"
#include "volume/volume.h"

struct recovery {
	const struct desk_setup *desk;
	struct desk_setup setup; /* the desk's; while it runs, the store is one that it can end */
	const char *claims;
	const atomic_bool *over;
	char (*ids)[UUID_TEXT]; /* what to look at */
	size_t count, room;
};

static int
add_id(struct recovery *recovery, const char *id, struct err *err)
{
	if (recovery->count == recovery->room) {
		size_t room = recovery->room ? 2 * recovery->room : 16;
		char(*ids)[UUID_TEXT] = realloc(recovery->ids, room * sizeof *ids);

		if (!ids)
			return err_memory(err);
		recovery->ids = ids;
		recovery->room = room;
	}
	memcpy(recovery->ids[recovery->count], id, UUID_TEXT - 1);
	recovery->ids[recovery->count++][UUID_TEXT - 1] = '\0';
	return 0;
}

static const uint32_t unfinished =
    1u << BACKUP_CREATING | 1u << BACKUP_RESTORING | 1u << BACKUP_DELETING;

static int
note_row(void *arg, const struct backup *row, struct err *err)
{
	return uuid_valid(row->id) ? add_id(arg, row->id, err) : 0;
}

/* Not twice. */
static int
note_ended(void *arg, const struct backup *row, struct err *err)
{
	return 1u << row->status & unfinished ? 0 : note_row(arg, row, err);
}

static int
find_rows(struct recovery *recovery, struct err *err)
{
	const char *host = recovery->setup.core->host;
	const struct backup_filter working = { .host = host, .statuses = unfinished };
	/* Whatever became of the backup: claims of another node that was this host are not here. */
	const struct backup_filter left = { .host = host, .temporary = true };
	struct catalogue *catalogue = recovery->setup.catalogue;

	if (catalogue_each(catalogue, &working, note_row, recovery, err) < 0)
		return -1;
	return catalogue_each(catalogue, &left, note_ended, recovery, err);
}

static void
close_directory(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int
find_claims(struct recovery *recovery, struct err *err)
{
	scoped(close_directory) DIR *dir = opendir(recovery->claims);
	struct dirent *entry;

	if (!dir)
		return errno == ENOENT ? 0 : err_sys(err, "directory %s", recovery->claims);
	while ((entry = readdir(dir))) {
		if (uuid_valid(entry->d_name) && add_id(recovery, entry->d_name, err) < 0)
			return -1;
	}
	return 0;
}

/* Where only its owner may erase a backup, he does by deleting it in error. */
static int
leave_to_owner(const struct backup *row, const struct err *err)
{
	if (err->kind != ERR_DENIED)
		return -1;
	log_warning("recover", "backup %s: what it has stored stays until it is deleted again: %s",
	    row->id, err->text);
	return 0;
}

static int
forget(const struct recovery *recovery, const struct backup *row, struct err *err)
{
	return job_forget(&recovery->setup, row, err) < 0 ? leave_to_owner(row, err) : 0;
}

/* A backup that was being made is none: nothing of it stays. */
static int
end_creating(const struct recovery *recovery, const struct backup *row, struct err *err)
{
	if (forget(recovery, row, err) < 0)
		return -1;
	return catalogue_move(recovery->setup.catalogue, row->id, BACKUP_CREATING, BACKUP_ERROR,
	    "incomplete backup reset on manager restart", err);
}

static int
put_right(const struct recovery *recovery, const struct backup *row, const struct claim *claim,
    struct err *err)
{
	switch (row->status) {
	case BACKUP_CREATING:
		return end_creating(recovery, row, err);
	case BACKUP_RESTORING:
		return catalogue_move(recovery->setup.catalogue, row->id, BACKUP_RESTORING,
		    BACKUP_AVAILABLE, NULL, err);
	case BACKUP_DELETING:
		if (lender_has_key(recovery->setup.lender, row))
			return catalogue_move(recovery->setup.catalogue, row->id, BACKUP_DELETING,
			    BACKUP_ERROR_DELETING, "its key goes only by whoever may delete it",
			    err);
		return job_erase(&recovery->setup, row, err) < 0 ? leave_to_owner(row, err) : 0;
	case BACKUP_ERROR:
		return claim_owes(claim) ? forget(recovery, row, err) : 0;
	default:
		return 0; /* the crash came after the last step */
	}
}

static int
drop_noted_volume(
    const struct recovery *recovery, const char *id, struct claim *claim, struct err *err)
{
	struct attachment noted;
	struct backup row;
	int found = claim_noted(claim, &noted, err);

	if (found != 1)
		return found;
	noted.ceph = recovery->setup.ceph;
	noted.cancel = recovery->over;
	/* A snapshot of somebody's image; what we make ourselves is where the options say. */
	if (noted.snapshot[0] && catalogue_find(recovery->setup.catalogue, id, &row, err) > 0)
		lender_locate(recovery->setup.lender, &row, &noted.cluster);
	return volume_sweep(recovery->setup.volumes, &noted, err);
}

static int
put_record_right(
    const struct recovery *recovery, const char *id, const struct claim *claim, struct err *err)
{
	struct backup row;
	int found = catalogue_find(recovery->setup.catalogue, id, &row, err);

	if (found == 0)
		return job_settle_volume(&recovery->setup, id, err);
	if (found < 0 || strcmp(row.host, recovery->setup.core->host) != 0)
		return found < 0 ? -1 : 0;
	if (lender_put_right(recovery->setup.lender, &row, err) < 0 ||
	    put_right(recovery, &row, claim, err) < 0)
		return -1;
	if (row.status == BACKUP_CREATING || row.status == BACKUP_RESTORING ||
	    row.status == BACKUP_DELETING)
		log_warning("recover", "backup %s was %s when its process died; put right", id,
		    backup_status_name(row.status));
	/* The statuses do not wait for it. */
	return row.status == BACKUP_DELETING ? 0
					     : lender_sweep(recovery->setup.lender, row.id, err);
}

/* A volume that cannot be reached now does not keep the record as it is. */
static int
put_all_right(const struct recovery *recovery, const char *id, struct claim *claim, struct err *err)
{
	struct err record = ERR_INIT;
	int dropped = drop_noted_volume(recovery, id, claim, err);

	if (put_record_right(recovery, id, claim, &record) == 0)
		return dropped;
	*err = record;
	return -1;
}

static int
recover_one(const struct recovery *recovery, const char *id, struct err *err)
{
	struct claim *claim;
	int claimed = claim_take(&claim, recovery->claims, id, 0, NULL, err), done;

	if (claimed <= 0)
		return claimed; /* 0: a live process works on it */
	done = put_all_right(recovery, id, claim, err);
	/* What could not be put right is tried again, by the same note. */
	if (done < 0)
		claim_keep(claim);
	else
		claim_release(claim);
	return done;
}

int
recovery_open(struct recovery **ret, const struct desk_setup *setup, const char *claims,
    const atomic_bool *over, struct err *err)
{
	scoped(recovery_close_scoped) struct recovery *recovery = calloc(1, sizeof *recovery);

	if (!recovery)
		return err_memory(err);
	recovery->desk = setup;
	recovery->setup = *setup;
	recovery->claims = claims;
	recovery->over = over;
	if (find_rows(recovery, err) < 0 || find_claims(recovery, err) < 0)
		return -1;
	*ret = take(&recovery);
	return 0;
}

static int
run_all(struct recovery *recovery, struct err *err)
{
	struct err one = ERR_INIT;
	size_t left = 0, i;

	for (i = 0; i < recovery->count; i++) {
		if (!atomic_load(recovery->over)) {
			if (recover_one(recovery, recovery->ids[i], &one) >= 0)
				continue;
			err_wrap(&one, "backup %s, left half done", recovery->ids[i]);
			*err = one;
		}
		memmove(recovery->ids[left++], recovery->ids[i], UUID_TEXT);
	}
	recovery->count = left;
	if (left && atomic_load(recovery->over))
		return err_set(err, ERR_CANCELLED, "cancelled");
	return left ? -1 : 0;
}

/* As a job would: over a store of its own, which can be ended. */
int
recovery_run(struct recovery *recovery, struct err *err)
{
	scoped(store_close_scoped) struct store *own = NULL;
	const struct store_user nobody = { .cancel = recovery->over };
	struct err ignored;

	recovery->setup = *recovery->desk;
	if (recovery->count && recovery->setup.store &&
	    store_act_as(recovery->setup.store, &nobody, &own, &ignored) > 0)
		recovery->setup.store = own;
	return run_all(recovery, err);
}

void
recovery_close(struct recovery *recovery)
{
	if (!recovery)
		return;
	free(recovery->ids);
	free(recovery);
}
