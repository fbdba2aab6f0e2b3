#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "job/recover.h"

enum { FIRST_S = 2, LAST_S = 60 };

struct mender {
	struct recovery *recovery;
	pthread_t thread;
	pthread_mutex_t mutex; /* of these two */
	pthread_cond_t changed;
	bool over, tried;
};

/* Until that is set, but no longer. */
static bool
wait_for(struct mender *mender, const bool *that, uint64_t seconds)
{
	const uint64_t until_ms = clock_ms() + seconds * 1000;
	scoped_lock(&mender->mutex);

	while (!*that && clock_await(&mender->changed, &mender->mutex, until_ms))
		;
	return *that;
}

static void
set(struct mender *mender, bool *that)
{
	scoped_lock(&mender->mutex);

	*that = true;
	pthread_cond_broadcast(&mender->changed);
}

static void *
mend(void *arg)
{
	struct mender *mender = arg;
	struct err err = ERR_INIT;
	uint64_t seconds = FIRST_S;

	while (recovery_run(mender->recovery, &err) < 0) {
		if (err.kind == ERR_CANCELLED)
			break;
		log_warning("recover", "%s; tried again later", err.text);
		set(mender, &mender->tried);
		if (wait_for(mender, &mender->over, seconds))
			return NULL;
		seconds = seconds < LAST_S / 2 ? 2 * seconds : LAST_S;
	}
	if (mender->tried && err.kind != ERR_CANCELLED)
		log_info("recover", "all that was left half done is put right");
	set(mender, &mender->tried);
	return NULL;
}

int
mender_begin(struct mender **ret, struct recovery *recovery, unsigned patience_s, struct err *err)
{
	struct mender *mender = calloc(1, sizeof *mender);
	int failed;

	if (!mender)
		return err_memory(err);
	mender->recovery = recovery;
	pthread_mutex_init(&mender->mutex, NULL);
	pthread_cond_init(&mender->changed, NULL);
	failed = pthread_create(&mender->thread, NULL, mend, mender);
	if (failed) {
		free(mender);
		return err_set(err, ERR_SYSTEM, "no thread to recover: %s", strerror(failed));
	}
	*ret = mender;
	(void)wait_for(mender, &mender->tried, patience_s);
	return 0;
}

void
mender_end(struct mender *mender)
{
	if (!mender)
		return;
	set(mender, &mender->over);
	pthread_join(mender->thread, NULL);
	pthread_cond_destroy(&mender->changed);
	pthread_mutex_destroy(&mender->mutex);
	recovery_close(mender->recovery);
	free(mender);
}
