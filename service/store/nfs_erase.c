#include "base/err.h"
#include "store/nfs.h"
#include "store/nfs_tree.h"

/* Remove what page names of the backup.  1 some, 0 nothing, -1. */
static int
remove_page(struct nfs_link *link, const struct nfs_handle *dir, const struct location *at,
    const struct nfs_page *page, struct err *err)
{
	const struct nfs_entry *entry = (const struct nfs_entry *)(const void *)page->entries.data;
	size_t i, count = page->entries.length / sizeof *entry;
	int some = 0, removed;

	for (i = 0; i < count; i++, entry++) {
		if (layout_kind(at, entry->name) == LAYOUT_FOREIGN)
			continue;
		removed = nfs_call_remove(link, dir, entry->name, err);
		if (removed < 0)
			return -1;
		some |= removed;
	}
	return some;
}

/* Servers may skip entries while others are being removed: go on until none is seen. */
static int
remove_files(
    struct nfs_link *link, const struct nfs_handle *dir, const struct location *at, struct err *err)
{
	char manifest[LAYOUT_NAME_MAX];
	int some = 1, removed;

	layout_document_name(at, "metadata", manifest);
	/* Once the manifest is gone there is no backup, whatever comes after. */
	if (nfs_call_remove(link, dir, manifest, err) < 0)
		return -1;
	while (some) {
		scoped(nfs_call_page_drop) struct nfs_page page = NFS_PAGE_INIT;

		for (some = 0; !page.last; some |= removed) {
			if (nfs_call_list(link, dir, &page, err) < 0)
				return -1;
			removed = remove_page(link, dir, at, &page, err);
			if (removed < 0)
				return -1;
		}
	}
	return 0;
}

/* A container that is missing may have been made in part, or removed in part. */
int
nfs_erase(struct store *store, const struct location *at, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct nfs_handle dir;
	int found;

	if (layout_check(at, err) < 0 || nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	found = nfs_tree_find(loan.link, at->container, &dir, err);
	if (found < 0 || (found > 0 && remove_files(loan.link, &dir, at, err) < 0))
		return -1;
	if (layout_container_is_own(at->container))
		return nfs_tree_prune(loan.link, at->container, err);
	return 0;
}
