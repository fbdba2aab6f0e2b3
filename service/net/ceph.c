#include "net/ceph.h"

#include <errno.h>
#include <malloc.h>
#include <rados/librados.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "options/tables.h"

enum { VALUE_MAX = 64, KEEP_MAX = 32 << 20 };

/* What librados calls a deadline, what stands for none, and ours in seconds. */
static const struct deadline {
	const char *name, *ours;
	double none;
} deadlines[] = {
	{ "rados_osd_op_timeout", "120", 0 }, { "rados_mon_op_timeout", "60", 0 },
	{ "client_mount_timeout", "30", 300 }, /* 300 is what librados itself begins with */
};

static const struct {
	int code;
	enum err_kind kind;
	const char *text;
} meanings[] = {
	{ ENOENT, ERR_NOT_FOUND, "there is none" },
	{ EEXIST, ERR_CONFLICT, "it exists already" },
	{ EBUSY, ERR_CONFLICT, "it is in use" },
	{ EACCES, ERR_DENIED, "the user has no right to it: `ceph auth get` tells which it has" },
	{ EPERM, ERR_DENIED, "the user has no right to it: `ceph auth get` tells which it has" },
	{ EROFS, ERR_DENIED, "it is read-only" },
	{ ENOSPC, ERR_NO_SPACE, "the cluster is full: see `ceph df`" },
	{ EDQUOT, ERR_NO_SPACE, "the quota of the pool is used up: see `ceph df`" },
	{ ETIMEDOUT, ERR_SYSTEM,
	    "the cluster did not answer in time: is it full, or an OSD or monitor down? "
	    "See `ceph health detail`" },
	{ ESHUTDOWN, ERR_SYSTEM, "the cluster has blocklisted this client" },
};

int
ceph_fail(struct err *err, int code, const char *fmt, ...)
{
	enum err_kind kind = ERR_SYSTEM;
	char what[sizeof err->text];
	const char *text = NULL;
	va_list args;
	size_t i;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
		if (meanings[i].code == -code) {
			kind = meanings[i].kind;
			text = meanings[i].text;
		}
	}
	if (text)
		err_set(err, kind, "%.300s: %s", what, text);
	else
		err_set(err, kind, "%.300s: error %d of Ceph", what, -code);
	err->sys = -code;
	return -1;
}

static void
set_deadlines(rados_t cluster)
{
	char value[VALUE_MAX];
	size_t i;

	for (i = 0; i < sizeof deadlines / sizeof deadlines[0]; i++) {
		const struct deadline *deadline = &deadlines[i];

		if (rados_conf_get(cluster, deadline->name, value, sizeof value) < 0 ||
		    strtod(value, NULL) == deadline->none)
			rados_conf_set(cluster, deadline->name, deadline->ours);
	}
}

/*
 * What comes from an OSD lies in memory of its own, megabytes each.  Unless malloc
 * keeps that, the kernel gives and clears it again for each: half of the CPU of a copy.
 */
static void
keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, KEEP_MAX);
	mallopt(M_TRIM_THRESHOLD, KEEP_MAX);
	mallopt(M_TOP_PAD, KEEP_MAX / 2);
}

/* What fails is told once, by us; copies of blocks in a cache are read by nobody. */
static void
set_manners(rados_t cluster)
{
	rados_conf_set(cluster, "log_to_stderr", "false");
	rados_conf_set(cluster, "err_to_stderr", "false");
	rados_conf_set(cluster, "rbd_cache", "false");
	/* Whoever writes keeps what is written for so long, and unchanged: see base/tray.h. */
	rados_conf_set(cluster, "rbd_disable_zero_copy_writes", "false");
}

/* by: what names the monitors and the keyring. */
static int
explain_connect(int code, const char *user, const char *by, struct err *err)
{
	switch (-code) {
	case ENOENT:
		return err_set(err, ERR_NOT_FOUND,
		    "connect to Ceph: no keyring of client.%s is where %s says, or none that can "
		    "be read",
		    user, by);
	case EACCES:
	case EPERM:
		return err_set(err, ERR_DENIED,
		    "connect to Ceph: the cluster does not know client.%s by this key: compare its "
		    "keyring with `ceph auth get client.%s`",
		    user, user);
	case ETIMEDOUT:
		return err_set(err, ERR_SYSTEM,
		    "connect to Ceph: no monitor that %s names has answered in time", by);
	default:
		return ceph_fail(err, code, "connect to Ceph as client.%s by %s", user, by);
	}
}

/* From here on cluster is *ret's, or nobody's. */
static int
connect_known(void **ret, rados_t cluster, const char *user, const char *by, struct err *err)
{
	int code;

	set_manners(cluster);
	set_deadlines(cluster);
	code = rados_connect(cluster);
	if (code < 0) {
		rados_shutdown(cluster);
		return explain_connect(code, user, by, err);
	}
	*ret = cluster;
	return 0;
}

static int
connect_by_file(void **ret, const struct ceph_link *link, struct err *err)
{
	rados_t cluster;
	int code = rados_create(&cluster, link->user);

	if (code < 0)
		return ceph_fail(err, code, "connect to Ceph as client.%s", link->user);
	set_manners(cluster);
	code = rados_conf_read_file(cluster, link->conf);
	if (code < 0) {
		rados_shutdown(cluster);
		return ceph_fail(
		    err, code, "configuration of Ceph %s (backup_ceph_conf)", link->conf);
	}
	return connect_known(ret, cluster, link->user, link->conf, err);
}

static int
connect_to(void **ret, const struct ceph_cluster *to, struct err *err)
{
	char name[sizeof to->user + 8], keyring[sizeof to->name + sizeof to->user + 32], by[640];
	rados_t cluster;
	int code;

	snprintf(name, sizeof name, "client.%s", to->user);
	/* Without a file of configuration librados puts no names into its own default. */
	snprintf(keyring, sizeof keyring, "/etc/ceph/%s.%s.keyring", to->name, name);
	snprintf(by, sizeof by, "the volume's connection (monitors %.300s; keyring %s)",
	    to->monitors, *to->key ? "its own" : keyring);
	code = rados_create2(&cluster, to->name, name, 0);
	if (code < 0)
		return ceph_fail(err, code, "connect to Ceph as %s", name);
	rados_conf_set(cluster, "mon_host", to->monitors);
	rados_conf_set(cluster, *to->key ? "key" : "keyring", *to->key ? to->key : keyring);
	return connect_known(ret, cluster, to->user, by, err);
}

int
ceph_link_connect(struct ceph_link *link, void **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	scoped_lock(&link->mutex);
	int done = 0;

	pthread_once(&once, keep_memory);
	if (!link->cluster)
		done = link->other.monitors[0] ? connect_to(&link->cluster, &link->other, err)
					       : connect_by_file(&link->cluster, link, err);
	if (done == 0)
		*ret = link->cluster;
	return done;
}

int
ceph_open_pool(void *cluster, const char *pool, void **ret, struct err *err)
{
	rados_ioctx_t opened;
	int code = rados_ioctx_create(cluster, pool, &opened);

	if (code < 0)
		return ceph_fail(err, code, "pool %s", pool);
	*ret = opened;
	return 0;
}

void
ceph_close_pool(void *pool)
{
	if (pool)
		rados_ioctx_destroy(pool);
}
