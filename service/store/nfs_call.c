#include "store/nfs_call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include <nfsc/libnfs-zdr.h>
#include <nfsc/libnfs.h>

#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw.h>

#include "base/err.h"
#include "options/share.h"

enum { MODE = 0660, LIST_BYTES = 32 * 1024 };

/* ---- what a status means ---- */

int
nfs_call_failed(int status, struct err *err, const char *what, const char *name)
{
	static const struct {
		int status, sys;
		enum err_kind kind; /* ERR_NONE: what the errno means */
	} meanings[] = {
		{ NFS3ERR_PERM, EPERM, ERR_NONE },
		{ NFS3ERR_NOENT, ENOENT, ERR_NONE },
		{ NFS3ERR_IO, EIO, ERR_NONE },
		{ NFS3ERR_ACCES, EACCES, ERR_NONE },
		{ NFS3ERR_EXIST, EEXIST, ERR_NONE },
		{ NFS3ERR_NOTDIR, ENOTDIR, ERR_DENIED },
		{ NFS3ERR_ISDIR, EISDIR, ERR_CORRUPT },
		{ NFS3ERR_INVAL, EINVAL, ERR_NONE },
		{ NFS3ERR_FBIG, EFBIG, ERR_NONE },
		{ NFS3ERR_NOSPC, ENOSPC, ERR_NONE },
		{ NFS3ERR_ROFS, EROFS, ERR_NONE },
		{ NFS3ERR_NAMETOOLONG, ENAMETOOLONG, ERR_NONE },
		{ NFS3ERR_NOTEMPTY, ENOTEMPTY, ERR_NONE },
		{ NFS3ERR_DQUOT, EDQUOT, ERR_NONE },
		{ NFS3ERR_STALE, ESTALE, ERR_RETRY },
		{ NFS3ERR_BADHANDLE, ESTALE, ERR_RETRY },
		{ NFS3ERR_BAD_COOKIE, EAGAIN, ERR_RETRY },
		{ NFS3ERR_JUKEBOX, EAGAIN, ERR_RETRY },
		{ NFS3ERR_SERVERFAULT, EREMOTEIO, ERR_NONE },
	};
	size_t i;

	for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
		if (meanings[i].status != status)
			continue;
		errno = meanings[i].sys;
		err_sys(err, "%s: %s", name, what);
		if (meanings[i].kind != ERR_NONE)
			err->kind = meanings[i].kind;
		return -1;
	}
	return err_set(err, ERR_SYSTEM, "%s: %s: NFS status %d", name, what, status);
}

/* ---- one request ---- */

/* Every answer begins with its status. */
static bool
is_good(struct nfs_call *call, const void *answer)
{
	nfsstat3 status;

	memcpy(&status, answer, sizeof status);
	call->status = (int)status;
	return status == NFS3_OK;
}

static void
take_status(struct nfs_call *call, const void *answer)
{
	is_good(call, answer);
}

/* libnfs names no type for "any procedure", so this is no function. */
#define ASK(call, procedure, args, err)                                                            \
	(nfs_link_sent(                                                                            \
	     (call), procedure((call)->link->rpc, nfs_link_answer, (args), (call)), (err)) < 0     \
		? -1                                                                               \
		: nfs_link_wait((call), (err)))

/* libnfs takes handles and names for writable, and writes none. */
struct nfs_fh3
nfs_call_fh(const struct nfs_handle *handle)
{
	nfs_fh3 ret = { .data.data_len = handle->length };
	const char *bytes = handle->bytes;

	memcpy(&ret.data.data_val, &bytes, sizeof bytes);
	return ret;
}

static diropargs3
entry_of(const struct nfs_handle *dir, const char *name)
{
	diropargs3 ret = { .dir = nfs_call_fh(dir) };

	memcpy(&ret.name, &name, sizeof name);
	return ret;
}

static bool
copy_handle(struct nfs_handle *ret, const nfs_fh3 *from)
{
	if (from->data.data_len == 0 || from->data.data_len > NFS_HANDLE_MAX)
		return false;
	ret->length = from->data.data_len;
	memcpy(ret->bytes, from->data.data_val, ret->length);
	return true;
}

static enum nfs_kind
kind_of(const fattr3 *attributes)
{
	if (attributes->type == NF3REG)
		return NFS_FILE;
	return attributes->type == NF3DIR ? NFS_DIRECTORY : NFS_OTHER;
}

/* ---- looking ---- */

struct look {
	struct nfs_node *node;
	bool described;
};

static void
take_look(struct nfs_call *call, const void *answer)
{
	const struct LOOKUP3resok *found = &((const struct LOOKUP3res *)answer)->LOOKUP3res_u.resok;
	const post_op_attr *attributes = &found->obj_attributes;
	struct look *look = call->ret;

	if (!is_good(call, answer))
		return;
	if (!copy_handle(&look->node->handle, &found->object))
		call->status = NFS3ERR_SERVERFAULT;
	look->described = attributes->attributes_follow;
	look->node->kind = kind_of(&attributes->post_op_attr_u.attributes);
	look->node->size = attributes->post_op_attr_u.attributes.size;
}

static void
take_attributes(struct nfs_call *call, const void *answer)
{
	const fattr3 *attributes =
	    &((const struct GETATTR3res *)answer)->GETATTR3res_u.resok.obj_attributes;
	struct look *look = call->ret;

	if (!is_good(call, answer))
		return;
	look->node->kind = kind_of(attributes);
	look->node->size = attributes->size;
}

int
nfs_call_look(struct nfs_link *link, const struct nfs_handle *dir, const char *name,
    struct nfs_node *ret, struct err *err)
{
	struct LOOKUP3args args = { .what = entry_of(dir, name) };
	struct GETATTR3args more;
	struct look look = { ret, false };
	struct nfs_call call = { .link = link, .copy = take_look, .ret = &look };
	struct nfs_call second = { .link = link, .copy = take_attributes, .ret = &look };

	if (ASK(&call, rpc_nfs3_lookup_async, &args, err) < 0)
		return -1;
	if (call.status == NFS3ERR_NOENT)
		return 0;
	if (call.status != NFS3_OK)
		return nfs_call_failed(call.status, err, "look up", name);
	if (look.described)
		return 1;
	more = (struct GETATTR3args){ .object = nfs_call_fh(&ret->handle) };
	if (ASK(&second, rpc_nfs3_getattr_async, &more, err) < 0)
		return -1;
	return second.status == NFS3_OK ? 1 : nfs_call_failed(second.status, err, "look at", name);
}

/* ---- making and removing ---- */

int
nfs_call_make(struct nfs_link *link, const struct nfs_handle *dir, const char *name, unsigned mode,
    struct err *err)
{
	struct MKDIR3args args = { .where = entry_of(dir, name) };
	struct nfs_call call = { .link = link, .copy = take_status };

	args.attributes.mode.set_it = 1;
	args.attributes.mode.set_mode3_u.mode = mode;
	if (ASK(&call, rpc_nfs3_mkdir_async, &args, err) < 0)
		return -1;
	if (call.status == NFS3ERR_EXIST)
		return 0;
	return call.status == NFS3_OK ? 1
				      : nfs_call_failed(call.status, err, "make directory", name);
}

static void
take_created(struct nfs_call *call, const void *answer)
{
	const struct CREATE3resok *made = &((const struct CREATE3res *)answer)->CREATE3res_u.resok;
	struct look *look = call->ret;

	if (!is_good(call, answer) || !made->obj.handle_follows ||
	    !made->obj_attributes.attributes_follow)
		return;
	look->described = copy_handle(&look->node->handle, &made->obj.post_op_fh3_u.handle);
	look->node->kind = kind_of(&made->obj_attributes.post_op_attr_u.attributes);
}

/* Unchecked, so that the same request may come twice. */
int
nfs_call_create(struct nfs_link *link, const struct nfs_handle *dir, const char *name,
    struct nfs_handle *ret, struct err *err)
{
	struct CREATE3args args = { .where = entry_of(dir, name), .how.mode = UNCHECKED };
	struct sattr3 *attributes = &args.how.createhow3_u.obj_attributes;
	struct nfs_node node;
	struct look look = { &node, false };
	struct nfs_call call = { .link = link, .copy = take_created, .ret = &look };

	attributes->mode.set_it = 1;
	attributes->mode.set_mode3_u.mode = MODE;
	attributes->size.set_it = 1;
	if (ASK(&call, rpc_nfs3_create_async, &args, err) < 0)
		return -1;
	if (call.status != NFS3_OK)
		return nfs_call_failed(call.status, err, "create", name);
	if (!look.described && nfs_call_look(link, dir, name, &node, err) <= 0)
		return err_set(err, ERR_RETRY, "%s: create: it is gone again", name);
	if (node.kind != NFS_FILE)
		return err_set(err, ERR_CORRUPT, "%s: is not a regular file", name);
	*ret = node.handle;
	return 0;
}

int
nfs_call_remove(
    struct nfs_link *link, const struct nfs_handle *dir, const char *name, struct err *err)
{
	struct REMOVE3args args = { .object = entry_of(dir, name) };
	struct nfs_call call = { .link = link, .copy = take_status };

	if (ASK(&call, rpc_nfs3_remove_async, &args, err) < 0)
		return -1;
	if (call.status == NFS3ERR_NOENT)
		return 0;
	return call.status == NFS3_OK ? 1 : nfs_call_failed(call.status, err, "remove", name);
}

int
nfs_call_unmake(
    struct nfs_link *link, const struct nfs_handle *dir, const char *name, struct err *err)
{
	struct RMDIR3args args = { .object = entry_of(dir, name) };
	struct nfs_call call = { .link = link, .copy = take_status };

	if (ASK(&call, rpc_nfs3_rmdir_async, &args, err) < 0)
		return -1;
	if (call.status == NFS3ERR_NOTEMPTY || call.status == NFS3ERR_EXIST)
		return 0;
	if (call.status == NFS3_OK || call.status == NFS3ERR_NOENT)
		return 1;
	return nfs_call_failed(call.status, err, "remove directory", name);
}

int
nfs_call_rename(struct nfs_link *link, const struct nfs_handle *dir, const char *from,
    const char *to, struct err *err)
{
	struct RENAME3args args = { .from = entry_of(dir, from), .to = entry_of(dir, to) };
	struct nfs_call call = { .link = link, .copy = take_status };

	if (ASK(&call, rpc_nfs3_rename_async, &args, err) < 0)
		return -1;
	if (call.status == NFS3ERR_NOENT)
		return 0;
	return call.status == NFS3_OK ? 1 : nfs_call_failed(call.status, err, "rename", to);
}

/* ---- listing ---- */

static void
add_entry(struct buf *entries, const entryplus3 *from)
{
	struct nfs_entry entry;
	size_t length = strlen(from->name);

	if (length >= sizeof entry.name)
		return;
	memset(&entry, 0, sizeof entry);
	memcpy(entry.name, from->name, length);
	entry.known = from->name_attributes.attributes_follow;
	entry.size = from->name_attributes.post_op_attr_u.attributes.size;
	entry.kind = kind_of(&from->name_attributes.post_op_attr_u.attributes);
	buf_add(entries, &entry, sizeof entry);
}

static void
take_page(struct nfs_call *call, const void *answer)
{
	const struct READDIRPLUS3resok *found =
	    &((const struct READDIRPLUS3res *)answer)->READDIRPLUS3res_u.resok;
	struct nfs_page *page = call->ret;
	const void *next = found->reply.entries;
	entryplus3 entry; /* a copy: libnfs puts them where none may be looked at */

	if (!is_good(call, answer))
		return;
	buf_clear(&page->entries);
	for (; next; next = entry.nextentry) {
		memcpy(&entry, next, sizeof entry);
		add_entry(&page->entries, &entry);
		page->cookie = entry.cookie;
	}
	memcpy(page->verifier, found->cookieverf, sizeof page->verifier);
	page->last = found->reply.eof;
}

int
nfs_call_list(
    struct nfs_link *link, const struct nfs_handle *dir, struct nfs_page *page, struct err *err)
{
	struct READDIRPLUS3args args = {
		.dir = nfs_call_fh(dir),
		.cookie = page->cookie,
		.dircount = LIST_BYTES,
		.maxcount = LIST_BYTES,
	};
	struct nfs_call call = { .link = link, .copy = take_page, .ret = page };
	uint64_t before = page->cookie;

	memcpy(args.cookieverf, page->verifier, sizeof args.cookieverf);
	if (ASK(&call, rpc_nfs3_readdirplus_async, &args, err) < 0)
		return -1;
	if (call.status != NFS3_OK)
		return nfs_call_failed(call.status, err, "list", "the directory");
	if (!page->last && page->cookie == before)
		return err_set(err, ERR_SYSTEM, "list the directory: the server repeats itself");
	return buf_check(&page->entries, err);
}

void
nfs_call_page_drop(struct nfs_page *page)
{
	buf_drop(&page->entries);
}

/* ---- room ---- */

static void
take_room(struct nfs_call *call, const void *answer)
{
	const struct FSSTAT3resok *state = &((const struct FSSTAT3res *)answer)->FSSTAT3res_u.resok;

	if (is_good(call, answer))
		*(struct nfs_room *)call->ret =
		    (struct nfs_room){ state->abytes, state->tbytes, state->afiles };
}

int
nfs_call_room(struct nfs_link *link, struct nfs_room *ret, struct err *err)
{
	struct FSSTAT3args args = { .fsroot = nfs_call_fh(&link->root) };
	struct nfs_call call = { .link = link, .copy = take_room, .ret = ret };

	if (ASK(&call, rpc_nfs3_fsstat_async, &args, err) < 0)
		return -1;
	if (call.status != NFS3_OK)
		return nfs_call_failed(call.status, err, "ask for free space", link->share->path);
	return 0;
}
