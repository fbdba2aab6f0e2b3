/* A verb from request to exit status. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "front/answer.h"
#include "front/checkup.h"
#include "front/cli.h"
#include "front/progress.h"
#include "front/rescan.h"
#include "front/spool.h"
#include "front/text.h"
#include "front/verbs.h"
#include "job/desk.h"

enum { COMPLAINT_MAX = 8192 };

enum cli_status
cli_complain(FILE *complaints, const struct err *err)
{
	scoped(buf_drop) struct buf line = BUF(COMPLAINT_MAX);

	buf_text(&line, "cinderbank: ");
	if (err->at.line) {
		text_add(&line, err->at.file);
		buf_printf(&line, ":%u:", err->at.line);
		if (err->at.column)
			buf_printf(&line, "%u:", err->at.column);
		buf_byte(&line, ' ');
	}
	text_add(&line, err->text);
	fprintf(complaints, "%s\n", buf_string(&line));
	fflush(complaints);
	return err->kind == ERR_CANCELLED ? CLI_CANCELLED : CLI_FAILED;
}

/* A full disk or a closed pipe must not look like success. */
static int
write_answer(FILE *out, const struct buf *text, struct err *err)
{
	if (fwrite(text->data, 1, text->length, out) != text->length || fflush(out) != 0)
		return err_sys(err, "standard output");
	return 0;
}

/* ---- list and show ---- */

static int
add_to_list(void *list, const struct backup *backup, struct err *err)
{
	(void)err;
	answer_list_add(list, backup);
	return 0;
}

static int
run_list(const struct cli *cli, struct desk *desk, FILE *out, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(GRID_MAX);
	scoped(answer_list_drop) struct answer_list list;

	answer_list_begin(&list, cli->format);
	if (desk_each(desk, &cli->filter, add_to_list, &list, err) < 0 ||
	    answer_list_end(&list, &text, err) < 0)
		return -1;
	return write_answer(out, &text, err);
}

static int
run_show(const struct cli *cli, struct desk *desk, FILE *out, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(GRID_MAX);
	struct backup backup;

	if (desk_find(desk, cli->request.backup, &backup, err) < 0 ||
	    answer_show(&backup, cli->format, &text, err) < 0)
		return -1;
	return write_answer(out, &text, err);
}

/* ---- jobs ---- */

struct waiter {
	const struct cli *cli;
	struct progress_line line;
	FILE *out; /* NULL: nothing is said where all went well */
	int result;
	struct err err;
};

static void
take_reply(void *arg, const struct reply *reply)
{
	scoped(buf_drop) struct buf text = BUF(GRID_MAX);
	struct waiter *waiter = arg;
	struct err *err = &waiter->err;

	progress_end(&waiter->line);
	waiter->result = -1;
	if (reply->err.kind != ERR_NONE)
		*err = reply->err;
	else if (!waiter->out ||
		 (answer_reply(waiter->cli->verb, reply, waiter->cli->format, &text, err) == 0 &&
		     write_answer(waiter->out, &text, err) == 0))
		waiter->result = 0;
}

static int
run_request(struct waiter *waiter, struct desk *desk, struct request *request, FILE *complaints,
    struct err *err)
{
	const struct cli *cli = waiter->cli;

	progress_begin(&waiter->line, complaints, cli->row->name,
	    cli->verb == CLI_RESTORE ? "read" : "stored");
	request->progress = progress_tell;
	request->progress_arg = &waiter->line;
	if (desk_run(desk, request, take_reply, waiter, err) < 0) {
		progress_end(&waiter->line);
		return -1;
	}
	*err = waiter->err;
	return waiter->result;
}

static int
run_job(const struct cli *cli, struct desk *desk, FILE *out, FILE *complaints, struct err *err)
{
	struct waiter waiter = { .cli = cli, .out = out };
	struct request request = cli->request;

	return run_request(&waiter, desk, &request, complaints, err);
}

/* The bytes of the volume are the answer. */
static int
run_pipe(const struct cli *cli, struct desk *desk, FILE *out, FILE *complaints, struct err *err)
{
	struct waiter waiter = { .cli = cli, .out = NULL };
	struct request request = cli->request;
	char path[PATH_MAX];
	int sent;

	if (isatty(fileno(out)))
		return err_set(err, ERR_INVALID,
		    "--to -: standard output is a terminal; a file of that name is ./-");
	if (spool_choose(path, err) < 0)
		return -1;
	request.target = path;
	if (run_request(&waiter, desk, &request, complaints, err) < 0)
		return -1;
	progress_begin(&waiter.line, complaints, "send", "sent");
	sent = spool_send(path, fileno(out), progress_tell, &waiter.line, err);
	progress_end(&waiter.line);
	return sent;
}

/* Verbs that look at many backups.  0; 1: one of them is not sound; -1. */
static int
run_survey(const struct cli *cli, struct desk *desk, FILE *out, FILE *complaints, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(GRID_MAX);
	int bad = cli->verb == CLI_VERIFY ? checkup_run(cli, desk, complaints, &text, err)
					  : rescan_run(cli, desk, &text, err);

	if (bad < 0 || write_answer(out, &text, err) < 0)
		return -1;
	return bad;
}

enum cli_status
cli_run(const struct cli *asked, struct desk *desk, FILE *out, FILE *complaints)
{
	struct cli named = *asked;
	const struct cli *cli = &named;
	struct err err = ERR_INIT;
	int result;

	/* As for keystone's clients: stores of per_user need to know in whose name. */
	named.request.token = getenv("OS_TOKEN");
	if (named.request.token)
		named.request.project_id = getenv("OS_PROJECT_ID");
	switch (cli->verb) {
	case CLI_LIST:
		result = run_list(cli, desk, out, &err);
		break;
	case CLI_SHOW:
		result = run_show(cli, desk, out, &err);
		break;
	case CLI_RESTORE:
		result = (cli->request.target && strcmp(cli->request.target, "-") == 0
			      ? run_pipe
			      : run_job)(cli, desk, out, complaints, &err);
		break;
	case CLI_VERIFY:
	case CLI_RESCAN:
		result = run_survey(cli, desk, out, complaints, &err);
		break;
	default:
		result = run_job(cli, desk, out, complaints, &err);
	}
	if (result < 0)
		return cli_complain(complaints, &err);
	return result ? CLI_FAILED : CLI_DONE;
}

enum cli_status
cli_report(const struct cli *cli, const struct finding *findings, size_t count, FILE *out,
    FILE *complaints)
{
	scoped(buf_drop) struct buf text = BUF(GRID_MAX);
	enum cli_status status = CLI_DONE;
	struct err err;
	size_t i;

	if (answer_findings(findings, count, cli->format, &text, &err) < 0 ||
	    write_answer(out, &text, &err) < 0)
		return cli_complain(complaints, &err);
	for (i = 0; i < count; i++) {
		if (!findings[i].good)
			status = CLI_FAILED;
	}
	return status;
}
