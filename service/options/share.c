#include "options/share.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum { OPTION_MAX = 256, TIMEOUT_MS = 60000, RETRIES = 2, DECISECOND_MS = 100 };

static const char kernel[] = "[cinderbank] nfs_client = mount leaves that to the kernel";

/* ---- the share ---- */

static int
refuse_share(const char *share, const char *rule, struct err *err)
{
	return err_set(err, ERR_INVALID, "backup_share = \"%.256s\": %s", share, rule);
}

static int
parse_share(const char *share, struct share *ret, struct err *err)
{
	bool bracket = *share == '[';
	const char *host = share + bracket, *end = strpbrk(host, bracket ? "]" : ":/");
	const char *path = end ? end + bracket : NULL;

	if (bracket && !end)
		return refuse_share(share, "the address has no ] at its end", err);
	if (path && *path == '/' && strchr(path, ':'))
		return refuse_share(share, "a slash stands where the host should", err);
	if (!path || *path != ':' || !path[1])
		return refuse_share(
		    share, "must be HOST:PATH, as in nfs.example.org:/srv/backup", err);
	if (end == host)
		return refuse_share(share, "the host before the colon is missing", err);
	if (path[1] != '/')
		return refuse_share(share,
		    strchr(path + 1, ':')
			? "put an IPv6 address in brackets, as in [2001:db8::7]:/srv"
			: "the path behind the colon must begin with a slash",
		    err);
	if (end - host >= SHARE_SERVER_MAX || strlen(path + 1) >= SHARE_PATH_MAX)
		return refuse_share(share, "host or path is too long", err);
	snprintf(ret->server, sizeof ret->server, "%.*s", (int)(end - host), host);
	snprintf(ret->path, sizeof ret->path, "%s", path + 1);
	return 0;
}

/* ---- options ---- */

struct option {
	const char *name, *value; /* value "": none */
	share_note_fn *note;
	void *arg;
};

static int
refuse(const struct option *option, const char *rule, struct err *err)
{
	return err_set(err, ERR_INVALID, "backup_mount_options: %s%s%s: %s", option->name,
	    option->value[0] ? "=" : "", option->value, rule);
}

static void
note(const struct option *option, const char *why)
{
	char text[OPTION_MAX + 256];

	if (!option->note)
		return;
	snprintf(
	    text, sizeof text, "backup_mount_options: %s has no effect: %s", option->name, why);
	option->note(option->arg, text);
}

static int
number(const struct option *option, int64_t min, int64_t max, int64_t *ret, struct err *err)
{
	char *end;
	long long value = strtoll(option->value, &end, 10);
	char rule[96];

	if (!option->value[0] || *end || value < min || value > max) {
		snprintf(rule, sizeof rule, "a number from %" PRId64 " to %" PRId64 " is wanted",
		    min, max);
		return refuse(option, rule, err);
	}
	*ret = value;
	return 0;
}

static bool
one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words;
}

static int
take_version(const struct option *option, struct err *err)
{
	const char *version = option->value[0] ? option->value : option->name + 1;

	if (strcmp(version, "3") == 0)
		return 0;
	return refuse(option,
	    "the client that is built in speaks version 3; nfs_client = mount, others", err);
}

static int
take_number(const struct option *option, struct share *ret, bool *known, struct err *err)
{
	int64_t port = ret->port, mount_port = ret->mount_port, timeo = 0, retries = ret->retries;
	int64_t read_size = ret->read_size, write_size = ret->write_size;
	const struct {
		const char *name;
		int64_t *to, min, max;
	} numbers[] = {
		{ "port", &port, 0, UINT16_MAX },
		{ "mountport", &mount_port, 0, UINT16_MAX },
		{ "timeo", &timeo, 1, 36000 },
		{ "retrans", &retries, 0, 100 },
		{ "rsize", &read_size, 1024, 1 << 30 },
		{ "wsize", &write_size, 1024, 1 << 30 },
		{ "uid", &ret->uid, 0, UINT32_MAX - 1 },
		{ "gid", &ret->gid, 0, UINT32_MAX - 1 },
	};
	size_t i, count = sizeof numbers / sizeof numbers[0];

	for (i = 0; i < count && strcmp(numbers[i].name, option->name) != 0;)
		i++;
	*known = i < count;
	if (!*known)
		return 0;
	if (number(option, numbers[i].min, numbers[i].max, numbers[i].to, err) < 0)
		return -1;
	ret->port = (uint16_t)port;
	ret->mount_port = (uint16_t)mount_port;
	ret->retries = (unsigned)retries;
	ret->read_size = (uint32_t)read_size;
	ret->write_size = (uint32_t)write_size;
	if (timeo)
		ret->timeout_ms = (uint64_t)timeo * DECISECOND_MS;
	return 0;
}

static int
take_word(const struct option *option, struct share *ret, struct err *err)
{
	/* True of this client whatever is said, or about a mount that is not made. */
	static const char *const idle[] = { "rw", "defaults", "_netdev", "auto", "noauto", "nofail",
		"bg", "fg", "retry", "soft", "intr", "nointr", "lock", "nolock", "local_lock",
		"tcp", "atime", "noatime", "diratime", "nodiratime", "relatime", "dev", "nodev",
		"suid", "nosuid", "exec", "noexec", "nouser", "mountvers", NULL };
	static const char *const transports[] = { "tcp", "tcp6", NULL };

	if (strcmp(option->name, "ro") == 0)
		ret->read_only = true;
	else if (strcmp(option->name, "sec") == 0 && strcmp(option->value, "sys") != 0)
		return refuse(option, kernel, err);
	else if (strcmp(option->name, "hard") == 0)
		note(option, "a request ends after timeo, as often as retrans says");
	else if (strcmp(option->name, "udp") == 0 || strcmp(option->name, "rdma") == 0)
		note(option, "the client that is built in uses TCP");
	else if (strcmp(option->name, "proto") == 0 || strcmp(option->name, "mountproto") == 0) {
		if (!one_of(option->value, transports))
			note(option, "the client that is built in uses TCP");
	} else if (strcmp(option->name, "sec") != 0 && strncmp(option->name, "x-", 2) != 0 &&
		   !one_of(option->name, idle))
		note(option, kernel);
	return 0;
}

static int
take_option(const struct option *option, struct share *ret, struct err *err)
{
	static const char *const versions[] = { "vers", "nfsvers", "minorversion", "v2", "v3", "v4",
		"v4.0", "v4.1", "v4.2", NULL };
	bool known;

	if (one_of(option->name, versions))
		return take_version(option, err);
	if (take_number(option, ret, &known, err) < 0)
		return -1;
	return known ? 0 : take_word(option, ret, err);
}

static int
parse_options(const char *options, struct share *ret, share_note_fn *fn, void *arg, struct err *err)
{
	char text[OPTION_MAX], *value;
	struct option option = { text, "", fn, arg };
	size_t length;

	for (; *options; options += length + (options[length] == ',')) {
		length = strcspn(options, ",");
		if (length >= sizeof text)
			return err_set(err, ERR_INVALID,
			    "backup_mount_options: an option is longer than %d bytes",
			    OPTION_MAX - 1);
		snprintf(text, sizeof text, "%.*s", (int)length, options);
		value = strchr(text, '=');
		option.value = value ? value + 1 : "";
		if (value)
			*value = '\0';
		if (text[0] && take_option(&option, ret, err) < 0)
			return -1;
	}
	return 0;
}

int
share_parse(const char *share, const char *options, struct share *ret, share_note_fn *fn, void *arg,
    struct err *err)
{
	struct share parsed = {
		.uid = -1, .gid = -1, .timeout_ms = TIMEOUT_MS, .retries = RETRIES
	};

	if (parse_share(share, &parsed, err) < 0 ||
	    parse_options(options ? options : "", &parsed, fn, arg, err) < 0)
		return -1;
	*ret = parsed;
	return 0;
}
