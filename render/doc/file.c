#include "doc/file.h"

#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

int
file_read(const char *path, struct buf *ret, struct err *err)
{
	scoped(scoped_close) int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "%s", path);
	while (ret->length < ret->ceiling) {
		size_t left = ret->ceiling - ret->length, step = left < 1 << 16 ? left : 1 << 16;
		char *end = buf_reserve(ret, step);
		ssize_t count = end ? read(fd, end, step) : 0;

		if (count < 0)
			return err_sys(err, "%s", path);
		if (count == 0)
			break;
		ret->length += (size_t)count;
		ret->data[ret->length] = '\0';
	}
	return buf_check(ret, err);
}
