#include "front/rescan.h"

#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "front/grid.h"
#include "front/verbs.h"
#include "job/desk.h"

struct rescan {
	const struct cli *cli;
	struct grid grid;
	struct buf text; /* JSON */
	struct json_writer json;
	bool damaged;
};

static const char *const names[] = {
	[RESCAN_KNOWN] = "known",
	[RESCAN_MISSING] = "missing",
	[RESCAN_IMPORTED] = "imported",
	[RESCAN_DAMAGED] = "damaged",
};

/* What is known needs no line for people; programs are told of all. */
static int
take_found(void *arg, enum rescan_state state, const struct backup *backup, const struct err *why,
    struct err *err)
{
	static const enum backup_field shown[] = { BACKUP_VOLUME_ID, BACKUP_DISPLAY_NAME,
		BACKUP_PARENT_ID, BACKUP_CONTAINER, BACKUP_SERVICE_METADATA };
	struct rescan *rescan = arg;
	struct json_writer *json = &rescan->json;
	const char *id = backup_text(backup, BACKUP_ID), *text;
	size_t i;

	(void)err;
	rescan->damaged |= state == RESCAN_DAMAGED;
	json_begin_object(json);
	json_member_text(json, "state", names[state]);
	json_member_text(json, "id", id);
	for (i = 0; i < sizeof shown / sizeof shown[0]; i++)
		json_member_text(
		    json, backup_columns[shown[i]].name, backup_text(backup, shown[i]));
	json_member_text(json, "reason", why ? why->text : NULL);
	json_end_object(json);
	if (state == RESCAN_KNOWN)
		return 0;
	grid_add(&rescan->grid, names[state]);
	grid_add(&rescan->grid, id ? id : "-");
	for (i = 0; i < 4; i++) {
		text = backup_text(backup, shown[i]);
		grid_add(&rescan->grid, text ? text : "-");
	}
	grid_add(&rescan->grid, why ? why->text : "-");
	return 0;
}

static int
print(struct rescan *rescan, struct buf *ret, struct err *err)
{
	if (rescan->cli->format == CLI_TABLE)
		return grid_draw(&rescan->grid, ret, err);
	json_end_array(&rescan->json);
	buf_byte(&rescan->text, '\n');
	if (json_check(&rescan->json, err) < 0)
		return -1;
	buf_add(ret, rescan->text.data, rescan->text.length);
	return buf_check(ret, err);
}

static void
ignore_reply(void *arg, const struct reply *reply)
{
	(void)arg;
	(void)reply;
}

int
rescan_run(const struct cli *cli, struct desk *desk, struct buf *ret, struct err *err)
{
	static const char *const headings[] = { "State", "ID", "Volume ID", "Name", "Parent ID",
		"Container", "Reason", NULL };
	struct rescan rescan = { .cli = cli, .text = BUF(GRID_MAX) };
	struct request request = cli->request;
	int done;

	rescan.json = (struct json_writer)JSON_WRITER(&rescan.text, 2);
	grid_init(&rescan.grid, headings);
	json_begin_array(&rescan.json);
	request.found = take_found;
	request.found_arg = &rescan;
	done = desk_run(desk, &request, ignore_reply, NULL, err);
	if (done == 0)
		done = print(&rescan, ret, err);
	grid_drop(&rescan.grid);
	buf_drop(&rescan.text);
	return done < 0 ? -1 : rescan.damaged;
}
