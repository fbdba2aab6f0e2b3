#include "job/lender.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "job/job.h"

static void
warn(const struct job *job, const char *text)
{
	const struct log_who who = { job->request->request_id, job->request->user_id,
		job->request->project_id };

	log_write(LOG_LEVEL_WARNING, "lender", &who, "backup %s: %s", job->backup.id, text);
}

int
lender_lend_source(struct job *job, struct loan *ret, struct err *err)
{
	struct lender *lender = job->setup->lender;
	int lent = lender->driver->lend_source(lender, job, ret, err);

	ret->device.cancel = &job->cancel;
	if (lent == 1 && !ret->device.ceph)
		ret->device.ceph = job->setup->ceph;
	return lent;
}

int
lender_lend_target(struct job *job, uint64_t size, struct loan *ret, struct err *err)
{
	struct lender *lender = job->setup->lender;

	if (lender->driver->lend_target(lender, job, size, ret, err) < 0)
		return -1;
	ret->device.cancel = &job->cancel;
	if (!ret->device.ceph)
		ret->device.ceph = job->setup->ceph;
	return 0;
}

int
lender_take_back(struct job *job, struct loan *loan, const struct err *outcome, struct err *err)
{
	struct lender *lender = job->setup->lender;

	return lender->driver->take_back
		   ? lender->driver->take_back(lender, job, loan, outcome, err)
		   : 0;
}

void
lender_warn(const struct job *job, const struct err *left)
{
	warn(job, left->text);
}

int
lender_put_right(struct lender *lender, const struct backup *row, struct err *err)
{
	return lender->driver->put_right ? lender->driver->put_right(lender, row, err) : 0;
}

int
lender_sweep(struct lender *lender, const char *backup_id, struct err *err)
{
	return lender->driver->sweep ? lender->driver->sweep(lender, backup_id, err) : 0;
}

/* One key for all has no owner. */
bool
lender_has_key(const struct lender *lender, const struct backup *row)
{
	const char *key = backup_text(row, BACKUP_ENCRYPTION_KEY_ID);

	return lender->driver->drop_key && key && strspn(key, "0-") != strlen(key);
}

void
lender_drop_key(const struct job *job)
{
	struct lender *lender = job->setup->lender;
	const char *key = backup_text(&job->backup, BACKUP_ENCRYPTION_KEY_ID);
	char text[COLUMN_TEXT_MAX + sizeof((struct err *)0)->text + 64];
	struct err err = ERR_INIT;

	if (!lender_has_key(lender, &job->backup) ||
	    lender->driver->drop_key(lender, job, key, &err) == 0)
		return;
	snprintf(text, sizeof text,
	    "is deleted; the key %s that it had stays in the key manager: %s", key, err.text);
	warn(job, text);
}

void
lender_locate(struct lender *lender, const struct backup *row, struct ceph_cluster *ret)
{
	struct ceph_cluster found;
	struct err err = ERR_INIT;
	int located = 0;

	if (lender->driver->locate)
		located = lender->driver->locate(lender, row, &found, &err);
	if (located > 0)
		*ret = found;
	if (located < 0)
		log_warning("lender", "where is volume %s of backup %s? %s", row->volume_id,
		    row->id, err.text);
}

void
lender_tell_kept(const struct job *job, const struct err *outcome)
{
	struct lender *lender = job->setup->lender;
	struct err err = ERR_INIT;

	if (lender->driver->tell_kept && lender->driver->tell_kept(lender, job, outcome, &err) < 0)
		warn(job, err.text);
}

void
loan_drop(struct loan *loan)
{
	buf_drop(&loan->meta);
}
