#include "volume/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

enum {
	ALIGNMENT = 4096, /* enough for every disk */
	/* Shorter ones are gathered by the kernel, and written in order. */
	LENGTH_MIN = 1024 * 1024,
};

void
direct_open(struct direct *direct, int fd)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	direct->fd = open(path, O_WRONLY | O_DIRECT | O_CLOEXEC);
}

size_t
direct_write(struct direct *direct, uint64_t offset, const void *data, size_t length)
{
	size_t whole = length - length % ALIGNMENT;
	ssize_t done;

	if (direct->fd < 0 || atomic_load(&direct->refused) || whole < LENGTH_MIN ||
	    offset % ALIGNMENT || (uintptr_t)data % ALIGNMENT)
		return 0;
	do
		done = pwrite(direct->fd, data, whole, (off_t)offset);
	while (done < 0 && errno == EINTR);
	/* A file system may say so only now; or, as with a full disk, say it better later. */
	if (done < 0)
		atomic_store(&direct->refused, true);
	return done < 0 ? 0 : (size_t)done;
}

void
direct_drop(struct direct *direct)
{
	if (direct->fd >= 0)
		close(direct->fd);
	direct->fd = -1;
}
