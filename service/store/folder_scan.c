/* Which backups lie below the root of a folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "store/folder.h"
#include "store/layout.h"
#include "store/tree.h"

enum { DEPTH_MAX = 16 }; /* of containers: ours have three parts */

struct scan {
	store_place_fn *fn;
	void *arg;
	struct location at; /* the container that is looked into */
	unsigned depth;
};

static int scan_entry(void *arg, int dir, const char *name, struct err *err);

/* A container that vanishes while it is looked for has no backups. */
static int
scan_below(struct scan *scan, int dir, const char *name, struct err *err)
{
	size_t length = strlen(scan->at.container), room = sizeof scan->at.container - length;
	scoped(scoped_close) int below = -1;
	int result;

	if (scan->depth == DEPTH_MAX || strlen(name) + 2 > room)
		return 0;
	below = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return errno == ENOTDIR || errno == ELOOP || errno == ENOENT
			   ? 0
			   : tree_sys(err, "directory %s/%s", scan->at.container, name);
	snprintf(scan->at.container + length, room, "%s%s", length ? "/" : "", name);
	scan->depth++;
	result = tree_each(below, scan_entry, scan, err);
	scan->depth--;
	scan->at.container[length] = '\0';
	return result;
}

static int
scan_entry(void *arg, int dir, const char *name, struct err *err)
{
	struct scan *scan = arg;
	char prefix[LAYOUT_NAME_MAX];

	if (name[0] == '.')
		return 0;
	if (!layout_prefix(name, prefix) || strlen(prefix) >= sizeof scan->at.prefix)
		return scan_below(scan, dir, name, err);
	memcpy(scan->at.prefix, prefix, strlen(prefix) + 1);
	return scan->fn(scan->arg, &scan->at, err);
}

int
folder_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	struct folder *folder = (struct folder *)store;
	struct scan scan = { .fn = fn, .arg = arg };
	scoped(scoped_close) int root = -1;

	if ((folder->ready && folder->ready(folder, err) < 0) ||
	    tree_open(folder->root, "", &root, err) < 0)
		return -1;
	return tree_each(root, scan_entry, &scan, err);
}
