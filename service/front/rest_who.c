/* Who asks, and what they may. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "front/rest.h"
#include "net/gate.h"

static const char default_name[] = "admin"; /* project and user of who says neither */

/* ---- without an identity service: whoever comes may do everything ---- */

/*
 * A token USER:PROJECT says who it is, as cinder's own noauth takes it; where
 * the token is anything else, or missing, headers and path say it.
 */
static int
take_word(struct rest_call *call, const char *in_path)
{
	const char *colon = call->token ? strchr(call->token, ':') : NULL;
	struct err ignored = ERR_INIT;

	call->admin = true;
	call->user_id = call->user ? call->user : default_name;
	call->project_id = in_path ? in_path : call->project ? call->project : default_name;
	if (!colon)
		return 0;
	call->user_id =
	    arena_copy(call->arena, call->token, (size_t)(colon - call->token), &ignored);
	if (!call->user_id)
		return rest_fail_generic(call, 500);
	call->project_id = colon + 1;
	return 0;
}

/* ---- with one ---- */

static int
keep_caller(struct rest_call *call, const struct gate_caller *caller)
{
	struct err err = ERR_INIT;

	call->admin = caller->admin;
	call->user_id = arena_text(call->arena, caller->user_id, &err);
	if (caller->project_id[0])
		call->project_id = arena_text(call->arena, caller->project_id, &err);
	if (caller->catalogue)
		call->catalogue = arena_text(call->arena, caller->catalogue, &err);
	return err.kind == ERR_NONE ? 0 : rest_fail_generic(call, 500);
}

int
rest_identify(struct rest_call *call)
{
	struct gate_caller caller = { .catalogue = NULL };
	struct err err = ERR_INIT;
	int known, kept;

	if (!call->rest->ask)
		return 0;
	known = call->token ? call->rest->ask(call->rest->gate, call->token, &caller, &err) : 0;
	if (known < 0) {
		const struct log_who who = { .request_id = call->request_id };

		log_write(LOG_LEVEL_ERROR, "rest", &who, "who asks: %s", err.text);
		return rest_fail_identity(call);
	}
	if (!known)
		return rest_fail_stranger(call);
	kept = keep_caller(call, &caller);
	free(caller.catalogue);
	return kept;
}

int
rest_enter_project(struct rest_call *call, const char *in_path)
{
	if (!call->rest->ask && take_word(call, in_path) < 0)
		return -1;
	if ((call->project_id && strlen(call->project_id) >= COLUMN_TEXT_MAX) ||
	    strlen(call->user_id) >= COLUMN_TEXT_MAX)
		return rest_fail(call, 400, "Malformed request url");
	if (in_path && (!call->project_id || strcmp(in_path, call->project_id) != 0))
		return rest_fail(call, 400, "Malformed request url");
	if (!call->project_id)
		return rest_fail(
		    call, 403, "The token is of no project, and everything here belongs to one.");
	return 0;
}

bool
rest_may_see(const struct rest_call *call, const char *project_id)
{
	return call->admin || (project_id && strcmp(project_id, call->project_id) == 0);
}

int
rest_check_admin(struct rest_call *call, const char *rule)
{
	if (call->admin)
		return 0;
	return rest_fail(call, 403, "Policy doesn't allow %s to be performed.", rule);
}
