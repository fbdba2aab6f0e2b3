#include "volume/volume.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/tray.h"
#include "volume/attach.h"

enum { ZEROS_STEP = 256 * 1024 };

static const char zeros[ZEROS_STEP];

/* A started call; 0 where nobody wants to know. */
static uint64_t
start(void)
{
	return log_enabled(LOG_LEVEL_DEBUG) ? clock_ms() : 0;
}

static void
trace(const struct volume *volume, const char *verb, struct extent range, uint64_t start_ms,
    int result, const struct err *err)
{
	char from[32];

	if (!log_enabled(LOG_LEVEL_DEBUG))
		return;
	snprintf(from, sizeof from, "volume.%s", volume->driver->name);
	log_debug(from, "%s %" PRIu64 "+%" PRIu64 ": %s in %" PRIu64 " ms", verb, range.offset,
	    range.length, result < 0 ? err->text : "done", clock_ms() - start_ms);
}

/* An extent that begins or ends outside the volume is nobody's to touch. */
static int
check_bounds(const struct volume *volume, const char *verb, struct extent range, struct err *err)
{
	if (range.offset <= volume->size && range.length <= volume->size - range.offset)
		return 0;
	return err_set(err, ERR_INVALID,
	    "%s %" PRIu64 " bytes at %" PRIu64 ": the volume has %" PRIu64, verb, range.length,
	    range.offset, volume->size);
}

static void
name_attachment(const struct attachment *attachment, char ret[64 + COLUMN_TEXT_MAX])
{
	if (attachment->kind == ATTACHMENT_RBD)
		snprintf(ret, 64 + COLUMN_TEXT_MAX, "rbd:%.100s/%.200s", attachment->pool,
		    attachment->image);
	else if (attachment->kind == ATTACHMENT_ISCSI)
		snprintf(ret, 64 + COLUMN_TEXT_MAX, "iscsi:%.200s/%d",
		    attachment->iscsi.paths[0].target, attachment->iscsi.paths[0].lun);
	else
		snprintf(ret, 64 + COLUMN_TEXT_MAX, "%.300s", attachment->path);
}

static int
open_claimed(struct volume **ret, const struct volume_driver *const *drivers,
    const struct attachment *attachment, bool writable, struct err *err)
{
	for (; *drivers; drivers++) {
		if ((*drivers)->claims(attachment))
			return (*drivers)->open(ret, attachment, writable, err);
	}
	return err_set(err, ERR_INVALID, "no driver of this build claims it");
}

int
volume_open(struct volume **ret, const struct volume_driver *const *drivers,
    const struct attachment *attachment, bool writable, struct err *err)
{
	char name[64 + COLUMN_TEXT_MAX];
	uint64_t start_ms = start();
	struct volume *volume;

	name_attachment(attachment, name);
	if (open_claimed(&volume, drivers, attachment, writable, err) < 0)
		return err_wrap(err, "volume %s", name);
	trace(volume, "open", (struct extent){ 0, volume->size }, start_ms, 0, err);
	if (volume->size == 0 && !writable) {
		volume_close(volume);
		return err_set(err, ERR_INVALID, "volume %s: has no bytes", name);
	}
	*ret = volume;
	return 0;
}

int
volume_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	struct extent range = { offset, length };
	uint64_t start_ms = start();
	int result = check_bounds(volume, "read", range, err);

	if (result == 0)
		result = volume->driver->read(volume, offset, out, length, err);
	trace(volume, "read", range, start_ms, result, err);
	return result;
}

int
volume_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	struct extent range = { offset, length };
	uint64_t start_ms = start();
	int result = check_bounds(volume, "write", range, err);

	if (result == 0)
		result = volume->driver->write(volume, offset, data, length, err);
	trace(volume, "write", range, start_ms, result, err);
	return result;
}

int
volume_read_tray(
    struct volume *volume, uint64_t offset, struct tray *tray, size_t length, struct err *err)
{
	struct extent range = { offset, length };
	uint64_t start_ms = start();
	int result;

	if (!volume->driver->read_tray)
		return volume_read(volume, offset, tray->bytes, length, err);
	result = check_bounds(volume, "read", range, err);
	if (result == 0)
		result = volume->driver->read_tray(volume, offset, tray, length, err);
	trace(volume, "read", range, start_ms, result, err);
	return result;
}

int
volume_write_tray(struct volume *volume, uint64_t offset, struct tray *tray, size_t at,
    size_t length, struct err *err)
{
	struct extent range = { offset, length };
	uint64_t start_ms = start();
	int result;

	if (!volume->driver->write_tray)
		return volume_write(volume, offset, tray->bytes + at, length, err);
	result = check_bounds(volume, "write", range, err);
	if (result == 0)
		result = volume->driver->write_tray(volume, offset, tray, at, length, err);
	trace(volume, "write", range, start_ms, result, err);
	return result;
}

int
volume_flush(struct volume *volume, struct err *err)
{
	uint64_t start_ms = start();
	int result = volume->driver->flush(volume, err);

	trace(volume, "flush", (struct extent){ 0, volume->size }, start_ms, result, err);
	return result;
}

int
volume_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err)
{
	uint64_t start_ms = start();
	int result = check_bounds(volume, "changes of", range, err);

	if (result == 0 && range.length)
		result = volume->driver->changed
			     ? volume->driver->changed(volume, since, range, fn, arg, err)
			     : fn(arg, range, err);
	trace(volume, "changed", range, start_ms, result, err);
	return result;
}

static int
write_zeros(struct volume *volume, struct extent range, struct err *err)
{
	size_t step;

	for (; range.length; range.offset += step, range.length -= step) {
		step = range.length < ZEROS_STEP ? (size_t)range.length : ZEROS_STEP;
		if (volume->driver->write(volume, range.offset, zeros, step, err) < 0)
			return -1;
	}
	return 0;
}

int
volume_zero(struct volume *volume, struct extent range, struct err *err)
{
	uint64_t start_ms = start();
	int result = check_bounds(volume, "zero", range, err);

	if (result == 0 && range.length) {
		result = volume->driver->zero ? volume->driver->zero(volume, range, err) : 0;
		if (result == 0)
			result = write_zeros(volume, range, err);
	}
	trace(volume, "zero", range, start_ms, result, err);
	return result < 0 ? -1 : 0;
}

int
volume_publish(struct volume *volume, uint64_t size, struct err *err)
{
	uint64_t start_ms = start();
	int result = 0;

	if (volume->driver->publish)
		result = volume->driver->publish(volume, size, err);
	trace(volume, "publish", (struct extent){ 0, size }, start_ms, result, err);
	return result;
}

int
volume_freeze(struct volume *volume, const char *name, bool always, struct err *err)
{
	uint64_t start_ms = start();
	int result = 0;

	if (volume->driver->freeze)
		result = volume->driver->freeze(volume, name, always, err);
	trace(volume, "freeze", (struct extent){ 0, volume->size }, start_ms, result, err);
	return result;
}

int
volume_clone(struct volume *to, struct volume *from, struct err *err)
{
	uint64_t start_ms = start();
	int result = 0;

	if (to->driver == from->driver && to->driver->clone)
		result = to->driver->clone(to, from, err);
	trace(to, "clone", (struct extent){ 0, from->size }, start_ms, result, err);
	return result;
}

int
volume_moment(struct volume *volume, char ret[VOLUME_MOMENT_MAX], struct err *err)
{
	return volume->driver->moment ? volume->driver->moment(volume, ret, err) : 0;
}

int
volume_recall(struct volume *volume, const char *moment, struct volume_past *ret, struct err *err)
{
	return volume->driver->recall ? volume->driver->recall(volume, moment, ret, err) : 0;
}

/* NULL: there is none. */
static const struct volume_driver *
driver_of(const struct volume_driver *const *drivers, const struct attachment *attachment)
{
	while (*drivers && !(*drivers)->claims(attachment))
		drivers++;
	return *drivers;
}

static int
cannot(const struct attachment *attachment, const char *what, struct err *err)
{
	return err_set(err, ERR_INVALID, "volume %s: of a kind that cannot be %s",
	    attachment->volume_id, what);
}

int
volume_look(const struct volume_driver *const *drivers, const struct attachment *of,
    struct volume_look *ret, size_t count, struct err *err)
{
	const struct volume_driver *driver = driver_of(drivers, of);

	return driver && driver->look ? driver->look(of, ret, count, err)
				      : cannot(of, "looked at", err);
}

int
volume_snapshot(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err)
{
	const struct volume_driver *driver = driver_of(drivers, attachment);

	return driver && driver->snapshot ? driver->snapshot(attachment, err) : 0;
}

int
volume_grow(const struct volume_driver *const *drivers, const struct attachment *attachment,
    uint64_t size, struct err *err)
{
	const struct volume_driver *driver = driver_of(drivers, attachment);

	return driver && driver->grow ? driver->grow(attachment, size, err)
				      : cannot(attachment, "extended", err);
}

int
volume_remove(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err)
{
	const struct volume_driver *driver = driver_of(drivers, attachment);

	return driver && driver->remove ? driver->remove(attachment, err)
					: cannot(attachment, "removed", err);
}

int
volume_sweep(const struct volume_driver *const *drivers, const struct attachment *attachment,
    struct err *err)
{
	const struct volume_driver *driver = driver_of(drivers, attachment);

	return driver && driver->sweep ? driver->sweep(attachment, err) : 0;
}

void
volume_close(struct volume *volume)
{
	if (volume)
		volume->driver->close(volume);
}
