#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/log.h"
#include "job/recover.h"

enum { FIRST_S = 2, LAST_S = 60 };

struct mender {
	struct recovery *recovery;
	pthread_t thread;
	pthread_mutex_t mutex; /* of over */
	pthread_cond_t ended;
	bool over;
};

/* true: it is over. */
static bool
nap(struct mender *mender, time_t seconds)
{
	struct timespec until;
	scoped_lock(&mender->mutex);

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	while (!mender->over && pthread_cond_timedwait(&mender->ended, &mender->mutex, &until) == 0)
		;
	return mender->over;
}

static void *
mend(void *arg)
{
	struct mender *mender = arg;
	struct err err = ERR_INIT;
	time_t seconds = FIRST_S;

	while (!nap(mender, seconds)) {
		if (recovery_run(mender->recovery, &err) == 0) {
			log_info("recover", "all that was left half done is put right");
			break;
		}
		log_warning("recover", "%s; tried again later", err.text);
		seconds = seconds < LAST_S / 2 ? 2 * seconds : LAST_S;
	}
	return NULL;
}

int
mender_begin(struct mender **ret, struct recovery *recovery, struct err *err)
{
	struct mender *mender = calloc(1, sizeof *mender);
	int failed;

	if (!mender)
		return err_memory(err);
	mender->recovery = recovery;
	pthread_mutex_init(&mender->mutex, NULL);
	pthread_cond_init(&mender->ended, NULL);
	failed = pthread_create(&mender->thread, NULL, mend, mender);
	if (failed) {
		free(mender);
		return err_set(err, ERR_SYSTEM, "no thread to recover: %s", strerror(failed));
	}
	*ret = mender;
	return 0;
}

void
mender_end(struct mender *mender)
{
	if (!mender)
		return;
	pthread_mutex_lock(&mender->mutex);
	mender->over = true;
	pthread_cond_signal(&mender->ended);
	pthread_mutex_unlock(&mender->mutex);
	pthread_join(mender->thread, NULL);
	pthread_cond_destroy(&mender->ended);
	pthread_mutex_destroy(&mender->mutex);
	recovery_close(mender->recovery);
	free(mender);
}
