#include "alive.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/scope.h"

/* One datagram to the socket that the environment names; sd_notify(3) has the format. */
static void
tell(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	scoped(scoped_close) int fd = -1;
	size_t length = path ? strlen(path) : 0;

	if (length < 2 || length >= sizeof address.sun_path)
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@') /* a name without a file */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&address,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

void
alive_ready(void)
{
	tell("READY=1");
}

void
alive_stopping(void)
{
	tell("STOPPING=1");
}

uint64_t
alive_beat(uint64_t last_ms)
{
	uint64_t now_ms = clock_ms(), interval_ms = alive_interval_ms();

	if (!interval_ms || now_ms - last_ms < interval_ms)
		return last_ms;
	tell("WATCHDOG=1");
	return now_ms;
}

uint64_t
alive_interval_ms(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!interval || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	return strtoull(interval, NULL, 10) / 3000; /* a third of it, in milliseconds */
}
