#include "volume/iscsi_session.h"

#include <inttypes.h>
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "volume/iscsi_line.h"

enum {
	DEPTH = 16,              /* requests at once */
	PART_BYTES = 256 * 1024, /* of one request */
	ZERO_BYTES = 32 * 1024 * 1024,
	BUSY_MS = 50,
	BUSY_TRIES = 200,             /* for a target that is busy */
	LOSSES = 2 * ISCSI_PATHS_MAX, /* without a good answer between them */
	NO_SPACE_LEFT = 0x2707,
};

enum slot_state { SLOT_FREE, SLOT_WAITS, SLOT_FLIES };

/* A part of what is to be done. */
struct slot {
	struct iscsi_session *session;
	enum slot_state state;
	struct iscsi_extent extent;
	unsigned char *data;
	unsigned tries;
};

struct iscsi_session {
	struct iscsi_line line;
	struct iscsi_shape shape;
	struct slot slots[DEPTH];
	enum iscsi_verb verb;
	struct err *err; /* of what runs */
	bool failed, busy;
	unsigned losses; /* of the session, since the last answer that was good */
};

/* ---- answers ---- */

static int
explain(struct iscsi_session *session, const struct scsi_task *task, const struct slot *slot)
{
	static const char *const verbs[] = { "read", "write", "zero", "flush" };
	enum err_kind kind = ERR_SYSTEM;

	if (task->status == SCSI_STATUS_RESERVATION_CONFLICT)
		kind = ERR_CONFLICT;
	else if (task->sense.ascq == NO_SPACE_LEFT)
		kind = ERR_NO_SPACE;
	else if (task->sense.key == SCSI_SENSE_DATA_PROTECTION)
		kind = ERR_DENIED;
	else if (task->sense.key == SCSI_SENSE_ILLEGAL_REQUEST)
		kind = ERR_INVALID;
	return err_set(session->err, kind,
	    "target %s at %s: %s %" PRIu64 " blocks at %" PRIu64 ": status %d, sense %s, %s",
	    iscsi_line_path(&session->line)->target, iscsi_line_path(&session->line)->portal,
	    verbs[session->verb], slot->extent.count, slot->extent.block, task->status,
	    scsi_sense_key_str((int)task->sense.key), scsi_sense_ascq_str(task->sense.ascq));
}

static bool
is_busy(const struct scsi_task *task)
{
	if (task->status == SCSI_STATUS_BUSY || task->status == SCSI_STATUS_TASK_SET_FULL)
		return true;
	return task->status == SCSI_STATUS_CHECK_CONDITION &&
	       (task->sense.key == SCSI_SENSE_UNIT_ATTENTION ||
		   task->sense.key == SCSI_SENSE_NOT_READY);
}

static void
end_slot(struct iscsi_context *context, int status, void *data, void *arg)
{
	struct slot *slot = arg;
	struct iscsi_session *session = slot->session;
	struct scsi_task *task = data;

	(void)context;
	slot->state = SLOT_WAITS;
	/* The line broke, or nobody answered: whoever drives sees to that. */
	if (status == SCSI_STATUS_CANCELLED || status == SCSI_STATUS_TIMEOUT || !task) {
		scsi_free_scsi_task(task);
		return;
	}
	session->line.answered_ms = clock_ms();
	if (status == SCSI_STATUS_GOOD && task->residual_status != SCSI_RESIDUAL_OVERFLOW) {
		slot->state = SLOT_FREE;
		session->losses = 0;
	} else if (is_busy(task) && ++slot->tries < BUSY_TRIES) {
		session->busy = true;
	} else if (!session->failed) {
		session->failed = true;
		explain(session, task, slot);
	}
	scsi_free_scsi_task(task);
}

/* ---- requests ---- */

static struct scsi_task *
ask_read(struct iscsi_session *session, struct slot *slot, uint32_t length)
{
	struct scsi_task *task = iscsi_read16_task(session->line.context,
	    iscsi_line_path(&session->line)->lun, slot->extent.block, length,
	    (int)session->shape.block_size, 0, 0, 0, 0, 0, end_slot, slot);

	if (task)
		scsi_task_add_data_in_buffer(task, (int)length, slot->data);
	return task;
}

static struct scsi_task *
ask(struct iscsi_session *session, struct slot *slot)
{
	uint32_t length = (uint32_t)slot->extent.count * session->shape.block_size;
	int lun = iscsi_line_path(&session->line)->lun;

	switch (session->verb) {
	case ISCSI_READ:
		return ask_read(session, slot, length);
	case ISCSI_WRITE:
		return iscsi_write16_task(session->line.context, lun, slot->extent.block,
		    slot->data, length, (int)session->shape.block_size, 0, 0, 0, 0, 0, end_slot,
		    slot);
	case ISCSI_ZERO:
		return iscsi_writesame16_task(session->line.context, lun, slot->extent.block,
		    slot->data, session->shape.block_size, (uint32_t)slot->extent.count, 0,
		    session->shape.forgets, 0, 0, end_slot, slot);
	default:
		return iscsi_synchronizecache16_task(
		    session->line.context, lun, 0, 0, 0, 0, end_slot, slot);
	}
}

/* The next part of what is left, if there is any. */
static bool
cut(struct iscsi_session *session, struct slot *slot, struct iscsi_extent *left,
    unsigned char **data)
{
	uint32_t size = session->shape.block_size;
	uint64_t most = (session->verb == ISCSI_ZERO ? ZERO_BYTES : PART_BYTES) / size;

	if (!left->count)
		return false;
	*slot = (struct slot){ .session = session, .state = SLOT_WAITS, .data = *data };
	slot->extent.block = left->block;
	slot->extent.count =
	    left->count < most || session->verb == ISCSI_FLUSH ? left->count : most;
	left->block += slot->extent.count;
	left->count -= slot->extent.count;
	if (session->verb != ISCSI_ZERO && *data)
		*data += slot->extent.count * size;
	return true;
}

/* Put into flight what waits and what is left.  How many fly. */
static unsigned
launch(struct iscsi_session *session, struct iscsi_extent *left, unsigned char **data)
{
	unsigned i, flying = 0;

	for (i = 0; i < DEPTH; i++) {
		struct slot *slot = &session->slots[i];

		if (session->failed && slot->state == SLOT_WAITS)
			slot->state = SLOT_FREE;
		if (slot->state == SLOT_FREE &&
		    (session->failed || !cut(session, slot, left, data)))
			continue;
		if (slot->state == SLOT_WAITS && session->line.context && !session->busy) {
			slot->state = SLOT_FLIES;
			if (!ask(session, slot))
				slot->state = SLOT_WAITS;
		}
		flying++;
	}
	return flying;
}

/* The session was lost: what flew waits again. */
static int
recover(struct iscsi_session *session, struct err *err)
{
	struct err lost;

	iscsi_line_hang_up(&session->line);
	if (iscsi_line_go_on(&session->line, err) < 0)
		return -1;
	if (++session->losses > LOSSES)
		return err_set(err, ERR_RETRY,
		    "target %s at %s: the session is lost again and again",
		    iscsi_line_path(&session->line)->target,
		    iscsi_line_path(&session->line)->portal);
	if (session->line.target.multipath)
		session->line.path = (session->line.path + 1) % session->line.target.n_paths;
	if (iscsi_line_reach(&session->line, false, &lost) == 0)
		return 0;
	*err = lost;
	return -1;
}

int
iscsi_session_run(struct iscsi_session *session, enum iscsi_verb verb, struct iscsi_extent extent,
    void *data, struct err *err)
{
	unsigned char *rest = data;
	struct err cancelled;
	int result = 0;

	session->verb = verb;
	session->err = err;
	session->failed = session->busy = false;
	session->losses = 0;
	session->line.answered_ms = clock_ms();
	memset(session->slots, 0, sizeof session->slots);
	while (result == 0 && launch(session, &extent, &rest)) {
		if (session->busy) {
			clock_sleep_ms(BUSY_MS);
			session->busy = false;
		}
		if (!session->line.context || iscsi_line_serve(&session->line) < 0 ||
		    iscsi_line_go_on(&session->line, &cancelled) < 0 ||
		    clock_ms() - session->line.answered_ms > iscsi_line_timeout_ms(&session->line))
			result = recover(session, err);
	}
	return result < 0 || session->failed ? -1 : 0;
}

/* ---- open and close ---- */

struct capacity {
	struct iscsi_shape *shape;
	bool ended, known;
};

static void
end_capacity(struct iscsi_context *context, int status, void *data, void *arg)
{
	struct capacity *capacity = arg;
	struct scsi_task *task = data;
	struct scsi_readcapacity16 *seen =
	    status == SCSI_STATUS_GOOD ? scsi_datain_unmarshall(task) : NULL;

	(void)context;
	capacity->ended = true;
	if (seen && seen->block_length >= 512 && seen->block_length <= 65536) {
		capacity->known = true;
		capacity->shape->blocks = seen->returned_lba + 1;
		capacity->shape->block_size = seen->block_length;
		capacity->shape->forgets = seen->lbpme && seen->lbprz;
	}
	scsi_free_scsi_task(task);
}

static int
measure(struct iscsi_session *session, struct err *err)
{
	struct capacity capacity = { .shape = &session->shape };
	uint64_t deadline = clock_ms() + iscsi_line_timeout_ms(&session->line);

	if (!iscsi_readcapacity16_task(session->line.context, iscsi_line_path(&session->line)->lun,
		end_capacity, &capacity))
		return err_memory(err);
	while (!capacity.ended && clock_ms() < deadline &&
	       iscsi_line_go_on(&session->line, err) == 0 && iscsi_line_serve(&session->line) == 0)
		;
	if (capacity.known)
		return 0;
	/* Nobody calls back into this frame later. */
	iscsi_line_hang_up(&session->line);
	if (iscsi_line_go_on(&session->line, err) < 0)
		return -1;
	return err_set(err, ERR_NOT_FOUND, "target %s at %s: LUN %d does not tell its size",
	    iscsi_line_path(&session->line)->target, iscsi_line_path(&session->line)->portal,
	    iscsi_line_path(&session->line)->lun);
}

int
iscsi_session_open(struct iscsi_session **ret, const struct iscsi_target *target,
    const atomic_bool *cancel, struct err *err)
{
	struct iscsi_session *session = calloc(1, sizeof *session);

	if (!session)
		return err_memory(err);
	session->line.target = *target;
	session->line.cancel = cancel;
	iscsi_initiator(session->line.initiator);
	if (iscsi_line_reach(&session->line, true, err) < 0 || measure(session, err) < 0) {
		iscsi_session_close(session);
		return -1;
	}
	*ret = session;
	return 0;
}

void
iscsi_session_close(struct iscsi_session *session)
{
	iscsi_line_log_out(&session->line);
	free(session);
}

const struct iscsi_shape *
iscsi_session_shape(const struct iscsi_session *session)
{
	return &session->shape;
}
