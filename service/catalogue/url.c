#include "catalogue/url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

static const char prefix[] = "sqlite://";

enum { WAIT_MS = 10000, WAIT_SECONDS_MAX = 3600 };

static int
parse_query(const char *url, const char *query, struct url *ret, struct err *err)
{
	static const char name[] = "timeout=";
	char *end;
	long seconds;

	if (strncmp(query, name, strlen(name)) != 0)
		return err_set(err, ERR_INVALID, "connection %s: only ?timeout= may follow", url);
	query += strlen(name);
	seconds = strtol(query, &end, 10);
	if (end == query || *end || seconds < 0 || seconds > WAIT_SECONDS_MAX)
		return err_set(err, ERR_INVALID,
		    "connection %s: timeout must be 0 to %d whole seconds", url, WAIT_SECONDS_MAX);
	ret->wait_ms = (int)seconds * 1000;
	return 0;
}

int
url_parse(const char *text, struct url *ret, struct err *err)
{
	struct url url = { .wait_ms = WAIT_MS };
	const char *path = text + strlen(prefix), *query;
	size_t length;

	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return err_set(err, ERR_INVALID, "connection %s: must begin with %s", text, prefix);
	query = strchr(path, '?');
	length = query ? (size_t)(query - path) : strlen(path);
	if (query && parse_query(text, query + 1, &url, err) < 0)
		return -1;
	if (length && path[0] != '/')
		return err_set(err, ERR_INVALID,
		    "connection %s: an absolute path needs four slashes, as in "
		    "sqlite:////var/lib/cinder/cinderbank.sqlite",
		    text);
	if (length > 1 && !span_equal((struct span){ path, length }, span_of("/:memory:"))) {
		if (length - 1 >= sizeof url.path)
			return err_set(err, ERR_INVALID, "connection %s: path too long", text);
		memcpy(url.path, path + 1, length - 1);
	}
	*ret = url;
	return 0;
}

/* Make every directory above path that is missing. */
static int
make_directories(const char *path, struct err *err)
{
	char part[PATH_MAX];
	const char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		memcpy(part, path, (size_t)(slash - path));
		part[slash - path] = '\0';
		if (mkdir(part, 0750) < 0 && errno != EEXIST)
			return err_sys(err, "catalogue %s: directory %s", path, part);
	}
	return 0;
}

int
url_make(const struct url *url, bool present, struct err *err)
{
	scoped(scoped_close) int fd = open(url->path, O_RDWR | O_CLOEXEC);
	struct stat status;

	if (fd < 0 && errno == ENOENT && present)
		return err_set(err, ERR_NOT_FOUND,
		    "catalogue %s: does not exist yet; the first backup makes it", url->path);
	if (fd < 0 && errno == ENOENT) {
		if (make_directories(url->path, err) < 0)
			return -1;
		fd = open(url->path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	}
	if (fd < 0)
		return err_sys(err, "catalogue %s: cannot be opened for writing", url->path);
	if (fstat(fd, &status) < 0)
		return err_sys(err, "catalogue %s", url->path);
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_INVALID, "catalogue %s: is no file", url->path);
	return 0;
}
