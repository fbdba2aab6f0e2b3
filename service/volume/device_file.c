/* Files as whole volumes: looked at, grown, removed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "base/sync.h"
#include "volume/attach.h"
#include "volume/device.h"
#include "volume/fresh.h"

int
device_look(const struct attachment *of, struct volume_look *ret, size_t count, struct err *err)
{
	size_t i;

	(void)err;
	for (i = 0; i < count; i++) {
		int fd = open(of[i].path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END); /* of a device, too */
		struct stat state;

		ret[i] = (struct volume_look){ .there = false };
		if (end > 0 && fstat(fd, &state) == 0 &&
		    (S_ISREG(state.st_mode) || S_ISBLK(state.st_mode)))
			ret[i] = (struct volume_look){ .there = true,
				.size = (uint64_t)end,
				.written = state.st_mtim.tv_sec,
				.used = attach_in_use(&of[i]) };
		if (fd >= 0)
			close(fd);
	}
	return 0;
}

int
device_grow(const struct attachment *attachment, uint64_t size, struct err *err)
{
	const char *path = attachment->path;
	scoped(scoped_close) int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat state;

	if (fd < 0 || fstat(fd, &state) < 0)
		return err_sys(err, "%s", path);
	if (!S_ISREG(state.st_mode))
		return err_set(err, ERR_INVALID, "%s: is no file, and does not grow", path);
	if ((uint64_t)state.st_size >= size)
		return 0;
	if (ftruncate(fd, (off_t)size) < 0 || fsync(fd) < 0)
		return err_sys(err, "%s: make it %" PRIu64 " bytes long", path, size);
	return 0;
}

/* What a name leads to may be somebody else's, so only names of files go. */
int
device_remove(const struct attachment *attachment, struct err *err)
{
	struct stat state;

	if (lstat(attachment->path, &state) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "%s", attachment->path);
	if (!S_ISREG(state.st_mode))
		return err_set(err, ERR_INVALID, "%s: is no file, and stays", attachment->path);
	if (unlink(attachment->path) < 0 && errno != ENOENT)
		return err_sys(err, "remove %s", attachment->path);
	return sync_name(attachment->path, err);
}

int
device_sweep(const struct attachment *attachment, struct err *err)
{
	(void)err;
	fresh_sweep(attachment->path);
	return 0;
}
