#include "volume/fresh.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/scope.h"

enum { MODE = 0600 };

static const char hidden_start[] = ".cinderbank-", hidden_end[] = ".partial";

static bool
is_hidden(const char *name)
{
	size_t length = strlen(name), end = sizeof hidden_end - 1;

	return strncmp(name, hidden_start, sizeof hidden_start - 1) == 0 && length > end &&
	       strcmp(name + length - end, hidden_end) == 0;
}

static void
close_listing(DIR **listing)
{
	if (*listing)
		closedir(*listing);
}

/* Whoever still writes to such a file holds its lock. */
static void
remove_leftover(int dir, const char *name)
{
	scoped(scoped_close) int fd =
	    openat(dir, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dir, name, 0);
}

/* Leftovers take room and nothing else, so a failure here is none of the caller's. */
static void
remove_leftovers(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scoped(close_listing) DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	while (listing && (entry = readdir(listing))) {
		if (is_hidden(entry->d_name))
			remove_leftover(dir, entry->d_name);
	}
}

static void
parent_of(const char *path, char ret[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	snprintf(ret, PATH_MAX, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
}

void
fresh_sweep(const char *path)
{
	scoped(scoped_close) int dir = -1;
	char parent[PATH_MAX];

	parent_of(path, parent);
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0)
		remove_leftovers(dir);
}

static int
create_hidden(struct fresh *fresh, int *ret_fd, struct err *err)
{
	char id[DIGEST_UUID_TEXT];
	scoped(scoped_close) int fd = -1;
	struct stat state;

	remove_leftovers(fresh->dir);
	do {
		if (digest_uuid_random(id, err) < 0)
			return -1;
		snprintf(
		    fresh->hidden, sizeof fresh->hidden, "%s%s%s", hidden_start, id, hidden_end);
		if (fd >= 0)
			close(fd); /* uncovered: the race below */
		fd = openat(fresh->dir, fresh->hidden, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
		if (fd < 0 || flock(fd, LOCK_EX) < 0 || fstat(fd, &state) < 0)
			return err_sys(err, "create file %s", fresh->hidden);
		/* Somebody who cleans up may have had the lock before us. */
	} while (state.st_nlink == 0);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* 1, 0: it cannot be done here, -1. */
static int
create_nameless(const struct fresh *fresh, int *ret_fd, struct err *err)
{
	int fd;

	/* Where /proc is not mounted it could never be given its name. */
	if (access("/proc/self/fd", X_OK) < 0)
		return 0;
	fd = openat(fresh->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, MODE);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		return 0;
	if (fd < 0)
		return err_sys(err, "create a file in its directory");
	*ret_fd = fd;
	return 1;
}

int
fresh_create(struct fresh *fresh, const char *path, int *ret_fd, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	struct stat state;
	int created;

	parent_of(path, parent);
	snprintf(fresh->name, sizeof fresh->name, "%.*s", NAME_MAX, slash ? slash + 1 : path);
	fresh->dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fresh->dir < 0)
		return err_sys(err, "directory %s", parent);
	if (fstatat(fresh->dir, fresh->name, &state, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(err, ERR_CONFLICT, "exists already");
	if (errno != ENOENT)
		return err_sys(err, "look");
	created = create_nameless(fresh, ret_fd, err);
	if (created)
		return created < 0 ? -1 : 0;
	return create_hidden(fresh, ret_fd, err);
}

/* 0, or -1 and errno. */
static int
name_it(const struct fresh *fresh, int fd)
{
	char self[32];

	if (fresh->hidden[0]) {
		if (renameat2(
			fresh->dir, fresh->hidden, fresh->dir, fresh->name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EINVAL && errno != ENOSYS)
			return -1;
		return linkat(fresh->dir, fresh->hidden, fresh->dir, fresh->name, 0);
	}
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, fresh->dir, fresh->name, AT_SYMLINK_FOLLOW);
}

int
fresh_publish(struct fresh *fresh, int fd, struct err *err)
{
	if (name_it(fresh, fd) < 0)
		return errno == EEXIST
			   ? err_set(err, ERR_CONFLICT, "somebody else made it meanwhile")
			   : err_sys(err, "give it its name");
	if (fsync(fresh->dir) < 0) {
		err_sys(err, "sync its directory");
		unlinkat(fresh->dir, fresh->name, 0); /* or it would be there, but not for good */
		return -1;
	}
	fresh_drop(fresh);
	return 0;
}

void
fresh_drop(struct fresh *fresh)
{
	if (fresh->hidden[0])
		unlinkat(fresh->dir, fresh->hidden, 0);
	if (fresh->dir >= 0)
		close(fresh->dir);
	*fresh = (struct fresh)FRESH_INIT;
}
