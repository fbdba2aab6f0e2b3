#include "store/nfs_flow.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>

#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw.h>

#include "base/err.h"
#include "store/nfs_call.h"

enum { WINDOW = 4, RESTARTS = 3, VERIFIER = NFS3_WRITEVERFSIZE };

struct flow;

/* One request: length bytes from offset on, both within the flow. */
struct piece {
	struct nfs_call call;
	struct flow *flow;
	uint64_t offset, length, moved; /* moved: as the answer says */
	bool busy, end;                 /* end: of the file */
};

struct flow {
	struct nfs_link *link;
	const struct nfs_handle *file;
	uint64_t start, length, asked; /* start: of the flow in the file */
	uint64_t end;                  /* where the file ends, if not behind the flow */
	char *bytes;                   /* read: where to; write: from, and not written to */
	/* Pick the piece of the size allowed, send it. */
	int (*send)(struct flow *, struct piece *, struct err *);
	uint32_t largest;
	size_t window;               /* requests at once, WINDOW at most */
	bool loose, restarted, seen; /* some is not on disk; verifier changed; verifier is set */
	char verifier[VERIFIER];
	struct piece pieces[WINDOW];
};

/* ---- the window ---- */

/* Ask for what follows, as long as a piece is idle. */
static int
fill_window(struct flow *flow, struct err *err)
{
	struct piece *piece;
	uint64_t left;

	for (piece = flow->pieces; piece < flow->pieces + flow->window; piece++) {
		left = flow->length - flow->asked;
		if (piece->busy || !left)
			continue;
		*piece = (struct piece){ .flow = flow,
			.offset = flow->asked,
			.length = left < flow->largest ? left : flow->largest,
			.busy = true };
		if (flow->send(flow, piece, err) < 0)
			return -1;
		flow->asked += piece->length;
	}
	return 0;
}

/* An answer: what it left over is asked for again. */
static int
end_piece(struct flow *flow, struct piece *piece, const char *name, struct err *err)
{
	if (piece->call.refused)
		return err_set(err, ERR_SYSTEM, "%s: %s", name, piece->call.reason);
	if (piece->call.status != NFS3_OK)
		return nfs_call_failed(piece->call.status, err, "transfer", name);
	if (piece->moved >= piece->length || piece->end) {
		piece->busy = false;
		if (piece->moved < piece->length && piece->offset + piece->moved < flow->end)
			flow->end = piece->offset + piece->moved;
		return 0;
	}
	if (piece->moved == 0)
		return err_set(err, ERR_SYSTEM, "%s: the server moves nothing", name);
	piece->offset += piece->moved;
	piece->length -= piece->moved;
	return flow->send(flow, piece, err);
}

/* 1: some are in flight, 0: none, -1. */
static int
drain_window(struct flow *flow, const char *name, struct err *err)
{
	struct piece *piece;
	int busy = 0;

	for (piece = flow->pieces; piece < flow->pieces + flow->window; piece++) {
		if (piece->busy && piece->call.done && end_piece(flow, piece, name, err) < 0)
			return -1;
		busy |= piece->busy;
	}
	return busy;
}

/* Whatever is in flight refers to the flow: it must not end before. */
static void
settle(struct flow *flow)
{
	struct err ignored;

	while (flow->link->pending && nfs_link_step(flow->link, &ignored) == 0)
		;
}

static int
run(struct flow *flow, const char *name, struct err *err)
{
	int busy;

	do {
		if (fill_window(flow, err) < 0)
			return -1;
		if (flow->link->pending && nfs_link_step(flow->link, err) < 0)
			return -1;
		busy = drain_window(flow, name, err);
	} while (busy > 0 || (busy == 0 && flow->asked < flow->length));
	if (busy < 0 && flow->link->rpc)
		settle(flow);
	return busy;
}

/* ---- writing ---- */

static void
see_verifier(struct flow *flow, const char *verifier)
{
	if (flow->seen && memcmp(flow->verifier, verifier, VERIFIER) != 0)
		flow->restarted = true;
	memcpy(flow->verifier, verifier, VERIFIER);
	flow->seen = true;
}

static void
take_written(struct nfs_call *call, const void *answer)
{
	const struct WRITE3res *result = answer;
	const struct WRITE3resok *written = &result->WRITE3res_u.resok;
	struct piece *piece = call->ret;

	call->status = (int)result->status;
	if (call->status != NFS3_OK)
		return;
	piece->moved = written->count;
	if (written->committed == UNSTABLE) {
		piece->flow->loose = true;
		see_verifier(piece->flow, written->verf);
	}
}

static int
send_write(struct flow *flow, struct piece *piece, struct err *err)
{
	struct WRITE3args args = {
		.file = nfs_call_fh(flow->file),
		.offset = flow->start + piece->offset,
		.count = (count3)piece->length,
		.stable = flow->length <= flow->largest ? FILE_SYNC : UNSTABLE,
		.data = { (u_int)piece->length, flow->bytes + piece->offset },
	};

	piece->call = (struct nfs_call){ .link = flow->link, .copy = take_written, .ret = piece };
	return nfs_link_sent(&piece->call,
	    rpc_nfs3_write_async(flow->link->rpc, nfs_link_answer, &args, &piece->call), err);
}

static void
take_commit(struct nfs_call *call, const void *answer)
{
	const struct COMMIT3res *result = answer;

	call->status = (int)result->status;
	if (call->status == NFS3_OK)
		see_verifier(call->ret, result->COMMIT3res_u.resok.verf);
}

static int
commit(struct flow *flow, const char *name, struct err *err)
{
	struct COMMIT3args args = { .file = nfs_call_fh(flow->file) };
	struct nfs_call call = { .link = flow->link, .copy = take_commit, .ret = flow };

	if (nfs_link_sent(&call,
		rpc_nfs3_commit_async(flow->link->rpc, nfs_link_answer, &args, &call), err) < 0 ||
	    nfs_link_wait(&call, err) < 0)
		return -1;
	return call.status == NFS3_OK ? 0 : nfs_call_failed(call.status, err, "commit", name);
}

/*
 * Writes to one file wait for each other in the server, some of them on a CPU: several
 * at once pay only where the next would be long on its way.
 */
static size_t
window_of(const struct nfs_link *link)
{
	return link->near ? 1 : WINDOW;
}

int
nfs_flow_write(struct nfs_link *link, const struct nfs_handle *file, uint64_t offset,
    struct span bytes, const char *name, struct err *err)
{
	struct flow flow;
	unsigned restarts;

	for (restarts = 0; restarts < RESTARTS; restarts++) {
		flow = (struct flow){ .link = link,
			.file = file,
			.start = offset,
			.length = bytes.length,
			.end = bytes.length,
			.send = send_write,
			.largest = link->write_max,
			.window = window_of(link) };
		memcpy(&flow.bytes, &bytes.data, sizeof flow.bytes);
		if (run(&flow, name, err) < 0)
			return -1;
		if (flow.loose && commit(&flow, name, err) < 0)
			return -1;
		if (!flow.restarted)
			return 0;
	}
	return err_set(err, ERR_RETRY, "%s: the server restarts again and again", name);
}

/* ---- reading ---- */

static void
take_read(struct nfs_call *call, const void *answer)
{
	const struct READ3res *result = answer;
	const struct READ3resok *found = &result->READ3res_u.resok;
	struct piece *piece = call->ret;

	call->status = (int)result->status;
	if (call->status != NFS3_OK)
		return;
	piece->moved = found->data.data_len < piece->length ? found->data.data_len : piece->length;
	piece->end = found->eof;
	memcpy(piece->flow->bytes + piece->offset, found->data.data_val, piece->moved);
}

static int
send_read(struct flow *flow, struct piece *piece, struct err *err)
{
	struct READ3args args = {
		.file = nfs_call_fh(flow->file),
		.offset = flow->start + piece->offset,
		.count = (count3)piece->length,
	};

	piece->call = (struct nfs_call){ .link = flow->link, .copy = take_read, .ret = piece };
	return nfs_link_sent(&piece->call,
	    rpc_nfs3_read_async(flow->link->rpc, nfs_link_answer, &args, &piece->call), err);
}

int
nfs_flow_read(struct nfs_link *link, const struct nfs_handle *file, uint64_t offset,
    uint64_t length, struct buf *ret, const char *name, struct err *err)
{
	struct flow flow = { .link = link,
		.file = file,
		.start = offset,
		.length = length,
		.end = length,
		.bytes = buf_reserve(ret, (size_t)length),
		.send = send_read,
		.largest = link->read_max,
		.window = WINDOW };

	if (!flow.bytes)
		return err_memory(err);
	if (run(&flow, name, err) < 0)
		return -1;
	ret->length += (size_t)flow.end;
	ret->data[ret->length] = '\0';
	return 0;
}
