/* Volumes of iSCSI, in this process.  One session a volume; calls take turns, their parts do not.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "volume/attach.h"
#include "volume/iscsi.h"
#include "volume/iscsi_session.h"
#include "volume/volume.h"

struct unit {
	struct volume volume;
	struct iscsi_session *session;
	unsigned char *edge; /* one block, for what begins or ends within */
	unsigned char *zeros;
	bool no_same; /* the target does not know WRITE SAME */
	pthread_mutex_t mutex;
};

static struct unit *
unit_of(struct volume *volume)
{
	return (struct unit *)volume;
}

static bool
unit_claims(const struct attachment *attachment)
{
	return attachment->kind == ATTACHMENT_ISCSI;
}

static void
unit_close(struct volume *volume)
{
	struct unit *unit = unit_of(volume);

	if (unit->session)
		iscsi_session_close(unit->session);
	pthread_mutex_destroy(&unit->mutex);
	free(unit->edge);
	free(unit->zeros);
	free(unit);
}

static int
unit_open(struct volume **ret, const struct attachment *attachment, bool writable, struct err *err)
{
	struct unit *unit = calloc(1, sizeof *unit);
	const struct iscsi_shape *shape;

	(void)writable;
	if (!unit)
		return err_memory(err);
	unit->volume.driver = &volume_iscsi;
	pthread_mutex_init(&unit->mutex, NULL);
	if (iscsi_session_open(&unit->session, &attachment->iscsi, attachment->cancel, err) < 0) {
		unit_close(&unit->volume);
		return -1;
	}
	shape = iscsi_session_shape(unit->session);
	unit->edge = calloc(1, shape->block_size);
	unit->zeros = calloc(1, shape->block_size);
	if (!unit->edge || !unit->zeros) {
		unit_close(&unit->volume);
		return err_memory(err);
	}
	unit->volume.size = shape->blocks * shape->block_size;
	unit->volume.block = shape->block_size;
	*ret = &unit->volume;
	return 0;
}

/* ---- whole blocks, and what is less ---- */

/* Bytes from offset on that lie in one block with it, or 0: whole blocks begin there. */
static size_t
within_block(const struct unit *unit, uint64_t offset, size_t length)
{
	size_t into = (size_t)(offset % unit->volume.block);
	size_t rest = (size_t)unit->volume.block - into;

	if (!into && length >= unit->volume.block)
		return 0;
	return length < rest ? length : rest;
}

static struct iscsi_extent
blocks_of(const struct unit *unit, uint64_t offset, size_t length)
{
	return (struct iscsi_extent){ offset / unit->volume.block, length / unit->volume.block };
}

static int
run(struct unit *unit, enum iscsi_verb verb, struct iscsi_extent blocks, void *data,
    struct err *err)
{
	return iscsi_session_run(unit->session, verb, blocks, data, err);
}

static int
read_edge(struct unit *unit, uint64_t offset, struct err *err)
{
	struct iscsi_extent one = { offset / unit->volume.block, 1 };

	return run(unit, ISCSI_READ, one, unit->edge, err);
}

static int
unit_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	struct unit *unit = unit_of(volume);
	unsigned char *to = out;
	size_t part;

	scoped_lock(&unit->mutex);
	for (; length; to += part, offset += part, length -= part) {
		part = within_block(unit, offset, length);
		if (part) {
			if (read_edge(unit, offset, err) < 0)
				return -1;
			memcpy(to, unit->edge + offset % volume->block, part);
			continue;
		}
		part = length - length % (size_t)volume->block;
		if (run(unit, ISCSI_READ, blocks_of(unit, offset, part), to, err) < 0)
			return -1;
	}
	return 0;
}

static int
write_edge(
    struct unit *unit, uint64_t offset, const unsigned char *from, size_t length, struct err *err)
{
	struct iscsi_extent one = { offset / unit->volume.block, 1 };

	if (read_edge(unit, offset, err) < 0)
		return -1;
	memcpy(unit->edge + offset % unit->volume.block, from, length);
	return run(unit, ISCSI_WRITE, one, unit->edge, err);
}

static int
write_all(
    struct unit *unit, uint64_t offset, const unsigned char *from, size_t length, struct err *err)
{
	size_t part;

	for (; length; from += part, offset += part, length -= part) {
		part = within_block(unit, offset, length);
		if (part) {
			if (write_edge(unit, offset, from, part, err) < 0)
				return -1;
			continue;
		}
		part = length - length % (size_t)unit->volume.block;
		if (run(unit, ISCSI_WRITE, blocks_of(unit, offset, part), (void *)(uintptr_t)from,
			err) < 0)
			return -1;
	}
	return 0;
}

static int
unit_write(struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	struct unit *unit = unit_of(volume);

	scoped_lock(&unit->mutex);
	return write_all(unit, offset, data, length, err);
}

static int
unit_flush(struct volume *volume, struct err *err)
{
	struct unit *unit = unit_of(volume);
	struct iscsi_extent all = { 0, 1 };

	scoped_lock(&unit->mutex);
	if (run(unit, ISCSI_FLUSH, all, NULL, err) == 0)
		return 0;
	/* A target without a cache has nothing to flush, and may say so. */
	return err->kind == ERR_INVALID ? 0 : -1;
}

/*
 * Whole blocks by WRITE SAME, which also gives up their space where that reads
 * as zeros; UNMAP alone may leave what was there.
 */
static int
unit_zero(struct volume *volume, struct extent range, struct err *err)
{
	struct unit *unit = unit_of(volume);
	uint64_t block = volume->block, end = range.offset + range.length;
	uint64_t first = (range.offset + block - 1) / block * block, last = end / block * block;
	struct iscsi_extent whole = { first / block, 0 };

	scoped_lock(&unit->mutex);
	if (unit->no_same || first >= last)
		return 0;
	whole.count = (last - first) / block;
	if (run(unit, ISCSI_ZERO, whole, unit->zeros, err) < 0) {
		unit->no_same = err->kind == ERR_INVALID;
		return unit->no_same ? 0 : -1;
	}
	if (write_all(unit, range.offset, unit->zeros, (size_t)(first - range.offset), err) < 0 ||
	    write_all(unit, last, unit->zeros, (size_t)(end - last), err) < 0)
		return -1;
	return 1;
}

const struct volume_driver volume_iscsi = {
	.name = "iscsi",
	.claims = unit_claims,
	.open = unit_open,
	.read = unit_read,
	.write = unit_write,
	.flush = unit_flush,
	.close = unit_close,
	.zero = unit_zero,
};
