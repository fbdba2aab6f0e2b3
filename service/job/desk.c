#include "job/desk_own.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "job/lender.h"
#include "job/pulse.h"
#include "job/recover.h"
#include "job/turn.h"
#include "job/watch.h"
#include "options/tables.h"

/* What hangs on a cluster does not keep a service from its beginning. */
enum { PATIENCE_S = 5 };

typedef int(verb_fn)(struct job *, struct err *);

static const struct {
	verb_fn *run;
	const char *name;
	bool transfer;    /* counts against backup_max_operations */
	bool needs_store; /* cannot do anything without */
} verbs[] = {
	[REQUEST_BACKUP] = { job_backup, "backup", true, true },
	[REQUEST_RESTORE] = { job_restore, "restore", true, true },
	[REQUEST_VERIFY] = { job_verify, "verification", true, true },
	[REQUEST_DELETE] = { job_delete, "delete", false, true },
	[REQUEST_CANCEL] = { job_cancel, "cancellation", false, false },
	[REQUEST_EXPORT] = { job_export, "export", false, false },
	[REQUEST_IMPORT] = { job_import, "import", false, true },
	[REQUEST_RESET] = { job_reset, "reset", false, false },
	[REQUEST_RESCAN] = { job_rescan, "rescan", false, true },
	[REQUEST_MAKE] = { job_make, "making", false, false },
	[REQUEST_REMOVE] = { job_remove, "removal", false, false },
	[REQUEST_EXTEND] = { job_extend, "extension", false, false },
};

const char *
desk_verb_name(enum request_verb verb)
{
	return verbs[verb].name;
}

int
desk_open(struct desk **ret, const struct desk_setup *setup, struct err *err)
{
	scoped(scoped_free) struct desk *desk = calloc(1, sizeof *desk);
	int length;

	if (!desk)
		return err_memory(err);
	desk->setup = *setup;
	if (!desk->setup.lender) {
		local_lender_init(&desk->local, &desk->setup);
		desk->setup.lender = &desk->local.lender;
	}
	if (desk->setup.store)
		desk->setup.store->failures = &desk->store_failures;
	length = snprintf(
	    desk->claims, sizeof desk->claims, "%s/cinderbank-jobs", setup->core->state_path);
	if (length < 0 || (size_t)length >= sizeof desk->claims)
		return err_set(err, ERR_INVALID, "state_path is too long");
	pthread_mutex_init(&desk->mutex, NULL);
	pthread_cond_init(&desk->changed, NULL);
	*ret = take(&desk);
	return 0;
}

int
desk_recover(struct desk *desk, struct err *err)
{
	scoped(recovery_close_scoped) struct recovery *recovery = NULL;

	if (recovery_open(&recovery, &desk->setup, desk->claims, &desk->over, err) < 0)
		return -1;
	return recovery_run(recovery, err);
}

int
desk_recover_all(struct desk *desk, struct err *err)
{
	scoped(recovery_close_scoped) struct recovery *recovery = NULL;
	bool behind = desk->setup.core->backup_service_inithost_offload;

	if (recovery_open(&recovery, &desk->setup, desk->claims, &desk->over, err) < 0 ||
	    mender_begin(&desk->mender, recovery, behind ? 0 : PATIENCE_S, err) < 0)
		return -1;
	recovery = NULL; /* the mender's */
	return 0;
}

int
desk_watch_store(struct desk *desk, struct err *err)
{
	return pulse_begin(&desk->pulse, desk->setup.store,
	    desk->setup.core->backup_driver_init_check_interval, err);
}

bool
desk_works(const struct desk *desk)
{
	return !desk->pulse || pulse_works(desk->pulse);
}

/* ---- admission ---- */

static bool
take_place(struct desk *desk, struct ticket *ticket)
{
	if (!turns_take(&desk->turns, &ticket->turn, desk->setup.core->backup_max_operations))
		return false;
	pthread_cond_broadcast(&desk->changed); /* the one behind it is next */
	return true;
}

/* Until there is a place, or JOB_POLL_MS have passed. */
static bool
wait_for_place(struct desk *desk, struct ticket *ticket)
{
	scoped_lock(&desk->mutex);

	if (take_place(desk, ticket))
		return true;
	clock_await(&desk->changed, &desk->mutex, clock_ms() + JOB_POLL_MS);
	return take_place(desk, ticket);
}

int
job_admit(struct job *job, enum backup_status working, struct err *err)
{
	const struct request *request = job->request;

	job->working = working;
	if (request->admitted)
		request->admitted(
		    request->admitted_arg, &job->backup, job->volume_id[0] ? job->volume_id : NULL);
	if (job->refused.kind != ERR_NONE) {
		*err = job->refused;
		return -1;
	}
	if (watch_begin(&job->watch, job, err) < 0)
		return -1;
	if (!verbs[request->verb].transfer)
		return 0;
	while (!atomic_load(&job->cancel)) {
		if (wait_for_place(job->ticket->desk, job->ticket))
			return 0;
	}
	return err_set(err, ERR_CANCELLED, "cancelled before it began");
}

static void
note_outcome(struct ticket *ticket, const struct err *err)
{
	struct desk_tally *tally = &ticket->desk->tallies[ticket->verb];

	if (err->kind == ERR_NONE)
		tally->succeeded++;
	else if (err->kind == ERR_CANCELLED)
		tally->cancelled++;
	else
		tally->failed++;
	tally->ms += clock_ms() - ticket->since_ms;
	tally->volume_bytes += atomic_load(&ticket->job.done);
	tally->store_bytes += atomic_load(&ticket->job.stored);
}

static void
leave(struct desk *desk, struct ticket *ticket, const struct err *err)
{
	struct ticket **link = &desk->tickets;
	scoped_lock(&desk->mutex);

	while (*link != ticket)
		link = &(*link)->next;
	*link = ticket->next;
	ticket->next = desk->ended;
	desk->ended = ticket;
	note_outcome(ticket, err);
	turns_leave(&desk->turns, &ticket->turn);
	pthread_cond_broadcast(&desk->changed);
}

static struct ticket *
take_ended(struct desk *desk)
{
	scoped_lock(&desk->mutex);

	return take(&desk->ended);
}

/* A thread that only answered may still be at work in a library when the process ends. */
static void
join_ended(struct desk *desk)
{
	struct ticket *ticket = take_ended(desk), *next;

	for (; ticket; ticket = next) {
		next = ticket->next;
		pthread_join(ticket->thread, NULL);
		free(ticket);
	}
}

/* 1: the job has a store of its own; 0: there is one for all. */
static int
open_store(struct ticket *ticket, struct store **ret, struct err *err)
{
	const struct request *request = ticket->job.request;
	const struct store_user user = { request->token, request->project_id, request->catalogue,
		&ticket->job.cancel };

	if (!ticket->setup.store)
		return err_set(err, ERR_INVALID, "%s needs a store, and none is open",
		    verbs[request->verb].name);
	return store_act_as(ticket->setup.store, &user, ret, err);
}

/* The rows of what was adopted are to be set right, whatever is missing. */
static int
go_on_without(struct job *job, const struct err *err)
{
	if (!job->request->adopted || !job->setup->store)
		return -1;
	job->refused = *err;
	return 0;
}

static int
run_job(struct ticket *ticket, struct err *err)
{
	scoped(store_close_scoped) struct store *own = NULL;
	struct job *job = &ticket->job;
	int done;

	if (atomic_load(&job->cancel))
		return err_set(err, ERR_CANCELLED, "cancelled before it began");
	if (verbs[job->request->verb].needs_store && open_store(ticket, &own, err) < 0 &&
	    go_on_without(job, err) < 0)
		return -1;
	if (own)
		ticket->setup.store = own;
	done = verbs[job->request->verb].run(job, err);
	watch_end(job->watch);
	return done;
}

static void
answer(struct ticket *ticket, const struct err *err)
{
	struct job *job = &ticket->job;
	struct reply reply = {
		.err = *err,
		.backup = job->backup,
		.volume_id = job->volume_id[0] ? job->volume_id : NULL,
		.volume_path = job->volume_path[0] ? job->volume_path : NULL,
		.service = job->service,
		.record = job->record.length ? buf_string(&job->record) : NULL,
	};

	ticket->answer(ticket->arg, &reply);
}

static void *
serve_ticket(void *arg)
{
	struct ticket *ticket = arg;
	struct desk *desk = ticket->desk;
	const char *name = verbs[ticket->job.request->verb].name;
	const struct log_who who = { ticket->request_id, ticket->job.request->user_id,
		ticket->job.request->project_id };
	struct err err = ERR_INIT;
	int done = run_job(ticket, &err);

	if (done == 0) {
		err = (struct err)ERR_INIT;
		log_write(LOG_LEVEL_INFO, "desk", &who, "%s of %s %s is done", name,
		    ticket->job.backup.id[0] ? "backup" : "volume",
		    ticket->job.backup.id[0] ? ticket->job.backup.id : ticket->job.volume_id);
	} else if (!ticket->job.request->adopted) { /* the front says so, by the method's name */
		log_write(LOG_LEVEL_INFO, "desk", &who, "%s failed: %s", name, err.text);
	}
	answer(ticket, &err);
	buf_drop(&ticket->job.record);
	leave(desk, ticket, &err);
	return NULL;
}

static int
enter(struct desk *desk, struct ticket *ticket, struct err *err)
{
	bool transfer = verbs[ticket->job.request->verb].transfer;
	/* 0: any number, as of what cinder-api has accepted already */
	int64_t most = ticket->job.request->adopted ? 0 : desk->setup.own->queue_max;
	int failed;
	scoped_lock(&desk->mutex);

	if (desk->cancelled)
		return err_set(err, ERR_CANCELLED, "the service is stopping");
	if (transfer && most > 0 && desk->turns.waiting >= most)
		return err_set(err, ERR_RETRY,
		    "%d backups and restores wait already ([cinderbank] queue_max)", (int)most);
	ticket->turn.project = ticket->project_id;
	if (transfer)
		turns_wait(&desk->turns, &ticket->turn);
	ticket->next = desk->tickets;
	desk->tickets = ticket;
	failed = pthread_create(&ticket->thread, NULL, serve_ticket, ticket);
	if (!failed)
		return 0;
	desk->tickets = ticket->next;
	turns_leave(&desk->turns, &ticket->turn);
	return err_set(err, ERR_SYSTEM, "no thread for a job: %s", strerror(failed));
}

int
desk_submit(
    struct desk *desk, const struct request *request, reply_fn *reply, void *arg, struct err *err)
{
	scoped(scoped_free) struct ticket *ticket = calloc(1, sizeof *ticket);
	char uuid[DIGEST_UUID_TEXT];

	join_ended(desk);
	if (!ticket)
		return err_memory(err);
	if (digest_uuid_random(uuid, err) < 0)
		return -1;
	*ticket = (struct ticket){
		.desk = desk,
		.verb = request->verb,
		.since_ms = clock_ms(),
		.setup = desk->setup,
		.job = { .setup = &ticket->setup,
		    .request = request,
		    .ticket = ticket,
		    .claims = desk->claims,
		    .record = BUF(1 << 20) },
		.answer = reply,
		.arg = arg,
	};
	if (request->refusal)
		err_set(&ticket->job.refused, ERR_RETRY, "%s", request->refusal);
	if (request->project_id)
		snprintf(ticket->project_id, sizeof ticket->project_id, "%s", request->project_id);
	if (request->request_id)
		snprintf(ticket->request_id, sizeof ticket->request_id, "%s", request->request_id);
	else
		snprintf(ticket->request_id, sizeof ticket->request_id, "req-%s", uuid);
	if (enter(desk, ticket, err) < 0)
		return -1;
	ticket = NULL; /* whoever joins its thread frees it */
	return 0;
}

bool
desk_idle(struct desk *desk)
{
	scoped_lock(&desk->mutex);

	return !desk->tickets;
}

void
desk_cancel_all(struct desk *desk)
{
	struct ticket *ticket;
	scoped_lock(&desk->mutex);

	atomic_store(&desk->over, true);
	desk->cancelled = true;
	for (ticket = desk->tickets; ticket; ticket = ticket->next)
		atomic_store(&ticket->job.cancel, true);
	pthread_cond_broadcast(&desk->changed);
}

void
desk_close(struct desk *desk)
{
	if (!desk)
		return;
	atomic_store(&desk->over, true);
	mender_end(desk->mender);
	pulse_end(desk->pulse);
	pthread_mutex_lock(&desk->mutex);
	while (desk->tickets)
		pthread_cond_wait(&desk->changed, &desk->mutex);
	pthread_mutex_unlock(&desk->mutex);
	join_ended(desk);
	pthread_mutex_destroy(&desk->mutex);
	pthread_cond_destroy(&desk->changed);
	free(desk);
}
