/*
 * Blocks of an image.  librbd offers no way to call off what waits for an OSD, but
 * it can be left: whoever is cancelled goes, and what he asked for ends by itself,
 * with memory of its own, and lets go of the image then.
 */
#include <errno.h>
#include <inttypes.h>
#include <rbd/librbd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/ceph.h"
#include "volume/rbd.h"

/*
 * ZERO_STEP: librbd counts what it zeroes in an int.  STEP_MS: how often a cancel is
 * looked for.  CLOSE_MS: how long one who is cancelled waits for the image to close.
 */
enum { ZERO_STEP = 1 << 30, STEP_MS = 100, NAP_MS = 10, CLOSE_MS = 3000 };

static const atomic_bool at_once = true;

struct op {
	struct image *image;
	rbd_completion_t completion;
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool over, left; /* left: nobody waits any more */
	ssize_t result;
	char *data; /* of a read; NULL: there is none */
};

static bool
is_cancelled(const struct image *image)
{
	return image->cancel && atomic_load(image->cancel);
}

static void
wait_step(pthread_cond_t *changed, pthread_mutex_t *mutex)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STEP_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(changed, mutex, &until);
}

/* ---- closing ---- */

static int
close_alone(void *image, struct err *err)
{
	(void)err;
	image_close_now(image);
	return 0;
}

static void
keep_all(void *image)
{
	(void)image;
}

void
image_close(struct volume *volume)
{
	struct image *image = (struct image *)volume;
	struct err ignored;
	unsigned waited_ms;

	/* What was left ends soon, unless an OSD hangs. */
	for (waited_ms = 0; atomic_load(&image->users) > 1 && waited_ms < CLOSE_MS;
	     waited_ms += NAP_MS)
		clock_sleep_ms(NAP_MS);
	if (atomic_fetch_sub(&image->users, 1) > 1)
		return; /* the last of those that were left closes it */
	if (!is_cancelled(image))
		image_close_now(image);
	else
		(void)ceph_leave(close_alone, keep_all, image, image->cancel, CLOSE_MS, &ignored);
}

/* ---- one operation ---- */

static void
op_free(struct op *op)
{
	rbd_aio_release(op->completion);
	pthread_cond_destroy(&op->ended);
	pthread_mutex_destroy(&op->mutex);
	free(op->data);
	free(op);
}

static void
op_ended(rbd_completion_t completion, void *arg)
{
	struct op *op = arg;
	struct image *image = op->image;
	struct err ignored;
	bool left;

	pthread_mutex_lock(&op->mutex);
	op->result = rbd_aio_get_return_value(completion);
	op->over = true;
	left = op->left;
	pthread_cond_signal(&op->ended);
	pthread_mutex_unlock(&op->mutex);
	if (!left)
		return;
	op_free(op);
	/* On a thread of its own, since librbd's may not close an image. */
	if (atomic_fetch_sub(&image->users, 1) == 1)
		(void)ceph_leave(close_alone, keep_all, image, &at_once, 0, &ignored);
}

static struct op *
op_new(struct image *image, size_t read_length, struct err *err)
{
	struct op *op = calloc(1, sizeof *op);

	if (op && read_length)
		op->data = malloc(read_length);
	if (!op || (read_length && !op->data) ||
	    rbd_aio_create_completion(op, op_ended, &op->completion) < 0) {
		if (op)
			free(op->data);
		free(op);
		err_memory(err);
		return NULL;
	}
	op->image = image;
	pthread_mutex_init(&op->mutex, NULL);
	pthread_cond_init(&op->ended, NULL);
	return op;
}

/* What it came to, or -ECANCELED: it was left, and is not ours any more. */
static ssize_t
op_wait(struct op *op)
{
	ssize_t result;

	atomic_fetch_add(&op->image->users, 1);
	pthread_mutex_lock(&op->mutex);
	while (!op->over && !is_cancelled(op->image))
		wait_step(&op->ended, &op->mutex);
	op->left = !op->over;
	result = op->over ? op->result : -ECANCELED;
	pthread_mutex_unlock(&op->mutex);
	return result;
}

static int
op_fail(const struct op *op, ssize_t code, const char *verb, struct extent range, struct err *err)
{
	const struct image *image = op->image;

	if (code == -ECANCELED)
		return err_set(err, ERR_CANCELLED, "cancelled");
	return ceph_fail(err, (int)code, "%s: %s %" PRIu64 " bytes at %" PRIu64, image->label, verb,
	    range.length, range.offset);
}

/* Wait for what was started (or could not be), and free it. */
static int
op_finish(
    struct op *op, int started, const char *verb, struct extent range, void *out, struct err *err)
{
	struct image *image = op->image;
	ssize_t result = started < 0 ? started : op_wait(op);
	int failed = result < 0 ? op_fail(op, result, verb, range, err) : 0;

	if (failed == 0 && out && (size_t)result < range.length)
		failed = err_set(err, ERR_SYSTEM,
		    "%s: ends at %" PRIu64 " instead of %" PRIu64 ": it shrank meanwhile",
		    image->label, range.offset + (uint64_t)result, image->volume.size);
	if (failed == 0 && out)
		memcpy(out, op->data, range.length);
	if (started < 0 || result != -ECANCELED)
		op_free(op);
	if (started >= 0 && result != -ECANCELED)
		atomic_fetch_sub(&image->users, 1);
	return failed;
}

/* ---- blocks ---- */

int
image_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, length ? length : 1, err); /* librbd wants a place at least */

	if (!op)
		return -1;
	return op_finish(op,
	    rbd_aio_read2(image->handle, offset, length, op->data, op->completion,
		LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL | LIBRADOS_OP_FLAG_FADVISE_NOCACHE),
	    "read", (struct extent){ offset, length }, out, err);
}

/* librbd takes a copy of the data (see ceph_connect), so that it may be left, too. */
int
image_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, 0, err);

	if (!op)
		return -1;
	return op_finish(op,
	    rbd_aio_write2(image->handle, offset, length, data, op->completion,
		LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL),
	    "write", (struct extent){ offset, length }, NULL, err);
}

int
image_flush(struct volume *volume, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, 0, err);

	if (!op)
		return -1;
	return op_finish(op, rbd_aio_flush(image->handle, op->completion), "flush",
	    (struct extent){ 0, volume->size }, NULL, err);
}

int
image_zero(struct volume *volume, struct extent range, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op;
	size_t step;

	for (; range.length; range.offset += step, range.length -= step) {
		step = range.length < ZERO_STEP ? (size_t)range.length : ZERO_STEP;
		op = op_new(image, 0, err);
		if (!op)
			return -1;
		/* Unlike a discard it also zeroes parts of objects. */
		if (op_finish(op,
			rbd_aio_write_zeroes(
			    image->handle, range.offset, step, op->completion, 0, 0),
			"zero", (struct extent){ range.offset, step }, NULL, err) < 0)
			return -1;
	}
	return 1;
}
