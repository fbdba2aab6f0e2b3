#include "volume/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "volume/attach.h"

/* The text of a member that has to be there; NULL and err filled: it is not. */
static const char *
need(const struct json *data, const char *type, const char *key, struct err *err)
{
	const char *text = json_text(json_member(data, key));

	if (!text || !text[0])
		err_set(err, ERR_INVALID, "connection of type %.40s: has no %s", type, key);
	return text && text[0] ? text : NULL;
}

/* Add HOST:PORT, or [ADDRESS]:PORT. */
static int
add_monitor(const char *host, const char *port, struct ceph_cluster *ret, struct err *err)
{
	size_t used = strlen(ret->monitors), room = sizeof ret->monitors - used;
	bool bare = host && strchr(host, ':') && host[0] != '[';

	if (!host || !port || strpbrk(host, ", \t\n") || strpbrk(port, ", \t\n"))
		return err_set(
		    err, ERR_INVALID, "connection of type rbd: hosts and ports name no monitors");
	if ((size_t)snprintf(ret->monitors + used, room, "%s%s%s%s:%s", used ? "," : "",
		bare ? "[" : "", host, bare ? "]" : "", port) >= room)
		return err_set(err, ERR_INVALID, "connection of type rbd: too many monitors");
	return 0;
}

/* What `key = ` is in the text of a keyring, or the text as it is, where it is but a key. */
static void
take_key(const char *keyring, char ret[sizeof((struct ceph_cluster *)0)->key])
{
	const char *key = strstr(keyring, "key =");

	key = key ? key + strlen("key =") : keyring;
	key += strspn(key, " \t\n");
	snprintf(
	    ret, sizeof((struct ceph_cluster *)0)->key, "%.*s", (int)strcspn(key, " \t\n"), key);
}

/* Where the image is; without monitors, where the options say. */
static int
read_cluster(const struct json *data, struct ceph_cluster *ret, struct err *err)
{
	const struct json *hosts = json_member(data, "hosts"), *ports = json_member(data, "ports");
	const char *name = json_text(json_member(data, "cluster_name"));
	const char *user = json_text(json_member(data, "auth_username"));
	const char *keyring = json_text(json_member(data, "keyring"));
	size_t i;

	*ret = (struct ceph_cluster){ .name = "ceph", .user = "admin" };
	for (i = 0; i < json_count(hosts); i++)
		if (add_monitor(json_text(json_element(hosts, i)),
			json_text(json_element(ports, i)), ret, err) < 0)
			return -1;
	if (name && *name)
		snprintf(ret->name, sizeof ret->name, "%s", name);
	if (user && *user)
		snprintf(ret->user, sizeof ret->user, "%s", user);
	if (keyring)
		take_key(keyring, ret->key);
	return 0;
}

/* An image, or the snapshot of one: POOL/IMAGE or POOL/IMAGE@SNAPSHOT. */
static int
read_rbd(const struct json *data, struct attachment *ret, struct err *err)
{
	const char *name = need(data, "rbd", "name", err);
	size_t pool = name ? strcspn(name, "/") : 0, image;

	if (!name)
		return -1;
	if (!pool || !name[pool] || strlen(name) >= COLUMN_TEXT_MAX)
		return err_set(
		    err, ERR_INVALID, "connection of type rbd: name %.80s is not POOL/IMAGE", name);
	image = strcspn(name + pool + 1, "@");
	ret->kind = ATTACHMENT_RBD;
	snprintf(ret->pool, sizeof ret->pool, "%.*s", (int)pool, name);
	snprintf(ret->image, sizeof ret->image, "%.*s", (int)image, name + pool + 1);
	if (name[pool + 1 + image])
		snprintf(ret->snapshot, sizeof ret->snapshot, "%s", name + pool + 1 + image + 1);
	return read_cluster(data, &ret->cluster, err);
}

static int
read_path(const struct json *data, struct attachment *ret, struct err *err)
{
	const char *path = need(data, "local", "device_path", err);

	if (!path)
		return -1;
	ret->kind = ATTACHMENT_PATH;
	snprintf(ret->path, sizeof ret->path, "%s", path);
	return 0;
}

/*
 * A file of a share that is mounted where os-brick mounts it.  Its bytes are those of
 * the volume only where it is raw; releases before Ussuri say so nowhere.
 */
static int
read_share(const struct json *info, struct attachment *ret, struct err *err)
{
	const struct json *data = json_member(info, "data");
	const char *share = need(data, "nfs", "export", err), *name, *base;
	const char *format = json_text(json_member(data, "format"));
	uint8_t md5[DIGEST_MD5_SIZE];
	char hex[2 * DIGEST_MD5_SIZE + 1];

	name = share ? need(data, "nfs", "name", err) : NULL;
	base = name ? need(info, "nfs", "mount_point_base", err) : NULL;
	if (!base)
		return -1;
	if (format && strcmp(format, "raw") != 0)
		return err_set(err, ERR_INVALID,
		    "connection of type nfs: file %.80s is %.20s, and only raw ones are read here",
		    name, format);
	digest_md5(share, strlen(share), md5);
	digest_hex(md5, sizeof md5, hex);
	ret->kind = ATTACHMENT_PATH;
	if ((size_t)snprintf(ret->path, sizeof ret->path, "%s/%s/%s", base, hex, name) >=
	    sizeof ret->path)
		return err_set(err, ERR_INVALID, "connection of type nfs: the path is too long");
	return 0;
}

int
connection_read(const struct json *info, struct attachment *ret, struct err *err)
{
	const char *type = json_text(json_member(info, "driver_volume_type"));
	const struct json *data = json_member(info, "data");

	if (!type)
		return err_set(err, ERR_INVALID, "connection: has no driver_volume_type");
	if (strcmp(type, "rbd") == 0)
		return read_rbd(data, ret, err);
	if (strcmp(type, "local") == 0)
		return read_path(data, ret, err);
	if (strcmp(type, "nfs") == 0)
		return read_share(info, ret, err);
	if (strcmp(type, "iscsi") == 0) {
		ret->kind = ATTACHMENT_ISCSI;
		return iscsi_read_target(data, &ret->iscsi, err);
	}
	return err_set(err, ERR_INVALID,
	    "connection of type %.40s: volumes of that type cannot be opened here", type);
}
