#include "base/err.h"
#include "store/nfs.h"
#include "store/nfs_tree.h"
#include "store/sweep.h"

struct removal {
	struct sweep sweep;
	const struct location *at;
	struct nfs_handle dir;
};

/* By whatever link is free: many are removed at once. */
static int
remove_file(void *arg, const char *name, struct err *err)
{
	struct removal *removal = arg;
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (nfs_borrow(removal->sweep.store, true, &loan, err) < 0)
		return -1;
	return nfs_call_remove(loan.link, &removal->dir, name, err);
}

static int
sweep_page(struct removal *removal, const struct nfs_page *page, struct err *err)
{
	const struct nfs_entry *entry = (const struct nfs_entry *)(const void *)page->entries.data;
	size_t i, count = page->entries.length / sizeof *entry;

	for (i = 0; i < count; i++, entry++) {
		if (layout_kind(removal->at, entry->name) != LAYOUT_FOREIGN &&
		    sweep_add(&removal->sweep, entry->name, err) < 0)
			return -1;
	}
	return 0;
}

static int
next_page(struct removal *removal, struct nfs_page *page, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (nfs_borrow(removal->sweep.store, true, &loan, err) < 0)
		return -1;
	return nfs_call_list(loan.link, &removal->dir, page, err);
}

static int
remove_listed(struct removal *removal, struct err *err)
{
	scoped(nfs_call_page_drop) struct nfs_page page = NFS_PAGE_INIT;

	while (!page.last) {
		if (next_page(removal, &page, err) < 0 || sweep_page(removal, &page, err) < 0)
			return -1;
	}
	return sweep_run(&removal->sweep, err);
}

/* Servers may skip entries while others are being removed: go on until none is seen. */
static int
remove_files(struct removal *removal, struct err *err)
{
	char manifest[LAYOUT_NAME_MAX];
	int removed;

	layout_document_name(removal->at, "metadata", manifest);
	/* Once the manifest is gone there is no backup, whatever comes after. */
	removed = remove_file(removal, manifest, err);
	if (removed < 0)
		return -1;
	atomic_fetch_add(&removal->sweep.store->erased, (unsigned)removed);
	do {
		removal->sweep.removed = false;
		if (remove_listed(removal, err) < 0)
			return -1;
	} while (removal->sweep.removed);
	return 0;
}

/* 1, 0: there is no container, -1. */
static int
find_container(struct removal *removal, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (nfs_borrow(removal->sweep.store, true, &loan, err) < 0)
		return -1;
	return nfs_tree_find(loan.link, removal->at->container, &removal->dir, err);
}

static int
prune(struct store *store, const struct location *at, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	return nfs_tree_prune(loan.link, at->container, err);
}

/* A container that is missing may have been made in part, or removed in part. */
int
nfs_erase(struct store *store, const struct location *at, struct err *err)
{
	struct removal removal = { .sweep = SWEEP(store, remove_file, &removal), .at = at };
	int found;

	if (layout_check(at, err) < 0)
		return -1;
	found = find_container(&removal, err);
	if (found > 0)
		found = remove_files(&removal, err);
	sweep_drop(&removal.sweep);
	if (found < 0 || !layout_container_is_own(at->container))
		return found < 0 ? -1 : 0;
	return prune(store, at, err);
}
