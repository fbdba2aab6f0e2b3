#include "base/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "base/err.h"
#include "base/scope.h"

static struct {
	pthread_mutex_t mutex;
	enum log_level level;
	bool syslog;
	int fd;
	char path[4096];
} sink = { .mutex = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_WARNING, .fd = STDERR_FILENO };

static int
open_path(struct err *err)
{
	int fd = open(sink.path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return err_sys(err, "log file %s", sink.path);
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = fd;
	return 0;
}

int
log_open(const char *path, enum log_level level, struct err *err)
{
	scoped_lock(&sink.mutex);

	sink.level = level;
	if (!path)
		return 0;
	snprintf(sink.path, sizeof sink.path, "%s", path);
	return open_path(err);
}

void
log_to_syslog(int facility)
{
	scoped_lock(&sink.mutex);

	openlog("cinder-backup", LOG_PID | LOG_NDELAY, facility);
	sink.syslog = true;
}

int
log_reopen(struct err *err)
{
	scoped_lock(&sink.mutex);

	return sink.path[0] ? open_path(err) : 0;
}

void
log_set_level(enum log_level level)
{
	scoped_lock(&sink.mutex);

	sink.level = level;
}

enum log_level
log_level(void)
{
	scoped_lock(&sink.mutex);

	return sink.level;
}

bool
log_enabled(enum log_level level)
{
	return level >= sink.level;
}

/* A control character in a name or a message must not forge a record. */
static void
one_line(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = ' ';
	}
}

/* What stands between the brackets; domains, as far as oslo.log has room for them, are unknown. */
static void
print_who(const struct log_who *who, char *ret, size_t room)
{
	if (who && who->request_id)
		snprintf(ret, room, "%.100s %.100s %.100s - - -", who->request_id,
		    who->user_id ? who->user_id : "-", who->project_id ? who->project_id : "-");
	else
		snprintf(ret, room, "-");
}

void
log_write(enum log_level level, const char *from, const struct log_who *who, const char *fmt, ...)
{
	static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
	static const int priorities[] = { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR };
	char line[2048], moment[32], identity[320];
	struct timespec now;
	struct tm parts;
	va_list args;
	size_t used, wanted;

	if (!log_enabled(level))
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &parts);
	strftime(moment, sizeof moment, "%Y-%m-%d %H:%M:%S", &parts);
	print_who(who, identity, sizeof identity);
	used = (size_t)snprintf(line, sizeof line / 2, "%s.%03ld %d %s cinderbank.%s [%s] ", moment,
	    now.tv_nsec / 1000000, (int)getpid(), names[level], from, identity);
	if (used >= sizeof line / 2)
		used = sizeof line / 2 - 1;
	va_start(args, fmt);
	wanted = (size_t)vsnprintf(line + used, sizeof line - used - 1, fmt, args);
	va_end(args);
	one_line(line);
	used = wanted < sizeof line - used - 1 ? used + wanted : sizeof line - 2;
	line[used] = '\n';
	scoped_lock(&sink.mutex);
	if (sink.syslog)
		syslog(priorities[level], "%.*s", (int)used, line);
	if (write(sink.fd, line, used + 1) < 0)
		return; /* there is nobody left to tell */
}

void
log_close(void)
{
	scoped_lock(&sink.mutex);

	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = STDERR_FILENO;
	sink.path[0] = '\0';
}
