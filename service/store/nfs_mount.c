#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "store/folder.h"
#include "store/nfs.h"

enum { MOUNT_MS = 150000, WORDS_MAX = 300, TABLE_LINE = 8192, OPTIONS_MAX = 1024 };

static const struct store_driver store_mounted;

/* ---- what is mounted ---- */

/* Blanks and backslashes stand as \040 in the kernel's table. */
static void
unescape(char *text)
{
	char *to = text;
	int taken;
	unsigned code;

	for (; *text; to++) {
		taken = 0;
		if (*text == '\\' && sscanf(text, "\\%3o%n", &code, &taken) == 1 && taken == 4)
			*to = (char)code;
		else
			*to = *text;
		text += taken == 4 ? 4 : 1;
	}
	*to = '\0';
}

/* 1, 0: nothing is mounted there, -1. */
static int
is_mounted(const char *point, struct err *err)
{
	scoped(scoped_fclose) FILE *table = fopen("/proc/self/mountinfo", "re");
	char line[TABLE_LINE], found[PATH_MAX];

	if (!table)
		return err_sys(err, "/proc/self/mountinfo");
	while (fgets(line, sizeof line, table)) {
		if (sscanf(line, "%*s %*s %*s %*s %4095s", found) != 1)
			continue;
		unescape(found);
		if (strcmp(found, point) == 0)
			return 1;
	}
	return 0;
}

/* ---- mount(8) ---- */

/* What the program says, until it ends or time is up; its last word is the reason. */
static void
listen_to(int fd, uint64_t end_ms, char words[WORDS_MAX])
{
	struct pollfd events = { .fd = fd, .events = POLLIN };
	size_t length = 0;
	uint64_t now_ms;
	ssize_t got = 1;
	char rest[256];

	while (got > 0 && (now_ms = clock_ms()) < end_ms) {
		if (poll(&events, 1, (int)(end_ms - now_ms)) <= 0)
			continue;
		if (length < WORDS_MAX - 1)
			got = read(fd, words + length, WORDS_MAX - 1 - length);
		else
			got = read(fd, rest, sizeof rest);
		if (got > 0 && length < WORDS_MAX - 1)
			length += (size_t)got;
	}
	while (length && words[length - 1] == '\n')
		length--;
	words[length] = '\0';
	for (; length; length--) {
		if (words[length - 1] == '\n')
			words[length - 1] = ' ';
	}
}

static int
start_mount(char *const *argv, int output, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int failed;

	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
	failed = posix_spawnp(ret, "mount", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

static int
run_mount(char *const *argv, struct err *err)
{
	scoped(scoped_close) int mine = -1;
	char words[WORDS_MAX];
	int ends[2], status, failed;
	uint64_t end_ms = clock_ms() + MOUNT_MS;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "mount");
	mine = ends[0];
	failed = start_mount(argv, ends[1], &pid);
	close(ends[1]);
	if (failed) {
		errno = failed;
		return err_sys(err, "run mount(8)");
	}
	listen_to(mine, end_ms, words);
	if (clock_ms() >= end_ms)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(err, ERR_RETRY, "%s", words[0] ? words : "mount(8) gave no reason");
}

static bool
names_version(const char *options)
{
	static const char *const words[] = { "vers=", "nfsvers=", "v2", "v3", "v4",
		"minorversion=" };
	size_t i;

	for (; options && *options; options += strcspn(options, ",")) {
		options += *options == ',';
		for (i = 0; i < sizeof words / sizeof words[0]; i++) {
			if (strncmp(options, words[i], strlen(words[i])) == 0)
				return true;
		}
	}
	return false;
}

static int
mount_version(struct folder *folder, const char *version, struct err *err)
{
	const char *given = folder->opts.mount_options ? folder->opts.mount_options : "";
	char options[OPTIONS_MAX], program[] = "mount", type_flag[] = "-t", type[] = "nfs";
	char options_flag[] = "-o", share[SHARE_SERVER_MAX + SHARE_PATH_MAX + 4];
	char *argv[] = { program, type_flag, type, share, folder->root, options_flag, options,
		NULL };

	if (snprintf(options, sizeof options, "%s%s%s", given, *given && *version ? "," : "",
		version) >= (int)sizeof options)
		return err_set(err, ERR_INVALID, "backup_mount_options are too long");
	if (!options[0])
		argv[5] = NULL;
	snprintf(share, sizeof share, "%s", folder->opts.share);
	return run_mount(argv, err);
}

/* The newest that both sides have, unless the options name one. */
static int
mount_once(struct folder *folder, struct err *err)
{
	static const char *const versions[] = { "vers=4.2", "vers=4.1", "" };
	size_t i = names_version(folder->opts.mount_options) ? 2 : 0;

	for (; i < sizeof versions / sizeof versions[0]; i++) {
		if (mount_version(folder, versions[i], err) == 0)
			return 0;
	}
	return -1;
}

static int
mount_share(struct folder *folder, struct err *err)
{
	int64_t attempt;
	uint64_t wait_ms = 1000;

	for (attempt = 1; mount_once(folder, err) < 0; attempt++) {
		if (err->kind != ERR_RETRY || attempt >= folder->opts.mount_attempts) {
			err->kind = ERR_SYSTEM;
			return err_wrap(err, "mount %s at %s", folder->opts.share, folder->root);
		}
		clock_sleep_ms(wait_ms);
		wait_ms *= wait_ms < 32000 ? 2 : 1;
	}
	return 0;
}

/* ---- the mount point ---- */

static int
make_directories(const char *path, struct err *err)
{
	char part[PATH_MAX];
	size_t i;

	for (i = 1; i < sizeof part && path[i - 1]; i++) {
		if (path[i] && path[i] != '/')
			continue;
		snprintf(part, sizeof part, "%.*s", (int)i, path);
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return err_sys(err, "make the mount point %s", part);
	}
	return 0;
}

/* One process at a time, so that nothing is mounted twice. */
static int
lock_point(const char *point, struct err *err)
{
	char path[PATH_MAX + 8];
	int fd;

	snprintf(path, sizeof path, "%s.lock", point);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX) < 0) {
		err_sys(err, "lock %s", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* What was mounted may have been unmounted: the directory below is not the store. */
static int
ensure_mounted(struct folder *folder, struct err *err)
{
	scoped(scoped_close) int lock = -1;
	int mounted = is_mounted(folder->root, err);

	if (mounted)
		return mounted < 0 ? -1 : 0;
	if (make_directories(folder->root, err) < 0)
		return -1;
	lock = lock_point(folder->root, err);
	if (lock < 0)
		return -1;
	mounted = is_mounted(folder->root, err);
	if (mounted)
		return mounted < 0 ? -1 : 0;
	return mount_share(folder, err);
}

int
nfs_mount_open(struct store **ret, const struct file_opts *opts, struct err *err)
{
	scoped(scoped_free) struct folder *folder = malloc(sizeof *folder);
	uint8_t md5[DIGEST_MD5_SIZE];
	char point[PATH_MAX], name[2 * DIGEST_MD5_SIZE + 1], base[PATH_MAX];

	if (!folder)
		return err_memory(err);
	if (!opts->mount_point_base || opts->mount_point_base[0] != '/')
		return err_set(
		    err, ERR_INVALID, "backup_mount_point_base: an absolute path is wanted");
	if (!opts->share || strlen(opts->share) >= SHARE_SERVER_MAX + SHARE_PATH_MAX)
		return err_set(err, ERR_INVALID, "backup_share is not set, or too long");
	digest_md5(opts->share, strlen(opts->share), md5);
	digest_hex(md5, sizeof md5, name);
	/* The kernel's table has paths without links. */
	if (make_directories(opts->mount_point_base, err) < 0)
		return -1;
	if (!realpath(opts->mount_point_base, base))
		return err_sys(err, "backup_mount_point_base %s", opts->mount_point_base);
	if (snprintf(point, sizeof point, "%s/%s", base, name) >= (int)sizeof point)
		return err_set(err, ERR_INVALID, "backup_mount_point_base is too long");
	if (folder_init(folder, &store_mounted, opts, point, err) < 0)
		return -1;
	folder->ready = ensure_mounted;
	*ret = &take(&folder)->store;
	return 0;
}

static const struct store_driver store_mounted = {
	.name = "nfs",
	.class_path = "cinder.backup.drivers.nfs.NFSBackupDriver",
	.options = &nfs_table,
	FOLDER_FUNCTIONS,
};
