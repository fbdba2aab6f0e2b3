#include "volume/iscsi_line.h"

#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"

enum { STEP_MS = 100, LOGIN_TRIES = 3, TIMEOUT_S = 30, CANCELLED_MS = 1000 };

const struct iscsi_path *
iscsi_line_path(const struct iscsi_line *line)
{
	return &line->target.paths[line->path];
}

uint64_t
iscsi_line_timeout_ms(const struct iscsi_line *line)
{
	return 1000u * (line->target.timeout_s ? line->target.timeout_s : TIMEOUT_S);
}

static bool
is_cancelled(const struct iscsi_line *line)
{
	return line->cancel && atomic_load(line->cancel);
}

int
iscsi_line_go_on(const struct iscsi_line *line, struct err *err)
{
	return is_cancelled(line) ? err_set(err, ERR_CANCELLED, "cancelled") : 0;
}

void
iscsi_line_hang_up(struct iscsi_line *line)
{
	if (line->context)
		iscsi_destroy_context(line->context); /* calls back for all that flies */
	line->context = NULL;
}

/* Wait a moment, and let the library do what there is to do.  0, or -1: the line is dead. */
int
iscsi_line_serve(struct iscsi_line *line)
{
	struct pollfd end = { .fd = iscsi_get_fd(line->context),
		.events = (short)iscsi_which_events(line->context) };

	if (poll(&end, 1, STEP_MS) < 0)
		end.revents = 0;
	return iscsi_service(line->context, end.revents) < 0 ? -1 : 0;
}

static void
end_login(struct iscsi_context *context, int status, void *data, void *arg)
{
	struct iscsi_line *line = arg;

	(void)context;
	(void)data;
	line->logged_in = status == SCSI_STATUS_GOOD;
	line->ended = true;
}

static int
refuse_login(struct iscsi_line *line, struct err *err)
{
	const struct iscsi_path *path = iscsi_line_path(line);
	const char *why = line->ended ? iscsi_get_error(line->context) : "no answer";
	enum err_kind kind = ERR_RETRY;

	if (strstr(why, "uthenticat") || strstr(why, "uthoriz"))
		kind = ERR_DENIED;
	else if (strstr(why, "arget not found") || strstr(why, "UNIT_NOT_SUPPORTED"))
		kind = ERR_NOT_FOUND;
	err_set(err, kind, "target %s at %s, LUN %d: %.300s", path->target, path->portal, path->lun,
	    why);
	iscsi_line_hang_up(line);
	return -1;
}

static int
prepare(struct iscsi_line *line, struct err *err)
{
	const struct iscsi_target *target = &line->target;
	struct iscsi_context *context = iscsi_create_context(line->initiator);

	line->context = context;
	if (!context || iscsi_set_targetname(context, iscsi_line_path(line)->target) ||
	    iscsi_set_session_type(context, ISCSI_SESSION_NORMAL) ||
	    iscsi_set_header_digest(context, ISCSI_HEADER_DIGEST_NONE_CRC32C))
		return err_memory(err);
	if (*target->user &&
	    iscsi_set_initiator_username_pwd(context, target->user, target->password))
		return err_memory(err);
	iscsi_set_noautoreconnect(context, 1);
	return 0;
}

/* Log in over the path of the session. */
static int
log_in(struct iscsi_line *line, struct err *err)
{
	const struct iscsi_path *path = iscsi_line_path(line);
	uint64_t deadline = clock_ms() + iscsi_line_timeout_ms(line);

	if (prepare(line, err) < 0)
		return -1;
	line->logged_in = line->ended = false;
	if (iscsi_full_connect_async(line->context, path->portal, path->lun, end_login, line)) {
		line->ended = true;
		return refuse_login(line, err);
	}
	while (!line->ended && clock_ms() < deadline && !is_cancelled(line))
		if (iscsi_line_serve(line) < 0)
			line->ended = true;
	if (!line->logged_in)
		return refuse_login(line, err);
	line->answered_ms = clock_ms();
	return 0;
}

/* Over any path that may be taken, as often as told. */
int
iscsi_line_reach(struct iscsi_line *line, bool first, struct err *err)
{
	unsigned tries = line->target.tries ? line->target.tries : LOGIN_TRIES, round, i;
	unsigned paths = first || line->target.multipath ? line->target.n_paths : 1;

	for (round = 0; round < tries; round++) {
		if (round)
			(void)clock_wait_ms(1000u * round, line->cancel);
		for (i = 0; i < paths; i++) {
			if (iscsi_line_go_on(line, err) < 0)
				return -1;
			if (log_in(line, err) == 0)
				return 0;
			if (err->kind == ERR_DENIED)
				return -1;
			if (paths > 1)
				line->path = (line->path + 1) % line->target.n_paths;
		}
	}
	/* The last attempt may have ended for that. */
	(void)iscsi_line_go_on(line, err);
	return -1;
}

void
iscsi_line_log_out(struct iscsi_line *line)
{
	uint64_t patience = is_cancelled(line) ? CANCELLED_MS : iscsi_line_timeout_ms(line);
	uint64_t deadline = clock_ms() + patience;

	line->ended = false;
	if (line->context && iscsi_logout_async(line->context, end_login, line) == 0)
		while (!line->ended && clock_ms() < deadline && iscsi_line_serve(line) == 0)
			;
	iscsi_line_hang_up(line);
}
