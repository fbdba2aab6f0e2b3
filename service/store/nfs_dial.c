#include "store/nfs_dial.h"

#include <grp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>

#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw-portmap.h>
#include <nfsc/libnfs-raw.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "options/share.h"
#include "store/nfs_link.h"

enum {
	GROUPS_MAX = 16,           /* AUTH_SYS has no room for more */
	TRANSFER_MAX = 512 * 1024, /* bytes a request; libnfs takes no answer above 1 MiB */
	NEAR_MS = 2,               /* a request there and its answer back, at most */
	PORTMAP_PORT = 111,
	NFS_PORT = 2049,
};

/* ---- connecting ---- */

/* Who asks: the options say, or it is this process with its groups. */
static int
identify(struct nfs_link *link, struct err *err)
{
	const struct share *share = link->share;
	uint32_t uid = share->uid < 0 ? geteuid() : (uint32_t)share->uid;
	uint32_t gid = share->gid < 0 ? getegid() : (uint32_t)share->gid;
	gid_t groups[65536 / sizeof(gid_t)];
	struct AUTH *auth;
	int count = 0;

	if (share->uid < 0 && share->gid < 0)
		count = getgroups(sizeof groups / sizeof groups[0], groups);
	auth = libnfs_authunix_create("cinderbank", uid, gid,
	    (uint32_t)(count < 0            ? 0
		       : count < GROUPS_MAX ? count
					    : GROUPS_MAX),
	    groups);
	if (!auth)
		return err_memory(err);
	rpc_set_auth(link->rpc, auth);
	return 0;
}

/* Leave the server that was spoken to, if any, for another port of it. */
static int
dial(struct nfs_link *link, uint16_t port, pthread_mutex_t *dialing, struct err *err)
{
	struct nfs_call call = { .link = link };
	int queued;

	nfs_link_hang_up(link);
	{
		scoped_lock(dialing);
		link->rpc = rpc_init_context();
		if (!link->rpc || identify(link, err) < 0)
			return err_memory(err);
		queued =
		    rpc_connect_async(link->rpc, link->share->server, port, nfs_link_answer, &call);
	}
	if (nfs_link_sent(&call, queued, err) < 0 || nfs_link_wait(&call, err) < 0) {
		if (err->kind != ERR_CANCELLED)
			err->kind = ERR_RETRY;
		return err_wrap(err, "port %u", port);
	}
	return 0;
}

static void
take_port(struct nfs_call *call, const void *answer)
{
	memcpy(call->ret, answer, sizeof(uint32_t));
}

/* "192.0.2.7.8.1" or "2001:db8::7.8.1": the port is in the last two numbers. */
static void
take_address(struct nfs_call *call, const void *answer)
{
	const char *text = ((const struct pmap3_string_result *)answer)->addr, *low, *high;
	uint32_t port;

	low = text ? strrchr(text, '.') : NULL;
	for (high = low; high && high > text && high[-1] != '.';)
		high--;
	if (!low || high == text)
		return;
	port = (uint32_t)(strtoul(high, NULL, 10) << 8 | strtoul(low + 1, NULL, 10));
	memcpy(call->ret, &port, sizeof port);
}

/* Portmappers on IPv6 know version 3 only, old ones version 2 only.  1, 0: not registered, -1. */
static int
find_port(
    struct nfs_link *link, int program, uint16_t *ret, pthread_mutex_t *dialing, struct err *err)
{
	char netid[] = "tcp", none[] = "";
	struct pmap3_mapping wanted = {
		.prog = (u_int)program, .vers = 3, .netid = netid, .addr = none, .owner = none
	};
	uint32_t port = 0;
	struct nfs_call second = { .link = link, .copy = take_port, .ret = &port };
	struct nfs_call third = { .link = link, .copy = take_address, .ret = &port };

	if (dial(link, PORTMAP_PORT, dialing, err) < 0)
		return -1;
	if (nfs_link_sent(&second,
		rpc_pmap2_getport_async(
		    link->rpc, program, 3, IPPROTO_TCP, nfs_link_answer, &second),
		err) < 0 ||
	    (nfs_link_wait(&second, err) < 0 && err->kind == ERR_RETRY))
		return -1;
	if (port == 0 &&
	    (nfs_link_sent(&third,
		 rpc_pmap3_getaddr_async(link->rpc, &wanted, nfs_link_answer, &third), err) < 0 ||
		(nfs_link_wait(&third, err) < 0 && err->kind == ERR_RETRY)))
		return -1;
	*ret = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* ---- mounting ---- */

static void
take_mount(struct nfs_call *call, const void *answer)
{
	const struct mountres3 *mounted = answer;
	const fhandle3 *handle = &mounted->mountres3_u.mountinfo.fhandle;
	struct nfs_handle *root = call->ret;

	call->status = (int)mounted->fhs_status;
	if (call->status == MNT3_OK && handle->fhandle3_len <= NFS_HANDLE_MAX) {
		root->length = handle->fhandle3_len;
		memcpy(root->bytes, handle->fhandle3_val, root->length);
	}
}

static int
refuse_mount(const struct share *share, int status, struct err *err)
{
	switch (status) {
	case MNT3ERR_NOENT:
	case MNT3ERR_NOTDIR:
		return err_set(err, ERR_NOT_FOUND,
		    "share %s:%s: the server has no such export; showmount -e tells what it has",
		    share->server, share->path);
	case MNT3ERR_ACCES:
	case MNT3ERR_PERM:
		return err_set(err, ERR_DENIED,
		    "share %s:%s: the server refuses this client: there is no such export, or it "
		    "does not name this client, or wants a port below 1024 (exports(5): insecure)",
		    share->server, share->path);
	case MNT3ERR_NOTSUPP:
		return err_set(err, ERR_INVALID,
		    "share %s:%s: the server does not offer version 3; nfs_client = mount may help",
		    share->server, share->path);
	default:
		return err_set(err, ERR_SYSTEM, "share %s:%s: the server refuses it (MOUNT %d)",
		    share->server, share->path, status);
	}
}

static int
mount_share(struct nfs_link *link, pthread_mutex_t *dialing, struct err *err)
{
	struct nfs_call call = { .link = link, .copy = take_mount, .ret = &link->root };
	const struct share *share = link->share;
	uint16_t port = share->mount_port;
	char path[SHARE_PATH_MAX];
	int found = port ? 1 : find_port(link, MOUNT_PROGRAM, &port, dialing, err);

	if (found < 0)
		return err_wrap(err, "ask the portmapper (mountport= spares that)");
	if (found == 0)
		return err_set(err, ERR_RETRY,
		    "NFS server %s: MOUNT version 3 is not registered with its portmapper; "
		    "mountport= names its port, nfs_client = mount does without",
		    share->server);
	if (dial(link, port, dialing, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s", share->path);
	if (nfs_link_sent(
		&call, rpc_mount3_mnt_async(link->rpc, nfs_link_answer, path, &call), err) < 0 ||
	    nfs_link_wait(&call, err) < 0)
		return err_wrap(err, "mount %s:%s", share->server, share->path);
	if (call.status != MNT3_OK)
		return refuse_mount(share, call.status, err);
	return link->root.length ? 0 : refuse_mount(share, MNT3ERR_SERVERFAULT, err);
}

/* ---- the link ---- */

static uint32_t
least(uint32_t most, uint32_t offered, uint32_t wanted)
{
	if (offered && offered < most)
		most = offered;
	return wanted && wanted < most ? wanted : most;
}

static void
take_sizes(struct nfs_call *call, const void *answer)
{
	const struct FSINFO3res *result = answer;
	const struct FSINFO3resok *sizes = &result->FSINFO3res_u.resok;
	struct nfs_link *link = call->link;

	call->status = (int)result->status;
	if (call->status != NFS3_OK)
		return;
	link->read_max = least(TRANSFER_MAX, sizes->rtmax, link->share->read_size);
	link->write_max = least(TRANSFER_MAX, sizes->wtmax, link->share->write_size);
}

static int
ask_sizes(struct nfs_link *link, struct err *err)
{
	struct FSINFO3args args = { .fsroot.data = { link->root.length, link->root.bytes } };
	struct nfs_call call = { .link = link, .copy = take_sizes };
	uint64_t start_ms = clock_ms();

	if (nfs_link_sent(
		&call, rpc_nfs3_fsinfo_async(link->rpc, nfs_link_answer, &args, &call), err) < 0 ||
	    nfs_link_wait(&call, err) < 0)
		return -1;
	link->near = clock_ms() - start_ms <= NEAR_MS;
	if (call.status == NFS3_OK)
		return 0;
	return err_set(err, call.status == NFS3ERR_ACCES ? ERR_DENIED : ERR_RETRY,
	    "share %s:%s: the server does not describe it (NFS status %d)", link->share->server,
	    link->share->path, call.status);
}

int
nfs_dial(struct nfs_link *link, pthread_mutex_t *dialing, struct err *err)
{
	uint16_t port = link->share->port;

	if (mount_share(link, dialing, err) < 0)
		return -1;
	if (!port &&
	    (link->share->mount_port || find_port(link, NFS_PROGRAM, &port, dialing, err) <= 0))
		port = NFS_PORT;
	if (dial(link, port, dialing, err) < 0 || ask_sizes(link, err) < 0)
		return -1;
	return 0;
}
