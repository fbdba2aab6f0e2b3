#include "front/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/scope.h"

enum { PIECE = 1 << 20 };

int
spool_choose(char ret[PATH_MAX], struct err *err)
{
	const char *dir = getenv("TMPDIR");
	char id[DIGEST_UUID_TEXT];
	int length;

	if (digest_uuid_random(id, err) < 0)
		return -1;
	length = snprintf(
	    ret, PATH_MAX, "%s/cinderbank-restore-%s", dir && dir[0] == '/' ? dir : "/var/tmp", id);
	if (length >= PATH_MAX)
		return err_set(err, ERR_INVALID, "TMPDIR is too long");
	return 0;
}

static int
send_piece(int out, const char *data, size_t length, struct err *err)
{
	ssize_t sent;

	for (; length; data += sent, length -= (size_t)sent) {
		sent = write(out, data, length);
		if (sent < 0 && errno == EINTR)
			sent = 0;
		if (sent < 0)
			return err_sys(err, "standard output");
	}
	return 0;
}

static int
send_all(int from, int out, progress_fn *progress, void *progress_arg, struct err *err)
{
	scoped(scoped_free) char *piece = malloc(PIECE);
	struct progress done = { .done = 0 };
	struct stat state;
	ssize_t length;

	if (!piece)
		return err_memory(err);
	if (fstat(from, &state) < 0)
		return err_sys(err, "the restored file");
	done.total = (uint64_t)state.st_size;
	while ((length = read(from, piece, PIECE)) > 0) {
		if (send_piece(out, piece, (size_t)length, err) < 0)
			return -1;
		done.done += (uint64_t)length;
		done.stored = done.done;
		progress(progress_arg, &done);
	}
	return length < 0 ? err_sys(err, "the restored file") : 0;
}

int
spool_send(const char *path, int out, progress_fn *progress, void *progress_arg, struct err *err)
{
	scoped(scoped_close) int from = open(path, O_RDONLY | O_CLOEXEC);

	if (from < 0 || unlink(path) < 0)
		return err_sys(err, "file %s", path);
	(void)posix_fadvise(from, 0, 0, POSIX_FADV_SEQUENTIAL);
	return send_all(from, out, progress, progress_arg, err);
}
