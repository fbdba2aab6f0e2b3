#include "store/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "store/layout.h"

enum { DIRECTORY = O_RDONLY | O_DIRECTORY | O_CLOEXEC, MAKE_TRIES = 16 };

int
tree_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	char what[sizeof err->text];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	errno = sys;
	err_sys(err, "%s", what);
	if (sys == ESTALE)
		err->kind = ERR_RETRY;
	return -1;
}

static int
open_root(const char *root, struct err *err)
{
	int fd = open(root, DIRECTORY);

	return fd < 0 ? tree_sys(err, "repository %s", root) : fd;
}

/* Go from the directory *fd to its entry part.  1, 0: none such, -1. */
static int
step_down(int *fd, const char *part, struct err *err)
{
	int below = openat(*fd, part, DIRECTORY | O_NOFOLLOW);

	if (below < 0 && errno == ENOENT)
		return 0;
	if (below < 0 && (errno == ENOTDIR || errno == ELOOP))
		return err_set(err, ERR_DENIED, "directory %s: is a link or a file", part);
	if (below < 0)
		return tree_sys(err, "directory %s", part);
	close(*fd);
	*fd = below;
	return 1;
}

int
tree_open(const char *root, const char *path, int *ret, struct err *err)
{
	char part[NAME_MAX + 1];
	scoped(scoped_close) int fd = open_root(root, err);
	int found;

	if (fd < 0)
		return -1;
	while (layout_next_part(&path, part)) {
		found = step_down(&fd, part, err);
		if (found <= 0)
			return found;
	}
	*ret = fd;
	fd = -1;
	return 1;
}

/* Make one directory, for good.  1 made, 0 it was there, -1. */
static int
make_part(int parent, const char *part, struct err *err)
{
	if (mkdirat(parent, part, 0777) < 0)
		return errno == EEXIST ? 0 : tree_sys(err, "make directory %s", part);
	return fsync(parent) < 0 ? tree_sys(err, "sync the directory of %s", part) : 1;
}

/* Make the directory path, for good, where it is missing. */
static int
make_path(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	scoped(scoped_close) int fd = -1;

	if (mkdir(path, 0777) < 0)
		return errno == EEXIST ? 0 : tree_sys(err, "make directory %s", path);
	if (slash)
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path + 1), path);
	fd = open(parent, DIRECTORY);
	if (fd < 0 || fsync(fd) < 0)
		return tree_sys(err, "sync directory %s", parent);
	return 0;
}

/* The root and its parents may be links: they are the operator's words, not a record's. */
static int
make_root(const char *root, struct err *err)
{
	char path[PATH_MAX];
	size_t i;

	for (i = 1; root[i - 1] && i < sizeof path; i++) {
		if (root[i] && root[i] != '/')
			continue;
		snprintf(path, sizeof path, "%.*s", (int)i, root);
		if (make_path(path, err) < 0)
			return err_wrap(err, "repository %s", root);
	}
	return 0;
}

/* 1 done, 0: a parent vanished meanwhile, -1. */
static int
make_below(const char *root, const char *path, struct err *err)
{
	char part[NAME_MAX + 1];
	scoped(scoped_close) int fd = open_root(root, err);
	int made = 0, found;

	if (fd < 0)
		return -1;
	while (layout_next_part(&path, part)) {
		made = make_part(fd, part, err);
		if (made < 0)
			return err->sys == ENOENT ? 0 : -1;
		found = step_down(&fd, part, err);
		if (found <= 0)
			return found;
	}
	if (made && fchmod(fd, 0770) < 0)
		return tree_sys(err, "permissions of directory %s", part);
	return 1;
}

int
tree_make(const char *root, const char *path, struct err *err)
{
	unsigned tries;
	int made;

	if (access(root, F_OK) < 0 && make_root(root, err) < 0)
		return -1;
	for (tries = 0; tries < MAKE_TRIES; tries++) {
		made = make_below(root, path, err);
		if (made)
			return made < 0 ? -1 : 0;
	}
	/* uncovered: beaten at every try */
	return err_set(err, ERR_RETRY, "make directory %s: others remove its parents", path);
}

/* Remove the last part of path, and cut it off.  1 removed or gone, 0 not empty, -1. */
static int
remove_last(const char *root, char *path, struct err *err)
{
	char *slash = strrchr(path, '/'), last[NAME_MAX + 1];
	scoped(scoped_close) int fd = -1;
	int found;

	snprintf(last, sizeof last, "%.*s", NAME_MAX, slash ? slash + 1 : path);
	*(slash ? slash : path) = '\0';
	found = tree_open(root, path, &fd, err);
	if (found <= 0)
		return found < 0 ? -1 : 1;
	if (unlinkat(fd, last, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 1;
	if (errno == ENOTEMPTY || errno == EEXIST || errno == EBUSY)
		return 0;
	return tree_sys(err, "remove directory %s", last);
}

int
tree_prune(const char *root, const char *path, struct err *err)
{
	char rest[PATH_MAX];
	int removed = 1;

	snprintf(rest, sizeof rest, "%s", path);
	while (removed == 1 && rest[0])
		removed = remove_last(root, rest, err);
	return removed < 0 ? -1 : 0;
}

static void
close_listing(DIR **listing)
{
	if (*listing)
		closedir(*listing);
}

int
tree_each(int dir, tree_entry_fn *fn, void *arg, struct err *err)
{
	int fd = openat(dir, ".", DIRECTORY), result;
	scoped(close_listing) DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!listing)
		return tree_sys(err, "list the directory");
	for (errno = 0; (entry = readdir(listing)); errno = 0) {
		result = fn(arg, dir, entry->d_name, err);
		if (result)
			return result;
	}
	return errno ? tree_sys(err, "list the directory") : 0;
}

/*
 * Does the directory take a file?  Asking for permissions would not see a lost
 * disk.  One without a name leaves nothing behind; others have to be named.
 */
static int
try_file(int dir, struct err *err)
{
	static const char name[] = ".cinderbank-check.partial";
	int fd = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0)
			unlinkat(dir, name, 0);
	}
	if (fd < 0)
		return tree_sys(err, "create a file");
	close(fd);
	return 0;
}

static int
check_room(int dir, uint64_t need, struct err *err)
{
	struct statvfs state;

	if (fstatvfs(dir, &state) < 0)
		return tree_sys(err, "ask for free space");
	if ((uint64_t)state.f_bavail * state.f_frsize < need)
		return err_set(err, ERR_NO_SPACE,
		    "%" PRIu64 " bytes are free, %" PRIu64 " are wanted",
		    (uint64_t)state.f_bavail * state.f_frsize, need);
	if (state.f_files && !state.f_favail)
		return err_set(err, ERR_NO_SPACE,
		    "no inodes are free"); /* uncovered: needs a full inode table */
	return 0;
}

int
tree_check(const char *root, bool make, uint64_t need, struct err *err)
{
	char path[PATH_MAX], *slash;
	scoped(scoped_close) int fd = open(root, DIRECTORY);

	if (fd < 0 && !(make && errno == ENOENT))
		return tree_sys(err, "repository %s", root);
	/* It can be made where its nearest parent takes files. */
	snprintf(path, sizeof path, "%s", root);
	while (fd < 0 && errno == ENOENT && (slash = strrchr(path, '/'))) {
		*slash = '\0';
		fd = open(path[0] ? path : "/", DIRECTORY);
	}
	if (fd < 0)
		return tree_sys(err, "repository %s: its parent %s", root, path);
	if (try_file(fd, err) < 0 || check_room(fd, need, err) < 0)
		return err_wrap(err, "repository %s", root);
	return 0;
}
