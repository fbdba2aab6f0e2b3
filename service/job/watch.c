#include "job/watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "job/job.h"

enum { PROGRESS_MS = 200, POLL_MS = 500, PATIENCE_MS = 10 * 1000 };

struct watch {
	struct job *job;
	char id[UUID_TEXT]; /* of the backup */
	pthread_t thread;
	pthread_mutex_t mutex; /* of what follows */
	pthread_cond_t changed;
	/* calm: the status counts no more; hurried: the job was cancelled before that */
	bool over, calm, hurried;
	struct progress told;
	uint64_t moved_ms; /* when told changed last */
};

static bool
same(const struct progress *one, const struct progress *other)
{
	return one->done == other->done && one->total == other->total &&
	       one->stored == other->stored && one->erasing == other->erasing;
}

static void
tell(struct watch *watch)
{
	struct job *job = watch->job;
	struct progress now = {
		.done = atomic_load(&job->done),
		.total = atomic_load(&job->total),
		.stored = atomic_load(&job->stored),
		.erasing = atomic_load(&job->erasing),
		.objects = atomic_load(&job->objects),
		.untimed = job->setup->store && job->setup->store->untimed,
	};

	if (now.erasing)
		now.done = atomic_load(&job->setup->store->erased);
	if (same(&now, &watch->told))
		return;
	watch->told = now;
	watch->moved_ms = clock_ms();
	if (job->request->progress)
		job->request->progress(job->request->progress_arg, &now);
}

/* Who cancelled does not wait long for a store that hangs to forget what it has. */
static void
lose_patience(struct watch *watch)
{
	scoped_lock(&watch->mutex);

	if (watch->hurried && clock_ms() - watch->moved_ms > PATIENCE_MS)
		atomic_store(&watch->job->cancel, true);
}

static void
see_status(struct watch *watch)
{
	struct job *job = watch->job;
	struct err ignored = ERR_INIT;
	struct backup now;
	int found = -1;

	if (watch->id[0]) /* volumes are made without a backup */
		found = catalogue_find(job->setup->catalogue, watch->id, &now, &ignored);
	scoped_lock(&watch->mutex);

	/* A catalogue that does not answer says nothing about the status. */
	if (!watch->calm && (found == 0 || (found == 1 && now.status != job->working)))
		atomic_store(&job->cancel, true);
}

/* true: it is over. */
static bool
nap(struct watch *watch)
{
	scoped_lock(&watch->mutex);

	if (!watch->over)
		clock_await(&watch->changed, &watch->mutex, clock_ms() + PROGRESS_MS);
	return watch->over;
}

static void *
look_after(void *arg)
{
	struct watch *watch = arg;
	uint64_t seen_ms = clock_ms();

	while (!nap(watch)) {
		tell(watch);
		lose_patience(watch);
		if (clock_ms() - seen_ms < POLL_MS)
			continue;
		see_status(watch);
		seen_ms = clock_ms();
	}
	tell(watch);
	return NULL;
}

int
watch_begin(struct watch **ret, struct job *job, struct err *err)
{
	struct watch *watch = calloc(1, sizeof *watch);
	int failed;

	if (!watch)
		return err_memory(err);
	watch->job = job;
	memcpy(watch->id, job->backup.id, sizeof watch->id);
	pthread_mutex_init(&watch->mutex, NULL);
	pthread_cond_init(&watch->changed, NULL);
	failed = pthread_create(&watch->thread, NULL, look_after, watch);
	if (failed) {
		free(watch);
		return err_set(err, ERR_SYSTEM, "no thread for a job: %s", strerror(failed));
	}
	*ret = watch;
	return 0;
}

void
watch_calm(struct watch *watch)
{
	scoped_lock(&watch->mutex);

	watch->calm = true;
	watch->hurried = atomic_exchange(&watch->job->cancel, false);
	watch->moved_ms = clock_ms();
}

void
watch_end(struct watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->mutex);
	watch->over = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->mutex);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->mutex);
	free(watch);
}
