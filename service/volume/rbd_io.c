/*
 * Blocks of an image.  librbd offers no way to call off what waits for an OSD, but
 * it can be left: whoever is cancelled goes, and what he asked for ends by itself,
 * with memory of its own, and lets go of the image then.
 */
#include <errno.h>
#include <inttypes.h>
#include <rbd/librbd.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/tray.h"
#include "net/ceph.h"
#include "volume/rbd.h"

/*
 * ZERO_STEP: librbd counts what it zeroes in an int.  STEP_MS: how often a cancel is
 * looked for.
 */
enum { ZERO_STEP = 1 << 30, STEP_MS = 100, CLOSE_MS = 10 * 1000 };

static const atomic_bool at_once = true;

struct op {
	struct image *image;
	rbd_completion_t completion;
	pthread_mutex_t mutex;
	pthread_cond_t ended;
	bool over, left; /* left: nobody waits any more */
	ssize_t result;
	size_t wanted;     /* of a read: what is less is an error */
	struct tray *tray; /* what is read or written; NULL: nothing */
};

static bool
is_cancelled(const struct image *image)
{
	return image->cancel && atomic_load(image->cancel);
}

/* ---- questions, and closing ---- */

struct asking {
	struct image *image;
	int (*work)(struct image *image, void *question, struct err *);
	void (*drop)(void *question);
	atomic_uint users; /* who asks, and who answers */
	atomic_bool taken; /* the answer is whoever's who asked */
	_Alignas(max_align_t) char question[];
};

/* One user less; the last one closes it, and must be no thread of librbd's. */
static void
let_go(struct image *image)
{
	if (atomic_fetch_sub(&image->users, 1) == 1)
		image_close_now(image);
}

static void
asking_release(struct asking *asking)
{
	if (atomic_fetch_sub(&asking->users, 1) > 1)
		return;
	if (asking->drop && !atomic_load(&asking->taken))
		asking->drop(asking->question);
	free(asking);
}

static int
answer(void *arg, struct err *err)
{
	struct asking *asking = arg;

	return asking->work(asking->image, asking->question, err);
}

static void
answered(void *arg)
{
	struct image *image = ((struct asking *)arg)->image;

	asking_release(arg);
	let_go(image);
}

int
image_ask(struct image *image, int (*work)(struct image *, void *question, struct err *),
    void (*drop)(void *question), void *question, size_t size, struct err *err)
{
	struct asking *asking = image->cancel ? malloc(sizeof *asking + size) : NULL;
	int result;

	if (!image->cancel)
		return work(image, question, err);
	if (!asking)
		return err_memory(err);
	asking->image = image;
	asking->work = work;
	asking->drop = drop;
	atomic_init(&asking->users, 2);
	atomic_init(&asking->taken, false);
	memcpy(asking->question, question, size);
	atomic_fetch_add(&image->users, 1);
	result = ceph_leave(image->link, answer, answered, asking, image->cancel, err);
	if (result >= 0 || err->kind != ERR_CANCELLED) {
		memcpy(question, asking->question, size);
		atomic_store(&asking->taken, true);
	}
	asking_release(asking);
	return result;
}

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
	struct ceph_link *link = ceph_link_hold(image->link);
	const atomic_bool *cancel = image->cancel;
	struct err ignored;

	/* What was left ends soon, unless an OSD hangs; the last that ends closes the image. */
	if (is_cancelled(image))
		(void)ceph_link_settle(link);
	/* What counts was flushed before; behind a dead OSD librbd goes on trying for minutes. */
	if (atomic_fetch_sub(&image->users, 1) == 1)
		(void)ceph_leave_within(
		    link, close_alone, keep_all, image, cancel, CLOSE_MS, &ignored);
	ceph_link_close(link);
}

/* ---- one operation ---- */

static void
op_free(struct op *op)
{
	rbd_aio_release(op->completion);
	pthread_cond_destroy(&op->ended);
	pthread_mutex_destroy(&op->mutex);
	tray_drop(op->tray);
	free(op);
}

/* On a thread of its own, since librbd's may not close an image. */
static void
end_left(struct image *image)
{
	struct ceph_link *link = ceph_link_hold(image->link);
	struct err ignored;

	if (atomic_fetch_sub(&image->users, 1) == 1)
		(void)ceph_leave(link, close_alone, keep_all, image, &at_once, &ignored);
	ceph_link_return(link);
	ceph_link_close(link);
}

static void
op_ended(rbd_completion_t completion, void *arg)
{
	struct op *op = arg;
	struct image *image = op->image;
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
	end_left(image);
}

/* tray: NULL, or to be held as long as it takes. */
static struct op *
op_new(struct image *image, struct tray *tray, struct err *err)
{
	struct op *op = calloc(1, sizeof *op);

	if (!op || rbd_aio_create_completion(op, op_ended, &op->completion) < 0) {
		free(op);
		err_memory(err);
		return NULL;
	}
	op->image = image;
	op->tray = tray ? tray_hold(tray) : NULL;
	pthread_mutex_init(&op->mutex, NULL);
	pthread_cond_init(&op->ended, NULL);
	return op;
}

/*
 * What it came to; or it was left, and is not ours any more: -ECANCELED, or -ETIMEDOUT and
 * *ret_left, since librbd may try again for minutes what librados has given up.
 */
static ssize_t
op_wait(struct op *op, bool *ret_left)
{
	uint64_t until_ms = clock_ms() + ceph_link_deadline(op->image->link);
	ssize_t result = -ETIMEDOUT;

	atomic_fetch_add(&op->image->users, 1);
	pthread_mutex_lock(&op->mutex);
	while (!op->over && !is_cancelled(op->image) && clock_ms() < until_ms)
		clock_await(&op->ended, &op->mutex, clock_ms() + STEP_MS);
	op->left = *ret_left = !op->over;
	if (op->left)
		ceph_link_leave(op->image->link);
	if (op->over)
		result = op->result;
	else if (is_cancelled(op->image))
		result = -ECANCELED;
	pthread_mutex_unlock(&op->mutex);
	return result;
}

static int
op_fail(
    const struct image *image, ssize_t code, const char *verb, struct extent range, struct err *err)
{
	if (code == -ECANCELED)
		return err_set(err, ERR_CANCELLED, "cancelled");
	return ceph_fail(err, (int)code, "%s: %s %" PRIu64 " bytes at %" PRIu64, image->label, verb,
	    range.length, range.offset);
}

/* Wait for what was started (or could not be), and free it. */
static int
op_finish(struct op *op, int started, const char *verb, struct extent range, struct err *err)
{
	struct image *image = op->image;
	bool left = false;
	ssize_t result = started < 0 ? started : op_wait(op, &left);
	int failed = result < 0 ? op_fail(image, result, verb, range, err) : 0;

	if (left)
		return failed;
	if (failed == 0 && (size_t)result < op->wanted)
		failed = err_set(err, ERR_SYSTEM,
		    "%s: ends at %" PRIu64 " instead of %" PRIu64 ": it shrank meanwhile",
		    image->label, range.offset + (uint64_t)result, image->volume.size);
	op_free(op);
	if (started >= 0)
		atomic_fetch_sub(&image->users, 1);
	return failed;
}

/* ---- blocks ---- */

int
image_read_tray(
    struct volume *volume, uint64_t offset, struct tray *tray, size_t length, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, tray, err);

	if (!op)
		return -1;
	op->wanted = length;
	return op_finish(op,
	    rbd_aio_read2(image->handle, offset, length, tray->bytes, op->completion,
		LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL | LIBRADOS_OP_FLAG_FADVISE_NOCACHE),
	    "read", (struct extent){ offset, length }, err);
}

/* librbd sends what lies in the tray, so nobody may write there, even if it is left. */
int
image_write_tray(struct volume *volume, uint64_t offset, struct tray *tray, size_t at,
    size_t length, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, tray, err);

	if (!op)
		return -1;
	return op_finish(op,
	    rbd_aio_write2(image->handle, offset, length, tray->bytes + at, op->completion,
		LIBRADOS_OP_FLAG_FADVISE_SEQUENTIAL),
	    "write", (struct extent){ offset, length }, err);
}

int
image_read(struct volume *volume, uint64_t offset, void *out, size_t length, struct err *err)
{
	scoped(tray_drop_scoped) struct tray *tray = tray_new(length);

	if (!tray)
		return err_memory(err);
	if (image_read_tray(volume, offset, tray, length, err) < 0)
		return -1;
	memcpy(out, tray->bytes, length);
	return 0;
}

int
image_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	scoped(tray_drop_scoped) struct tray *tray = tray_new(length);

	if (!tray)
		return err_memory(err);
	memcpy(tray->bytes, data, length);
	return image_write_tray(volume, offset, tray, 0, length, err);
}

int
image_flush(struct volume *volume, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op = op_new(image, NULL, err);

	if (!op)
		return -1;
	return op_finish(op, rbd_aio_flush(image->handle, op->completion), "flush",
	    (struct extent){ 0, volume->size }, err);
}

int
image_zero(struct volume *volume, struct extent range, struct err *err)
{
	struct image *image = (struct image *)volume;
	struct op *op;
	size_t step;

	for (; range.length; range.offset += step, range.length -= step) {
		step = range.length < ZERO_STEP ? (size_t)range.length : ZERO_STEP;
		op = op_new(image, NULL, err);
		if (!op)
			return -1;
		/* Unlike a discard it also zeroes parts of objects. */
		if (op_finish(op,
			rbd_aio_write_zeroes(
			    image->handle, range.offset, step, op->completion, 0, 0),
			"zero", (struct extent){ range.offset, step }, err) < 0)
			return -1;
	}
	return 1;
}
