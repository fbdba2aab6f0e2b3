#include "store/nfs_tree.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

enum { MODE = 0770, MAKE_TRIES = 16 };

/* Go from the directory *dir to its entry part.  1, 0: none such, -1. */
static int
step_down(struct nfs_link *link, struct nfs_handle *dir, const char *part, struct err *err)
{
	struct nfs_node node;
	int found = nfs_call_look(link, dir, part, &node, err);

	if (found <= 0)
		return found < 0 ? err_wrap(err, "directory") : 0;
	if (node.kind != NFS_DIRECTORY)
		return err_set(err, ERR_DENIED, "directory %s: is a link or a file", part);
	*dir = node.handle;
	return 1;
}

int
nfs_tree_find(struct nfs_link *link, const char *path, struct nfs_handle *ret, struct err *err)
{
	struct nfs_handle dir = link->root;
	char part[NAME_MAX + 1];
	int found;

	while (layout_next_part(&path, part)) {
		found = step_down(link, &dir, part, err);
		if (found <= 0)
			return found;
	}
	*ret = dir;
	return 1;
}

/* 1 done, 0: a parent vanished meanwhile, -1. */
static int
make_below(struct nfs_link *link, const char *path, unsigned parent_mode, struct err *err)
{
	struct nfs_handle dir = link->root;
	char part[NAME_MAX + 1];
	int found;

	while (layout_next_part(&path, part)) {
		found = step_down(link, &dir, part, err);
		if (found < 0)
			return -1;
		if (found)
			continue;
		if (nfs_call_make(link, &dir, part, *path ? parent_mode : MODE, err) < 0)
			return -1;
		found = step_down(link, &dir, part, err);
		if (found <= 0)
			return found;
	}
	return 1;
}

int
nfs_tree_make(struct nfs_link *link, const char *path, unsigned parent_mode, struct err *err)
{
	unsigned tries;
	int made;

	for (tries = 0; tries < MAKE_TRIES; tries++) {
		made = make_below(link, path, parent_mode, err);
		/* A handle that turned stale is a parent that another has just removed. */
		if (made > 0 || (made < 0 && !(err->kind == ERR_RETRY && link->rpc)))
			return made < 0 ? -1 : 0;
	}
	return err_set(err, ERR_RETRY, "make directory %s: others remove its parents", path);
}

/* Remove the last part of path, and cut it off.  1 removed or gone, 0 not empty, -1. */
static int
remove_last(struct nfs_link *link, char *path, struct err *err)
{
	char *slash = strrchr(path, '/'), last[NAME_MAX + 1];
	struct nfs_handle dir;
	int found;

	snprintf(last, sizeof last, "%.*s", NAME_MAX, slash ? slash + 1 : path);
	*(slash ? slash : path) = '\0';
	found = nfs_tree_find(link, path, &dir, err);
	if (found <= 0)
		return found < 0 ? -1 : 1;
	return nfs_call_unmake(link, &dir, last, err);
}

int
nfs_tree_prune(struct nfs_link *link, const char *path, struct err *err)
{
	char rest[PATH_MAX];
	int removed = 1;

	snprintf(rest, sizeof rest, "%s", path);
	while (removed == 1 && rest[0])
		removed = remove_last(link, rest, err);
	return removed < 0 ? -1 : 0;
}
