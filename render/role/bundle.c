#include "role/bundle.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "role/hiera.h"
#include "role/ruby.h"
#include "role/rules.h"

#define BUNDLE "tripleo::profile::pacemaker::cinder::backup_bundle::"

enum { TEXT_MAX = 1 << 16 };

struct reader {
	struct arena *arena;
	const struct hiera *hiera;
	enum bundle_age age;
};

enum bundle_age
bundle_age(const struct value *releases, const char *release)
{
	static const char *const since[] = { [BUNDLE_STEIN] = "stein",
		[BUNDLE_TRAIN] = "train",
		[BUNDLE_WALLABY] = "wallaby",
		[BUNDLE_YOGA] = "yoga" };
	enum bundle_age age = BUNDLE_YOGA;

	while (age > BUNDLE_QUEENS &&
	       rules_release(releases, since[age]) > rules_release(releases, release))
		age--;
	return age;
}

bool
bundle_wanted(const struct hiera *hiera)
{
	return hiera_raw(hiera, BUNDLE "cinder_backup_docker_image", NULL);
}

/* The value of a key, or NULL if there is none or it is null. */
static int
look_up(const struct reader *reader, const char *key, const struct value **ret, struct err *err)
{
	int got = hiera_find(reader->hiera, key, ret, NULL, err);

	if (got <= 0 || (*ret)->type == VALUE_NULL)
		*ret = NULL;
	return got < 0 ? -1 : 0;
}

static int
look_up_text(const struct reader *reader, const char *key, const char *dflt, const char **ret,
    struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);
	const struct value *value;

	*ret = dflt;
	if (look_up(reader, key, &value, err) < 0)
		return -1;
	if (!value)
		return 0;
	ruby_print(value, &text);
	if (buf_check(&text, err) < 0)
		return -1;
	*ret = arena_text(reader->arena, buf_string(&text), err);
	return *ret ? 0 : -1;
}

/* Texts of a list, of lists within it, or of a lone value: any2array() and flatten(). */
static int
flatten(const struct value *value, struct list_builder *list, struct err *err)
{
	if (!value || value->type == VALUE_NULL || value_is_text(value, ""))
		return 0;
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		if (flatten(value->list.items[i], list, err) < 0)
			return -1;
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		if (flatten(value->map.members[i].key, list, err) < 0 ||
		    flatten(value->map.members[i].value, list, err) < 0)
			return -1;
	return value->type == VALUE_LIST || value->type == VALUE_MAP ? 0
								     : list_add(list, value, err);
}

/* -e for each variable: K=V items of a list, or from train on members of a map. */
static int
add_environment(const struct reader *reader, struct buf *out, struct err *err)
{
	struct list_builder list = { .arena = reader->arena };
	const struct value *environment;

	if (look_up(reader, BUNDLE "docker_environment", &environment, err) < 0)
		return -1;
	if (environment && environment->type == VALUE_MAP && reader->age >= BUNDLE_TRAIN) {
		for (size_t i = 0; i < environment->map.count; i++) {
			buf_text(out, i ? " -e " : "-e ");
			ruby_print(environment->map.members[i].key, out);
			buf_byte(out, '=');
			ruby_print(environment->map.members[i].value, out);
		}
		return 0;
	}
	if (!environment)
		buf_text(out, "-e KOLLA_CONFIG_STRATEGY=COPY_ALWAYS");
	if (flatten(environment, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		buf_text(out, i ? " -e " : "-e ");
		ruby_print(list.items[i], out);
	}
	return 0;
}

static int
add_log(const struct bundle *bundle, const struct reader *reader, struct buf *out, struct err *err)
{
	const char *engine, *driver = "journald", *file = "";

	if (look_up_text(reader, "container_cli", bundle->engine, &engine, err) < 0)
		return -1;
	if (reader->age >= BUNDLE_YOGA ||
	    (reader->age >= BUNDLE_TRAIN && !strcmp(engine, "podman")))
		driver = "k8s-file";
	if (reader->age >= BUNDLE_TRAIN &&
	    (look_up_text(reader, BUNDLE "log_driver", driver, &driver, err) < 0 ||
		look_up_text(reader, BUNDLE "log_file",
		    "/var/log/containers/stdouts/openstack-cinder-backup.log", &file, err) < 0))
		return -1;
	buf_printf(out, " --log-driver=%s", driver);
	if (!strcmp(driver, "k8s-file"))
		buf_printf(out, " --log-opt path=%s", file);
	return 0;
}

static int
read_options(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(TEXT_MAX);
	const char *user = "root", *priorities;

	if ((reader->age >= BUNDLE_TRAIN &&
		look_up_text(reader, BUNDLE "bundle_user", user, &user, err) < 0) ||
	    look_up_text(reader, "tripleo::pacemaker::tls_priorities", NULL, &priorities, err) <
		0 ||
	    look_up_text(reader, BUNDLE "tls_priorities", priorities, &priorities, err) < 0)
		return -1;
	buf_printf(&out, "--ipc=host --privileged=true --user=%s", user);
	if (add_log(bundle, reader, &out, err) < 0)
		return -1;
	buf_byte(&out, ' ');
	if (add_environment(reader, &out, err) < 0)
		return -1;
	if (priorities)
		buf_printf(&out, " -e PCMK_tls_priorities=%s", priorities);
	if (buf_check(&out, err) < 0)
		return -1;
	bundle->options = arena_text(reader->arena, buf_string(&out), err);
	return bundle->options ? 0 : -1;
}

static char *
map_id(const struct reader *reader, const char *source, struct err *err)
{
	char *id = arena_printf(reader->arena, err, "cinder-backup%s", source);

	for (char *c = id; c && *c; c++)
		if (*c == '/')
			*c = '-';
	return id;
}

/* A map whose id is there already replaces that one where it stands. */
static void
put_map(struct bundle *bundle, const struct storage_map *map)
{
	size_t i = 0;

	while (i < bundle->n_maps && strcmp(bundle->maps[i].id, map->id) != 0)
		i++;
	bundle->maps[i] = *map;
	if (i == bundle->n_maps)
		bundle->n_maps++;
}

/* SRC:DST[:OPTIONS] */
static int
read_map(
    struct bundle *bundle, const struct reader *reader, const struct value *volume, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);
	struct storage_map map = { .options = "rw" };

	ruby_print(volume, &text);
	char *copy = arena_text(reader->arena, buf_string(&text), err);
	if (!copy)
		return -1;
	map.source = strsep(&copy, ":");
	map.target = strsep(&copy, ":");
	if (!map.target || !*map.target)
		return err_at(err, volume->at, ERR_INVALID,
		    "volume %s of the bundle: SOURCE:TARGET[:OPTIONS] wanted", buf_string(&text));
	char *options = strsep(&copy, ":");
	if (options && *options)
		map.options = options;
	map.id = map_id(reader, map.source, err);
	if (!map.id)
		return -1;
	put_map(bundle, &map);
	return 0;
}

#define KOLLA "/var/lib/kolla/config_files/"

/* What puppet-tripleo mounts when it is told of no volumes at all. */
static const struct storage_map fallback[] = {
	{ "cinder-backup-cfg-files", KOLLA "cinder_backup.json", KOLLA "config.json", "ro" },
	{ "cinder-backup-cfg-data", "/var/lib/config-data/puppet-generated/cinder/", KOLLA "src",
	    "ro" },
	{ "cinder-backup-hosts", "/etc/hosts", "/etc/hosts", "ro" },
	{ "cinder-backup-localtime", "/etc/localtime", "/etc/localtime", "ro" },
	{ "cinder-backup-dev", "/dev", "/dev", "rw" },
	{ "cinder-backup-run", "/run", "/run", "rw" },
	{ "cinder-backup-sys", "/sys", "/sys", "rw" },
	{ "cinder-backup-lib-modules", "/lib/modules", "/lib/modules", "ro" },
	{ "cinder-backup-iscsi", "/etc/iscsi", KOLLA "src-iscsid", "ro" },
	{ "cinder-backup-var-lib-cinder", "/var/lib/cinder", "/var/lib/cinder", "rw" },
	{ "cinder-backup-pki-extracted", "/etc/pki/ca-trust/extracted",
	    "/etc/pki/ca-trust/extracted", "ro" },
	{ "cinder-backup-pki-ca-bundle-crt", "/etc/pki/tls/certs/ca-bundle.crt",
	    "/etc/pki/tls/certs/ca-bundle.crt", "ro" },
	{ "cinder-backup-pki-ca-bundle-trust-crt", "/etc/pki/tls/certs/ca-bundle.trust.crt",
	    "/etc/pki/tls/certs/ca-bundle.trust.crt", "ro" },
	{ "cinder-backup-pki-cert", "/etc/pki/tls/cert.pem", "/etc/pki/tls/cert.pem", "ro" },
	{ "cinder-backup-var-log", "/var/log/containers/cinder", "/var/log/cinder", "rw" },
	{ "cinder-backup-ceph-cfg-dir", "/etc/ceph", KOLLA "src-ceph", "ro" },
};

static int
read_fallback(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	for (size_t i = 0; i < sizeof(fallback) / sizeof(*fallback); i++) {
		struct storage_map map = fallback[i];

		/* From wallaby on: labels for SELinux, and Ceph's files where the operator says. */
		if (reader->age >= BUNDLE_WALLABY && !strcmp(map.options, "rw") &&
		    strncmp(map.source, "/var", 4) == 0)
			map.options = "rw,z";
		if (reader->age >= BUNDLE_WALLABY && !strcmp(map.source, "/etc/ceph") &&
		    look_up_text(reader, BUNDLE "ceph_conf_path", map.source, &map.source, err) < 0)
			return -1;
		put_map(bundle, &map);
	}
	return 0;
}

static int
read_maps(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	struct list_builder list = { .arena = reader->arena };
	const size_t least = sizeof(fallback) / sizeof(*fallback);
	const struct value *volumes;

	if (look_up(reader, BUNDLE "docker_volumes", &volumes, err) < 0 ||
	    flatten(volumes, &list, err) < 0)
		return -1;
	bundle->maps = arena_array(
	    reader->arena, list.count > least ? list.count : least, sizeof(*bundle->maps), err);
	if (!bundle->maps)
		return -1;
	if (!list.count)
		return read_fallback(bundle, reader, err);
	for (size_t i = 0; i < list.count; i++)
		if (read_map(bundle, reader, list.items[i], err) < 0)
			return -1;
	return 0;
}

static bool
is_listed(const struct value *names, const char *name)
{
	for (size_t i = 0; names && names->type == VALUE_LIST && i < names->list.count; i++)
		if (names->list.items[i]->type == VALUE_TEXT &&
		    !strcasecmp(names->list.items[i]->text.data, name))
			return true;
	return false;
}

/* Node names of a list in small letters, which is how the cluster knows them; each once. */
static int
read_names(const struct reader *reader, const struct value *list, const char ***ret, size_t *count,
    struct err *err)
{
	size_t room = list && list->type == VALUE_LIST ? list->list.count : 0;
	const char **names = arena_array(reader->arena, room + 1, sizeof(*names), err);

	for (size_t i = 0; names && i < room; i++) {
		const struct value *item = list->list.items[i];
		size_t k = 0;

		if (item->type != VALUE_TEXT)
			return err_at(err, item->at, ERR_INVALID, "name of a node wanted");
		char *name = arena_text(reader->arena, item->text.data, err);
		if (!name)
			return -1;
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		while (k < *count && strcmp(names[k], name) != 0)
			k++;
		names[k] = name;
		*count += k == *count;
	}
	*ret = names;
	return names ? 0 : -1;
}

/* Nodes of the cluster; chosen are those that the role is deployed on. */
static int
read_nodes(struct bundle *bundle, const struct reader *reader, struct err *err)
{
	const struct value *cluster, *chosen;
	const char **names;

	if (look_up(reader, "pacemaker_short_node_names_override", &cluster, err) < 0 ||
	    ((!cluster || reader->age < BUNDLE_STEIN) &&
		look_up(reader, "pacemaker_short_node_names", &cluster, err) < 0) ||
	    look_up(reader, "cinder_backup_short_node_names", &chosen, err) < 0 ||
	    read_names(reader, cluster, &names, &bundle->n_nodes, err) < 0 ||
	    read_names(reader, chosen, &bundle->hosts, &bundle->n_hosts, err) < 0)
		return -1;
	bundle->nodes =
	    arena_array(reader->arena, bundle->n_nodes + 1, sizeof(*bundle->nodes), err);
	if (!bundle->nodes)
		return -1;
	for (size_t i = 0; i < bundle->n_nodes; i++)
		bundle->nodes[i] = (struct cluster_node){ names[i], is_listed(chosen, names[i]) };
	size_t count = 0;
	for (size_t i = 0; i < bundle->n_hosts; i++)
		if (is_listed(cluster, bundle->hosts[i]))
			bundle->hosts[count++] = bundle->hosts[i];
	bundle->n_hosts = count;
	return 0;
}

int
bundle_read(struct bundle *ret, struct arena *arena, const struct hiera *hiera, bool container,
    enum bundle_age age, struct err *err)
{
	struct reader reader = { arena, hiera, age };
	struct bundle bundle = { .run_command = "/bin/bash /usr/local/bin/kolla_start" };

	if (container &&
	    (look_up_text(&reader, BUNDLE "container_backend",
		 age >= BUNDLE_YOGA ? "podman" : "docker", &bundle.engine, err) < 0 ||
		look_up_text(&reader, BUNDLE "cinder_backup_docker_image", "", &bundle.image, err) <
		    0 ||
		read_options(&bundle, &reader, err) < 0 || read_maps(&bundle, &reader, err) < 0))
		return -1;
	if (read_nodes(&bundle, &reader, err) < 0)
		return -1;
	*ret = bundle;
	return 0;
}
