#include "base/sync.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"

int
sync_name(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	scoped(scoped_close) int fd = -1;
	char dir[PATH_MAX];

	/* Of "/name" the slash is the directory. */
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + (slash == path) : 1,
	    slash ? path : ".");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? err_sys(err, "sync directory %s", dir) : 0;
}
