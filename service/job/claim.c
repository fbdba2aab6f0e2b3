#include "job/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/sync.h"
#include "volume/attach.h"

enum { WAIT_STEP_MS = 50, NOTE_MAX = PATH_MAX + UUID_TEXT + 1024 };

static const char owed[] = "erase it";

struct claim {
	int fd;
	bool shared, remembered;
	char path[PATH_MAX];
};

/* The directory and its parents. */
static int
make_directories(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	char *slash;

	if ((size_t)snprintf(path, sizeof path, "%s", dir) >= sizeof path)
		return err_set(err, ERR_INVALID, "directory name is too long: %.80s...", dir);
	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0750) < 0 && errno != EEXIST)
			return err_sys(err, "directory %s", path);
		*slash = '/';
	}
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return err_sys(err, "directory %s", path);
	return 0;
}

/* Is the locked file still the one of that name, or was it removed under us? */
static bool
still_named(const struct claim *claim)
{
	struct stat held, named;

	return fstat(claim->fd, &held) == 0 && stat(claim->path, &named) == 0 &&
	       held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

/* 1 locked, 0 somebody has it, -1. */
static int
try_lock(struct claim *claim, struct err *err)
{
	int result = 0;

	claim->fd = open(claim->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (claim->fd < 0)
		return err_sys(err, "claim %s", claim->path);
	if (flock(claim->fd, (claim->shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		result = still_named(claim);
	else if (errno != EWOULDBLOCK && errno != EINTR)
		result = err_sys(err, "claim %s: lock", claim->path);
	if (result == 1)
		return 1;
	close(claim->fd);
	claim->fd = -1;
	return result;
}

static int
lock(struct claim **ret, const char *dir, const char *id, bool shared, uint64_t wait_ms,
    const atomic_bool *cancel, struct err *err)
{
	uint64_t deadline = clock_ms() + wait_ms;
	scoped(scoped_free) struct claim *claim = calloc(1, sizeof *claim);
	int taken;

	if (!claim)
		return err_memory(err);
	claim->shared = shared;
	if (make_directories(dir, err) < 0)
		return -1;
	if ((size_t)snprintf(claim->path, sizeof claim->path, "%s/%s", dir, id) >=
	    sizeof claim->path)
		return err_set(err, ERR_INVALID, "claim %s: name is too long", id);
	while ((taken = try_lock(claim, err)) == 0 && clock_ms() < deadline) {
		if (!clock_wait_ms(WAIT_STEP_MS, cancel))
			return err_set(
			    err, ERR_CANCELLED, "cancelled while another job worked on %s", id);
	}
	if (taken == 1)
		*ret = take(&claim);
	return taken;
}

int
claim_take(struct claim **ret, const char *dir, const char *backup_id, uint64_t wait_ms,
    const atomic_bool *cancel, struct err *err)
{
	return lock(ret, dir, backup_id, false, wait_ms, cancel, err);
}

int
claim_share(struct claim **ret, const char *dir, const char *id, uint64_t wait_ms,
    const atomic_bool *cancel, struct err *err)
{
	return lock(ret, dir, id, true, wait_ms, cancel, err);
}

int
claim_note(struct claim *claim, const struct attachment *volume, struct err *err)
{
	char text[NOTE_MAX];
	char name[PATH_MAX];
	int length;

	attach_name(volume, name);
	length = snprintf(text, sizeof text, "%s %s", volume->volume_id, name);
	/* Whose cluster it is stands in no option where cinder-volume has told it. */
	if (volume->kind == ATTACHMENT_RBD && volume->cluster.monitors[0])
		length += snprintf(text + length, sizeof text - (size_t)length, "\n%s\n%s\n%s",
		    volume->cluster.monitors, volume->cluster.name, volume->cluster.user);
	errno = ENOSPC; /* what is written in part does not say why */
	if (pwrite(claim->fd, text, (size_t)length, 0) != length ||
	    ftruncate(claim->fd, length) < 0 || fsync(claim->fd) < 0)
		return err_sys(err, "claim %s", claim->path);
	return sync_name(claim->path, err);
}

/* The next line of a note, cut off it. */
static void
take_line(char **rest, char *ret, size_t room)
{
	snprintf(ret, room, "%s", *rest ? strsep(rest, "\n") : "");
}

static void
take_cluster(char *rest, struct ceph_cluster *ret)
{
	take_line(&rest, ret->monitors, sizeof ret->monitors);
	take_line(&rest, ret->name, sizeof ret->name);
	take_line(&rest, ret->user, sizeof ret->user);
}

int
claim_noted(struct claim *claim, struct attachment *ret, struct err *err)
{
	struct err ignored = ERR_INIT;
	char text[NOTE_MAX + 1], *rest = NULL;
	const char *name;
	ssize_t length = pread(claim->fd, text, NOTE_MAX, 0);

	if (length < 0)
		return err_sys(err, "claim %s", claim->path);
	text[length] = '\0';
	if (length <= UUID_TEXT || text[UUID_TEXT - 1] != ' ')
		return 0; /* a note cut off by the crash came before any volume */
	name = rest = text + UUID_TEXT;
	if (name[0] != '/')
		strsep(&rest, "\n");
	if (strlen(name) >= PATH_MAX)
		return 0;
	*ret = (struct attachment){ .kind = ATTACHMENT_PATH };
	if (name[0] != '/' && attach_find(NULL, name, ret, &ignored) < 0)
		return 0;
	ret->create = true;
	memcpy(ret->volume_id, text, UUID_TEXT - 1);
	if (ret->kind == ATTACHMENT_RBD)
		take_cluster(rest, &ret->cluster);
	if (ret->kind == ATTACHMENT_PATH)
		memcpy(ret->path, name, strlen(name) + 1);
	return 1;
}

void
claim_remember(struct claim *claim)
{
	claim->remembered = true;
}

void
claim_owe(struct claim *claim)
{
	const ssize_t length = sizeof owed - 1;

	if (claim->remembered)
		return;
	/* Without the note it takes a delete. */
	claim->remembered = pwrite(claim->fd, owed, (size_t)length, 0) == length &&
			    ftruncate(claim->fd, length) == 0;
}

bool
claim_owes(const struct claim *claim)
{
	char text[sizeof owed];
	ssize_t length = pread(claim->fd, text, sizeof text, 0);

	return length == sizeof owed - 1 && memcmp(text, owed, (size_t)length) == 0;
}

void
claim_release(struct claim *claim)
{
	if (!claim)
		return;
	/* The last who shares it removes the file. */
	if (!claim->remembered && (!claim->shared || flock(claim->fd, LOCK_EX | LOCK_NB) == 0))
		unlink(claim->path);
	close(claim->fd);
	free(claim);
}

void
claim_keep(struct claim *claim)
{
	close(claim->fd);
	free(claim);
}
