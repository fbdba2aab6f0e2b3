#include "front/checkup.h"

#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/scope.h"
#include "front/grid.h"
#include "front/progress.h"
#include "front/verbs.h"
#include "job/desk.h"

enum { RESULT_MAX = 1024, ID = UUID_TEXT - 1 };

struct checkup {
	const struct cli *cli;
	struct desk *desk;
	FILE *complaints;
	struct progress_line line;
	struct progress last;
	struct backup backup; /* as the job answered */
	struct grid grid;
	struct buf wanted; /* ids, one after the other: what is to be looked at */
	struct buf good;   /* ids of what restores, as far as it was read */
	struct buf text;   /* JSON */
	struct json_writer json;
	bool bad;
};

/* ---- what was found ---- */

static const char *
advice_on(const struct err *err)
{
	switch (err->kind) {
	case ERR_NONE:
		return NULL;
	case ERR_CORRUPT:
	case ERR_NOT_FOUND:
		return "make a new full backup; this one, and those that stand on it, do not "
		       "restore";
	case ERR_CONFLICT:
		return "ask again when nobody works on it";
	default:
		return "see what cinderbank doctor says, then ask again";
	}
}

static int
add_result(struct checkup *checkup, const char *word, const struct err *found, struct err *err)
{
	const struct backup *backup = &checkup->backup;
	const char *name = backup_text(backup, BACKUP_DISPLAY_NAME);
	const char *id = backup->id[0] ? backup->id : word;
	scoped(buf_drop) struct buf result = BUF(RESULT_MAX);
	const char *advice = backup->id[0] ? advice_on(found) : "see cinderbank list";
	bool good = found->kind == ERR_NONE;
	struct json_writer *json = &checkup->json;

	if (!good) {
		buf_text(&result, found->text);
	} else if (checkup->cli->request.quick) {
		buf_text(&result, "documents and objects are there");
	} else {
		progress_bytes(&result, (double)checkup->last.stored);
		buf_text(&result, " were read, and are what was stored");
	}
	if (buf_check(&result, err) < 0)
		return -1;
	grid_add(&checkup->grid, id);
	grid_add(&checkup->grid, name ? name : "-");
	grid_add(&checkup->grid, good ? "yes" : "NO");
	grid_add(&checkup->grid, buf_string(&result));
	grid_add(&checkup->grid, advice ? advice : "-");
	json_begin_object(json);
	json_member_text(json, "id", id);
	json_member_text(json, "name", name);
	json_member_bool(json, "good", good);
	json_member_text(json, "result", buf_string(&result));
	json_member_text(json, "advice", advice);
	json_end_object(json);
	checkup->bad |= !good;
	return 0;
}

static int
print(struct checkup *checkup, struct buf *ret, struct err *err)
{
	if (checkup->cli->format == CLI_TABLE)
		return grid_draw(&checkup->grid, ret, err);
	json_end_array(&checkup->json);
	buf_byte(&checkup->text, '\n');
	if (json_check(&checkup->json, err) < 0)
		return -1;
	buf_add(ret, checkup->text.data, checkup->text.length);
	return buf_check(ret, err);
}

/* ---- a job for each ---- */

static void
take_progress(void *arg, const struct progress *progress)
{
	struct checkup *checkup = arg;

	checkup->last = *progress;
	progress_tell(&checkup->line, progress);
}

static void
take_reply(void *arg, const struct reply *reply)
{
	((struct checkup *)arg)->backup = reply->backup;
}

static bool
is_good(const struct checkup *checkup, const char *id)
{
	size_t at;

	/* Most parents have just been looked at. */
	for (at = checkup->good.length; at; at -= ID) {
		if (memcmp(checkup->good.data + at - ID, id, ID) == 0)
			return true;
	}
	return false;
}

/* word: an id or a name, which may be wrong. */
static int
check_one(struct checkup *checkup, const char *word, struct err *err)
{
	struct request request = checkup->cli->request;
	struct err found = ERR_INIT;
	struct backup known;
	const char *parent;

	checkup->backup = (struct backup){ .present = 0 };
	checkup->last = (struct progress){ .done = 0 };
	request.backup = word;
	if (desk_find(checkup->desk, word, &known, &found) == 0 &&
	    (parent = backup_text(&known, BACKUP_PARENT_ID)))
		request.parent_good = is_good(checkup, parent);
	found = (struct err)ERR_INIT;
	request.progress = take_progress;
	request.progress_arg = checkup;
	progress_begin(&checkup->line, checkup->complaints, checkup->cli->row->name, "read");
	if (desk_run(checkup->desk, &request, take_reply, checkup, &found) == 0)
		found = (struct err)ERR_INIT;
	progress_end(&checkup->line);
	if (found.kind == ERR_CANCELLED) {
		*err = found;
		return -1;
	}
	if (found.kind == ERR_NONE && !request.quick)
		buf_add(&checkup->good, checkup->backup.id, ID);
	return add_result(checkup, word, &found, err);
}

static int
want_row(void *arg, const struct backup *backup, struct err *err)
{
	struct checkup *checkup = arg;

	buf_add(&checkup->wanted, backup->id, ID);
	return buf_check(&checkup->wanted, err);
}

/* Oldest first: whoever stands on others comes behind them. */
static int
check_wanted(struct checkup *checkup, struct err *err)
{
	char id[UUID_TEXT] = "";
	size_t at;

	for (at = checkup->wanted.length; at; at -= ID) {
		memcpy(id, checkup->wanted.data + at - ID, ID);
		if (check_one(checkup, id, err) < 0)
			return -1;
	}
	return 0;
}

static int
check_all(struct checkup *checkup, struct err *err)
{
	const struct backup_filter filter = { .statuses = 1u << BACKUP_AVAILABLE };
	const struct cli *cli = checkup->cli;
	int i;

	if (cli->n_words == 0) {
		if (desk_each(checkup->desk, &filter, want_row, checkup, err) < 0)
			return -1;
		return check_wanted(checkup, err);
	}
	for (i = 0; i < cli->n_words; i++) {
		if (check_one(checkup, cli->words[i], err) < 0)
			return -1;
	}
	return 0;
}

int
checkup_run(
    const struct cli *cli, struct desk *desk, FILE *complaints, struct buf *ret, struct err *err)
{
	static const char *const headings[] = { "ID", "Name", "Good", "Result", "What to do",
		NULL };
	struct checkup checkup = {
		.cli = cli,
		.desk = desk,
		.complaints = complaints,
		.wanted = BUF(GRID_MAX),
		.good = BUF(GRID_MAX),
		.text = BUF(GRID_MAX),
	};
	int done;

	checkup.json = (struct json_writer)JSON_WRITER(&checkup.text, 2);
	grid_init(&checkup.grid, headings);
	json_begin_array(&checkup.json);
	done = check_all(&checkup, err);
	if (done == 0)
		done = print(&checkup, ret, err);
	grid_drop(&checkup.grid);
	buf_drop(&checkup.wanted);
	buf_drop(&checkup.good);
	buf_drop(&checkup.text);
	return done < 0 ? -1 : checkup.bad;
}
