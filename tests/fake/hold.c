/*
 * A library to preload: a program waits where a test wants it to.
 *
 * CINDERBANK_HOLD names a file.  While it is there, its first line is a pattern as of fnmatch(),
 * and whoever is about to read, write or remove a file whose path it matches adds a line to it,
 * and waits until nobody has it locked.  Whoever locks it and dies lets all go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t pread64(int fd, void *to, size_t length, off64_t offset);
ssize_t pwrite64(int fd, const void *from, size_t length, off64_t offset);
ssize_t write(int fd, const void *from, size_t length);
int unlinkat(int dir, const char *name, int flags);

/* The path of fd, and of name below it, if there is one. */
static void
path_of(int fd, const char *name, char ret[PATH_MAX])
{
	char link[64];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, ret, PATH_MAX - 1);
	ret[length > 0 ? length : 0] = '\0';
	if (name && length > 0)
		snprintf(ret + length, PATH_MAX - (size_t)length, "/%s", name);
}

static void
wait_at(int gate, const char *path)
{
	char text[PATH_MAX + 1] = "";

	if (syscall(SYS_pread64, gate, text, PATH_MAX, 0L) <= 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	if (fnmatch(text, path, 0) != 0)
		return;
	if (syscall(SYS_write, gate, "waits\n", 6L) < 0)
		return;
	while (flock(gate, LOCK_SH) < 0 && errno == EINTR)
		;
}

static void
wait_here(int fd, const char *name)
{
	const char *file = getenv("CINDERBANK_HOLD");
	const int before = errno;
	char path[PATH_MAX];
	int gate;

	if (!file)
		return;
	gate = open(file, O_RDWR | O_APPEND | O_CLOEXEC);
	if (gate >= 0) {
		path_of(fd, name, path);
		wait_at(gate, path);
		close(gate);
	}
	errno = before;
}

ssize_t
pread64(int fd, void *to, size_t length, off64_t offset)
{
	wait_here(fd, NULL);
	return syscall(SYS_pread64, fd, to, length, offset);
}

ssize_t
pwrite64(int fd, const void *from, size_t length, off64_t offset)
{
	wait_here(fd, NULL);
	return syscall(SYS_pwrite64, fd, from, length, offset);
}

ssize_t
write(int fd, const void *from, size_t length)
{
	wait_here(fd, NULL);
	return syscall(SYS_write, fd, from, length);
}

int
unlinkat(int dir, const char *name, int flags)
{
	wait_here(dir, name);
	return (int)syscall(SYS_unlinkat, dir, name, flags);
}
