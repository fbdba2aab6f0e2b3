#include "store/nfs_link.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>

#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "options/share.h"
#include "store/nfs_dial.h"

enum {
	STEP_MS = 250,      /* longest sleep: whoever cancels waits that long */
	CONNECT_MS = 10000, /* longest wait for a server that was not there before */
};

/* ---- requests ---- */

void
nfs_link_hang_up(struct nfs_link *link)
{
	if (link->rpc)
		rpc_destroy_context(link->rpc);
	link->rpc = NULL;
	link->pending = 0;
}

static int
lose(struct nfs_link *link, const char *why, struct err *err)
{
	err_set(err, ERR_RETRY, "NFS server %s: %s", link->share->server, why);
	nfs_link_hang_up(link);
	return -1;
}

static int
lose_by_library(struct nfs_link *link, struct err *err)
{
	const char *text = rpc_get_error(link->rpc);
	char why[NFS_REASON_MAX];

	snprintf(why, sizeof why, "%s", text ? text : "connection lost");
	return lose(link, why, err);
}

/* libnfs tells the reason of the socket, or forgets it for what came along with it. */
static int
lose_by_socket(struct nfs_link *link, struct err *err)
{
	int error = 0;
	socklen_t size = sizeof error;
	const char *text = NULL;

	if (getsockopt(rpc_get_fd(link->rpc), SOL_SOCKET, SO_ERROR, &error, &size) == 0)
		text = error ? strerrordesc_np(error) : NULL;
	return lose(link, text ? text : "connection lost", err);
}

void
nfs_link_answer(struct rpc_context *rpc, int status, void *data, void *arg)
{
	struct nfs_call *call = arg;

	(void)rpc;
	call->done = true;
	call->link->pending--;
	call->link->heard_ms = clock_ms();
	if (status == RPC_STATUS_SUCCESS) {
		if (call->copy)
			call->copy(call, data);
		if (call->status == NFS3ERR_STALE || call->status == NFS3ERR_BADHANDLE)
			call->link->stale = true;
		return;
	}
	call->refused = true;
	snprintf(call->reason, sizeof call->reason, "%s",
	    status == RPC_STATUS_ERROR && data ? (const char *)data : "the request was cancelled");
}

int
nfs_link_sent(struct nfs_call *call, int queued, struct err *err)
{
	struct nfs_link *link = call->link;

	if (queued != 0)
		return lose_by_library(link, err);
	if (link->pending++ == 0)
		link->heard_ms = clock_ms();
	return 0;
}

int
nfs_link_step(struct nfs_link *link, struct err *err)
{
	struct pollfd events = { .fd = rpc_get_fd(link->rpc) };
	uint64_t silence_ms = clock_ms() - link->heard_ms;
	char why[64];
	int ready;

	if (link->cancel && atomic_load(link->cancel)) {
		nfs_link_hang_up(link);
		return err_set(err, ERR_CANCELLED, "cancelled");
	}
	if (silence_ms >= link->limit_ms) {
		snprintf(why, sizeof why, "no answer for %" PRIu64 " s", silence_ms / 1000);
		return lose(link, why, err);
	}
	events.events = (short)rpc_which_events(link->rpc);
	silence_ms = link->limit_ms - silence_ms;
	ready = poll(&events, 1, (int)(silence_ms < STEP_MS ? silence_ms : STEP_MS));
	if (ready < 0 && errno != EINTR)
		return lose(link, "poll failed", err);
	if (ready > 0 && events.revents & (POLLERR | POLLNVAL))
		return lose_by_socket(link, err);
	/* What came before the end is read first. */
	if (events.revents & POLLIN)
		events.revents &= ~POLLHUP;
	if (ready > 0 && rpc_service(link->rpc, events.revents) < 0)
		return lose_by_library(link, err);
	return 0;
}

int
nfs_link_wait(struct nfs_call *call, struct err *err)
{
	while (!call->done) {
		if (nfs_link_step(call->link, err) < 0)
			return -1;
	}
	if (!call->refused)
		return 0;
	return err_set(
	    err, ERR_SYSTEM, "NFS server %s: %s", call->link->share->server, call->reason);
}

/* ---- the link ---- */

int
nfs_link_open(struct nfs_link **ret, const struct share *share, const atomic_bool *cancel,
    pthread_mutex_t *dialing, struct err *err)
{
	scoped(nfs_link_close_scoped) struct nfs_link *link = calloc(1, sizeof *link);

	if (!link)
		return err_memory(err);
	link->share = share;
	link->cancel = cancel;
	link->limit_ms = share->timeout_ms < CONNECT_MS ? share->timeout_ms : CONNECT_MS;
	if (nfs_dial(link, dialing, err) < 0)
		return -1;
	link->limit_ms = share->timeout_ms;
	*ret = take(&link);
	return 0;
}

bool
nfs_link_is_stale(const struct nfs_link *link)
{
	struct pollfd events = { .events = POLLIN };

	if (!link->rpc)
		return true;
	events.fd = rpc_get_fd(link->rpc);
	return poll(&events, 1, 0) != 0;
}

void
nfs_link_close(struct nfs_link *link)
{
	if (link)
		nfs_link_hang_up(link);
	free(link);
}
