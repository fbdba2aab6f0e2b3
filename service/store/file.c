#include "store/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "store/tree.h"

enum { MODE = 0660 };

int
file_create(struct file *file, struct err *err)
{
	layout_partial_name(file->name, file->hidden);
	/* A leftover is no one's: each name has one writer. */
	if (unlinkat(file->dir, file->hidden, 0) < 0 && errno != ENOENT)
		return tree_sys(err, "%s: remove what is left of it", file->name);
	file->fd = openat(
	    file->dir, file->hidden, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (file->fd < 0)
		return tree_sys(err, "%s: create", file->name);
	if (fchmod(file->fd, MODE) < 0)
		return tree_sys(err, "%s: set its permissions", file->name);
	return 0;
}

int
file_write(struct file *file, struct span text, struct err *err)
{
	ssize_t done;

	while (text.length) {
		done = write(file->fd, text.data, text.length);
		if (done < 0 && errno != EINTR)
			return tree_sys(err, "%s: write", file->name);
		if (done < 0)
			continue;
		text.data += done;
		text.length -= (size_t)done;
	}
	return 0;
}

int
file_publish(struct file *file, struct err *err)
{
	if (fsync(file->fd) < 0)
		return tree_sys(err, "%s: sync", file->name);
	/* Nobody reads it soon, and others need the memory. */
	posix_fadvise(file->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (renameat(file->dir, file->hidden, file->dir, file->name) < 0)
		return tree_sys(err, "%s: rename", file->name);
	close(file->fd);
	file->fd = -1;
	return 0;
}

void
file_drop(struct file *file)
{
	if (file->fd >= 0) {
		close(file->fd);
		unlinkat(file->dir, file->hidden, 0);
	}
	if (file->dir >= 0)
		close(file->dir);
	file->fd = file->dir = -1;
}

/* Append what follows offset to ret, as much as fits. */
static int
read_on(int fd, const char *name, uint64_t offset, struct buf *ret, struct err *err)
{
	uint64_t room = ret->ceiling - ret->length;
	struct stat state;
	ssize_t done = 1;
	char *end;

	if (fstat(fd, &state) < 0)
		return tree_sys(err, "%s", name);
	if (!S_ISREG(state.st_mode))
		return err_set(err, ERR_CORRUPT, "%s: is not a regular file", name);
	if (offset >= (uint64_t)state.st_size)
		return 0;
	if (room > (uint64_t)state.st_size - offset)
		room = (uint64_t)state.st_size - offset;
	end = buf_reserve(ret, (size_t)room);
	if (!end)
		return err_memory(err); /* uncovered: no memory */
	while (room && done) {
		done = pread(fd, end, (size_t)room, (off_t)offset);
		if (done < 0 && errno != EINTR)
			return tree_sys(err, "%s: read at %" PRIu64, name, offset);
		if (done < 0)
			continue;
		end += done;
		offset += (uint64_t)done;
		room -= (uint64_t)done;
		ret->length += (size_t)done;
	}
	*end = '\0';
	return 0;
}

int
file_read(int dir, const char *name, uint64_t offset, struct buf *ret, struct err *err)
{
	scoped(scoped_close) int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && (errno == ELOOP || errno == ENXIO))
		return err_set(err, ERR_CORRUPT, "%s: is not a regular file", name);
	if (fd < 0)
		return tree_sys(err, "%s: open", name);
	return read_on(fd, name, offset, ret, err) < 0 ? -1 : 1;
}
