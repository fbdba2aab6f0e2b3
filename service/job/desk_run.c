/* A job that somebody waits for. */
#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/scope.h"
#include "job/desk.h"

struct waiting {
	reply_fn *answer;
	void *arg;
	pthread_mutex_t mutex;
	pthread_cond_t done;
	bool answered;
	struct err err;
};

static void
wake(void *arg, const struct reply *reply)
{
	struct waiting *waiting = arg;

	waiting->answer(waiting->arg, reply);
	scoped_lock(&waiting->mutex);
	waiting->err = reply->err;
	waiting->answered = true;
	pthread_cond_signal(&waiting->done);
}

int
desk_run(
    struct desk *desk, const struct request *request, reply_fn *reply, void *arg, struct err *err)
{
	struct waiting waiting = { .answer = reply, .arg = arg };

	pthread_mutex_init(&waiting.mutex, NULL);
	pthread_cond_init(&waiting.done, NULL);
	if (desk_submit(desk, request, wake, &waiting, err) < 0)
		return -1;
	pthread_mutex_lock(&waiting.mutex);
	while (!waiting.answered)
		pthread_cond_wait(&waiting.done, &waiting.mutex);
	pthread_mutex_unlock(&waiting.mutex);
	if (waiting.err.kind == ERR_NONE)
		return 0;
	*err = waiting.err;
	return -1;
}
