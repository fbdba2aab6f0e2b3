#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "volume/attach.h"
#include "volume/device.h"
#include "volume/direct.h"
#include "volume/fresh.h"
#include "volume/volume.h"

enum { BLOCK_MIN = 512, SECTOR = 512 /* of st_blocks */ };

struct device {
	struct volume volume;
	int fd;
	bool is_block;
	bool dense;         /* as many blocks as bytes: it has no holes to look for */
	struct fresh fresh; /* of a volume without a name yet */
	struct direct direct;
	char path[PATH_MAX];
};

static struct device *
device_of(struct volume *volume)
{
	return (struct device *)volume;
}

static bool
device_claims(const struct attachment *attachment)
{
	return attachment->kind == ATTACHMENT_PATH;
}

static int
check_type(mode_t mode, struct err *err)
{
	const char *type = S_ISDIR(mode)    ? "a directory"
			   : S_ISFIFO(mode) ? "a FIFO"
			   : S_ISSOCK(mode) ? "a socket"
			   : S_ISCHR(mode)  ? "a character device"
					    : "no file";

	if (S_ISREG(mode) || S_ISBLK(mode))
		return 0;
	return err_set(err, ERR_INVALID, "is %s; a file or a block device is wanted", type);
}

static int
measure_block_device(struct device *device, struct err *err)
{
	int sector;

	if (ioctl(device->fd, BLKGETSIZE64, &device->volume.size) < 0 ||
	    ioctl(device->fd, BLKSSZGET, &sector) < 0)
		return err_sys(err, "ask for its size");
	device->volume.block = (uint64_t)sector;
	return 0;
}

static int
measure(struct device *device, const struct stat *state, bool writable, struct err *err)
{
	device->is_block = S_ISBLK(state->st_mode);
	if (device->is_block)
		return measure_block_device(device, err);
	device->volume.size = (uint64_t)state->st_size;
	device->dense = (uint64_t)state->st_blocks * SECTOR >= device->volume.size;
	device->volume.block =
	    state->st_blksize > BLOCK_MIN ? (uint64_t)state->st_blksize : BLOCK_MIN;
	/* A file that is one hole was never written to. */
	device->volume.zeroed = writable && lseek(device->fd, 0, SEEK_DATA) < 0 && errno == ENXIO;
	return 0;
}

/* Looked at before it is opened: to open a FIFO would wait for its other end. */
static int
open_existing(struct device *device, bool writable, struct err *err)
{
	int flags = (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
	struct stat state;

	if (stat(device->path, &state) < 0)
		return err_sys(err, "look");
	if (check_type(state.st_mode, err) < 0)
		return -1;
	if (writable && S_ISBLK(state.st_mode))
		flags |= O_EXCL; /* not below a mounted file system */
	device->fd = open(device->path, flags);
	if (device->fd < 0 && errno == EBUSY)
		return err_set(err, ERR_CONFLICT, "is in use: mounted, or part of another device");
	if (device->fd < 0)
		return err_sys(err, "open");
	if (fstat(device->fd, &state) < 0)
		return err_sys(err, "look");
	if (check_type(state.st_mode, err) < 0)
		return -1;
	if (!writable)
		posix_fadvise(device->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return measure(device, &state, writable, err);
}

static int
open_fresh(struct device *device, uint64_t size, struct err *err)
{
	if (size == 0)
		return err_set(err, ERR_INVALID, "a volume without any bytes cannot be made");
	if (fresh_create(&device->fresh, device->path, &device->fd, err) < 0)
		return -1;
	if (ftruncate(device->fd, (off_t)size) < 0)
		return err_sys(err, "make it %" PRIu64 " bytes long", size);
	device->volume.size = size;
	device->volume.block = 4096;
	device->volume.zeroed = true;
	return 0;
}

static void
device_close(struct volume *volume)
{
	struct device *device = device_of(volume);

	fresh_drop(&device->fresh);
	direct_drop(&device->direct);
	if (device->fd >= 0)
		close(device->fd);
	free(device);
}

static int
device_open(
    struct volume **ret, const struct attachment *attachment, bool writable, struct err *err)
{
	struct device *device = calloc(1, sizeof *device);
	int result;

	if (!device)
		return err_memory(err); /* uncovered: no memory */
	device->volume.driver = &volume_device;
	device->fd = -1;
	device->fresh = (struct fresh)FRESH_INIT;
	device->direct = (struct direct)DIRECT_INIT;
	snprintf(device->path, sizeof device->path, "%s", attachment->path);
	result = attachment->create ? open_fresh(device, attachment->size, err)
				    : open_existing(device, writable, err);
	if (result < 0) {
		device_close(&device->volume);
		return -1;
	}
	if (writable)
		direct_open(&device->direct, device->fd);
	*ret = &device->volume;
	return 0;
}

static int
device_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	const struct device *device = device_of(volume);
	char *to = out;
	ssize_t done;

	while (length) {
		done = pread(device->fd, to, length, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(
			    err, "%s: read %zu bytes at %" PRIu64, device->path, length, offset);
		if (done == 0)
			return err_set(err, ERR_SYSTEM,
			    "%s: ends at %" PRIu64 " instead of %" PRIu64 ": it shrank meanwhile",
			    device->path, offset, volume->size);
		to += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	return 0;
}

static int
device_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	struct device *device = device_of(volume);
	const size_t direct = direct_write(&device->direct, offset, data, length);
	const char *from = (const char *)data + direct;
	off64_t start, whole;
	ssize_t done;

	offset += direct, length -= direct;
	start = (off64_t)offset, whole = (off64_t)length;
	while (length) {
		done = pwrite(device->fd, from, length, (off_t)offset);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_sys(
			    err, "%s: write %zu bytes at %" PRIu64, device->path, length, offset);
		from += done;
		offset += (uint64_t)done;
		length -= (size_t)done;
	}
	/* The disk is to work while others unpack, not when all waits for the flush. */
	if (whole)
		sync_file_range(device->fd, start, whole, SYNC_FILE_RANGE_WRITE);
	return 0;
}

static int
device_flush(struct volume *volume, struct err *err)
{
	const struct device *device = device_of(volume);

	return fsync(device->fd) < 0 ? err_sys(err, "%s: sync", device->path) : 0;
}

/* A file that ended before the range did has lost bytes there, it has no hole.  0, -1. */
static int
check_end(const struct device *device, uint64_t end, struct err *err)
{
	struct stat state;

	if (fstat(device->fd, &state) < 0)
		return err_sys(err, "%s: look", device->path);
	if ((uint64_t)state.st_size >= end)
		return 0;
	return err_set(err, ERR_SYSTEM,
	    "%s: ends at %" PRIu64 " instead of %" PRIu64 ": it shrank meanwhile", device->path,
	    (uint64_t)state.st_size, device->volume.size);
}

/* The next extent of data in the range.  1, 0: nothing but a hole, -1. */
static int
next_data(const struct device *device, struct extent range, struct extent *ret, struct err *err)
{
	uint64_t end = range.offset + range.length;
	off_t data = lseek(device->fd, (off_t)range.offset, SEEK_DATA), hole;

	if (data < 0 && errno == ENXIO)
		return check_end(device, end, err);
	hole = data < 0 ? -1 : lseek(device->fd, data, SEEK_HOLE);
	if (hole < 0 && errno == EINVAL) {
		*ret = range; /* the file system does not know */
		return 1;
	}
	if (hole < 0)
		return err_sys(err, "%s: look for holes", device->path);
	if ((uint64_t)data >= end)
		return 0;
	ret->offset = (uint64_t)data;
	ret->length = ((uint64_t)hole < end ? (uint64_t)hole : end) - ret->offset;
	return 1;
}

static int
device_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err)
{
	const struct device *device = device_of(volume);
	uint64_t end = range.offset + range.length;
	struct extent extent;
	int result;

	if (since || device->is_block || device->dense)
		return fn(arg, range, err);
	while (range.length) {
		result = next_data(device, range, &extent, err);
		if (result <= 0)
			return result;
		result = fn(arg, extent, err);
		if (result)
			return result;
		range.offset = extent.offset + extent.length;
		range.length = end - range.offset;
	}
	return 0;
}

static int
device_zero(struct volume *volume, struct extent range, struct err *err)
{
	const struct device *device = device_of(volume);
	uint64_t bytes[2] = { range.offset, range.length };
	int result = device->is_block
			 ? ioctl(device->fd, BLKZEROOUT, bytes)
			 : fallocate(device->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       (off_t)range.offset, (off_t)range.length);

	if (result == 0)
		return 1;
	if (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOTTY || errno == ENOSYS)
		return 0;
	return err_sys(err, "%s: zero %" PRIu64 " bytes at %" PRIu64, device->path, range.length,
	    range.offset);
}

/* Only whole files, so that to becomes as long as from. */
static int
device_clone(struct volume *to, struct volume *from, struct err *err)
{
	const struct device *target = device_of(to), *source = device_of(from);

	if (source->is_block || to->size != from->size)
		return 0;
	if (ioctl(target->fd, FICLONE, source->fd) == 0) {
		to->zeroed = false;
		return 1;
	}
	if (errno == EOPNOTSUPP || errno == EXDEV || errno == EINVAL || errno == ENOTTY ||
	    errno == ENOSYS || errno == EPERM || errno == ETXTBSY)
		return 0;
	return err_sys(err, "%s: clone %s", target->path, source->path);
}

static int
device_publish(struct volume *volume, uint64_t size, struct err *err)
{
	struct device *device = device_of(volume);

	if (device->fresh.dir < 0)
		return 0;
	if (ftruncate(device->fd, (off_t)size) < 0)
		return err_sys(err, "%s: make it %" PRIu64 " bytes long", device->path, size);
	if (fsync(device->fd) < 0)
		return err_sys(err, "%s: sync", device->path);
	if (fresh_publish(&device->fresh, device->fd, err) < 0)
		return err_wrap(err, "%s", device->path);
	volume->size = size;
	return 0;
}

const struct volume_driver volume_device = {
	.name = "device",
	.claims = device_claims,
	.open = device_open,
	.read = device_read,
	.write = device_write,
	.flush = device_flush,
	.close = device_close,
	.changed = device_changed,
	.zero = device_zero,
	.clone = device_clone,
	.publish = device_publish,
	.sweep = device_sweep,
	.look = device_look,
	.grow = device_grow,
	.remove = device_remove,
};
