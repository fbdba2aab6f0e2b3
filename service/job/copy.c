#include "job/copy.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/tray.h"
#include "engine/pipeline.h"
#include "job/job.h"
#include "options/tables.h"
#include "volume/volume.h"

/*
 * PIECE: what is read and written at once.  WINDOW: what the source is asked for
 * at a time.  GRAIN: a piece is looked at for zeros in steps of this.  COPIERS pieces
 * are on their way, but no more than TRAYS large ones: small ones wait for answers only.
 */
enum { PIECE = 4 << 20, WINDOW = 1 << 30, GRAIN = 64 << 10, COPIERS = 32, TRAYS = 8 };
enum { SMALL = 256 << 10 }; /* these have trays of their own size */

struct piece {
	struct extent extent;
	bool zero; /* known to be, without being read */
};

struct run {
	const struct copy *copy;
	uint64_t size;       /* bytes to copy */
	uint64_t step, next; /* bytes of a piece; where the next window begins */
	/* What the source holds or has changed in the window, and which comes next. */
	struct piece *found;
	size_t n_found, room, given;
	pthread_mutex_t mutex; /* guards trays */
	pthread_cond_t returned;
	struct tray *trays[TRAYS]; /* those that nobody uses, from the start */
	size_t n_trays, n_used;
};

/* ---- plan ---- */

static int
add(struct run *run, struct extent extent, bool zero, struct err *err)
{
	struct piece *found = run->found;

	if (run->n_found == run->room) {
		run->room = run->room ? 2 * run->room : 256;
		found = realloc(found, run->room * sizeof *found);
		if (!found)
			return err_memory(err);
		run->found = found;
	}
	found[run->n_found++] = (struct piece){ extent, zero };
	return 0;
}

/* What lies between extents is zero in a full copy, and as it was in others. */
static int
add_gap(struct run *run, uint64_t end, struct err *err)
{
	uint64_t start = run->next;

	run->next = end;
	if (start == end || run->copy->since || run->copy->to->zeroed)
		return 0;
	return add(run, (struct extent){ start, end - start }, true, err);
}

static int
add_extent(void *arg, struct extent extent, struct err *err)
{
	struct run *run = arg;

	if (add_gap(run, extent.offset, err) < 0 || add(run, extent, false, err) < 0)
		return -1;
	run->next = extent.offset + extent.length;
	return 0;
}

static int
ask_window(struct run *run, struct err *err)
{
	uint64_t left = run->size - run->next;
	struct extent window = { run->next, left < WINDOW ? left : WINDOW };

	run->n_found = run->given = 0;
	if (volume_changed(run->copy->asked, run->copy->since, window, add_extent, run, err) < 0)
		return -1;
	return add_gap(run, window.offset + window.length, err);
}

static int
plan_piece(void *arg, void *slot, struct err *err)
{
	struct run *run = arg;
	struct piece *piece = slot, *next;

	while (run->given == run->n_found) {
		if (run->next == run->size)
			return 1;
		if (ask_window(run, err) < 0)
			return -1;
	}
	next = &run->found[run->given];
	piece->zero = next->zero;
	piece->extent = next->extent;
	if (!next->zero && piece->extent.length > run->step)
		piece->extent.length = run->step;
	next->extent.offset += piece->extent.length;
	next->extent.length -= piece->extent.length;
	if (next->extent.length == 0)
		run->given++;
	return 0;
}

/* ---- copy ---- */

static size_t
grain_at(const struct piece *piece, size_t at)
{
	size_t left = piece->extent.length - at;

	return left < GRAIN ? left : GRAIN;
}

static int
write_run(struct run *run, const struct piece *piece, struct tray *tray, size_t start, size_t end,
    bool zero, struct err *err)
{
	struct volume *to = run->copy->to;
	const struct extent extent = { piece->extent.offset + start, end - start };

	if (!zero) {
		atomic_fetch_add(&run->copy->job->stored, extent.length);
		return volume_write_tray(to, extent.offset, tray, start, extent.length, err);
	}
	return to->zeroed ? 0 : volume_zero(to, extent, err);
}

static int
write_piece(struct run *run, const struct piece *piece, struct tray *tray, struct err *err)
{
	const char *raw = tray->bytes;
	size_t start = 0, end, length = piece->extent.length;
	bool zero;

	for (; start < length; start = end) {
		end = start + grain_at(piece, start);
		zero = digest_all_zero(raw + start, end - start);
		while (end < length && digest_all_zero(raw + end, grain_at(piece, end)) == zero)
			end += grain_at(piece, end);
		if (write_run(run, piece, tray, start, end, zero, err) < 0)
			return -1;
	}
	return 0;
}

static struct tray *
take_tray(struct run *run, uint64_t length)
{
	if (length <= SMALL)
		return tray_new(length);
	scoped_lock(&run->mutex);
	while (run->n_used == TRAYS)
		pthread_cond_wait(&run->returned, &run->mutex);
	run->n_used++;
	return run->n_trays ? run->trays[--run->n_trays] : tray_new(run->step);
}

/* What was left still uses its tray. */
static void
give_tray(struct run *run, uint64_t length, struct tray *tray, bool left)
{
	if (length <= SMALL) {
		tray_drop(tray);
		return;
	}
	scoped_lock(&run->mutex);
	run->n_used--;
	if (tray && !left)
		run->trays[run->n_trays++] = tray;
	else
		tray_drop(tray);
	pthread_cond_signal(&run->returned);
}

static int
copy_piece(void *arg, void *slot, struct err *err)
{
	struct run *run = arg;
	const struct piece *piece = slot;
	const struct extent extent = piece->extent;
	struct tray *tray;
	int done;

	if (piece->zero)
		return volume_zero(run->copy->to, extent, err);
	tray = take_tray(run, extent.length);
	done = tray ? volume_read_tray(run->copy->from, extent.offset, tray, extent.length, err)
		    : err_memory(err);
	if (done == 0)
		done = write_piece(run, piece, tray, err);
	give_tray(run, extent.length, tray, done < 0);
	return done;
}

static int
record_piece(void *arg, void *slot, struct err *err)
{
	struct run *run = arg;
	const struct piece *piece = slot;

	(void)err;
	job_tick(run->copy->job, piece->extent.offset + piece->extent.length, run->size);
	return 0;
}

/* ---- all of it ---- */

static int
run_pieces(struct run *run, struct err *err)
{
	struct piece slots[COPIERS + 2];
	const struct stage stages[] = {
		{ .name = "plan", .run = plan_piece, .threads = 1 },
		{ .name = "copy", .run = copy_piece, .threads = COPIERS },
		{ .name = "record", .run = record_piece, .threads = 1 },
	};
	const struct pipeline pipeline = {
		.stages = stages,
		.n_stages = sizeof stages / sizeof stages[0],
		.slots = slots,
		.n_slots = sizeof slots / sizeof slots[0],
		.slot_size = sizeof *slots,
		.cancel = &run->copy->job->cancel,
	};

	return pipeline_run(&pipeline, run, err);
}

int
copy_blocks(const struct copy *copy, struct err *err)
{
	const struct ceph_opts *ceph = copy->job->setup->ceph;
	struct run run = { .copy = copy, .size = copy->from->size, .step = PIECE };
	int done;

	if (copy->to->size < run.size)
		run.size = copy->to->size;
	if (ceph && ceph->chunk_size < PIECE)
		run.step = (uint64_t)ceph->chunk_size;
	pthread_mutex_init(&run.mutex, NULL);
	pthread_cond_init(&run.returned, NULL);
	done = run_pieces(&run, err);
	pthread_cond_destroy(&run.returned);
	pthread_mutex_destroy(&run.mutex);
	while (run.n_trays)
		tray_drop(run.trays[--run.n_trays]);
	free(run.found);
	return done < 0 ? -1 : volume_flush(copy->to, err);
}

int
copy_clear_end(struct volume *volume, uint64_t size, struct err *err)
{
	if (volume->zeroed || volume->size <= size)
		return 0;
	return volume_zero(volume, (struct extent){ size, volume->size - size }, err);
}
