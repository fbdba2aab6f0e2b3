#include "volume/attach.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/scope.h"

static const char rbd_start[] = "rbd:", volume_start[] = "volume-";

/* ---- rbd:POOL/IMAGE[@SNAP] ---- */

bool
attach_is_image(const char *name)
{
	return strncmp(name, rbd_start, sizeof rbd_start - 1) == 0;
}

/* Copy what stands before any of the stops; step to the stop.  false: empty or too long. */
static bool
take_part(const char **text, const char *stops, char ret[COLUMN_TEXT_MAX])
{
	size_t length = strcspn(*text, stops);

	if (length == 0 || length >= COLUMN_TEXT_MAX)
		return false;
	memcpy(ret, *text, length);
	ret[length] = '\0';
	*text += length;
	return true;
}

static int
parse_rbd(const char *name, struct attachment *ret, struct err *err)
{
	struct attachment found = { .kind = ATTACHMENT_RBD };
	char image[sizeof rbd_start + 2 * COLUMN_TEXT_MAX];
	const char *at = name + sizeof rbd_start - 1;
	bool good =
	    take_part(&at, "/@", found.pool) && *at++ == '/' && take_part(&at, "/@", found.image) &&
	    (*at == '\0' || (*at++ == '@' && take_part(&at, "/@", found.snapshot) && *at == '\0'));

	if (!good)
		return err_set(err, ERR_INVALID,
		    "volume %s: rbd:POOL/IMAGE or rbd:POOL/IMAGE@SNAP"
		    " is wanted",
		    name);
	/* A snapshot is a moment of its image, not another volume. */
	snprintf(image, sizeof image, "%s%s/%s", rbd_start, found.pool, found.image);
	digest_uuid_name(image, found.volume_id);
	*ret = found;
	return 0;
}

void
attach_name(const struct attachment *attachment, char ret[PATH_MAX])
{
	if (attachment->kind == ATTACHMENT_PATH)
		snprintf(ret, PATH_MAX, "%s", attachment->path);
	else if (attachment->kind == ATTACHMENT_ISCSI)
		snprintf(ret, PATH_MAX, "iscsi:%s/%d", attachment->iscsi.paths[0].target,
		    attachment->iscsi.paths[0].lun);
	else
		snprintf(ret, PATH_MAX, "%s%s/%s%s%s", rbd_start, attachment->pool,
		    attachment->image, attachment->snapshot[0] ? "@" : "", attachment->snapshot);
}

/* ---- paths ---- */

/* Does path lie in the directory volumes_dir, which may be spelt otherwise? */
static bool
is_inside(const char *volumes_dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];

	return volumes_dir && realpath(volumes_dir, directory) &&
	       strlen(directory) == (size_t)(slash - path) &&
	       strncmp(directory, path, strlen(directory)) == 0;
}

/* The id of a path volume-<id> in volumes_dir.  false: it is no such. */
static bool
id_in_name(const char *volumes_dir, const char *path, char ret[UUID_TEXT])
{
	const char *name = strrchr(path, '/') + 1, *id = name + sizeof volume_start - 1;

	if (strncmp(name, volume_start, sizeof volume_start - 1) != 0 || !uuid_valid(id) ||
	    !is_inside(volumes_dir, path))
		return false;
	snprintf(ret, UUID_TEXT, "%s", id);
	return true;
}

/* The directory of path by its canonical name, the last part as it is.  0, -1 and errno. */
static int
resolve_parent(const char *path, char ret[PATH_MAX])
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".", directory[PATH_MAX];
	int length;

	if (slash)
		snprintf(parent, sizeof parent, "%.*s", (int)(slash - path + 1), path);
	if (!realpath(parent, directory))
		return -1;
	length = snprintf(
	    ret, PATH_MAX, "%s/%s", directory[1] ? directory : "", slash ? slash + 1 : path);
	if (length < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/*
 * A file is known by its canonical path.  A block device is known by the name
 * that was given: /dev/vg/lv stays, while the /dev/dm-3 it leads to is another
 * volume's after the next boot.
 */
static int
resolve(const char *path, char ret[PATH_MAX])
{
	struct stat state;

	if (stat(path, &state) < 0)
		return -1;
	if (S_ISBLK(state.st_mode))
		return resolve_parent(path, ret);
	return realpath(path, ret) ? 0 : -1;
}

/* By the name it has in volumes_dir, even if that is a link to elsewhere, else by its path. */
static void
identify(const char *volumes_dir, const char *named, struct attachment *attachment)
{
	char url[PATH_MAX + 8];

	if (id_in_name(volumes_dir, named, attachment->volume_id) ||
	    id_in_name(volumes_dir, attachment->path, attachment->volume_id))
		return;
	snprintf(url, sizeof url, "file://%s", attachment->path);
	digest_uuid_name(url, attachment->volume_id);
}

static int
find_path(const char *volumes_dir, const char *path, struct attachment *ret, struct err *err)
{
	struct attachment found = { .kind = ATTACHMENT_PATH };
	char named[PATH_MAX];

	if (resolve(path, found.path) < 0 || resolve_parent(path, named) < 0)
		return err_sys(err, "volume %s", path);
	identify(volumes_dir, named, &found);
	*ret = found;
	return 0;
}

/* By its file name or its id. */
static int
find_name(const char *volumes_dir, const char *name, struct attachment *ret, struct err *err)
{
	char path[PATH_MAX + COLUMN_TEXT_MAX];

	if (!name[0] || name[0] == '.' || strlen(name) >= COLUMN_TEXT_MAX)
		return err_set(err, ERR_INVALID, "volume %s: no name of a volume", name);
	if (!volumes_dir)
		return err_set(err, ERR_NOT_FOUND, "volume %s: volumes_dir is not set", name);
	snprintf(
	    path, sizeof path, "%s/%s%s", volumes_dir, uuid_valid(name) ? volume_start : "", name);
	if (uuid_valid(name) && access(path, F_OK) < 0)
		snprintf(path, sizeof path, "%s/%s", volumes_dir, name);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return err_set(
		    err, ERR_NOT_FOUND, "volume %s: no such file in %s", name, volumes_dir);
	return find_path(volumes_dir, path, ret, err);
}

int
attach_find(const char *volumes_dir, const char *name, struct attachment *ret, struct err *err)
{
	if (attach_is_image(name))
		return parse_rbd(name, ret, err);
	if (strchr(name, '/'))
		return find_path(volumes_dir, name, ret, err);
	if (find_name(volumes_dir, name, ret, err) == 0)
		return 0;
	/* A name that volumes_dir does not have may be a path without a slash. */
	if (err->kind != ERR_NOT_FOUND || access(name, F_OK) < 0)
		return -1;
	return find_path(volumes_dir, name, ret, err);
}

static int
new_path(const char *volumes_dir, const char *path, struct attachment *ret, struct err *err)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct stat state;

	if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(err, ERR_INVALID, "volume %s: no name of a file", path);
	if (resolve_parent(path, ret->path) < 0)
		return err_sys(err, "directory of volume %s", path);
	if (lstat(ret->path, &state) == 0)
		return err_set(err, ERR_CONFLICT, "volume %s: exists already", path);
	if (errno != ENOENT)
		return err_sys(err, "volume %s", path);
	identify(volumes_dir, ret->path, ret);
	return 0;
}

static int
new_below(const char *volumes_dir, struct attachment *ret, struct err *err)
{
	char id[DIGEST_UUID_TEXT], path[PATH_MAX + COLUMN_TEXT_MAX];

	if (!volumes_dir)
		return err_set(err, ERR_INVALID, "new volume: volumes_dir is not set");
	if (mkdir(volumes_dir, 0750) < 0 && errno != EEXIST)
		return err_sys(err, "new volume: make directory %s", volumes_dir);
	if (digest_uuid_random(id, err) < 0)
		return -1;
	snprintf(path, sizeof path, "%s/%s%s", volumes_dir, volume_start, id);
	return new_path(volumes_dir, path, ret, err);
}

int
attach_new(const char *volumes_dir, const char *path, uint64_t size, struct attachment *ret,
    struct err *err)
{
	struct attachment made = { .kind = ATTACHMENT_PATH };
	int result = !path                   ? new_below(volumes_dir, &made, err)
		     : attach_is_image(path) ? parse_rbd(path, &made, err)
					     : new_path(volumes_dir, path, &made, err);

	if (result < 0)
		return -1;
	if (made.snapshot[0])
		return err_set(err, ERR_INVALID, "volume %s: a snapshot cannot be made", path);
	made.create = true;
	made.size = size;
	*ret = made;
	return 0;
}

bool
attach_in_use(const struct attachment *attachment)
{
	struct flock bytes = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	scoped(scoped_close) int fd = -1;
	struct stat state;

	if (attachment->kind != ATTACHMENT_PATH || stat(attachment->path, &state) < 0 ||
	    !S_ISREG(state.st_mode))
		return false;
	fd = open(attachment->path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	return fcntl(fd, F_OFD_GETLK, &bytes) == 0 && bytes.l_type != F_UNLCK;
}

static void
close_directory(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int
attach_each(const char *volumes_dir, attach_fn *fn, void *arg, struct err *err)
{
	scoped(close_directory) DIR *dir = volumes_dir ? opendir(volumes_dir) : NULL;
	struct err gone = ERR_INIT;
	struct attachment found;
	struct dirent *entry;
	int result = 0;

	if (!dir)
		return !volumes_dir || errno == ENOENT ? 0
						       : err_sys(err, "directory %s", volumes_dir);
	while (result == 0 && (entry = readdir(dir))) {
		/* What vanishes between the two looks is no longer there. */
		if (entry->d_name[0] != '.' &&
		    find_name(volumes_dir, entry->d_name, &found, &gone) == 0)
			result = fn(arg, entry->d_name, &found, err);
	}
	return result;
}
