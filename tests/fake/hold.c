/*
 * A library to preload: a program waits where a test wants it to.
 *
 * CINDERBANK_HOLD names a file.  While it is there, its first line is a number, and a pattern as of
 * fnmatch().  Whoever is about to read, write, name or remove a file whose path is like the pattern
 * adds a byte to it.  So many as the number says go on, in whichever process they are; the others
 * wait until nobody has it locked.  If whoever locks it dies, all go on.
 *
 * The path of an image of Ceph is rbd: and its name.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
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
int renameat(int from, const char *old, int to, const char *name);
int renameat2(int from, const char *old, int to, const char *name, unsigned flags);
int linkat(int from, const char *old, int to, const char *name, int flags);

/* Of librbd, which a program may be without. */
typedef int image_name(void *image, char *name, size_t *length);
typedef int
image_read(void *image, uint64_t offset, size_t length, char *to, void *done, int flags);
typedef int
image_write(void *image, uint64_t offset, size_t length, const char *from, void *done, int flags);
image_read rbd_aio_read2;
image_write rbd_aio_write2;

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
	char text[PATH_MAX + 32] = "", *pattern;
	const ssize_t length = syscall(SYS_pread64, gate, text, sizeof text - 1, 0L);
	const size_t first = strcspn(text, "\n");
	unsigned long pass;

	if (length <= 0)
		return;
	text[first] = '\0';
	pass = strtoul(text, &pattern, 10);
	if (fnmatch(pattern + 1, path, 0) != 0 || syscall(SYS_write, gate, ".", 1L) != 1)
		return;
	if ((unsigned long)lseek(gate, 0, SEEK_CUR) - first - 1 <= pass)
		return;
	while (flock(gate, LOCK_SH) < 0 && errno == EINTR)
		;
}

/* -1: nobody is to wait. */
static int
open_gate(void)
{
	const char *file = getenv("CINDERBANK_HOLD");

	return file ? open(file, O_RDWR | O_APPEND | O_CLOEXEC) : -1;
}

static void
wait_here(int fd, const char *name)
{
	const int before = errno;
	const int gate = open_gate();
	char path[PATH_MAX];

	if (gate >= 0) {
		path_of(fd, name, path);
		wait_at(gate, path);
		close(gate);
	}
	errno = before;
}

static void
wait_at_image(void *image)
{
	const union {
		void *object;
		image_name *call;
	} name_of = { dlsym(RTLD_NEXT, "rbd_get_name") };
	const int gate = open_gate();
	char path[PATH_MAX] = "rbd:";
	size_t length = sizeof path - 4;

	if (gate >= 0) {
		(void)name_of.call(image, path + 4, &length);
		wait_at(gate, path);
		close(gate);
	}
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

int
renameat2(int from, const char *old, int to, const char *name, unsigned flags)
{
	wait_here(to, name);
	return (int)syscall(SYS_renameat2, from, old, to, name, flags);
}

int
renameat(int from, const char *old, int to, const char *name)
{
	return renameat2(from, old, to, name, 0);
}

int
linkat(int from, const char *old, int to, const char *name, int flags)
{
	wait_here(to, name);
	return (int)syscall(SYS_linkat, from, old, to, name, flags);
}

int
rbd_aio_read2(void *image, uint64_t offset, size_t length, char *to, void *done, int flags)
{
	const union {
		void *object;
		image_read *call;
	} next = { dlsym(RTLD_NEXT, "rbd_aio_read2") };

	wait_at_image(image);
	return next.call(image, offset, length, to, done, flags);
}

int
rbd_aio_write2(void *image, uint64_t offset, size_t length, const char *from, void *done, int flags)
{
	const union {
		void *object;
		image_write *call;
	} next = { dlsym(RTLD_NEXT, "rbd_aio_write2") };

	wait_at_image(image);
	return next.call(image, offset, length, from, done, flags);
}
