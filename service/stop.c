#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "front/cli.h"
#include "job/desk.h"

enum { PATIENCE_MS = 5000 };

static sigset_t stop_signals;

void
stop_block(void)
{
	sigemptyset(&stop_signals);
	sigaddset(&stop_signals, SIGINT);
	sigaddset(&stop_signals, SIGTERM);
	sigaddset(&stop_signals, SIGHUP);
	sigaddset(&stop_signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void
stop_leave_ignored(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action;
	size_t i;

	for (i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigdelset(&stop_signals, signals[i]);
	}
}

int
stop_next(uint64_t ms)
{
	const struct timespec interval = { .tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	return sigtimedwait(&stop_signals, NULL, &interval);
}

/* Wait for a signal that asks to stop.  false: all is over; SIGUSR1 says so. */
static bool
is_asked(struct stop *stop)
{
	int number;

	while (sigwait(&stop_signals, &number) == 0) {
		if (number != SIGUSR1 && !(stop->serves && number == SIGHUP)) {
			atomic_store(&stop->asked, true);
			return !atomic_load(&stop->over);
		}
		if (atomic_load(&stop->over))
			return false;
	}
	return false;
}

static void *
wait_for_signals(void *arg)
{
	struct stop *stop = arg;
	struct desk *desk;

	if (!is_asked(stop))
		return NULL;
	desk = atomic_load(&stop->desk);
	if (desk)
		desk_cancel_all(desk);
	if (!stop->serves) {
		if (!desk || is_asked(stop))
			stop->end(CLI_CANCELLED);
		return NULL;
	}
	if (desk)
		(void)stop_next(PATIENCE_MS);
	if (!atomic_load(&stop->over))
		stop->end(CLI_DONE);
	return NULL;
}

void
stop_begin(struct stop *stop, bool serves, void (*end)(int status))
{
	*stop = (struct stop){ .serves = serves, .end = end };
	stop->runs = pthread_create(&stop->thread, NULL, wait_for_signals, stop) == 0;
}

void
stop_end(struct stop *stop)
{
	if (!stop->runs)
		return;
	atomic_store(&stop->over, true);
	pthread_kill(stop->thread, SIGUSR1);
	pthread_join(stop->thread, NULL);
	stop->runs = false;
}
