/* Which backups lie below an NFS share. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "store/layout.h"
#include "store/nfs.h"

enum { DEPTH_MAX = 16 }; /* of containers: ours have three parts */

struct scan {
	struct nfs_link *link;
	store_place_fn *fn;
	void *arg;
	struct location at; /* the container that is looked into */
	unsigned depth;
};

static int scan_directory(struct scan *scan, const struct nfs_handle *dir, struct err *err);

/* A container that vanishes while it is looked for has no backups. */
static int
scan_below(struct scan *scan, const struct nfs_handle *dir, const char *name, struct err *err)
{
	size_t length = strlen(scan->at.container), room = sizeof scan->at.container - length;
	struct nfs_node node;
	int result;

	if (scan->depth == DEPTH_MAX || strlen(name) + 2 > room)
		return 0;
	result = nfs_call_look(scan->link, dir, name, &node, err);
	if (result <= 0 || node.kind != NFS_DIRECTORY)
		return result < 0 ? -1 : 0;
	snprintf(scan->at.container + length, room, "%s%s", length ? "/" : "", name);
	scan->depth++;
	result = scan_directory(scan, &node.handle, err);
	scan->depth--;
	scan->at.container[length] = '\0';
	return result;
}

static int
scan_entry(
    struct scan *scan, const struct nfs_handle *dir, const struct nfs_entry *entry, struct err *err)
{
	char prefix[LAYOUT_NAME_MAX];

	if (entry->name[0] == '.')
		return 0;
	if (layout_prefix(entry->name, prefix) && strlen(prefix) < sizeof scan->at.prefix) {
		memcpy(scan->at.prefix, prefix, strlen(prefix) + 1);
		return scan->fn(scan->arg, &scan->at, err);
	}
	if (entry->known && entry->kind != NFS_DIRECTORY)
		return 0;
	return scan_below(scan, dir, entry->name, err);
}

static int
scan_directory(struct scan *scan, const struct nfs_handle *dir, struct err *err)
{
	scoped(nfs_call_page_drop) struct nfs_page page = NFS_PAGE_INIT;
	const struct nfs_entry *entry;
	int result;
	size_t i;

	while (!page.last) {
		if (nfs_call_list(scan->link, dir, &page, err) < 0)
			return -1;
		entry = (const struct nfs_entry *)(const void *)page.entries.data;
		for (i = 0; i < page.entries.length / sizeof *entry; i++, entry++) {
			result = scan_entry(scan, dir, entry, err);
			if (result)
				return result;
		}
	}
	return 0;
}

int
nfs_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct scan scan = { .fn = fn, .arg = arg };

	if (nfs_borrow(store, true, &loan, err) < 0)
		return -1;
	scan.link = loan.link;
	return scan_directory(&scan, &loan.link->root, err);
}
