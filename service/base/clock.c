#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAP_MS = 100 };

static _Atomic int64_t fixed = -1;

int64_t
clock_now(void)
{
	int64_t set = atomic_load(&fixed);

	return set >= 0 ? set : (int64_t)time(NULL);
}

void
clock_set(int64_t seconds)
{
	atomic_store(&fixed, seconds);
}

uint64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
clock_sleep_ms(uint64_t ms)
{
	struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	nanosleep(&time, NULL);
}

bool
clock_wait_ms(uint64_t ms, const atomic_bool *cancel)
{
	uint64_t start = clock_ms(), passed = 0;

	for (; passed < ms; passed = clock_ms() - start) {
		if (cancel && atomic_load(cancel))
			return false;
		clock_sleep_ms(ms - passed < NAP_MS ? ms - passed : NAP_MS);
	}
	return !(cancel && atomic_load(cancel));
}

bool
clock_await(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t until_ms)
{
	const struct timespec until = { (time_t)(until_ms / 1000),
		(long)(until_ms % 1000) * 1000000 };

	return pthread_cond_clockwait(condition, mutex, CLOCK_MONOTONIC, &until) == 0;
}

void
clock_format(int64_t seconds, const char *format, char *ret)
{
	time_t moment = (time_t)seconds;
	struct tm parts;

	gmtime_r(&moment, &parts);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	if (!strftime(ret, CLOCK_TEXT, format, &parts))
		ret[0] = '\0';
#pragma GCC diagnostic pop
}

int
clock_parse(const char *text, int64_t *ret)
{
	struct tm parts = { 0 };
	const char *rest = strptime(text, "%Y-%m-%d", &parts);
	struct tm date = parts;

	if (!rest || (*rest != 'T' && *rest != ' '))
		return 0;
	timegm(&date);
	if (date.tm_mday != parts.tm_mday) /* 30 February */
		return 0;
	rest = strptime(rest + 1, "%H:%M:%S", &parts);
	if (!rest)
		return 0;
	if (*rest == '.' && rest[1] >= '0' && rest[1] <= '9')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (*rest && strcmp(rest, "Z") != 0 && strcmp(rest, "+00:00") != 0)
		return 0;
	*ret = (int64_t)timegm(&parts);
	return 1;
}
