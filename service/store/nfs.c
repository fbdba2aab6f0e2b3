#include "store/nfs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "store/nfs_flow.h"
#include "store/nfs_tree.h"

enum { BACKOFF_MS = 500 };

/* ---- open, close ---- */

/*
 * There is no way to ask for it without setting it, for all threads: once, before
 * there are jobs that make files.
 */
static unsigned
mode_of_parents(void)
{
	mode_t mask = umask(022);

	umask(mask);
	return 0777 & ~mask;
}

static int
open_with(struct store **ret, const struct file_opts *from, unsigned parent_mode,
    const atomic_bool *cancel, struct nfs_pool *known, struct err *err)
{
	scoped(scoped_free) struct nfs *nfs = calloc(1, sizeof *nfs);

	if (!nfs)
		return err_memory(err);
	if (share_parse(from->share ? from->share : "", from->mount_options, &nfs->share, NULL,
		NULL, err) < 0 ||
	    nfs_pool_open(&nfs->pool, &nfs->share, cancel, known, err) < 0)
		return -1;
	nfs->store = (struct store){
		.driver = &store_nfs,
		.tries = nfs->share.retries + 1,
		.backoff_ms = BACKOFF_MS,
		.object_size = (uint64_t)from->file_size,
		.block_size = (uint64_t)from->sha_block_size_bytes,
		.untimed = !from->enable_progress_timer,
	};
	nfs->opts = *from;
	nfs->parent_mode = parent_mode;
	*ret = &take(&nfs)->store;
	return 0;
}

static int
nfs_open(struct store **ret, const void *opts, struct err *err)
{
	const struct file_opts *from = opts;

	if (from->nfs_client == NFS_CLIENT_MOUNT)
		return nfs_mount_open(ret, from, err);
	return open_with(ret, from, mode_of_parents(), NULL, NULL, err);
}

static int
nfs_act_as(struct store *store, const struct store_user *user, struct store **ret, struct err *err)
{
	const struct nfs *nfs = (const struct nfs *)store;

	int opened = open_with(ret, &nfs->opts, nfs->parent_mode, user->cancel, nfs->pool, err);

	return opened < 0 ? -1 : 1;
}

static void
nfs_close(struct store *store)
{
	nfs_pool_close(((struct nfs *)store)->pool);
	free(store);
}

int
nfs_borrow(struct store *store, bool patient, struct nfs_loan *ret, struct err *err)
{
	ret->pool = ((struct nfs *)store)->pool;
	return nfs_pool_borrow(ret->pool, patient, &ret->link, err);
}

void
nfs_end(struct nfs_loan *loan)
{
	if (loan->link)
		nfs_pool_return(loan->pool, loan->link);
}

/* ---- check ---- */

/* The server's word, and what an operator can do about it. */
static int
advise(const struct nfs *nfs, struct err *err)
{
	struct err told = *err;
	unsigned uid = nfs->share.uid < 0 ? geteuid() : (unsigned)nfs->share.uid;

	if (told.sys == EROFS)
		return err_set(
		    err, told.kind, "%s; the server exports the share read-only", told.text);
	if (told.sys == EACCES || told.sys == EPERM)
		return err_set(err, told.kind,
		    "%s; user %u may not write there: see the owner of the directory and "
		    "root_squash",
		    told.text, uid);
	return -1;
}

static int
check_room(struct nfs *nfs, struct nfs_link *link, struct err *err)
{
	struct nfs_room room;

	if (nfs_call_room(link, &room, err) < 0)
		return -1;
	if (room.total && room.bytes < nfs->store.block_size)
		return err_set(err, ERR_NO_SPACE,
		    "share %s: %" PRIu64 " bytes are free, %" PRIu64 " are wanted", nfs->opts.share,
		    room.bytes, nfs->store.block_size);
	return 0;
}

static int
check_writable(const struct nfs *nfs, struct err *err)
{
	if (!nfs->share.read_only)
		return 0;
	return err_set(err, ERR_DENIED, "share %s: backup_mount_options say ro", nfs->opts.share);
}

/* Asking for rights would not see a lost disk: a file is made, and removed. */
static int
nfs_check(struct store *store, struct err *err)
{
	static const char name[] = ".cinderbank-check.partial";
	struct nfs *nfs = (struct nfs *)store;
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_handle file;

	if (check_writable(nfs, err) < 0)
		return -1;
	if (nfs_borrow(store, false, &loan, err) < 0) {
		/* Who asks wants to know now. */
		if (err->kind == ERR_RETRY)
			err->kind = ERR_SYSTEM;
		return -1;
	}
	if (nfs_call_create(loan.link, &loan.link->root, name, &file, err) < 0) {
		err_wrap(err, "share %s", nfs->opts.share);
		return advise(nfs, err);
	}
	if (nfs_call_remove(loan.link, &loan.link->root, name, err) < 0)
		return err_wrap(err, "share %s", nfs->opts.share);
	return check_room(nfs, loan.link, err);
}

static int
nfs_room(struct store *store, struct store_room *ret, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_room room;

	if (nfs_borrow(store, false, &loan, err) < 0 || nfs_call_room(loan.link, &room, err) < 0)
		return -1;
	*ret = (struct store_room){ room.bytes, room.total };
	return 0;
}

/* ---- containers ---- */

static int
nfs_place(struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	return layout_place(&((struct nfs *)store)->opts, backup, ret, err);
}

int
nfs_container(
    struct nfs_link *link, const struct location *at, struct nfs_handle *ret, struct err *err)
{
	int found = layout_check(at, err) < 0 ? -1 : nfs_tree_find(link, at->container, ret, err);

	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "container %s does not exist in %s:%s",
		    at->container, link->share->server, link->share->path);
	return found < 0 ? -1 : 0;
}

static int
nfs_begin(struct store *store, const struct location *at, struct err *err)
{
	struct nfs *nfs = (struct nfs *)store;
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_handle dir;

	if (layout_check(at, err) < 0 || check_writable(nfs, err) < 0 ||
	    nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	if (nfs->opts.create_containers)
		return nfs_tree_make(loan.link, at->container, nfs->parent_mode, err);
	if (nfs_container(loan.link, at, &dir, err) < 0)
		return err_wrap(err, "backup_create_containers is false");
	return 0;
}

/* ---- segments ---- */

static int
put_segment(struct nfs_link *link, const struct nfs_handle *dir, const char *hidden,
    const char *name, struct span packed, struct err *err)
{
	struct nfs_handle file;
	int renamed;

	if (nfs_call_create(link, dir, hidden, &file, err) < 0 ||
	    nfs_flow_write(link, &file, 0, packed, name, err) < 0)
		return -1;
	renamed = nfs_call_rename(link, dir, hidden, name, err);
	if (renamed == 0)
		return err_set(err, ERR_RETRY, "%s: rename: somebody removed it", hidden);
	return renamed < 0 ? -1 : 0;
}

static int
nfs_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	char name[LAYOUT_NAME_MAX], hidden[LAYOUT_NAME_MAX];
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_handle dir;
	struct err ignored;

	store_segment_name(at, segment->number, name);
	layout_partial_name(name, hidden);
	if (nfs_borrow(store, true, &loan, err) < 0 || nfs_container(loan.link, at, &dir, err) < 0)
		return -1;
	if (put_segment(loan.link, &dir, hidden, name, segment->packed, err) == 0)
		return 0;
	/* What stays because the link is lost is removed by erase, or replaced. */
	if (loan.link->rpc)
		nfs_call_remove(loan.link, &dir, hidden, &ignored);
	return -1;
}

/* 1, 0: no such file or container, -1. */
static int
read_file(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	uint64_t room = ret->ceiling - ret->length;
	struct nfs_handle dir;
	struct nfs_node node;
	int found;

	if (layout_check(at, err) < 0 || nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	found = nfs_tree_find(loan.link, at->container, &dir, err);
	if (found > 0)
		found = nfs_call_look(loan.link, &dir, name, &node, err);
	if (found <= 0)
		return found;
	if (node.kind != NFS_FILE)
		return err_set(err, ERR_CORRUPT, "%s: is not a regular file", name);
	if (offset >= node.size)
		return 1;
	if (room > node.size - offset)
		room = node.size - offset;
	return nfs_flow_read(loan.link, &node.handle, offset, room, ret, name, err) < 0 ? -1 : 1;
}

static int
nfs_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	int found;

	store_segment_name(at, segment->number, name);
	found = read_file(store, at, name, offset, packed, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "%s: no such file below %s", name,
		    ((struct nfs *)store)->opts.share);
	return found < 0 ? -1 : 0;
}

static int
nfs_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	char file[LAYOUT_NAME_MAX];

	layout_document_name(at, name, file);
	return read_file(store, at, file, offset, ret, err);
}

/* ---- listing ---- */

/* The next page of the container, by whatever link.  1, 0: there is no container, -1. */
static int
next_page(struct store *store, const struct location *at, struct nfs_page *page, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_handle dir;
	struct nfs_entry *entry;
	struct nfs_node node;
	int found;
	size_t i;

	if (layout_check(at, err) < 0 || nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	found = nfs_tree_find(loan.link, at->container, &dir, err);
	if (found <= 0)
		return found;
	if (nfs_call_list(loan.link, &dir, page, err) < 0)
		return -1;
	entry = (struct nfs_entry *)(void *)page->entries.data;
	for (i = 0; i < page->entries.length / sizeof *entry; i++, entry++) {
		if (entry->known || layout_kind(at, entry->name) == LAYOUT_FOREIGN)
			continue;
		if (nfs_call_look(loan.link, &dir, entry->name, &node, err) < 0)
			return -1;
		entry->size = node.size;
	}
	return 1;
}

static int
nfs_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	scoped(nfs_call_page_drop) struct nfs_page page = NFS_PAGE_INIT;
	const struct nfs_entry *entry;
	enum layout_kind kind;
	int found = 1, result;
	size_t i;

	while (!page.last) {
		found = next_page(store, at, &page, err);
		if (found <= 0)
			return found;
		entry = (const struct nfs_entry *)(const void *)page.entries.data;
		for (i = 0; i < page.entries.length / sizeof *entry; i++, entry++) {
			kind = layout_kind(at, entry->name);
			if (kind == LAYOUT_FOREIGN || kind == LAYOUT_PARTIAL)
				continue;
			result = fn(arg, entry->name, entry->size, err);
			if (result)
				return result;
		}
	}
	return 0;
}

/* seal: the protocol has names and committed bytes on disk before it answers. */
const struct store_driver store_nfs = {
	.name = "nfs",
	.class_path = "cinder.backup.drivers.nfs.NFSBackupDriver",
	.options = &nfs_table,
	.object_pays = LAYOUT_OBJECT_PAYS,
	.open = nfs_open,
	.check = nfs_check,
	.place = nfs_place,
	.begin = nfs_begin,
	.write = nfs_write,
	.read = nfs_read,
	.create = nfs_document_create,
	.append = nfs_document_append,
	.commit = nfs_document_commit,
	.discard = nfs_document_discard,
	.load = nfs_load,
	.list = nfs_list,
	.erase = nfs_erase,
	.scan = nfs_scan,
	.close = nfs_close,
	.room = nfs_room,
	.act_as = nfs_act_as,
};
