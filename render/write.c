#include "write.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"

enum { PATH_ROOM = 4096 };

static int
make_folders(char *path, struct err *err)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct stat there;

		*slash = '\0';
		if (stat(path, &there) < 0 && mkdir(path, 0755) < 0)
			return err_sys(err, "folder %s", path);
		*slash = '/';
	}
	return 0;
}

static int
write_all(int fd, struct span text, const char *path, struct err *err)
{
	while (text.length) {
		ssize_t done = write(fd, text.data, text.length);

		if (done < 0)
			return err_sys(err, "writing %s", path);
		text = (struct span){ text.data + done, text.length - (size_t)done };
	}
	return 0;
}

static int
fill(const char *temporary, mode_t mode, struct span text, struct err *err)
{
	scoped(scoped_close) int fd =
	    open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return err_sys(err, "creating %s", temporary);
	if (write_all(fd, text, temporary, err) < 0)
		return -1;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return err_sys(err, "keeping %s", temporary);
	return 0;
}

int
write_file(const char *directory, const char *path, mode_t mode, struct span text, struct err *err)
{
	char name[PATH_ROOM], temporary[PATH_ROOM + 32];
	int length = snprintf(name, sizeof(name), "%s/%s", directory, path);

	if (length < 0 || (size_t)length >= sizeof(name))
		return err_set(err, ERR_INVALID, "%s/%s: too long a path", directory, path);
	if (make_folders(name, err) < 0)
		return -1;
	snprintf(temporary, sizeof(temporary), "%s.%ld.tmp", name, (long)getpid());
	if (fill(temporary, mode, text, err) < 0) {
		unlink(temporary);
		return -1;
	}
	if (rename(temporary, name) < 0) {
		err_sys(err, "replacing %s", name);
		unlink(temporary);
		return -1;
	}
	return 0;
}
